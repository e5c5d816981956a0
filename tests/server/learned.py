"""The noise that a device simulates, read off Aer's simulation of it."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
import pytest
from qiskit.quantum_info import PTM, Operator, Pauli, SuperOp

from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.work.noise import aer_noise_model

SPECS = {
    "noisy": DeviceSpec("noisy", 16, "noisy"),
    "eagle": DeviceSpec("eagle", 127, "eagle"),
    "heron": DeviceSpec("heron", 156, "heron"),
    "exact": DeviceSpec("exact", 6, "exact"),
}
GATE = {"noisy": "cz", "eagle": "ecr", "heron": "cz", "exact": "cx"}
PAIRS = {"noisy": [(0, 1), (2, 3)], "eagle": [(0, 1), (4, 5)], "heron": [(0, 1), (3, 4)]}
NOTE = "computed from the simulated device's noise model, not learned by sampling"
WITHIN = 1e-9
DEVICES = [f"name={s.name},qubits={s.qubits},kind={s.kind}" for s in SPECS.values()]


def simulated(name, circuit, qubits):
    """Return the error after a circuit on some qubits of a device, as Aer simulates it."""
    aer = pytest.importorskip("qiskit_aer", reason="the noise is read off Aer's simulation")
    simulator = aer.AerSimulator(
        method="superop", noise_model=aer_noise_model(SPECS[name], tuple(qubits))
    )
    noisy = circuit.copy()
    noisy.save_superop()
    channel = SuperOp(simulator.run(noisy).result().data()["superop"])
    return SuperOp(Operator(circuit).adjoint()).compose(channel)


@lru_cache
def labels(qubits):
    return ["".join(letters) for letters in product("IXYZ", repeat=qubits)]


def fidelities(channel):
    """Return label -> how much of a Pauli a channel keeps: the twirled channel is these."""
    count = channel.num_qubits
    return dict(zip(labels(count), np.real(np.diag(PTM(channel).data)), strict=True))


def predicted(generators, rates):
    """Return label -> fidelity by a model, by its definition."""
    count = generators.num_qubits
    return {
        label: np.exp(-2 * rates[generators.anticommutes(Pauli(label))].sum())
        for label in labels(count)
    }


def differ(one, other):
    return max(abs(one[label] - other[label]) for label in one)
