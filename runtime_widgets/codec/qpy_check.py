"""A walk over QPY that builds nothing, before qiskit builds a circuit from it.

qiskit's reader trusts its input in two ways. It allocates what a header claims: 200
bytes that claim ten million qubits cost 2 GiB and 8 s (measured with qiskit 2.6.2). And
it calls whatever a payload names in ``qiskit.circuit.library``, with the payload's
arguments: generators of random circuits and oracles as readily as gates.

Format: https://quantum.cloud.ibm.com/docs/api/qiskit/qpy, versions 13 to 18.
"""

from __future__ import annotations

import itertools
import struct
from functools import lru_cache
from typing import Any

from .limits import Limits, PayloadError

__all__ = ["check_circuit", "check_size", "find_starts"]

_CIRCUIT = struct.Struct("!HcHIIQIQI")
_CUSTOM = struct.Struct("!HcII?QIIQ")
_INSTRUCTION = struct.Struct("!HHHIIBHqII")
_PARAM = struct.Struct("!cQ")
_ANNOTATED = 0x80
_REGISTER_CONDITION, _EXPRESSION_CONDITION = 1, 2
# The newest version whose layout this module knows.
NEWEST = 18
MAX_NESTING = 20
# Only these take text; an oracle that takes some evaluates it for each input there is.
_TAKE_TEXT = frozenset({b"Delay", b"BoxOp", b"Initialize", b"StatePreparation"})


def find_starts(raw: bytes, most: int) -> list[int]:
    """Return where each circuit of a QPY payload starts.

    Parameters
    ----------
    raw : bytes
        QPY, at least its header.
    most : int
        How many circuits it may hold.

    Raises
    ------
    PayloadError
        It claims more circuits, or to hold them twice in the same bytes.
    """
    (count,) = struct.unpack_from("!Q", raw, 10)
    if count > most:
        raise PayloadError(f"QPY of {count:,} circuits; at most {most:,} belong here")
    if raw[6] < 16:
        if count > 1:
            raise PayloadError("several circuits in one QPY blob of a version before 16")
        return [20] * count
    # Since version 16 a table says where each circuit starts.
    if len(raw) < 20 + 8 * count:
        raise PayloadError("a QuantumCircuit whose QPY is cut short or garbled")
    starts = list(struct.unpack_from(f"!{count}Q", raw, 20))
    if any(later <= start for start, later in itertools.pairwise(starts)):
        raise PayloadError("QPY whose circuits overlap")
    return starts


def check_size(raw: bytes, limits: Limits, start: int) -> None:
    """Refuse a QPY payload whose circuit claims too many bits; look no further.

    Raises
    ------
    PayloadError
        With the reason.
    """
    try:
        _, _, _, qubits, clbits, *_ = _CIRCUIT.unpack_from(raw, start)
    except (struct.error, OverflowError) as exc:
        raise PayloadError("a QuantumCircuit whose QPY is cut short") from exc
    for claim in (qubits, clbits):
        _Walk(raw, raw[6], limits).bits(claim)


def check_circuit(raw: bytes, limits: Limits, start: int) -> None:
    """Refuse a QPY payload whose claims are out of proportion or that names no instruction.

    Parameters
    ----------
    raw : bytes
        QPY of version 13 or later.
    limits : Limits
        ``max_qubits`` bounds every count of bits, of the circuit and of all inside it.
    start : int
        Where the circuit starts, from `find_starts`.

    Raises
    ------
    PayloadError
        With the reason.
    """
    version = raw[6]
    if version > NEWEST:
        raise PayloadError(f"a circuit in QPY {version}; up to {NEWEST} can be inspected")
    try:
        _Walk(raw, version, limits).circuit(start, 0)
    except (struct.error, IndexError, OverflowError) as exc:
        raise PayloadError("a QuantumCircuit whose QPY is cut short or garbled") from exc


@lru_cache(maxsize=1024)
def _is_instruction(name: bytes) -> bool:
    """Return whether the class that qiskit's reader would call is an instruction's."""
    import qiskit.circuit.controlflow
    import qiskit.circuit.library
    from qiskit.circuit import Operation

    if name == b"Clifford":
        return True
    text = name.decode(errors="replace")
    homes = (qiskit.circuit.library, qiskit.circuit, qiskit.circuit.controlflow)
    found = next((getattr(home, text) for home in homes if hasattr(home, text)), None)
    return isinstance(found, type) and issubclass(found, Operation)


def _text(name: bytes) -> str:
    return ascii(name.decode(errors="replace"))[:80]


class _Walk:
    """Reads lengths and skips what they measure."""

    def __init__(self, raw: bytes, version: int, limits: Limits) -> None:
        self.raw = raw
        self.version = version
        self.limits = limits

    def bits(self, count: int) -> None:
        if count > self.limits.max_qubits:
            raise PayloadError(
                f"a circuit that claims {count:,} bits; at most {self.limits.max_qubits:,} are read"
            )

    def read(self, layout: str, at: int) -> tuple[tuple[Any, ...], int]:
        return struct.unpack_from(layout, self.raw, at), at + struct.calcsize(layout)

    def skip(self, at: int, size: int) -> int:
        if size > len(self.raw) - at:
            raise PayloadError("a QuantumCircuit whose QPY is cut short or garbled")
        return at + size

    def circuit(self, at: int, depth: int) -> None:
        """Walk one circuit; each definition and block inside is one too."""
        if depth > MAX_NESTING:
            raise PayloadError(f"a circuit nested deeper than {MAX_NESTING} levels")
        name, kind, phase, qubits, clbits, metadata, registers, instructions, variables = (
            _CIRCUIT.unpack_from(self.raw, at)
        )
        self.bits(qubits)
        self.bits(clbits)
        at = self.skip(at + _CIRCUIT.size, name)
        self.value(kind, at, phase, depth)
        at = self.skip(self.skip(at, phase), metadata)
        for _ in range(registers):
            at = self.register(at)
        for _ in range(variables):
            at = self.variable(at)
        at = self.annotation_states(at)
        at = self.vectors(at)
        custom, at = self.definitions(at, depth)
        at = self.instructions(at, instructions, custom, depth)
        self.layout(at)

    def register(self, at: int) -> int:
        if self.version < 18:
            (_, _, size, name, _), at = self.read("!c?IH?", at)
            self.bits(size)
            return self.skip(at, name + 8 * size)
        (_, _, size, name, _, contiguous), at = self.read("!c?IH??", at)
        self.bits(size)
        return self.skip(at, name + 4 * (1 if contiguous else size))

    def variable(self, at: int) -> int:
        (_, _, name), at = self.read("!16scH", at)
        # Of the types, unsigned integers alone say more: their width.
        at += 5 if self.raw[at : at + 1] == b"u" else 1
        return self.skip(at, name)

    def annotation_states(self, at: int) -> int:
        if self.version < 15:
            return at
        (count,), at = self.read("!I", at)
        for _ in range(count):
            (name, state), at = self.read("!IQ", at)
            at = self.skip(at, name + state)
        return at

    def vectors(self, at: int) -> int:
        if self.version < 18:
            return at
        (count,), at = self.read("!H", at)
        for _ in range(count):
            (name, size, _), at = self.read("!HQ16s", at)
            self.bits(size)
            at = self.skip(at, name)
        return at

    def definitions(self, at: int, depth: int) -> tuple[set[bytes], int]:
        """Walk the gates that the circuit defines; return their names."""
        names = set[bytes]()
        base_gates = []
        (count,), at = self.read("!Q", at)
        for _ in range(count):
            name_size, _, qubits, clbits, defined, size, controls, _, base = _CUSTOM.unpack_from(
                self.raw, at
            )
            for claim in (qubits, clbits, controls):
                self.bits(claim)
            at += _CUSTOM.size
            name = self.raw[at : at + name_size]
            names.add(name)
            at = self.skip(at, name_size)
            if defined and name.startswith(b"###PauliEvolutionGate_"):
                self.evolution(at)
            elif defined:
                self.circuit(at, depth + 1)
            at = self.skip(at, size)
            if base:
                base_gates.append(at)
            at = self.skip(at, base)
        for gate in base_gates:
            # It may be one that is defined further down.
            self.instructions(gate, 1, names, depth + 1, base=True)
        return names, at

    def evolution(self, at: int) -> None:
        (operators, _, _, _, _), _ = self.read("!Q?cQQ", at)
        if operators > len(self.raw):
            raise PayloadError("a PauliEvolutionGate of more operators than bytes")

    def instructions(
        self, at: int, count: int, custom: set[bytes], depth: int, *, base: bool = False
    ) -> int:
        """Walk instructions; the loop of the whole inspection that is worth its speed."""
        raw, known = self.raw, set[bytes]()
        for _ in range(count):
            name_size, label, params, qargs, cargs, extras, condition, _, controls, _ = (
                _INSTRUCTION.unpack_from(raw, at)
            )
            at += _INSTRUCTION.size
            name = raw[at : at + name_size]
            if name not in known:
                if name not in custom and not _is_instruction(name):
                    raise PayloadError(f"an instruction that qiskit has not: {_text(name)}")
                known.add(name)
            self.bits(qargs + cargs + controls)
            at += name_size + label
            if extras & 3 == _REGISTER_CONDITION:
                at += condition
            elif extras & 3 == _EXPRESSION_CONDITION:
                at = self.skip(at + _PARAM.size, _PARAM.unpack_from(raw, at)[1])
            # The gate inside a controlled gate has no bits of its own.
            at += 0 if base else 5 * (qargs + cargs)
            for _ in range(params):
                kind, size = _PARAM.unpack_from(raw, at)
                at += _PARAM.size
                if kind != b"f":
                    self.parameter(name, custom, kind, at, size, depth)
                at += size
            if extras & _ANNOTATED:
                at = self.annotations(at)
            self.skip(at, 0)
        return at

    def parameter(
        self, name: bytes, custom: set[bytes], kind: bytes, at: int, size: int, depth: int
    ) -> None:
        if kind == b"s" and name not in _TAKE_TEXT and name not in custom:
            raise PayloadError(f"a gate made from text: {_text(name)}")
        if kind == b"i" and name.startswith(b"MC"):
            # The number of its controls; each of them costs.
            order = "little" if self.version < 18 else "big"
            self.bits(abs(struct.unpack_from("<q" if order == "little" else "!q", self.raw, at)[0]))
        self.value(kind, at, size, depth)

    def annotations(self, at: int) -> int:
        (count,), at = self.read("!I", at)
        for _ in range(count):
            (_, size), at = self.read("!IQ", at)
            at = self.skip(at, size)
        return at

    def value(self, kind: bytes, at: int, size: int, depth: int) -> None:
        """Walk a value that can hold circuits or vectors; others cost what they weigh."""
        self.skip(at, size)
        if kind == b"q":
            self.circuit(at, depth + 1)
        elif kind == b"t":
            self.sequence(at, depth + 1)
        elif kind == b"v" and self.version < 18:
            self.bits(struct.unpack_from("!HQ", self.raw, at)[1])
        elif kind == b"e":
            self.symbols(at)
        elif kind == b"m":
            # A modifier's number of controls: qiskit computes two to its power.
            self.bits(struct.unpack_from("!cI", self.raw, at)[1])

    def sequence(self, at: int, depth: int) -> None:
        if depth > MAX_NESTING:
            raise PayloadError(f"a circuit nested deeper than {MAX_NESTING} levels")
        (count,), at = self.read("!Q", at)
        for _ in range(count):
            (kind, size), at = self.read("!cQ", at)
            self.value(kind, at, size, depth)
            at = self.skip(at, size)

    def symbols(self, at: int) -> None:
        """Walk the table of an expression's symbols, where vectors are named too."""
        (count, size), at = self.read("!QQ", at)
        at = self.skip(at, size)
        for _ in range(count):
            (kind, _, value), at = self.read("!ccQ", at)
            if kind == b"v" and self.version < 18:
                (name, length, _, _), at = self.read("!HQ16sQ", at)
                self.bits(length)
            elif kind == b"v":
                name, at = 0, self.skip(at, 10)
            elif kind == b"p":
                (name, _), at = self.read("!H16s", at)
            else:
                # An expression as a key of its own; qiskit has not written one since QPY 13.
                return
            at = self.skip(at, name + value)

    def layout(self, at: int) -> None:
        if self.version < 18:
            (calibrations,), at = self.read("!H", at)
            if calibrations:
                raise PayloadError("a circuit with pulse calibrations, which qiskit 2 has not")
        (_, initial, mapping, final, extra, inputs), at = self.read("!?iiiIi", at)
        for claim in (initial, mapping, final, extra, inputs):
            self.bits(claim)
        for _ in range(extra):
            at = self.register(at)
