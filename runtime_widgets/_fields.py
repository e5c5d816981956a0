"""One field of an answer: its value if it is of the kind that is wanted, else None."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

__all__ = ["integer_of", "number_of", "parse_time", "text_of", "whole"]


def parse_time(value: object) -> datetime | None:
    """Read an ISO 8601 time as timezone-aware UTC; None for anything else.

    A time without a zone is UTC, as the API documents.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    head, dot, tail = text.partition(".")
    if dot:
        # Python 3.10 reads 3 or 6 digits of a second; the service sends 1 to 9.
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"
    try:
        time = datetime.fromisoformat(text)
        zoned = time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time
        return zoned.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def text_of(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def number_of(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def integer_of(value: object) -> int | None:
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value) < 12:
        return int(value)
    number = number_of(value)
    return int(number) if number is not None else None


def whole(value: Any, source: bytes | str) -> Any:
    """Return JSON without halves of surrogate pairs, each of them replaced by U+FFFD.

    JSON can write them, and no page, terminal or file can hold one: a single tag with it would
    end the message that tells a view of all jobs.

    Parameters
    ----------
    value : object
        What was read.
    source : bytes or str
        What it was read from: only where that has such escapes is there something to do.
    """
    escapes: Any = (b"\\ud", b"\\uD") if isinstance(source, bytes) else ("\\ud", "\\uD")
    return _whole(value) if any(escape in source for escape in escapes) else value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value
