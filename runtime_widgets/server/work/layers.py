"""The layers of gates of two qubits in a circuit, as a noise learner finds them.

Sources for what a layer is: the options ``twirling_strategy`` and ``max_layers_to_learn`` of
ibm-quantum-schemas, ``noise_learner_v2``.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression

from runtime_widgets.server.work.boxes import without_boxes

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Gate", "Layer", "Strategy", "chosen", "layer_circuit", "layers_of"]

Strategy = Literal["active", "active-accum", "active-circuit", "all"]

_CLIFFORDS = frozenset({"cx", "cy", "cz", "dcx", "ecr", "iswap", "swap"})
_ROTATIONS = frozenset({"rxx", "ryy", "rzx", "rzz"})


@dataclass(frozen=True)
class Gate:
    """A gate where it acts; equal to another if it does the same there."""

    name: str
    qubits: tuple[int, ...]
    angles: tuple[float, ...]
    operation: Any = field(compare=False, repr=False)


@dataclass(frozen=True)
class Layer:
    """Gates on different qubits, and the qubits that are twirled while they act, in order."""

    qubits: tuple[int, ...]
    gates: tuple[Gate, ...]


def layers_of(circuit: QuantumCircuit, strategy: Strategy) -> list[Layer]:
    """Return the layers of a circuit: each gate in the first one that it can be in.

    Gates of one qubit are no part of a layer. Barriers separate layers, and so do gates that no
    Pauli can be moved through: those of more qubits, and those that are no Clifford gates.
    """
    circuit = without_boxes(circuit)
    step: dict[int, int] = {}  # qubit -> the last layer that it was in
    since: dict[int, int] = {}  # qubit -> the first layer in which it is active
    found: dict[int, list[Gate]] = {}
    for instruction in circuit.data:
        name = instruction.operation.name
        qubits = tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        if name == "delay" or not qubits:
            continue
        last = max(step.get(qubit, 0) for qubit in qubits)
        own = last
        if _is_twirled(instruction):
            own = last + 1
            found.setdefault(own, []).append(_gate(instruction.operation, qubits))
        if name != "barrier":
            for qubit in qubits:
                since.setdefault(qubit, max(own, last + 1))
        step.update(dict.fromkeys(qubits, own))
    return [
        Layer(_qubits(circuit, strategy, gates, since, own), _sorted(gates))
        for own, gates in sorted(found.items())
    ]


def _is_twirled(instruction: Any) -> bool:
    """Say whether a Pauli before a gate of two qubits is one after it."""
    operation = instruction.operation
    if len(instruction.qubits) != 2 or not instruction.is_standard_gate():
        return False
    if operation.name in _CLIFFORDS:
        return True
    if operation.name not in _ROTATIONS or isinstance(operation.params[0], ParameterExpression):
        return False
    quarters = operation.params[0] / (math.pi / 2)
    return math.isclose(quarters, round(quarters), abs_tol=1e-9)


def _gate(operation: Any, qubits: tuple[int, ...]) -> Gate:
    return Gate(operation.name, qubits, tuple(map(float, operation.params)), operation)


def _sorted(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    return tuple(sorted(gates, key=lambda gate: gate.qubits))


def _qubits(
    circuit: QuantumCircuit,
    strategy: Strategy,
    gates: list[Gate],
    since: dict[int, int],
    own: int,
) -> tuple[int, ...]:
    """Return the qubits that are twirled in a layer."""
    if strategy == "all":
        return tuple(range(circuit.num_qubits))
    if strategy == "active":
        return tuple(sorted(qubit for gate in gates for qubit in gate.qubits))
    accumulate = strategy == "active-accum"
    return tuple(sorted(q for q, first in since.items() if first <= own or not accumulate))


def chosen(layers: Iterable[Layer], most: int | None) -> list[Layer]:
    """Return each layer once: the most frequent ones, of these the ones with the most gates."""
    counts = Counter(layers)  # in the order in which they are met
    ordered = sorted(counts, key=lambda layer: (-counts[layer], -len(layer.gates)))
    return ordered[:most]


def layer_circuit(layer: Layer) -> QuantumCircuit:
    """Return a layer as a circuit on its qubits."""
    place = {qubit: index for index, qubit in enumerate(layer.qubits)}
    circuit = QuantumCircuit(len(layer.qubits))
    for gate in layer.gates:
        circuit.append(gate.operation, [place[qubit] for qubit in gate.qubits])
    return circuit
