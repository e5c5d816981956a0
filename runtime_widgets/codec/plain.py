"""Small things: complex numbers, times, sets, numpy scalars, coupling maps."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from .limits import PayloadError
from .reader import Reader
from .registry import Kind
from .writer import Writer

__all__ = ["KINDS"]


def _complex_to_wire(value: complex, _: Writer) -> list[float]:
    return [value.real, value.imag]


def _complex_from_wire(value: Any, _: Reader) -> complex:
    real, imag = value
    return complex(real, imag)


def _datetime_to_wire(value: dt.date, _: Writer) -> str:
    return value.isoformat()


def _datetime_from_wire(value: Any, _: Reader) -> dt.datetime:
    """Read ISO 8601 as written by Python, Go and JavaScript.

    Python 3.10 takes neither ``Z`` nor any number of decimals but 3 and 6.
    """
    text = re.sub(r"[zZ]$", "+00:00", value)
    text = re.sub(r"\.(\d+)", lambda digits: f".{digits[1][:6]:0<6}", text, count=1)
    return dt.datetime.fromisoformat(text)


def _set_from_wire(value: Any, _: Reader) -> set[Any]:
    if not isinstance(value, list):
        raise PayloadError("a set must be a list of its members")
    return set(value)


def _settings_to_wire(obj: Any, _: Writer) -> dict[str, Any]:
    cls = type(obj)
    return {
        "__type__": "settings",
        "__module__": cls.__module__,
        "__class__": cls.__name__,
        "__value__": obj.settings,
    }


def _settings_from_wire(envelope: dict[str, Any], _: Reader) -> Any:
    """Build one of the few operators that travel as their constructor's arguments.

    ``__module__`` is not looked at: what a payload names is never imported.
    """
    from qiskit.quantum_info import Pauli, PauliList, SparsePauliOp

    known = {cls.__name__: cls for cls in (Pauli, PauliList, SparsePauliOp)}
    name = envelope.get("__class__")
    if not isinstance(name, str) or name not in known:
        raise PayloadError(f"settings of an unknown class {name!r}")
    return known[name](**envelope["__value__"])


_OPERATORS = "qiskit.quantum_info.operators.symplectic"

KINDS = (
    Kind("complex", (complex,), _complex_to_wire, _complex_from_wire),
    Kind("datetime", (dt.date,), _datetime_to_wire, _datetime_from_wire),
    Kind("set", (set, frozenset), lambda value, _: list(value), _set_from_wire),
    Kind(
        "settings",
        (
            f"{_OPERATORS}.pauli.Pauli",
            f"{_OPERATORS}.pauli_list.PauliList",
            f"{_OPERATORS}.sparse_pauli_op.SparsePauliOp",
        ),
        _settings_to_wire,
        _settings_from_wire,
        whole=True,
    ),
    Kind(None, ("numpy.generic",), lambda value, _: value.item()),
    Kind(None, ("qiskit.transpiler.coupling.CouplingMap",), lambda value, _: list(value)),
)
