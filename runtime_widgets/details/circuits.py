"""A circuit in figures, and drawn as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runtime_widgets.codec import Limits, decode
from runtime_widgets.details.shapes import CircuitInfo, CircuitText, OpCount
from runtime_widgets.details.text import clipped, size_words
from runtime_widgets.errors import CodecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["circuit_info", "drawing", "is_circuit", "read_circuit"]

LIMITS = Limits(max_bytes=1 << 25, max_qubits=20_000, inspect_circuits=True)
"""32 MiB decompressed: more than a million gates."""
MOST_ENCODED = 8_000_000
MOST_OPS = 12
MOST_PARAMETERS = 12
MOST_DEPTH_OF = 200_000
"""Instructions up to which a depth is found out."""
MOST_GATES = 500
"""Instructions that are drawn."""
MOST_WIRES = 150
MOST_DRAWN = 120_000
FOLD = 100
"""Characters of a line of a drawing."""


def is_circuit(value: Any) -> bool:
    """Whether a JSON value is an envelope of a circuit."""
    return isinstance(value, Mapping) and value.get("__type__") == "QuantumCircuit"


def read_circuit(envelope: Mapping[str, Any]) -> QuantumCircuit:
    """Read a circuit out of its envelope.

    Raises
    ------
    CodecError
        If it cannot be read, or is larger than what is read for a view.
    """
    content = envelope.get("__value__")
    if isinstance(content, str) and len(content) > MOST_ENCODED:
        msg = f"a circuit of {size_words(len(content))}, which is too large for this view"
        raise CodecError(msg)
    circuit: QuantumCircuit = decode(envelope, limits=LIMITS)
    return circuit


def circuit_info(circuit: QuantumCircuit) -> CircuitInfo:
    """Return a circuit's figures."""
    ops = circuit.count_ops()
    length = len(circuit.data)
    # In qiskit's order, by name, but those of a vector by their place in it.
    names = [parameter.name for parameter in circuit.parameters]
    used = {qubit for instruction in circuit.data for qubit in instruction.qubits}
    return CircuitInfo(
        name=clipped(str(circuit.name), 80),
        num_qubits=circuit.num_qubits,
        used=len(used),
        num_clbits=circuit.num_clbits,
        size=length,
        depth=circuit.depth() if length <= MOST_DEPTH_OF else None,
        ops=[OpCount(clipped(str(name), 40), count) for name, count in _most(ops)],
        kinds=len(ops),
        parameters=[clipped(name, 80) for name in names[:MOST_PARAMETERS]],
        num_parameters=len(names),
    )


def _most(ops: Mapping[str, int]) -> list[tuple[str, int]]:
    return Counter(ops).most_common(MOST_OPS)


def drawing(index: int, circuit: QuantumCircuit) -> CircuitText:
    """Draw a circuit by qiskit's own drawer, its start where it is long.

    Raises
    ------
    CodecError
        If qiskit cannot draw it.
    """
    name = clipped(str(circuit.name), 80)
    drawn, notes = _cut(circuit)
    if drawn is None:
        return CircuitText(index, name, "", note=notes[0])
    try:
        text = str(drawn.draw("text", fold=FOLD, idle_wires=False).single_string())
    except Exception as exc:
        msg = f"qiskit's drawer did not draw this circuit ({type(exc).__name__})."
        raise CodecError(msg) from exc
    if len(text) > MOST_DRAWN:
        text = text[:MOST_DRAWN].rpartition("\n")[0]
        notes.append("The drawing is longer: this is its start.")
    return CircuitText(index, name, text, note=" ".join(notes))


def _cut(circuit: QuantumCircuit) -> tuple[QuantumCircuit | None, list[str]]:
    """Return what of a circuit can be drawn in a moment, and what is said of the rest."""
    gates = 0
    wires: set[Any] = set()
    kept = circuit.copy_empty_like()
    for place, instruction in enumerate(circuit.data):
        gates += _weight(instruction.operation)
        wires.update(instruction.qubits)
        if gates > MOST_GATES or len(wires) > MOST_WIRES:
            which = "qubits" if len(wires) > MOST_WIRES else "instructions"
            note = f"Too many {which} to draw all of it. "
            if not place:
                return None, [f"{note}The first instruction alone is too large to draw."]
            return kept, [f"{note}These are the first {place:,} of {len(circuit.data):,}."]
        kept.append(instruction)
    return kept, []


def _weight(operation: Any) -> int:
    """How many instructions of a drawing one is: those in its branches are drawn too."""
    blocks = getattr(operation, "blocks", None) or ()
    return 1 + sum(_weight(inner.operation) for block in blocks for inner in block.data)
