"""A circuit in parts that know nothing of each other, each simulated by itself.

Twirling acts on every qubit of a device, of which a circuit entangles a few: on 16 qubits one
set of values took 1.9 s as a whole, and a fiftieth of that in parts (measured). Parts of a few
qubits are simulated in `small.py`, the others by Aer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Qubit

from runtime_widgets.server.work.small import SMALL_QUBITS, is_small

__all__ = ["Part", "parts_of"]

# A part is never smaller than that on purpose: each costs a run of the simulator.
PART_QUBITS = 6
_SEPARATE = frozenset({"barrier", "delay"})


@dataclass(frozen=True)
class Part:
    """Some instructions of a circuit, on its bits and registers.

    Attributes
    ----------
    columns
        Which of the whole circuit's parameters are the part's, in its order.
    qubits
        Which of the whole circuit's qubits are the part's, in its order; None for all of them.
    small
        Whether it is for `small.py`.
    """

    circuit: QuantumCircuit
    columns: list[int]
    qubits: tuple[int, ...] | None = None
    small: bool = False


def parts_of(circuit: QuantumCircuit, *, compact: bool) -> list[Part]:
    """Return the parts of a circuit; only itself where it does not fall apart.

    Parameters
    ----------
    compact
        Leave out the qubits that are not a part's own, where Aer simulates it. Aer takes half a
        second to read the noise of 127 qubits, whatever the circuit uses of them (measured).
    """
    whole = [Part(circuit, list(range(circuit.num_parameters)))]
    if circuit.num_vars or not circuit.num_qubits:
        return whole
    components = _components(circuit)
    if _stores(circuit):  # that ties bits, and does not say which
        components = [{*circuit.clbits}.union(*components)]
    groups = [
        {bit for bit in component if isinstance(bit, Qubit)}
        for component in components
        if any(isinstance(bit, Clbit) for bit in component)  # what is never measured is left out
    ]
    small, large = [], []
    for group in groups:
        part = _part(circuit, group, compact=True) if len(group) <= SMALL_QUBITS else None
        if part is not None and is_small(part.circuit):
            small.append(replace(part, small=True))
        else:
            large.append(group)
    packed = _packed(large)
    if not small and len(packed) == 1 and not compact:
        return whole
    return [*small, *(_part(circuit, group, compact=compact) for group in packed)] or whole


def _part(circuit: QuantumCircuit, group: set[Any], *, compact: bool) -> Part:
    places = {parameter: index for index, parameter in enumerate(circuit.parameters)}
    qubits = [q for q in circuit.qubits if q in group] if compact else list(circuit.qubits)
    part = _only(circuit, group, qubits)
    own = tuple(circuit.find_bit(qubit).index for qubit in qubits) if compact else None
    return Part(part, [places[parameter] for parameter in part.parameters], own)


def _only(circuit: QuantumCircuit, group: set[Any], qubits: list[Any]) -> QuantumCircuit:
    """Return what a circuit does on a group of qubits, as a circuit on `qubits`."""
    part = QuantumCircuit(len(qubits), name=circuit.name)
    part.add_bits(circuit.clbits)
    for register in circuit.cregs:
        part.add_register(register)
    place = {qubit: part.qubits[index] for index, qubit in enumerate(qubits)}
    for instruction in circuit.data:
        name, qubit = instruction.operation.name, next(iter(instruction.qubits), None)
        # Where bits are stored to there is one part, and what acts on no qubit is its own.
        if name == "store" or (name not in _SEPARATE and qubit in group):
            moved = [place[qubit] for qubit in instruction.qubits]
            part.append(instruction.operation, moved, instruction.clbits, copy=False)
    return part


def _stores(circuit: QuantumCircuit) -> bool:
    """Say whether a classical bit is set by an expression, also inside control flow."""
    return any(
        instruction.operation.name == "store"
        or any(map(_stores, getattr(instruction.operation, "blocks", ())))
        for instruction in circuit.data
    )


def _components(circuit: QuantumCircuit) -> list[set[Any]]:
    """Return the sets of qubits and classical bits that instructions tie together."""
    parent: dict[Any, Any] = {}

    def root(bit: Any) -> Any:
        while parent[bit] is not bit:
            parent[bit] = parent[parent[bit]]
            bit = parent[bit]
        return bit

    for instruction in circuit.data:
        if instruction.operation.name in _SEPARATE:
            continue
        bits = [*instruction.qubits, *instruction.clbits]
        for bit in bits:
            parent.setdefault(bit, bit)
        for bit in bits[1:]:
            parent[root(bit)] = root(bits[0])
    found: dict[Any, set[Any]] = {}
    for bit in parent:
        found.setdefault(root(bit), set()).add(bit)
    return list(found.values())


def _packed(groups: list[set[Any]]) -> list[set[Any]]:
    """Put small groups of qubits together."""
    found: list[set[Any]] = []
    for group in sorted(groups, key=len, reverse=True):
        if found and len(found[-1]) + len(group) <= PART_QUBITS:
            found[-1] = found[-1] | group
        else:
            found.append(group)
    return found
