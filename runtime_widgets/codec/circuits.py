"""Circuits and parameters, in QPY."""

from __future__ import annotations

import base64
import io
import json
import struct
import uuid
from typing import Any

from .annotations import keeper
from .blobs import pack, read_base64, unpack
from .limits import PayloadError
from .qpy_check import check_circuit, check_size, find_starts
from .reader import Reader
from .registry import Kind
from .writer import SERVICE_QPY_VERSION, Writer, encode

__all__ = ["KINDS", "load_circuits"]


# Circuits travel up a user's link: twice as fast as zlib's default, a tenth longer.
LEVEL = 4


class _MetadataEncoder(json.JSONEncoder):
    """Writes a circuit's metadata, in which users put dates and arrays."""

    def default(self, o: Any) -> Any:
        return encode(o)


def _circuit_to_wire(circuit: Any, writer: Writer) -> str:
    from qiskit import qpy

    version = writer.qpy_version
    if version is None:
        version = min(SERVICE_QPY_VERSION, qpy.QPY_VERSION)
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer, metadata_serializer=_MetadataEncoder, version=version)
    return pack(buffer.getbuffer(), level=LEVEL)


def _circuit_from_wire(value: Any, reader: Reader) -> Any:
    circuits = load_circuits(unpack(value, "QuantumCircuit", reader), reader)
    if len(circuits) != 1:
        raise PayloadError(f"a QuantumCircuit that holds {len(circuits)} circuits")
    return circuits[0]


def load_circuits(raw: bytes, reader: Reader, *, most: int = 1) -> list[Any]:
    """Return the circuits of a QPY blob, inspected as the reader's limits say.

    Parameters
    ----------
    raw : bytes
        The blob, decompressed.
    most : int
        More circuits than that are refused before any is read.

    Raises
    ------
    PayloadError
        The blob is none, too new, too old, or refused by the inspection.
    """
    from qiskit import qpy

    _check_header(raw, reader, qpy.QPY_VERSION)
    starts = find_starts(raw, most)
    for start in starts:
        if reader.limits.inspect_circuits:
            check_circuit(raw, reader.limits, start)
        elif raw[6] >= 13:
            check_size(raw, reader.limits, start)
    # The argument is as old as annotations are: QPY 15.
    more = {"annotation_factories": {"": keeper()}} if raw[6] >= 15 else {}
    return list(qpy.load(io.BytesIO(raw), **more))


def _check_header(raw: bytes, reader: Reader, newest: int) -> None:
    if len(raw) < 16 or raw[:6] != b"QISKIT":
        raise PayloadError("a QuantumCircuit that is not QPY")
    version, oldest = raw[6], reader.limits.min_qpy_version
    if version > newest:
        raise PayloadError(
            f"a circuit in QPY {version}; the installed qiskit reads up to {newest}. "
            "A newer qiskit reads it: pip install -U qiskit"
        )
    if version < oldest or (version < 13 and reader.limits.inspect_circuits):
        raise PayloadError(f"a circuit in QPY {version}; versions before {oldest} are not read")


def _parameter_to_wire(parameter: Any, _: Writer) -> str:
    """QPY's PARAMETER record: length of the name, UUID, name (UTF-8)."""
    name = parameter.name.encode()
    record = struct.pack(f"!H16s{len(name)}s", len(name), parameter.uuid.bytes, name)
    return base64.b64encode(record).decode("ascii")


def _parameter_from_wire(value: Any, _: Reader) -> Any:
    from qiskit.circuit import Parameter

    raw = read_base64(value, "Parameter")
    if len(raw) < 18 or len(raw) != 18 + int.from_bytes(raw[:2], "big"):
        raise PayloadError("a Parameter that is cut short or too long")
    return Parameter(raw[18:].decode(), uuid=uuid.UUID(bytes=raw[2:18]))


KINDS = (
    Kind(
        "QuantumCircuit",
        ("qiskit.circuit.quantumcircuit.QuantumCircuit",),
        _circuit_to_wire,
        _circuit_from_wire,
    ),
    Kind(
        "Parameter",
        # Its home moved into the compiled part in qiskit 2.
        ("qiskit._accelerate.circuit.Parameter", "qiskit.circuit.parameter.Parameter"),
        _parameter_to_wire,
        _parameter_from_wire,
    ),
    Kind(
        None,
        ("qiskit.circuit.parametertable.ParameterView",),
        lambda view, _: list(view),
    ),
)
