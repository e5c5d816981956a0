"""The embedded runtime with the tests' programs, and circuits for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit

from runtime_widgets.local import LocalRuntime

HERE = Path(__file__).resolve().parent
NAMES = ("hold", "steps", "echo", "complain")


def own_programs(*options: str, **kwargs: Any) -> LocalRuntime:
    """Return a runtime with the programs of ``support.programs``; it is not started yet."""
    programs = [part for n in NAMES for part in ("--program", f"{n}=support.programs:{n}")]
    return LocalRuntime(
        options=("--post-processing-seconds", "0", *programs, *options),
        env={"PYTHONPATH": os.pathsep.join([str(HERE.parent), *_python_path()])},
        **kwargs,
    )


def _python_path() -> list[str]:
    return [part for part in [os.environ.get("PYTHONPATH")] if part]


def bell() -> QuantumCircuit:
    """Return two qubits that agree, measured."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit
