"""Qiskit's primitives for each kind of device.

Exact devices use the statevector primitives for small circuits; all else, and circuits that
measure in their middle, runs by primitives on a simulator, which is Aer's where Aer is installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import transpile
from qiskit.primitives import (
    BackendEstimatorV2,
    BackendSamplerV2,
    StatevectorEstimator,
    StatevectorSampler,
)

from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.work.boxes import without_boxes
from runtime_widgets.server.work.circuits import by_tensors, is_dynamic
from runtime_widgets.server.work.noise import aer_noise_model

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.primitives.containers.estimator_pub import EstimatorPub

    from runtime_widgets.server.work.context import Surroundings

__all__ = ["estimator_for", "prepared", "sampler_for"]

STATEVECTOR_QUBITS = 9
CLIFFORD = frozenset(
    {"cx", "cy", "cz", "h", "id", "s", "sdg", "swap", "sx", "sxdg", "x", "y", "z", "ecr", "iswap"}
)
QUIET = frozenset({"measure", "barrier", "delay", "reset"})


def sampler_for(
    circuit: QuantumCircuit,
    device: DeviceSpec,
    around: Surroundings,
    seed: int,
    qubits: tuple[int, ...] | None = None,
) -> Any:
    """Return a sampler (version 2) for one circuit.

    Parameters
    ----------
    qubits
        Which of the device's qubits the circuit's are; None if they are its first.
    """
    if _by_statevector(circuit, device, around):
        # A generator, not the number: qiskit would draw the same for every parameter set.
        return StatevectorSampler(seed=np.random.default_rng(seed))
    own = qubits if device.noisy else None  # without noise one qubit is as good as another
    # Aer 0.18 cannot leave qubits out of a circuit in which one branch acts on others than
    # another. Where the circuit was cut down to its own qubits, there are none to leave out.
    cut = qubits is None or not is_dynamic(circuit)
    backend = _simulator(device, around.aer, _method(circuit, device), own, cut=cut)
    return BackendSamplerV2(backend=backend, options={"seed_simulator": seed % 2**31})


def estimator_for(pub: EstimatorPub, device: DeviceSpec, around: Surroundings, seed: int) -> Any:
    """Return an estimator (version 2) for one PUB."""
    if _by_statevector(pub.circuit, device, around):
        return StatevectorEstimator(seed=seed)
    backend = _simulator(device, around.aer, _method(pub.circuit, device, _observed(pub)))
    options = {"seed_simulator": seed % 2**31}
    if device.kind == "exact" and not is_dynamic(pub.circuit):
        from qiskit_aer.primitives import EstimatorV2

        # Exact values, to which it adds noise of the wanted precision, as qiskit's own does.
        return EstimatorV2.from_backend(backend, options={"run_options": options})
    return BackendEstimatorV2(backend=backend, options=options)


def prepared(circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings) -> QuantumCircuit:
    """Return the circuit in gates that the simulator of its device knows."""
    circuit = without_boxes(circuit)
    if _by_statevector(circuit, device, around):
        return circuit
    backend = _simulator(device, around.aer, _method(circuit, device))
    if device.noisy or _names(circuit) <= {*backend.operation_names, "barrier"}:
        return circuit
    return transpile(circuit, backend, optimization_level=0)


def _by_statevector(circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings) -> bool:
    """Say whether qiskit's statevector primitives are to run a circuit.

    They take 2 s for 16 qubits and 170 gates, of which Aer needs a twentieth (measured).
    """
    small = circuit.num_qubits <= STATEVECTOR_QUBITS or not around.aer
    return device.kind == "exact" and small and not is_dynamic(circuit)


def _names(circuit: QuantumCircuit) -> set[str]:
    """Return the names of all instructions, also of those inside control flow."""
    names: set[str] = set()
    for instruction in circuit.data:
        names.add(instruction.operation.name)
        for block in getattr(instruction.operation, "blocks", ()):
            names |= _names(block)
    return names


def _observed(pub: EstimatorPub) -> set[int]:
    """Return the qubits on which an observable of a PUB is not the identity."""
    terms = {term for entry in np.ravel(pub.observables.tolist()) for term in entry}
    return {qubit for term in terms for qubit, letter in enumerate(reversed(term)) if letter != "I"}


def _method(circuit: QuantumCircuit, device: DeviceSpec, observed: Iterable[int] = ()) -> str:
    """Choose Aer's method: tableaus for Clifford circuits, tensors for the other wide ones."""
    if not by_tensors(circuit, device, observed):
        return "automatic" if device.noisy else "statevector"
    return "stabilizer" if _names(circuit) <= CLIFFORD | QUIET else "matrix_product_state"


@lru_cache(maxsize=64)
def _simulator(
    device: DeviceSpec,
    aer: bool,
    method: str,
    qubits: tuple[int, ...] | None = None,
    *,
    cut: bool = True,
) -> Any:
    """Return the simulator of a device, or of some of its qubits, made once in each worker.

    With `cut` it leaves out the qubits that a circuit does not use.
    """
    if not aer:
        from runtime_widgets.server.work.density import DensityBackend

        return DensityBackend(device)
    from qiskit_aer import AerSimulator

    noise = aer_noise_model(device, qubits) if device.noisy else None
    return AerSimulator(
        method=method,
        noise_model=noise,
        max_parallel_threads=1,
        # Aer goes by the memory; of a wide circuit only the qubits that it uses take any.
        n_qubits=device.qubits,
        enable_truncation=cut,
    )
