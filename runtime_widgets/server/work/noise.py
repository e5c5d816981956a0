"""Noise from the calibration data that a device shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from runtime_widgets.server.devices import DeviceSpec, calibration, gates_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Noise", "aer_noise_model", "depolarizing_strength", "noise_of", "value_of"]


def aer_noise_model(device: DeviceSpec, qubits: tuple[int, ...] | None = None) -> Any:
    """Build Aer's noise model: a depolarizing error of each gate, a readout error of each qubit.

    Parameters
    ----------
    qubits
        Those of the device that the model is for, in its order; None for all of them.
    """
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    data = calibration(device)
    chosen = range(device.qubits) if qubits is None else qubits
    place = {qubit: index for index, qubit in enumerate(chosen)}
    model = NoiseModel(basis_gates=list(gates_of(device)))
    for gate in data["gates"]:
        error = value_of(gate["parameters"], "gate_error")
        if error > 0 and all(qubit in place for qubit in gate["qubits"]):
            where = [place[qubit] for qubit in gate["qubits"]]
            strength = depolarizing_strength(error, len(where))
            model.add_quantum_error(depolarizing_error(strength, len(where)), gate["gate"], where)
    for chosen_qubit, index in place.items():
        qubit = data["qubits"][chosen_qubit]
        to_0, to_1 = value_of(qubit, "prob_meas0_prep1"), value_of(qubit, "prob_meas1_prep0")
        model.add_readout_error(ReadoutError([[1 - to_1, to_1], [to_0, 1 - to_0]]), [index])
    return model


def value_of(entries: list[dict[str, Any]], name: str) -> float:
    """Return the value of one entry of the calibration data."""
    return float(next(entry["value"] for entry in entries if entry["name"] == name))


def depolarizing_strength(gate_error: float, qubits: int) -> float:
    """Return the depolarizing parameter whose average gate infidelity is `gate_error`."""
    dimension: int = 2**qubits
    return gate_error * dimension / (dimension - 1)


@dataclass(frozen=True)
class Noise:
    """The noise of a device in numbers.

    Attributes
    ----------
    gates
        (gate, its qubits) -> strength of the depolarizing error after it.
    readout
        Qubit -> 2 x 2 probabilities; column: what the qubit is, row: what is read.
    """

    gates: dict[tuple[str, tuple[int, ...]], float]
    readout: dict[int, NDArray[np.float64]]


@lru_cache(maxsize=8)
def noise_of(device: DeviceSpec) -> Noise:
    """Return the noise of a device; empty for an exact one."""
    if not device.noisy:
        return Noise({}, {})
    data = calibration(device)
    gates = {}
    for gate in data["gates"]:
        qubits = tuple(gate["qubits"])
        error = value_of(gate["parameters"], "gate_error")
        gates[gate["gate"], qubits] = depolarizing_strength(error, len(qubits))
    readout = {}
    for index, qubit in enumerate(data["qubits"]):
        to_0, to_1 = value_of(qubit, "prob_meas0_prep1"), value_of(qubit, "prob_meas1_prep0")
        readout[index] = np.array([[1 - to_1, to_0], [to_1, 1 - to_0]])
    return Noise(gates, readout)
