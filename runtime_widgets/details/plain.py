"""Any JSON as a short outline in text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runtime_widgets.codec import Limits, decode
from runtime_widgets.codec.tensors import is_tensor
from runtime_widgets.details.shapes import PlainText
from runtime_widgets.details.text import clipped, number, size_words
from runtime_widgets.errors import CodecError

__all__ = ["in_a_line", "outline"]

MOST_TEXT = 200
MOST_IN_A_LINE = 12
MOST_LINES = 20
MOST_KEYS = 50
DEEPEST = 8
SMALL = 100_000
"""Longest array that is decoded to show its first values: characters, as it was sent."""
LIMITS = Limits(max_bytes=1 << 22, max_array_elements=1 << 19)
STEP = "  "


def outline(value: Any, most: int = 4000) -> PlainText:
    """Write JSON as an outline.

    Parameters
    ----------
    value : JSON value
        As ``json.loads`` gives it: envelopes are told by their type's name, arrays by their
        shape and first values.
    most : int
        Longest text, in characters.
    """
    written: list[str] = []
    left = most
    for line in _lines(value, "", 0):
        left -= len(line) + 1
        if left < 0:
            return PlainText("\n".join(written), cut=True)
        written.append(line)
    return PlainText("\n".join(written))


def in_a_line(value: Any) -> str:
    """Write JSON in one bounded line."""
    short = _short(value)
    if short is not None:
        return short
    return clipped(" ".join(line.strip() for line in outline(value, MOST_TEXT).text.split("\n")),
                   MOST_TEXT)  # fmt: skip


def _short(value: Any) -> str | None:
    """Write what fits in a line; None for what does not."""
    if isinstance(value, str):
        return json.dumps(clipped(value, MOST_TEXT), ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{}" if not value else _known(value)
    if not isinstance(value, (list, tuple)):
        return clipped(json.dumps(value, default=str), MOST_TEXT)
    if any(isinstance(item, (Mapping, list, tuple)) for item in value[:MOST_IN_A_LINE]):
        return None
    shown = [str(_short(item)) for item in value[:MOST_IN_A_LINE]]
    if len(value) > len(shown):
        shown.append(f"… {len(value) - len(shown):,} more")
    text = f"[{', '.join(shown)}]"
    return text if len(text) <= MOST_TEXT else f"{clipped(text, MOST_TEXT)} ({len(value):,} values)"


def _known(value: Mapping[str, Any]) -> str | None:
    """Write an array or a circuit, which are one thing although they are an object here."""
    if is_tensor(value):
        return f"array {clipped(str(value['dtype']), 20)} {_short(value['shape'])}"
    content = value.get("__value__")
    if not isinstance(content, str):
        return None
    name = clipped(str(value.get("__type__")), 80)
    if name == "ndarray" and len(content) <= SMALL:
        return _array(value) or f"{name}, unreadable"
    return f"{name}, {size_words(len(content))} encoded"


def _array(envelope: Mapping[str, Any]) -> str | None:
    try:
        array = decode(envelope, limits=LIMITS)
    except CodecError:
        return None
    if not hasattr(array, "reshape"):
        return str(_short(array))
    flat = array.reshape(-1)
    first = ", ".join(_number(item) for item in flat[:MOST_IN_A_LINE].tolist())
    more = f", … {flat.size - MOST_IN_A_LINE:,} more" if flat.size > MOST_IN_A_LINE else ""
    return f"array {array.dtype} {list(array.shape)}: {first}{more}"


def _number(value: Any) -> str:
    found = number(value)
    return f"{found:.6g}" if isinstance(found, float) else found


def _lines(value: Any, indent: str, depth: int) -> Iterator[str]:
    short = _short(value)
    if short is not None:
        yield f"{indent}{short}"
    elif depth >= DEEPEST:
        yield f"{indent}…"
    elif isinstance(value, Mapping):
        yield from _object(value, indent, depth)
    else:
        for item in value[:MOST_LINES]:
            yield from _entry("-", item, indent, depth)
        if len(value) > MOST_LINES:
            yield f"{indent}… and {len(value) - MOST_LINES:,} more"


def _object(value: Mapping[str, Any], indent: str, depth: int) -> Iterator[str]:
    if "__type__" in value and "__value__" in value:
        name = value.get("__class__") or value["__type__"]
        yield from _entry(f"{clipped(str(name), 80)}:", value["__value__"], indent, depth)
        return
    for place, (key, item) in enumerate(value.items()):
        if place == MOST_KEYS:
            yield f"{indent}… and {len(value) - MOST_KEYS:,} more"
            return
        yield from _entry(f"{clipped(str(key), 80)}:", item, indent, depth)


def _entry(head: str, value: Any, indent: str, depth: int) -> Iterator[str]:
    """Write a value behind its name, or below it."""
    short = _short(value)
    if short is not None:
        yield f"{indent}{head} {short}"
        return
    yield f"{indent}{head}"
    yield from _lines(value, indent + STEP, depth + 1)
