"""Quantum programs as JSON, written by hand: nothing here is what the server reads them with."""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qpy
from qiskit.circuit import Parameter

NEWEST = min(18, qpy.QPY_VERSION)
_KINDS = {"f64": "<f8", "u8": "u1", "c128": "<c16", "i32": "<i4"}


def text(raw: bytes, *, packed: bool = True) -> str:
    return base64.b64encode(zlib.compress(raw) if packed else raw).decode()


def tensor(values: Any, dtype: str = "f64", *, packed: bool = True) -> dict[str, Any]:
    array = np.asarray(values, dtype=bool if dtype == "bool" else _KINDS[dtype])
    raw = np.packbits(array, bitorder="little") if dtype == "bool" else array
    return {"data": text(raw.tobytes(), packed=packed), "shape": list(array.shape), "dtype": dtype}


def read_tensor(data: dict[str, Any], *, packed: bool = True) -> np.ndarray:
    raw = base64.b64decode(data["data"])
    raw = zlib.decompress(raw) if packed else raw
    if data["dtype"] != "bool":
        return np.frombuffer(raw, _KINDS[data["dtype"]]).reshape(data["shape"])
    count = int(np.prod(data["shape"]))
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little", count=count)
    return bits.astype(bool).reshape(data["shape"])


def blob(*circuits: QuantumCircuit, packed: bool = True, version: int = NEWEST) -> dict[str, Any]:
    buffer = io.BytesIO()
    qpy.dump(list(circuits), buffer, version=version)
    data = text(buffer.getvalue(), packed=packed)
    return {"b64_data": data, "qpy_version": version, "num_programs": len(circuits)}


def item(values: Any, **more: Any) -> dict[str, Any]:
    return {
        "item_type": "circuit",
        "circuit_arguments": tensor(values),
        "shape": [],
        "chunk_size": "auto",
        **more,
    }


def program(*pairs: tuple[QuantumCircuit, dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return the parameters of version 2.0 for circuits and their items."""
    options = more.pop("options", {})
    asked = {
        "shots": 100,
        "circuits": blob(*(circuit for circuit, _ in pairs)),
        "items": [item for _, item in pairs],
        "meas_level": "classified",
        "passthrough_data": None,
        "semantic_role": None,
        **more,
    }
    return {"schema_version": "v2.0", "quantum_program": asked, "options": options}


def flips() -> QuantumCircuit:
    """Two registers of 1 and 9 bits; angles decide on a[0] and b[8]."""
    circuit = QuantumCircuit(
        QuantumRegister(2), ClassicalRegister(1, "a"), ClassicalRegister(9, "b")
    )
    circuit.rx(Parameter("x"), 0)
    circuit.rx(Parameter("y"), 1)
    circuit.measure([0, 1], [0, 9])
    return circuit


def fixed() -> QuantumCircuit:
    """A circuit without parameters that measures 01."""
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.measure_all()
    return circuit
