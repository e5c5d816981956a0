"""Annotated boxes, as a noise learner is asked of them.

A box with the annotation ``Twirl`` runs as its content without the gates of one qubit at the side
of its dressing, and at that side, on each of its qubits, a fixed template of gates that takes up
those and the twirl. The template is part of the box's noise.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from qiskit import QuantumCircuit
from qiskit.circuit import QuantumRegister
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford

from runtime_widgets.server import problems
from runtime_widgets.server.work.circuits import check_gates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtime_widgets.server.devices import DeviceSpec

__all__ = ["Box", "read_boxes"]

MAX_QUBITS = 100_000
# The gates of a template that have errors; its rz have none on any device here.
_TEMPLATES = {"rzsx": ("sx", "sx"), "rzrx": ("rx",)}
_SIDES = ("left", "right")


@dataclass(frozen=True)
class Box:
    """A box.

    Attributes
    ----------
    protocol
        What is learned of it: the noise of gates, or of measurements.
    qubits
        The device's, one for each of the body's.
    core
        What is left of the body without what its dressing takes up: (operation, places in the
        body).
    template
        The gates with which each qubit is dressed.
    """

    protocol: Literal["lindblad", "trex"]
    body: QuantumCircuit
    qubits: tuple[int, ...]
    core: tuple[tuple[Any, tuple[int, ...]], ...]
    template: tuple[str, ...]


def read_boxes(circuit: QuantumCircuit, device: DeviceSpec) -> list[Box]:
    """Read the instructions of a circuit, which must be boxes that can be learned.

    Raises
    ------
    Problem
        With the instruction, and why it cannot be.
    """
    register = {bit: index for index, bit in enumerate(QuantumRegister(device.qubits, "q"))}
    if not all(qubit in register for qubit in circuit.qubits):
        raise problems.bad_params(
            "instructions: they act on qubits that are not in the device's register "
            f"QuantumRegister({device.qubits}, 'q').",
            "Transpile the circuit for the device, and take the instructions from that.",
        )
    check_gates(circuit, device, [register[qubit] for qubit in circuit.qubits])
    if sum(len(instruction.qubits) for instruction in circuit.data) > MAX_QUBITS:
        raise problems.bad_params(f"instructions: on more than {MAX_QUBITS:,} qubits together.")
    return [
        _box(instruction, tuple(register[qubit] for qubit in instruction.qubits), index)
        for index, instruction in enumerate(circuit.data)
    ]


def _box(instruction: Any, qubits: tuple[int, ...], index: int) -> Box:
    operation = instruction.operation
    if operation.name != "box":
        raise _refused(index, f"a box is needed, not {operation.name[:60]}.")
    if not qubits:
        raise _refused(index, "the box acts on no qubits.")
    twirl = _twirl(operation.annotations, index)
    if twirl is None:
        raise _refused(index, "the box has no annotation Twirl.")
    side, decomposition = twirl
    body = operation.blocks[0]
    core = _core(body, from_right=side == "right")
    protocol = _protocol(body, core)
    if protocol is None:
        raise _refused(
            index,
            "its noise cannot be learned: the box is neither one layer of Clifford gates of at "
            "most two qubits, nor one measurement of each of its qubits.",
        )
    return Box(protocol, body, qubits, core, _TEMPLATES[decomposition])


def _refused(index: int, why: str) -> problems.Problem:
    return problems.bad_params(f"instructions[{index}]: {why}")


def _core(body: QuantumCircuit, *, from_right: bool) -> tuple[tuple[Any, tuple[int, ...]], ...]:
    """Leave out the gates of one qubit that nothing is before, seen from the dressing's side."""
    touched: set[int] = set()
    kept = []
    for instruction in reversed(body.data) if from_right else body.data:
        places = tuple(body.find_bit(qubit).index for qubit in instruction.qubits)
        single = len(places) == 1 and instruction.is_standard_gate()
        if single and places[0] not in touched:
            continue
        touched.update(places)
        if instruction.operation.name not in ("barrier", "delay"):
            kept.append((instruction.operation, places))
    return tuple(reversed(kept) if from_right else kept)


def _protocol(
    body: QuantumCircuit, core: tuple[tuple[Any, tuple[int, ...]], ...]
) -> Literal["lindblad", "trex"] | None:
    """Say what can be learned of a box, by the rules that IBM's client has for that."""
    acted = [place for _, places in core for place in places]
    if not core:
        return "lindblad"
    if len(acted) != len(set(acted)):
        return None
    if _is_clifford(body):
        return "lindblad"
    measured = all(operation.name == "measure" for operation, _ in core)
    return "trex" if measured and len(acted) == body.num_qubits else None


def _is_clifford(body: QuantumCircuit) -> bool:
    gates = [i for i in body.data if i.operation.name not in ("barrier", "delay")]
    if not all(gate.is_standard_gate() and len(gate.qubits) <= 2 for gate in gates):
        return False
    try:
        for gate in gates:
            Clifford(gate.operation)
    except (QiskitError, TypeError):  # another gate, or one whose angle is open
        return False
    return True


def _twirl(annotations: Iterable[Any], index: int) -> tuple[str, str] | None:
    """Return the side and the decomposition of the first annotation Twirl.

    Its bytes: a name and its length, three lengths, and three words (ibm-quantum-schemas,
    ``common/annotation_serializer.py``).
    """
    for annotation in annotations:
        if not annotation.namespace.startswith("samplomatic"):
            continue
        payload = bytes(annotation.payload)
        try:
            (size,) = struct.unpack_from("!H", payload)
            if payload[2 : 2 + size] != b"Twirl":
                continue
            sizes = struct.unpack_from("!QQQ", payload, 2 + size)
        except struct.error as exc:
            raise _refused(index, "an annotation that is cut short.") from exc
        words, at = [], 2 + size + 24
        for length in sizes:
            words.append(payload[at : at + length].decode("ascii", "replace"))
            at += length
        _, side, decomposition = words
        if side not in _SIDES or decomposition not in _TEMPLATES:
            raise _refused(
                index,
                f"Twirl with dressing {side[:20]!r} and decomposition {decomposition[:20]!r}.",
            )
        return side, decomposition
    return None
