"""A circuit in parts that know nothing of each other, each simulated by itself.

Twirling acts on every qubit of a device, of which a circuit entangles a few: on 16 qubits one
set of values took 1.9 s as a whole, and a fiftieth of that in parts (measured).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

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
    """

    circuit: QuantumCircuit
    columns: list[int]
    qubits: tuple[int, ...] | None = None


def parts_of(circuit: QuantumCircuit, *, compact: bool) -> list[Part]:
    """Return the parts of a circuit; only itself where it does not fall apart.

    Parameters
    ----------
    compact
        Leave out the qubits that are not a part's own. Aer takes half a second to read the
        noise of 127 qubits, whatever the circuit uses of them (measured).
    """
    whole = [Part(circuit, list(range(circuit.num_parameters)))]
    if circuit.num_vars or circuit.num_qubits <= PART_QUBITS:
        return whole
    groups = _packed(_components(circuit))
    if not groups or (len(groups) == 1 and not compact):
        return whole
    places = {parameter: index for index, parameter in enumerate(circuit.parameters)}
    found = []
    for group in groups:
        qubits = [q for q in circuit.qubits if q in group] if compact else list(circuit.qubits)
        part = _only(circuit, group, qubits)
        columns = [places[parameter] for parameter in part.parameters]
        own = tuple(circuit.find_bit(qubit).index for qubit in qubits) if compact else None
        found.append(Part(part, columns, own))
    return found


def _only(circuit: QuantumCircuit, group: set[Any], qubits: list[Any]) -> QuantumCircuit:
    """Return what a circuit does on a group of qubits, as a circuit on `qubits`."""
    from qiskit import QuantumCircuit

    part = QuantumCircuit(len(qubits), name=circuit.name)
    part.add_bits(circuit.clbits)
    for register in circuit.cregs:
        part.add_register(register)
    place = {qubit: part.qubits[index] for index, qubit in enumerate(qubits)}
    for instruction in circuit.data:
        separate = instruction.operation.name in _SEPARATE
        if not separate and instruction.qubits and instruction.qubits[0] in group:
            moved = [place[qubit] for qubit in instruction.qubits]
            part.append(instruction.operation, moved, instruction.clbits, copy=False)
    return part


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


def _packed(components: list[set[Any]]) -> list[set[Any]]:
    """Put small components together, and leave out what is never measured."""
    from qiskit.circuit import Qubit

    groups: list[tuple[int, set[Any]]] = []
    for component in sorted(components, key=len, reverse=True):
        qubits = {bit for bit in component if isinstance(bit, Qubit)}
        if len(qubits) == len(component):
            continue
        if groups and groups[-1][0] + len(qubits) <= PART_QUBITS:
            size, bits = groups.pop()
            groups.append((size + len(qubits), bits | qubits))
        else:
            groups.append((len(qubits), set(qubits)))
    return [qubits for _, qubits in groups]
