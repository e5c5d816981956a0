"""What ``import runtime_widgets`` costs beside ``import qiskit``, in the same run.

Run with ``pytest tests/benchmarks/bench_import.py -s``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.benchmark

ROUNDS = 9
CASES = {
    "python alone": "pass",
    "import runtime_widgets": "import runtime_widgets",
    "and QiskitRuntimeService": "from runtime_widgets import QiskitRuntimeService",
    "and JobMonitor": "from runtime_widgets import JobMonitor",
    "import qiskit": "import qiskit",
    "import qiskit_ibm_runtime": "import qiskit_ibm_runtime",
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def test_import():
    times = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        # In turns, so that a busy machine slows all alike.
        for name, code in CASES.items():
            times[name].append(seconds(code))
    alone = statistics.median(times["python alone"])
    peer = statistics.median(times["import qiskit"]) - alone
    print(f"\nmedians of {ROUNDS}, python's own start taken off")
    for name in list(CASES)[1:]:
        cost = statistics.median(times[name]) - alone
        print(f"{name:<28} {cost * 1000:8.0f} ms   {cost / peer:6.2f} of import qiskit")
