"""IBM's own client, unmodified, on a server of ours: only the environment says where that is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager
from server.support import TOKEN, Server

DEVICES = (
    "name=exact,qubits=6,kind=exact",
    "name=my_eagle,kind=eagle",
    "name=my_heron,kind=heron",
)
# It says of its own primitives that others are to follow, and of most of what it does.
QUIET = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def client() -> Any:
    """Return the client's package, or skip."""
    return pytest.importorskip("qiskit_ibm_runtime", reason="IBM's client is not installed")


@contextmanager
def pointed_at(server: Server, home: Path) -> Iterator[None]:
    """Point the client at a server for a while, and give it a home of its own."""
    found = {
        **dict.fromkeys(("IAM_URL", "GLOBAL_SEARCH_URL", "GLOBAL_CATALOG_URL"), server.root),
        "NO_PROXY": "127.0.0.1",
        "HOME": str(home),
    }
    with patch.dict(os.environ, found):
        for name in [n for n in os.environ if n.startswith("QISKIT_IBM_")]:
            del os.environ[name]
        yield


def connect(server: Server, **how: Any) -> Any:
    """Return the client's service."""
    given = {
        "channel": "ibm_quantum_platform",
        "token": TOKEN,
        # Its resolver leaves an address with this word in it as it is.
        "url": f"{server.root}/experimental/api/v1",
        "instance": server.facts["instance"],
        **how,
    }
    return client().QiskitRuntimeService(**given)


def bell(*, measured: bool = True) -> QuantumCircuit:
    """Two qubits that agree."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    if measured:
        circuit.measure_all()
    return circuit


def isa(circuit: QuantumCircuit, backend: Any) -> QuantumCircuit:
    """Return a circuit in the words of a device."""
    return generate_preset_pass_manager(1, backend=backend).run(circuit)


PRELUDE = """
import json, os, sys, time
root, token, instance, *more = sys.argv[1:]
os.environ.update(IAM_URL=root, QISKIT_FUNCTIONS_EXPERIMENTAL="1")
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager
from qiskit_ibm_runtime import QiskitRuntimeService
service = QiskitRuntimeService(
    channel="ibm_quantum_platform", token=token, instance=instance, url=root,
    url_resolver=lambda *args, **more: root + "/api/v1",
)
found = {}
"""


def run(server: Server, script: str, *more: str) -> Any:
    """Run a script with the client's ``service``; return what it puts into ``found``.

    In a process of its own: the client reads variables at import and warns about itself.
    """
    ran = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c"),
            f"{PRELUDE}{script}\nprint(json.dumps(found, default=str))",
            *(server.root, TOKEN, server.facts["instance"], *more),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
