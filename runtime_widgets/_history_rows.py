"""The history's tables: from an entry to a row and back, and what a list is narrowed to."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets._transitions import Transition

__all__ = [
    "DELETE_BUT",
    "DELETE_OLD",
    "INSERT",
    "SCHEMA",
    "VERSION",
    "Narrowed",
    "entry_of",
    "labels_query",
    "row",
]

VERSION = 1
"""Of the tables. One that is newer is read, as far as it can be, and not written."""

SCHEMA = (
    # A CRN is long, and the same in every row.
    "CREATE TABLE places (number INTEGER PRIMARY KEY, instance TEXT NOT NULL UNIQUE)",
    """CREATE TABLE jobs (
        id TEXT NOT NULL, place INTEGER NOT NULL REFERENCES places (number),
        kind TEXT, device TEXT, program TEXT, tags TEXT, label TEXT, status TEXT,
        reason_code INTEGER, final INTEGER, gone INTEGER, session TEXT,
        created REAL, started REAL, ended REAL, noted REAL, last_seen REAL, transitions TEXT,
        usage_seconds REAL, usage_complete INTEGER, revision INTEGER, at REAL NOT NULL,
        PRIMARY KEY (id, place)
    )""",
    "CREATE INDEX jobs_at ON jobs (at DESC)",
    "CREATE INDEX jobs_pending ON jobs (at DESC) WHERE final = 0",
    f"PRAGMA user_version = {VERSION}",
)

_TEXTS = ("kind", "device", "program", "label", "status")
_TIMES = ("created", "started", "ended", "noted", "last_seen")
_COLUMNS = (
    *("kind", "device", "program", "tags", "label", "status", "reason_code", "final", "gone"),
    *("session", *_TIMES, "transitions", "usage_seconds", "usage_complete", "revision", "at"),
)
_SETS = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)

INSERT = f"""
    INSERT INTO jobs (id, place, {", ".join(_COLUMNS)})
    VALUES (?, (SELECT number FROM places WHERE instance = ?), {", ".join("?" for _ in _COLUMNS)})
    ON CONFLICT (id, place) DO UPDATE SET {_SETS}"""  # noqa: S608 (names of our own)
SELECT = f"""
    SELECT jobs.id, places.instance, {", ".join(_COLUMNS)}
    FROM jobs JOIN places ON places.number = jobs.place"""  # noqa: S608 (names of our own)
LABELS = """
    SELECT jobs.id, jobs.label FROM jobs JOIN places ON places.number = jobs.place
    WHERE jobs.label <> '' AND instance = ? AND jobs.id IN (SELECT value FROM json_each(?))"""
SEEN = """
    UPDATE jobs SET last_seen = max(coalesce(last_seen, 0), ?)
    WHERE id = ? AND place = (SELECT number FROM places WHERE instance = ?)
    AND status = ? AND final = 0"""
"""A job is still as it was, unless another process knows better."""
DELETE_OLD = "DELETE FROM jobs WHERE at < ?"
DELETE_BUT = """
    DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs ORDER BY at DESC LIMIT -1 OFFSET ?)"""

_LONGEST = 1000
"""Characters of a text that is kept: what is longer is no name, tag or word."""
_MOST_STEPS = 64


def row(entry: HistoryEntry) -> tuple[Any, ...]:
    """Return the values of :data:`INSERT`."""
    steps = [[s.word, s.at.timestamp(), s.told, s.inferred] for s in entry.transitions]
    values: dict[str, Any] = {
        **{name: _text(getattr(entry, name)) for name in _TEXTS},
        **{name: _epoch(getattr(entry, name)) for name in _TIMES},
        "tags": json.dumps([_text(tag) for tag in entry.tags]) if entry.tags else "",
        "reason_code": _integer(entry.reason_code),
        "final": int(entry.final),
        "gone": int(entry.gone),
        "session": _text(entry.session) if entry.session else None,
        "transitions": json.dumps(steps[:_MOST_STEPS], separators=(",", ":")) if steps else "",
        "usage_seconds": _finite(entry.usage_seconds),
        "usage_complete": int(entry.usage_complete),
        "revision": _integer(entry.revision),
        "at": _epoch(entry.at) or 0.0,
    }
    return (_text(entry.id), _text(entry.instance), *(values[name] for name in _COLUMNS))


def labels_query(instance: str, job_ids: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the query of the labels of some jobs, and its values."""
    return LABELS, [_text(instance), json.dumps([_text(one) for one in job_ids])]


def entry_of(found: Sequence[Any]) -> HistoryEntry:
    """Make an entry of a row of :data:`SELECT`."""
    values = dict(zip(_COLUMNS, found[2:], strict=True))
    del values["at"]
    for name in _TIMES:
        values[name] = _time(values[name])
    for name in ("final", "gone", "usage_complete"):
        values[name] = bool(values[name])
    values["tags"] = tuple(_json(values["tags"]))
    values["transitions"] = tuple(_steps(values["transitions"]))
    return HistoryEntry(found[0], found[1], **values)


@dataclass(frozen=True)
class Narrowed:
    """Which jobs a list has; None means all of them.

    Attributes
    ----------
    pending : bool or None
        Only those that had not ended when they were last seen, or only the others.
    since, before : datetime or None
        Only those created at that time or later, or before it; one without a zone is local.
    tags : tuple of str
        Only those with all of these tags.
    device, program, session, instance, kind : str or None
        Only those.
    ids : tuple of str or None
        Only those.
    """

    pending: bool | None = None
    since: datetime | None = None
    before: datetime | None = None
    tags: tuple[str, ...] = ()
    device: str | None = None
    program: str | None = None
    session: str | None = None
    instance: str | None = None
    kind: str | None = None
    ids: tuple[str, ...] | None = field(default=None, repr=False)

    def where(self) -> tuple[str, list[Any]]:
        """Return SQL's condition, and its values."""
        terms = ["1"]
        values: list[Any] = []
        if self.pending is not None:
            # A job that the server does not know any more waits for nothing.
            terms.append("final = 0 AND gone = 0" if self.pending else "(final OR gone)")
        for name in ("device", "program", "session", "instance", "kind"):
            if getattr(self, name) is not None:
                terms.append(f"{name} = ?")
                values.append(_text(getattr(self, name)))
        for term, time in (("at >= ?", self.since), ("at < ?", self.before)):
            if time is not None:
                terms.append(term)
                values.append(time.timestamp())
        for tag in self.tags:
            terms.append("tags <> '' AND EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
            values.append(_text(tag))
        if self.ids is not None:
            terms.append("jobs.id IN (SELECT value FROM json_each(?))")
            values.append(json.dumps([_text(one) for one in self.ids]))
        return " AND ".join(terms), values

    def select(self, limit: int | None) -> tuple[str, list[Any]]:
        """Return the query of a list, newest first, and its values."""
        where, values = self.where()
        end = "" if limit is None else " LIMIT ?"
        query = f"{SELECT} WHERE {where} ORDER BY at DESC, jobs.id{end}"
        return query, values if limit is None else [*values, limit]

    def count(self) -> tuple[str, list[Any]]:
        """Return the query of how many there are, and its values."""
        where, values = self.where()
        places = " JOIN places ON places.number = jobs.place" if self.instance is not None else ""
        return f"SELECT count(*) FROM jobs{places} WHERE {where}", values  # noqa: S608 (no value is in it)


def _text(value: str) -> str:
    """Return a text that SQLite takes: no half of a character, and no more than a name has."""
    return value[:_LONGEST].encode("utf-8", "replace").decode()


def _integer(value: int | None) -> int | None:
    return value if value is not None and abs(value) < 2**63 else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _time(value: Any) -> datetime | None:
    """Read a time; nothing where somebody has written one that is none."""
    try:
        return None if value is None else datetime.fromtimestamp(value, timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _json(text: Any) -> list[Any]:
    try:
        found = json.loads(text) if text else []
    except (TypeError, ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _steps(text: Any) -> Iterator[Transition]:
    for step in _json(text):
        if isinstance(step, list) and len(step) == 4 and isinstance(step[0], str):
            at = _time(step[1])
            if at is not None:
                yield Transition(step[0], at, bool(step[2]), bool(step[3]))
