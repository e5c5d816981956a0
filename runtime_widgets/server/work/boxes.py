"""Boxes opened: to a simulator, a box is what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["without_boxes"]


def without_boxes(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with the content of each box in its place; itself if it has none.

    Boxes say what belongs together in time, and carry annotations for twirling and noise
    learning. No device here has time, and what is not annotated for it does not read them.
    """
    if not _has_boxes(circuit):
        return circuit
    opened = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name == "box":
            body = without_boxes(operation.blocks[0])
            opened.compose(
                body,
                qubits=instruction.qubits,
                clbits=instruction.clbits,
                inplace=True,
                inline_captures=True,
            )
        elif getattr(operation, "blocks", ()):
            blocks = [without_boxes(block) for block in operation.blocks]
            opened.append(operation.replace_blocks(blocks), instruction.qubits, instruction.clbits)
        else:
            opened.append(instruction)
    return opened


def _has_boxes(circuit: QuantumCircuit) -> bool:
    return any(
        instruction.operation.name == "box" or any(map(_has_boxes, instruction.operation.blocks))
        for instruction in circuit.data
        if instruction.is_control_flow()
    )
