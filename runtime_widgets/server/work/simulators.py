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

from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.work.circuits import is_dynamic
from runtime_widgets.server.work.noise import aer_noise_model

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
    if device.kind == "exact" and not is_dynamic(circuit):
        return circuit
    backend = _simulator(device, around.aer, _method(circuit, device))
    if device.kind == "noisy" or _names(circuit) <= {*backend.operation_names, "barrier"}:
        return circuit
    return transpile(circuit, backend, optimization_level=0)


def _names(circuit: QuantumCircuit) -> set[str]:
    """Return the names of all instructions, also of those inside control flow."""
    names: set[str] = set()
    for instruction in circuit.data:
        names.add(instruction.operation.name)
        for block in getattr(instruction.operation, "blocks", ()):
            names |= _names(block)
    return names


def _method(circuit: QuantumCircuit, device: DeviceSpec) -> str:
    """Choose Aer's method: tableaus for Clifford circuits, tensors for the other wide ones."""
    if device.kind == "noisy":
        return "automatic"
    if device.kind == "exact":
        return "statevector"
    return "stabilizer" if _names(circuit) <= CLIFFORD | QUIET else "matrix_product_state"


@lru_cache(maxsize=8)
def _simulator(device: DeviceSpec, aer: bool, method: str) -> Any:
    """Return the simulator of a device, made once in each worker."""
    if not aer:
        from runtime_widgets.server.work.density import DensityBackend

        return DensityBackend(device)
    from qiskit_aer import AerSimulator

    noise = aer_noise_model(device) if device.kind == "noisy" else None
    return AerSimulator(method=method, noise_model=noise, max_parallel_threads=1)
