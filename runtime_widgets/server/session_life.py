"""The life of a session, as rules: a row goes in, a row comes out. No clock, no store.

``open`` until its first job starts, ``active`` from then on, ``inactive`` after a while without
jobs until its next one starts, ``closed`` for good. The words and the times to live are those of
IBM's service: the longest time counts from the start of the first job, the interactive one from
the end of the latest, and what was never used is closed after half an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runtime_widgets.server.store import Row

__all__ = [
    "CLOSED",
    "Due",
    "activated",
    "active_seconds",
    "closed",
    "deactivated",
    "due",
    "is_later",
    "not_later_than",
    "opened",
    "remaining_seconds",
]

CLOSED = "closed"
_TIMES = ("started", "activated", "last_job_started", "last_job_completed")


@dataclass(frozen=True)
class Due:
    """What becomes of a session by itself, and when (epoch seconds)."""

    when: float
    state: str
    reason: str


def opened(row: Row, now: float) -> dict[str, Any]:
    """Return a new session's row."""
    stamps = [{"status": "open", "timestamp": now}]
    return {
        **row,
        "state": "open",
        "state_reason": None,
        "accepting_jobs": True,
        "created": now,
        "started": None,
        "activated": None,
        "closed": None,
        "last_job_started": None,
        "last_job_completed": None,
        "timestamps": stamps,
        "revision": 0,
    }


def activated(row: Row, now: float) -> dict[str, Any]:
    """Return the row once a job of the session has started."""
    changed = {**row, "last_job_started": now}
    if row["state"] == "active":
        return changed
    started = now if row["started"] is None else row["started"]
    return _became(changed, "active", now, None, started=started, activated=now)


def deactivated(row: Row, now: float, reason: str) -> dict[str, Any]:
    """Return the row once the session has lost its turn; its next job waits like any other."""
    return _became(row, "inactive", now, reason)


def closed(row: Row, now: float, reason: str | None) -> dict[str, Any]:
    """Return the row once the session has ended."""
    return _became(row, CLOSED, now, reason, closed=now, accepting_jobs=False)


def is_later(row: Row, now: float) -> bool:
    """Say whether something of the session lies ahead: then the clock was set back."""
    return any((row[name] or 0.0) > now for name in _TIMES)


def not_later_than(row: Row, now: float) -> dict[str, Any]:
    """Return the row with nothing ahead of now; else a session could rest only when that comes."""
    stamps = [{**each, "timestamp": min(each["timestamp"], now)} for each in row["timestamps"]]
    times = {name: min(row[name], now) for name in _TIMES if row[name] is not None}
    return {**row, **times, "timestamps": stamps}


def active_seconds(row: Row, now: float, since: float = 0.0) -> float:
    """Return how long the session has been active since a time, in seconds of wall clock."""
    return sum(max(0.0, end - max(start, since)) for start, end in _active_windows(row, now))


def remaining_seconds(row: Row, now: float) -> float:
    """Return for how long the session may still be active, in seconds."""
    if row["state"] == CLOSED:
        return 0.0
    left = float(row["max_ttl"])
    if row["started"] is not None:
        left -= now - row["started"]
    if row["active_ttl"] is not None:
        left = min(left, row["active_ttl"] - active_seconds(row, now))
    return max(0.0, left)


def due(row: Row, *, busy: bool, unused_seconds: float) -> Due | None:
    """Return what the session is due for next; None for nothing that time alone brings.

    Parameters
    ----------
    row
        A session that is not closed.
    busy
        Whether a job of it waits or runs.
    unused_seconds
        How long one without any job stays open.
    """
    return min(_dues(row, busy=busy, unused_seconds=unused_seconds), key=_when, default=None)


def _dues(row: Row, *, busy: bool, unused_seconds: float) -> Iterator[Due]:
    if row["started"] is not None:
        ends, seconds = row["started"] + row["max_ttl"], row["max_ttl"]
        yield Due(ends, CLOSED, f"Its maximum time to live of {seconds} s is over.")
    elif not busy:
        reason = f"No job was submitted to it within {unused_seconds:g} s."
        yield Due(row["created"] + unused_seconds, CLOSED, reason)
    if row["state"] != "active":
        return
    if row["active_ttl"] is not None:
        left = row["active_ttl"] - active_seconds(row, row["activated"])
        reason = f"Its active time of {row['active_ttl']} s is used up."
        yield Due(row["activated"] + left, CLOSED, reason)
    if not busy:
        idle_since = max(row["activated"], row["last_job_completed"] or 0.0)
        reason = f"No job of it was waiting for {row['interactive_ttl']} s."
        yield Due(idle_since + row["interactive_ttl"], "inactive", reason)


def _when(one: Due) -> float:
    return one.when


def _became(row: Row, state: str, now: float, reason: str | None, **more: Any) -> dict[str, Any]:
    stamps = [*row["timestamps"], {"status": state, "timestamp": now}]
    return {**row, "state": state, "state_reason": reason, "timestamps": stamps, **more}


def _active_windows(row: Row, now: float) -> Iterator[tuple[float, float]]:
    stamps = row["timestamps"]
    ends = [*(stamp["timestamp"] for stamp in stamps[1:]), now]
    for stamp, end in zip(stamps, ends, strict=True):
        if stamp["status"] == "active":
            yield stamp["timestamp"], max(end, stamp["timestamp"])
