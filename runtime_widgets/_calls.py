"""What a client's methods have in common: paths, times, rows, and what a failure leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timezone
from typing import TypeVar
from urllib.parse import quote

from runtime_widgets.errors import IBMApiError, IBMServerError

__all__ = ["may_be_done", "part", "readable", "utc"]

T = TypeVar("T")

_PERHAPS_DONE = frozenset({502, 504, 520, 524})
"""A gateway's words for "I have passed it on, and lost the answer"."""


def may_be_done(exc: IBMApiError) -> bool:
    """Whether a request that failed may have been carried out all the same."""
    refused = isinstance(exc, IBMServerError) and exc.status_code not in _PERHAPS_DONE
    led_away = 300 <= (exc.status_code or 0) < 400
    return exc.sent and not refused and not led_away


def part(text: str) -> str:
    """Return a text as one part of a path."""
    return quote(text, safe="")


def utc(time_: datetime | None) -> str | None:
    """Return a time as the API has it."""
    if time_ is None:
        return None
    # A time without a zone is the user's own, as upstream's filters take it.
    return time_.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def readable(read: Callable[[object], T], rows: Iterable[object]) -> list[T]:
    """Read the rows of a list; what is none is left out, so that it does not hide the others."""
    found = []
    for row in rows:
        with suppress(ValueError):
            found.append(read(row))
    return found
