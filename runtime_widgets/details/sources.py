"""Where a program's inputs hold its circuits: in PUBs, in a quantum program, or bare."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from runtime_widgets.codec.circuits import load_circuits
from runtime_widgets.codec.limits import PayloadError, brief, guarded
from runtime_widgets.codec.reader import Reader
from runtime_widgets.codec.tensors import is_tensor
from runtime_widgets.details.circuits import LIMITS as CIRCUITS
from runtime_widgets.details.circuits import MOST_ENCODED, circuit_info, is_circuit, read_circuit
from runtime_widgets.details.operands import observables_of, real, shape_of, sides
from runtime_widgets.details.plain import in_a_line
from runtime_widgets.details.shapes import Named, PubInput
from runtime_widgets.details.text import clipped, size_words
from runtime_widgets.errors import CodecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["Source", "source_of"]

MOST_CIRCUITS = 1000


class Source(Protocol):
    """The circuits of a job, and what is done with each."""

    @property
    def what(self) -> str:
        """What one of them is called."""

    @property
    def used(self) -> frozenset[str]:
        """Which of the inputs they are."""

    @property
    def total(self) -> int:
        """How many there are."""

    def circuit(self, index: int) -> QuantumCircuit:
        """Read one circuit.

        Raises
        ------
        CodecError
            If it cannot be read.
        """

    def summary(self, index: int) -> PubInput:
        """Sum one up; what is wrong with it is told there."""


def source_of(program: str, params: Mapping[str, Any]) -> Source | None:
    """Return where the inputs of a program hold its circuits; None if they hold none."""
    pubs = params.get("pubs")
    if program in ("sampler", "estimator") and isinstance(pubs, list):
        return _Pubs(pubs, estimator=program == "estimator")
    quantum = params.get("quantum_program")
    if isinstance(quantum, Mapping) and isinstance(quantum.get("items"), list):
        return _Items(quantum)
    for name, value in params.items():
        bare = value if isinstance(value, list) else [value]
        if bare and all(is_circuit(item) for item in bare):
            return _Bare(name, bare)
    return None


class _Pubs:
    what = "PUB"
    used = frozenset({"pubs"})

    def __init__(self, pubs: Sequence[Any], *, estimator: bool) -> None:
        self._pubs = pubs
        self._estimator = estimator
        self.total = len(pubs)

    def circuit(self, index: int) -> QuantumCircuit:
        return _circuit(_member(self._pubs[index], 0))

    def summary(self, index: int) -> PubInput:
        pub = self._pubs[index]
        facts: dict[str, Any] = {}
        try:
            facts["circuit"] = circuit_info(self.circuit(index))
        except CodecError as exc:
            facts["trouble"] = f"Its circuit cannot be read: {clipped(str(exc.message), 300)}"
        facts["values_shape"] = shape_of(_member(pub, 2 if self._estimator else 1))
        last = _member(pub, 3 if self._estimator else 2)
        if self._estimator:
            facts.update(observables_of(_member(pub, 1)), precision=real(last))
        else:
            shots = real(last)
            facts["shots"] = None if shots is None else int(shots)
        return PubInput(index, **facts)


class _Items:
    what = "item"
    used = frozenset({"quantum_program", "schema_version"})

    def __init__(self, program: Mapping[str, Any]) -> None:
        self._program = program
        self._items = program["items"]
        self.total = len(self._items)

    @cached_property
    def _shared(self) -> list[QuantumCircuit]:
        return _blob(self._program.get("circuits"), "b64_data", self.total)

    def circuit(self, index: int) -> QuantumCircuit:
        own = _of(self._items[index], "circuit")
        if own is not None:
            return _blob(own, "circuit_b64", 1)[0]
        return self._shared[index]

    def summary(self, index: int) -> PubInput:
        item = self._items[index]
        facts: dict[str, Any] = {}
        try:
            facts["circuit"] = circuit_info(self.circuit(index))
        except CodecError as exc:
            facts["trouble"] = f"Its circuit cannot be read: {clipped(str(exc.message), 300)}"
        arguments = _of(item, "circuit_arguments")
        if is_tensor(arguments):
            facts["values_shape"] = sides(arguments["shape"])
        shots = real(self._program.get("shots"))
        names = ("item_type", "shape", "chunk_size")
        others = [Named(name, in_a_line(_of(item, name))) for name in names if _of(item, name)]
        return PubInput(index, shots=None if shots is None else int(shots), others=others, **facts)


class _Bare:
    what = "circuit"

    def __init__(self, name: str, circuits: Sequence[Any]) -> None:
        self._circuits = circuits
        self.used = frozenset({name})
        self.total = len(circuits)

    def circuit(self, index: int) -> QuantumCircuit:
        return _circuit(self._circuits[index])

    def summary(self, index: int) -> PubInput:
        try:
            return PubInput(index, circuit=circuit_info(self.circuit(index)))
        except CodecError as exc:
            return PubInput(index, trouble=f"It cannot be read: {clipped(str(exc.message), 300)}")


def _member(pub: Any, place: int) -> Any:
    return pub[place] if isinstance(pub, list) and len(pub) > place else None


def _of(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, Mapping) else None


def _circuit(envelope: Any) -> QuantumCircuit:
    if not is_circuit(envelope):
        msg = "it has an unknown form"
        raise CodecError(msg)
    return read_circuit(envelope)


def _blob(blob: Any, name: str, count: int) -> list[QuantumCircuit]:
    """Read the circuits of a quantum program: QPY in base64, compressed since version 2.0."""
    content = _of(blob, name)
    if not isinstance(content, str):
        language = "OpenQASM 3, which this view does not read" if _of(blob, "data") else "no QPY"
        msg = f"it is in {language}"
        raise CodecError(msg)
    if len(content) > MOST_ENCODED:
        msg = f"circuits of {size_words(len(content))}, which is too large for this view"
        raise CodecError(msg)
    try:
        raw = base64.b64decode(content, validate=True)
        if not raw.startswith(b"QISKIT"):
            raw = zlib.decompressobj().decompress(raw, CIRCUITS.max_bytes)
    except (binascii.Error, ValueError, zlib.error) as exc:
        msg = f"it is damaged: {exc}"
        raise CodecError(msg) from exc
    found: list[QuantumCircuit] = guarded("read the circuits", lambda: _loaded(raw))
    if len(found) < count:
        msg = f"there are {len(found)} circuits and {count} items"
        raise CodecError(msg)
    return found


def _loaded(raw: bytes) -> list[QuantumCircuit]:
    try:
        return load_circuits(raw, Reader(CIRCUITS, keep_unknown=False), most=MOST_CIRCUITS)
    except PayloadError:
        raise
    except BaseException as exc:
        # As in the codec: qiskit's readers raise what they like, a panic included.
        if not isinstance(exc, Exception) and type(exc).__name__ != "PanicException":
            raise
        raise PayloadError(brief(exc)) from exc
