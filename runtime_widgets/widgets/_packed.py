"""Many rows as columns: what ``js/src/packed.ts`` reads.

JSON names each member of each row. A column has its name once, and what all rows have in
common once: a thousand rows are a tenth of the bytes, and nothing has to be parsed.

A column is one of:

``text``
    UTF-8, each value followed by a line feed.
``number``
    Float64; NaN is None.
``flag``
    One byte: 0 False, 1 True, 2 None.
``choice``
    Uint32 codes into the list ``values``.
``sparse``
    Uint32 places of the few rows that have a value, in ``values``; the others have the default.

Numbers are little-endian. A column that is left out has its default in all rows.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from runtime_widgets.messages import JobRow
from runtime_widgets.widgets._rows import DEFAULTS, FIELDS, plain

__all__ = ["pack"]

_FLAGS = frozenset({bool, type(None)})
_NUMBERS = frozenset({int, float, type(None)})
_FEW = 0.25
"""Up to so large a part of the rows are named one by one."""

_UINT32 = next(code for code in "IL" if array(code).itemsize == 4)


def pack(rows: Sequence[JobRow]) -> dict[str, Any]:
    """Return rows as columns: ``count``, and ``columns`` by name, their data as bytes."""
    columns = {name: _column(name, list(map(attrgetter(name), rows))) for name in FIELDS}
    return {"count": len(rows), "columns": {k: v for k, v in columns.items() if v is not None}}


def _column(name: str, values: list[Any]) -> dict[str, Any] | None:
    """Return one column, of the kind that suits its values; None if all are the default."""
    if name == "id":
        return _text(values) or _choice(values)
    default = DEFAULTS.get(name)
    if name in DEFAULTS:
        places = [at for at, value in enumerate(values) if value != default]
        if not places:
            return None
        if len(places) <= _FEW * len(values):
            found = [plain(values[at]) for at in places]
            return {"kind": "sparse", "values": found, "data": _bytes(_UINT32, places)}
    kinds = set(map(type, values))
    if kinds <= _FLAGS:
        return {"kind": "flag", "data": bytes(2 if v is None else v for v in values)}
    if kinds <= _NUMBERS:
        return {
            "kind": "number",
            "data": _bytes("d", [math.nan if v is None else v for v in values]),
        }
    return _choice(values)


def _text(values: list[str]) -> dict[str, Any] | None:
    """Return a column of texts; None where one of them would look like two."""
    text = "\n".join([*values, ""])
    if text.count("\n") != len(values):
        return None
    return {"kind": "text", "data": text.encode(errors="replace")}


def _choice(values: list[Any]) -> dict[str, Any]:
    codes: dict[Any, int] = {}
    chosen = [codes.setdefault(_key(value), len(codes)) for value in values]
    first: list[Any] = [None] * len(codes)
    for code, value in zip(chosen, values, strict=True):
        first[code] = value
    return {
        "kind": "choice",
        "values": [plain(value) for value in first],
        "data": _bytes(_UINT32, chosen),
    }


def _key(value: Any) -> Any:
    """Return what tells values apart: a list cannot be looked up."""
    return tuple(value) if isinstance(value, list) else value


def _bytes(code: str, values: list[Any]) -> bytes:
    numbers = array(code, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
