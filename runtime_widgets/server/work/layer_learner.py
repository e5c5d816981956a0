"""The noise of the layers of circuits: version 2 of the program ``noise-learner``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList

from runtime_widgets.codec import LayerError, PauliLindbladError
from runtime_widgets.server import problems
from runtime_widgets.server.work.circuits import CONTROL_FLOW, check_gates
from runtime_widgets.server.work.layers import Layer, chosen, layer_circuit, layers_of
from runtime_widgets.server.work.learner_schema import LayerOptions, validated
from runtime_widgets.server.work.noise import Noise, noise_of
from runtime_widgets.server.work.pauli_lindblad import Term, depolarizing_rates, terms_of

if TYPE_CHECKING:
    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["NOTE", "check_layers", "run_layers"]

_log = logging.getLogger("runtime_widgets.noise_learner")

NOTE = "computed from the simulated device's noise model, not learned by sampling"
MAX_CIRCUITS = 1000
ECHOED = {
    "max_layers_to_learn",
    "shots_per_randomization",
    "num_randomizations",
    "layer_pair_depths",
    "twirling_strategy",
}


def check_layers(
    params: dict[str, Any], device: DeviceSpec, around: Surroundings
) -> dict[str, Any]:
    """Check the parameters and count what they hold."""
    options, circuits = _read(params, device)
    layers = _layers(options, circuits)
    letters = sum(len(each.qubits) * _count(each) for each in layers)
    if letters > around.limits.max_result_bytes:
        raise problems.bad_params(
            f"The models of {len(layers):,} layers would take {letters:,} bytes; "
            f"{around.limits.max_result_bytes:,} are allowed.",
            "Choose a smaller max_layers_to_learn, or the twirling_strategy 'active'.",
        )
    return {
        "num_circuits": len(circuits),
        "num_qubits": [circuit.num_qubits for circuit in circuits],
        "circuit_depths": [circuit.depth() for circuit in circuits],
        "work": float(letters + sum(len(circuit.data) for circuit in circuits)),
    }


def run_layers(work: Work) -> dict[str, Any]:
    """Compute the model of every layer that is asked for."""
    options, circuits = _read(work.params, work.device)
    work.executing()
    layers = _layers(options, circuits)
    noise = noise_of(work.device)
    data = [LayerError(layer_circuit(each), [*each.qubits], _error(each, noise)) for each in layers]
    _log.warning(
        "The noise of %d layers was %s. Options about how much to sample have no effect. The "
        "gates of one qubit with which an experiment twirls a layer are not counted: the "
        "estimator of this server adds none.",
        len(layers),
        NOTE,
    )
    metadata = {
        "backend": work.device.name,
        "input_options": options.model_dump(include=ECHOED),
        "noise": NOTE,
    }
    return {"data": data, "metadata": metadata}


def _read(params: dict[str, Any], device: DeviceSpec) -> tuple[LayerOptions, list[QuantumCircuit]]:
    if params.get("version", 2) not in (2, None):
        raise problems.bad_params("version: 2 is read here, and 3 with its schema_version.")
    raw = params.get("options")
    options = validated(LayerOptions, {} if raw is None else raw, "options")
    entries = params.get("circuits")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_CIRCUITS:
        raise problems.bad_params(f"circuits is a list of 1 to {MAX_CIRCUITS} circuits.")
    return options, [_circuit(index, entry, device) for index, entry in enumerate(entries)]


def _circuit(index: int, entry: Any, device: DeviceSpec) -> QuantumCircuit:
    """Return a circuit; of an estimator's PUB its circuit, which is all that matters of it."""
    circuit = entry[0] if isinstance(entry, list) and entry else entry
    if not isinstance(circuit, QuantumCircuit):
        raise problems.bad_params(f"circuits[{index}]: a QuantumCircuit is needed.")
    if circuit.num_qubits > device.qubits:
        raise problems.bad_circuit(
            f"circuits[{index}] has {circuit.num_qubits} qubits; {device.name} has "
            f"{device.qubits}.",
            "Choose a device with more qubits.",
        )
    names = {instruction.operation.name for instruction in circuit.data}
    if names & (CONTROL_FLOW - {"box"}):
        raise problems.bad_circuit(
            f"circuits[{index}] has control flow, whose layers are not known beforehand.",
            "Leave it out of the circuits of a noise learner.",
        )
    check_gates(circuit, device, range(circuit.num_qubits))
    return circuit


def _layers(options: LayerOptions, circuits: list[QuantumCircuit]) -> list[Layer]:
    found = [each for circuit in circuits for each in layers_of(circuit, options.twirling_strategy)]
    return chosen(found, options.max_layers_to_learn)


def _count(layer: Layer) -> int:
    """Return how many terms the model of a layer has: 3 of each qubit, 9 more of each pair."""
    return 3 * len(layer.qubits) + 9 * len(layer.gates)


def _terms(layer: Layer, noise: Noise) -> list[Term]:
    """Return the model of a layer: one of each gate, and nothing of a qubit that is idle."""
    place = {qubit: index for index, qubit in enumerate(layer.qubits)}
    pairs = []
    for gate in layer.gates:
        rates = depolarizing_rates(noise.gates.get((gate.name, gate.qubits), 0.0), 2)
        pairs += terms_of(rates, tuple(place[qubit] for qubit in gate.qubits))
    busy = {at for term in pairs for _, places in term.paulis for at in places}
    idle = [at for at in range(len(layer.qubits)) if at not in busy]
    terms = pairs + [term for at in idle for term in terms_of(np.zeros(4), (at,))]
    return sorted(terms, key=lambda term: (len(term.paulis[0][1]), term.paulis[0][1]))


def _error(layer: Layer, noise: Noise) -> PauliLindbladError:
    terms = _terms(layer, noise)
    labels = []
    for term in terms:
        ((letters, places),) = term.paulis
        label = ["I"] * len(layer.qubits)
        for letter, at in zip(letters, places, strict=True):
            label[-1 - at] = letter
        labels.append("".join(label))
    return PauliLindbladError(PauliList(labels), np.array([term.rate for term in terms]))
