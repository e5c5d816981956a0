"""From objects to JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .limits import PayloadError, brief, guarded
from .registry import Kind, Opaque, by_class

__all__ = ["SERVICE_QPY_VERSION", "Writer", "dumps", "encode"]

SERVICE_QPY_VERSION = 17
"""The newest QPY that the service reads (what qiskit-ibm-runtime 0.51 sends it)."""

# Deeper than any payload that decodes by default, and well inside Python's own limit.
MAX_DEPTH = 150

ToWire = Callable[[Any, "Writer"], Any]

_LEAVES = (str, int, float, bool, type(None))


class Writer:
    """The state of one encoding.

    Parameters
    ----------
    qpy_version : int, optional
        The version circuits are written at; by default the newest that both the
        service and the installed qiskit know.
    """

    def __init__(self, *, qpy_version: int | None = None) -> None:
        self.qpy_version = qpy_version
        self._depth = 0

    def walk(self, obj: Any) -> Any:
        """Encode an object and all that is in it."""
        cls = type(obj)
        if cls in _LEAVES:
            return obj
        if self._depth >= MAX_DEPTH:
            raise PayloadError(f"nested deeper than {MAX_DEPTH} levels, or in itself")
        self._depth += 1
        out: Any
        if cls is dict:
            out = self._mapping(obj)
        elif cls in (list, tuple):
            out = self._list(obj)
        else:
            out = self._other(obj)
        self._depth -= 1
        return out

    def _list(self, value: Any) -> list[Any]:
        out = list(value)
        for index, item in enumerate(out):
            if type(item) not in _LEAVES:
                try:
                    out[index] = self.walk(item)
                except PayloadError as fault:
                    fault.steps.append(index)
                    raise
        return out

    def _mapping(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        out = {}
        for key, item in value.items():
            name = _key(key)
            if name in out:
                raise PayloadError(f"two keys that are both written as {name!r}")
            try:
                out[name] = self.walk(item)
            except PayloadError as fault:
                fault.steps.append(name)
                raise
        return out

    def _other(self, obj: Any) -> Any:
        if isinstance(obj, Opaque):
            return dict(obj.raw)
        kind = by_class(type(obj))
        if kind is not None and kind.to_wire is not None:
            return self._envelope(kind, kind.to_wire, obj)
        # Subclasses of what JSON knows, and mappings that are no dict.
        if isinstance(obj, str):
            return str.__str__(obj)
        if isinstance(obj, int):
            return int(obj)
        if isinstance(obj, float):
            return float(obj)
        if isinstance(obj, (list, tuple)):
            return self._list(obj)
        if isinstance(obj, Mapping):
            return self._mapping(obj)
        raise PayloadError(f"no way to write a {type(obj).__module__}.{type(obj).__qualname__}")

    def _envelope(self, kind: Kind, to_wire: ToWire, obj: Any) -> Any:
        try:
            value = to_wire(obj, self)
        except PayloadError:
            raise
        except Exception as exc:
            raise PayloadError(f"no way to write this {type(obj).__name__}: {brief(exc)}") from exc
        if kind.name is None or kind.whole:
            return self.walk(value)
        return {"__type__": kind.name, "__value__": self.walk(value)}


def _key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    item = getattr(key, "item", None)
    if callable(item):
        return _key(item())
    raise PayloadError(f"a key of type {type(key).__qualname__}; JSON has text only")


def encode(obj: Any, *, qpy_version: int | None = None) -> Any:
    """Turn an object into JSON-ready values (dict, list, str, int, float, bool, None).

    Parameters
    ----------
    obj : object
        Anything of the registered kinds, in lists, tuples and dicts as deep as it
        likes. Tuples become lists, keys become text.
    qpy_version : int, optional
        The QPY version of circuits. By default the newest that both the service
        (`SERVICE_QPY_VERSION`) and the installed qiskit know.

    Raises
    ------
    CodecError
        Something in it has no place on the wire; the message says where.
    """
    writer = Writer(qpy_version=qpy_version)
    return guarded("encode the object", lambda: writer.walk(obj))


def dumps(obj: Any, *, qpy_version: int | None = None) -> str:
    """Turn an object into Runtime JSON text; see `encode`.

    NaN and infinities are written as ``NaN`` and ``Infinity``, as the service does.
    """
    return json.dumps(encode(obj, qpy_version=qpy_version))
