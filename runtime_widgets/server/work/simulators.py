"""Qiskit's primitives for each kind of device.

Exact devices use the statevector primitives; all others, and circuits that measure in their
middle, use the backend primitives on a simulator, which is Aer's where Aer is installed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qiskit import transpile
from qiskit.primitives import (
    BackendEstimatorV2,
    BackendSamplerV2,
    StatevectorEstimator,
    StatevectorSampler,
)

from runtime_widgets.server.devices import DeviceSpec, calibration
from runtime_widgets.server.work.circuits import is_dynamic

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from runtime_widgets.server.work.context import Surroundings

__all__ = ["estimator_for", "prepared", "sampler_for"]

CLIFFORD = frozenset(
    {"cx", "cy", "cz", "h", "id", "s", "sdg", "swap", "sx", "sxdg", "x", "y", "z", "ecr", "iswap"}
)
QUIET = frozenset({"measure", "barrier", "delay", "reset"})


def sampler_for(
    circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings, seed: int
) -> Any:
    """Return a sampler (version 2) for one circuit."""
    if device.kind == "exact" and not is_dynamic(circuit):
        return StatevectorSampler(seed=seed)
    backend = _simulator(device, around.aer, _method(circuit, device))
    return BackendSamplerV2(backend=backend, options={"seed_simulator": seed % 2**31})


def estimator_for(
    circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings, seed: int
) -> Any:
    """Return an estimator (version 2) for one circuit."""
    if device.kind == "exact" and not is_dynamic(circuit):
        return StatevectorEstimator(seed=seed)
    backend = _simulator(device, around.aer, _method(circuit, device))
    return BackendEstimatorV2(backend=backend, options={"seed_simulator": seed % 2**31})


def prepared(circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings) -> QuantumCircuit:
    """Return the circuit in gates that the simulator of its device knows."""
    if device.kind == "noisy" or (device.kind == "exact" and not is_dynamic(circuit)):
        return circuit
    backend = _simulator(device, around.aer, _method(circuit, device))
    return transpile(circuit, backend, optimization_level=0)


def _method(circuit: QuantumCircuit, device: DeviceSpec) -> str:
    """Choose Aer's method: tableaus for Clifford circuits, tensors for the other wide ones."""
    if device.kind == "noisy":
        return "automatic"
    if device.kind == "exact":
        return "statevector"
    names = {instruction.operation.name for instruction in circuit.data}
    return "stabilizer" if names <= CLIFFORD | QUIET else "matrix_product_state"


@lru_cache(maxsize=8)
def _simulator(device: DeviceSpec, aer: bool, method: str) -> Any:
    """Return the simulator of a device, made once in each worker."""
    if not aer:
        from runtime_widgets.server.work.density import DensityBackend

        return DensityBackend(device)
    from qiskit_aer import AerSimulator

    noise = _noise_model(device) if device.kind == "noisy" else None
    return AerSimulator(method=method, noise_model=noise, max_parallel_threads=1)


def _noise_model(device: DeviceSpec) -> Any:
    """Build Aer's noise model from the calibration data that the device shows."""
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    data = calibration(device)
    model = NoiseModel(basis_gates=["cz", "id", "rz", "sx", "x"])
    for gate in data["gates"]:
        error = value_of(gate["parameters"], "gate_error")
        if error > 0:
            qubits = gate["qubits"]
            strength = depolarizing_strength(error, len(qubits))
            model.add_quantum_error(depolarizing_error(strength, len(qubits)), gate["gate"], qubits)
    for index, qubit in enumerate(data["qubits"]):
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
