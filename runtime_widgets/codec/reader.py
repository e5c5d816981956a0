"""From JSON to objects."""

from __future__ import annotations

import json
from typing import Any

from .limits import DEFAULT_LIMITS, Limits, PayloadError, brief, guarded
from .registry import Opaque, by_name

__all__ = ["Reader", "decode", "loads", "parse"]


class Reader:
    """The state of one decoding: its limits and what is used of them.

    Parameters
    ----------
    limits : Limits
        What this decoding may use.
    keep_unknown : bool
        Turn unknown types into `Opaque` rather than refuse them.
    """

    def __init__(self, limits: Limits, *, keep_unknown: bool) -> None:
        self.limits = limits
        self.keep_unknown = keep_unknown
        self.bytes_left = limits.max_bytes
        self._items_left = limits.max_items
        self._depth = 0

    def spend(self, size_bytes: int) -> None:
        """Count decompressed bytes against ``max_bytes``."""
        self.bytes_left -= size_bytes
        if self.bytes_left < 0:
            raise PayloadError(f"more than {self.limits.max_bytes:,} bytes once decompressed")

    def walk(self, value: Any) -> Any:
        """Decode a JSON value and all that is in it. The value itself is left as it is."""
        if isinstance(value, (list, tuple)):
            return self._nested(self._list, value)
        if isinstance(value, dict):
            return self._nested(self._object, value)
        return value

    def _nested(self, step: Any, value: Any) -> Any:
        self._items_left -= len(value) + 1
        if self._items_left < 0:
            raise PayloadError(f"more than {self.limits.max_items:,} values")
        if self._depth >= self.limits.max_depth:
            raise PayloadError(f"nested deeper than {self.limits.max_depth} levels")
        self._depth += 1
        result = step(value)
        # Not in a finally: a PayloadError ends the whole decoding, so nobody reads it again.
        self._depth -= 1
        return result

    def _list(self, value: Any) -> list[Any]:
        out = list(value)
        for index, item in enumerate(out):
            if isinstance(item, (dict, list, tuple)):
                try:
                    out[index] = self.walk(item)
                except PayloadError as fault:
                    fault.steps.append(index)
                    raise
        return out

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        out = dict(value)
        for key, item in value.items():
            if isinstance(item, (dict, list, tuple)):
                try:
                    out[key] = self.walk(item)
                except PayloadError as fault:
                    fault.steps.append(str(key))
                    raise
        return out

    def _object(self, value: dict[str, Any]) -> Any:
        if "__type__" not in value:
            return self._mapping(value)
        name = value["__type__"]
        kind = by_name(name) if isinstance(name, str) else None
        if kind is None or kind.from_wire is None or not kind.reads(value):
            return self._unknown(name, value)
        if "__value__" not in value:
            raise PayloadError(f"a {name} without a __value__")
        inner = self._mapping(value) if kind.whole else self.walk(value["__value__"])
        try:
            return kind.from_wire(inner, self)
        except PayloadError:
            raise
        except BaseException as exc:
            # Constructors of foreign types raise what they like on a bad value, and
            # qiskit's compiled ones sometimes panic, which is no Exception.
            if not isinstance(exc, Exception) and type(exc).__name__ != "PanicException":
                raise
            raise PayloadError(f"not a valid {name}: {brief(exc)}") from exc

    def _unknown(self, name: Any, value: dict[str, Any]) -> Opaque:
        if not isinstance(name, str):
            raise PayloadError("a __type__ that is no text")
        if not self.keep_unknown:
            raise PayloadError(f"unknown type {name[:80]!r}")
        return Opaque(name, value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        # Two readers could each take another one of the two.
        raise PayloadError("an object with the same key twice")
    return out


BLOCK = 1 << 16


def _marks(text: str | bytes, at_most: int) -> int:
    """Count commas and opening brackets, at least until there are more than `at_most`.

    Each stands for a value of its own: counting them costs little, whereas a text of
    empty lists takes thirty times its length once it is parsed. Most of a large text is
    base64, which has none, and searching is faster than counting.
    """
    marks: tuple[Any, ...] = (",", "[", "{") if isinstance(text, str) else (b",", b"[", b"{")
    count = 0
    for start in range(0, len(text), BLOCK):
        stop = start + BLOCK
        for mark in marks:
            if text.find(mark, start, stop) >= 0:
                count += text.count(mark, start, stop)
        if count > at_most:
            break
    return count


def _parse(text: str | bytes, limits: Limits) -> Any:
    """Parse JSON text that is short enough to be parsed."""
    if len(text) > limits.max_text_bytes:
        raise PayloadError(
            f"a text of {len(text):,} bytes; at most {limits.max_text_bytes:,} are read"
        )
    # A shorter text than that cannot hold so many.
    if len(text) > limits.max_items and _marks(text, limits.max_items) > limits.max_items:
        raise PayloadError(f"more than {limits.max_items:,} values")
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates)
    except RecursionError as exc:
        raise PayloadError(f"nested deeper than {limits.max_depth} levels") from exc
    except ValueError as exc:
        raise PayloadError(f"not JSON: {brief(exc)}") from exc


def parse(text: str | bytes, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Parse Runtime JSON text, and decode nothing in it: for who reads only parts of it.

    Raises
    ------
    CodecError
        The text is not JSON, or over a limit.
    """
    return guarded("decode the payload", lambda: _parse(text, limits))


def decode(data: Any, *, limits: Limits = DEFAULT_LIMITS, keep_unknown: bool = False) -> Any:
    """Turn parsed JSON into the objects that it stands for.

    Parameters
    ----------
    data : JSON-ready value
        As ``json.loads`` gives it. It is not changed.
    limits : Limits
        What the decoding may use.
    keep_unknown : bool
        Turn envelopes of unknown types into `Opaque` rather than refuse them.

    Returns
    -------
    object
        Plain JSON values stay what they are; envelopes become objects.

    Raises
    ------
    CodecError
        The payload is malformed, of an unknown type, or over a limit. The message
        says where in the payload.
    """
    reader = Reader(limits, keep_unknown=keep_unknown)
    return guarded("decode the payload", lambda: reader.walk(data))


def loads(text: str | bytes, *, limits: Limits = DEFAULT_LIMITS, keep_unknown: bool = False) -> Any:
    """Turn Runtime JSON text into the objects that it stands for.

    ``NaN`` and ``Infinity`` are read, as the service writes them in metadata; an
    object that names a key twice is not.

    Parameters
    ----------
    text : str or bytes
        JSON; bytes are UTF-8, -16 or -32.
    limits, keep_unknown
        As for `decode`.

    Raises
    ------
    CodecError
        As `decode`, or the text is not JSON.
    """
    reader = Reader(limits, keep_unknown=keep_unknown)
    return guarded("decode the payload", lambda: reader.walk(_parse(text, limits)))
