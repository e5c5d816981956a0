"""From the parameters of the program ``executor`` to circuits and values that can run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import ValidationError

from runtime_widgets.codec import UNTRUSTED_LIMITS
from runtime_widgets.codec.blobs import read_base64, unpack
from runtime_widgets.codec.circuits import load_circuits
from runtime_widgets.codec.limits import PayloadError, brief
from runtime_widgets.codec.reader import Reader
from runtime_widgets.codec.tensors import is_tensor, tensor_from_wire
from runtime_widgets.server import problems
from runtime_widgets.server.work.executor_schema import (
    VERSIONS,
    CircuitItem,
    ExecutorParams,
    SamplexItem,
    Version,
)
from runtime_widgets.server.work.samplexes import SamplexDraw, read_samplex

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

__all__ = ["ReadItem", "ReadProgram", "read_blob", "read_program", "reading"]

MAX_CIRCUITS = 1000
MAX_ELEMENTS = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class ReadItem:
    """One item.

    Attributes
    ----------
    shape
        Its extrinsic shape: one run of the circuit for each element.
    values
        Of shape ``(*shape, parameters of the circuit)``, or what draws such.
    """

    circuit: QuantumCircuit
    shape: tuple[int, ...]
    values: NDArray[np.float64] | SamplexDraw
    chunk_size: int | None


@dataclass(frozen=True)
class ReadProgram:
    """A quantum program, its blobs read."""

    version: Version
    params: ExecutorParams
    items: tuple[ReadItem, ...]


def read_program(params: dict[str, Any]) -> ReadProgram:
    """Read the parameters of an executor job.

    Raises
    ------
    Problem
        With the place in the parameters and what is wrong there.
    """
    version = _version(params)
    try:
        parsed = ExecutorParams.model_validate(params)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:120]
        raise problems.bad_params(f"{place}: {str(first['msg'])[:300]}") from exc
    program = parsed.quantum_program
    if len({item.chunk_size == "auto" for item in program.items}) > 1:
        raise problems.bad_params(
            "quantum_program.items: chunk_size is a number in all items, or 'auto' in all."
        )
    reader = Reader(UNTRUSTED_LIMITS, keep_unknown=False)
    circuits = _circuits(parsed, version, reader)
    items = tuple(
        _item(f"quantum_program.items[{index}]", item, circuit, version, reader)
        for index, (item, circuit) in enumerate(zip(program.items, circuits, strict=True))
    )
    return ReadProgram(version, parsed, items)


def _version(params: dict[str, Any]) -> Version:
    word = params.get("schema_version")
    version = VERSIONS.get(word) if isinstance(word, str) else None
    if version is None:
        raise problems.bad_params(
            f"schema_version is {str(word)[:40]!r}; {', '.join(VERSIONS)} are read here."
        )
    return version


def reading(place: str, work: Callable[[], T]) -> T:
    """Read something; what goes wrong is a bad request that says where."""
    try:
        return work()
    except PayloadError as fault:
        where = f"{place}{'.' if fault.path else ''}{fault.path}"
        raise problems.bad_params(f"{where}: {fault.reason}.") from fault
    except (problems.Problem, MemoryError):
        raise
    except BaseException as exc:
        # As in the codec: what foreign readers raise, a panic of qiskit's compiled part included.
        if not isinstance(exc, Exception) and type(exc).__name__ != "PanicException":
            raise
        raise problems.bad_params(f"{place}: {brief(exc)}") from exc


def _circuits(parsed: ExecutorParams, version: Version, reader: Reader) -> list[QuantumCircuit]:
    """Return the circuit of every item."""
    program = parsed.quantum_program
    if version.in_items:
        return [
            reading(
                f"quantum_program.items[{index}].circuit",
                lambda item=item: read_blob(item.circuit, "circuit_b64", 1, version, reader)[0],  # type: ignore[misc]
            )
            for index, item in enumerate(program.items)
        ]
    place, count = "quantum_program.circuits", len(program.items)
    blob = program.circuits
    if version.compressed and blob is not None and "data" in blob and "b64_data" not in blob:
        circuits = reading(place, lambda: _from_qasm(blob["data"], count))
    else:
        circuits = reading(place, lambda: read_blob(blob, "b64_data", count, version, reader))
    return circuits


def read_blob(
    blob: dict[str, Any] | None, name: str, count: int, version: Version, reader: Reader
) -> list[QuantumCircuit]:
    """Read QPY in base64, which must hold `count` circuits."""
    if blob is None or name not in blob:
        raise PayloadError(f"an object with {name} is needed")
    if version.compressed:
        raw = unpack(blob[name], "QuantumCircuit", reader)
    else:
        raw = read_base64(blob[name], "QuantumCircuit")
        reader.spend(len(raw))
    if len(raw) > 6 and raw[6] > version.newest_qpy:
        raise PayloadError(f"QPY {raw[6]}, and this schema has up to {version.newest_qpy}")
    if blob.get("qpy_version", raw[6:7]) not in (raw[6:7], *raw[6:7]):
        raise PayloadError(f"qpy_version is {blob['qpy_version']!r:.40}, but the data are not")
    circuits = load_circuits(raw, reader, most=MAX_CIRCUITS)
    if len(circuits) != count or blob.get("num_programs", count) != count:
        raise PayloadError(f"there are {len(circuits)} circuits and {count} items")
    return circuits


def _from_qasm(texts: Any, count: int) -> list[QuantumCircuit]:
    """Read circuits in OpenQASM 3."""
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise PayloadError("data must be a list of OpenQASM 3 programs")
    if len(texts) != count:
        raise PayloadError(f"there are {len(texts)} circuits and {count} items")
    try:
        import qiskit_qasm3_import
    except ImportError as exc:
        raise problems.bad_params(
            "quantum_program.circuits: OpenQASM 3 cannot be read by this server.",
            "Send the circuits in QPY, or install what reads it where the server runs: "
            'pip install "runtime-widgets[samplex]"',
        ) from exc
    return [qiskit_qasm3_import.parse(text) for text in texts]


def _item(
    place: str,
    item: CircuitItem | SamplexItem,
    circuit: QuantumCircuit,
    version: Version,
    reader: Reader,
) -> ReadItem:
    chunk = None if item.chunk_size == "auto" else int(item.chunk_size)
    if isinstance(item, CircuitItem):
        values = reading(
            f"{place}.circuit_arguments", lambda: _values(item, circuit, version, reader)
        )
        shape = _shape(place, item.shape, values.shape[:-1])
        return ReadItem(circuit, shape, np.broadcast_to(values, (*shape, values.shape[-1])), chunk)
    if item.samplex.ssv > version.newest_ssv:
        raise problems.bad_params(
            f"{place}.samplex: ssv is {item.samplex.ssv}, and this schema has up to "
            f"{version.newest_ssv}."
        )
    arguments = {
        name: reading(
            f"{place}.samplex_arguments.{name[:60]}",
            lambda value=value: _argument(value, version, reader),  # type: ignore[misc]
        )
        for name, value in item.samplex_arguments.items()
    }
    draw = reading(
        f"{place}.samplex",
        lambda: read_samplex(item.samplex.samplex_json, item.samplex.ssv, arguments, reader.limits),
    )
    if draw.num_parameters != circuit.num_parameters:
        raise problems.bad_params(
            f"{place}: the samplex draws {draw.num_parameters} parameters; its circuit has "
            f"{circuit.num_parameters}."
        )
    return ReadItem(circuit, _shape(place, item.shape, draw.shape), draw, chunk)


def _values(
    item: CircuitItem, circuit: QuantumCircuit, version: Version, reader: Reader
) -> NDArray[np.float64]:
    values: NDArray[np.float64] = tensor_from_wire(
        item.circuit_arguments, reader, compressed=version.compressed
    )
    if values.dtype != np.float64:
        raise PayloadError("the values of parameters are a tensor of f64")
    count = values.shape[-1] if values.shape else 0
    if count != circuit.num_parameters:
        raise PayloadError(
            f"the last axis has {count} values; the circuit has {circuit.num_parameters} parameters"
        )
    if not np.isfinite(values).all():
        raise PayloadError("the values of parameters are finite numbers")
    return values if values.shape else values.reshape(0)


def _shape(place: str, wanted: list[int], given: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of an item: the wanted one, which the arguments' must extend to."""
    try:
        shape = np.broadcast_shapes(tuple(wanted), given)
    except ValueError as exc:
        raise problems.bad_params(
            f"{place}.shape: {wanted} and the shape of the arguments, {list(given)}, do not "
            "broadcast."
        ) from exc
    if not 1 <= math.prod(shape) <= MAX_ELEMENTS:
        raise problems.bad_params(
            f"{place}: it has {math.prod(shape):,} elements; 1 to {MAX_ELEMENTS:,} are allowed."
        )
    return shape


def _argument(value: Any, version: Version, reader: Reader) -> Any:
    """Read an argument of a samplex: a number, a tensor, or a Pauli-Lindblad map."""
    if not isinstance(value, dict):
        return value
    if is_tensor(value):
        return tensor_from_wire(value, reader, compressed=version.compressed)
    if set(value) == {"sparse_terms", "num_qubits"}:
        from qiskit.quantum_info import PauliLindbladMap

        qubits = value["num_qubits"]
        if type(qubits) is not int or not 0 <= qubits <= reader.limits.max_qubits:
            raise PayloadError("num_qubits is a number of qubits")
        terms = [tuple(term) for term in value["sparse_terms"]]
        return PauliLindbladMap.from_sparse_list(terms, qubits)
    raise PayloadError("a number, a tensor or a Pauli-Lindblad map is needed")
