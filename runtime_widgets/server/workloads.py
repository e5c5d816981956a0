"""Workloads: the jobs that stand alone, the sessions and the batches, in one list.

A page begins after a place, not after a number of rows (`Cursor`): whoever turns the pages sees
each workload once, however many are added meanwhile.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, func, literal, null, or_, select, tuple_, union_all

from runtime_widgets.server import problems
from runtime_widgets.server import tables as t
from runtime_widgets.server.core import Core
from runtime_widgets.server.records import iso
from runtime_widgets.server.store import Row

__all__ = ["STATUSES", "Cursor", "Page", "WorkloadFilter", "page_of"]

# The words for a workload's status, for those of a job and for the states of a session.
STATUSES = {
    "pending": ("Queued", "open"),
    "in_progress": ("Running", "active", "inactive"),
    "completed": ("Completed", "closed"),
    "canceled": ("Cancelled",),
    "failed": ("Failed",),
}
_WORDS = {word: status for status, words in STATUSES.items() for word in words}
_MODES = {"job": "job", "session": "dedicated", "batch": "batch"}
_NAMES = {stored: mode for mode, stored in _MODES.items()}


@dataclass(frozen=True)
class WorkloadFilter:
    """What the list is narrowed to; None means everything. Times are epoch seconds."""

    backend: str | None = None
    search: str | None = None
    statuses: tuple[str, ...] = ()
    mode: str | None = None
    created_after: float | None = None
    created_before: float | None = None
    tags: tuple[str, ...] = ()
    except_backends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cursor:
    """A place in the list, between two workloads: after one, or before one.

    Attributes
    ----------
    created, id
        The workload that the place is next to.
    ascending
        The order of the list; a cursor is of use for the same order only.
    """

    created: float
    id: str
    ascending: bool

    def text(self) -> str:
        """Write it as clients keep it."""
        raw = json.dumps([self.created, self.id, int(self.ascending)]).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, *, ascending: bool) -> Cursor:
        """Read what :meth:`text` wrote.

        Raises
        ------
        Problem
            400 if it is none, or of a list in the other order.
        """
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            created, name, order = json.loads(base64.b64decode(padded, b"-_", validate=True))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise _no_cursor() from None
        numeric = isinstance(created, (int, float)) and abs(created) < 1e12
        if not (numeric and math.isfinite(created) and isinstance(name, str) and _is_id(name)):
            raise _no_cursor()
        if order != int(ascending):
            raise problems.malformed("This cursor belongs to the list in the other order.")
        return cls(float(created), name, ascending)


def _is_id(name: str) -> bool:
    return len(name) <= 64 and name.isascii()  # a half of a character no database takes


def _no_cursor() -> problems.Problem:
    return problems.malformed(
        "This cursor is none of this server.", "Take it from next or previous of a page."
    )


@dataclass(frozen=True)
class Page:
    """One page, in order, and the places before and after it where there is more."""

    workloads: list[dict[str, Any]]
    total: int
    previous: Cursor | None
    next: Cursor | None


def page_of(
    core: Core,
    narrowed: WorkloadFilter,
    *,
    limit: int,
    ascending: bool,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Page:
    """Return the page after a place, before a place, or the first one."""
    rows = _all(narrowed).subquery()
    place = tuple_(rows.c.created, rows.c.id)
    # A page before a place is read backwards from there.
    forwards = before is None
    start = after if forwards else before
    rising = ascending if forwards else not ascending
    query = select(rows)
    if start is not None:
        there = tuple_(literal(start.created), literal(start.id))
        query = query.where(place > there if rising else place < there)
    for column in (rows.c.created, rows.c.id):
        query = query.order_by(column.asc() if rising else column.desc())
    with core.context.lock:  # a page and what is said of its jobs belong to one moment
        found = core.store.rows(query.limit(limit + 1))
        total = core.store.rows(select(func.count().label("total")).select_from(rows))[0]["total"]
        shown = found[:limit] if forwards else found[:limit][::-1]
        workloads = _records(core, shown)
    more = len(found) > limit
    came_from = start is not None and bool(shown)
    return Page(
        workloads,
        int(total),
        previous=_at(shown[0], ascending) if (came_from if forwards else more) else None,
        next=_at(shown[-1], ascending) if (more if forwards else came_from) else None,
    )


def _at(row: Row, ascending: bool) -> Cursor:
    return Cursor(row["created"], row["id"], ascending)


def _all(narrowed: WorkloadFilter) -> Select[Any]:
    """Return the query for all that matches: id, created, ended, mode, backend."""
    jobs, sessions = t.jobs.c, t.sessions.c
    alone = select(
        jobs.id, jobs.created, jobs.ended, literal("job").label("mode"), jobs.backend,
        jobs.status.label("word"), null().label("accepting_jobs"),
    ).where(jobs.session_id.is_(None))  # fmt: skip
    groups = select(
        sessions.id, sessions.created, sessions.closed.label("ended"), sessions.mode,
        sessions.backend, sessions.state.label("word"), sessions.accepting_jobs,
    )  # fmt: skip
    both = union_all(alone, groups).subquery("workloads")
    return select(both).where(*_conditions(both.c, narrowed))


def _conditions(columns: Any, narrowed: WorkloadFilter) -> list[Any]:
    tagged = select(t.job_tags.c.job_id)
    found: list[Any] = []
    if narrowed.backend is not None:
        found.append(columns.backend == narrowed.backend)
    if narrowed.except_backends:
        found.append(columns.backend.not_in(narrowed.except_backends))
    if narrowed.statuses:
        words = [word for status in narrowed.statuses for word in STATUSES[status]]
        found.append(columns.word.in_(words))
    if narrowed.mode is not None:
        found.append(columns.mode == _MODES[narrowed.mode])
    if narrowed.created_after is not None:
        found.append(columns.created >= narrowed.created_after)
    if narrowed.created_before is not None:
        found.append(columns.created <= narrowed.created_before)
    if narrowed.search and "\x00" in narrowed.search:
        found.append(false())  # nothing has one, and SQLite would stop reading the text there
    elif narrowed.search:
        like = tagged.where(t.job_tags.c.tag.icontains(narrowed.search, autoescape=True))
        by_id = columns.id.icontains(narrowed.search, autoescape=True)
        found.append(or_(by_id, columns.id.in_(like)))
    found += [columns.id.in_(tagged.where(t.job_tags.c.tag == tag)) for tag in narrowed.tags]
    return found


def _records(core: Core, rows: Sequence[Row]) -> list[dict[str, Any]]:
    jobs = core.records_of([row["id"] for row in rows if row["mode"] == "job"])
    sessions = core.sessions.records_of([row["id"] for row in rows if row["mode"] != "job"])
    shared = {"instance": core.context.settings.instance, "user_id": "local"}
    return [
        {
            "id": row["id"],
            "created": iso(row["created"]),
            **({} if row["ended"] is None else {"ended": iso(row["ended"])}),
            "backend": row["backend"],
            **shared,
            "mode": _NAMES[row["mode"]],
            "status": _WORDS[row["word"]],
            **(_of_job(jobs[row["id"]]) if row["mode"] == "job" else _of(sessions[row["id"]])),
        }
        for row in rows
    ]


def _of_job(record: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a job alone."""
    told: dict[str, Any] = {
        "accepting_jobs": None,
        "tags": record["tags"],
        "usage_seconds": record["usage"]["qpu_charge_time_seconds"],
        "usage": record["usage"],
    }
    if "reason" in record["state"]:
        told["status_reason"] = record["state"]["reason"]
    if record["estimated_running_time_seconds"] is not None:
        told["estimated_running_time_seconds"] = record["estimated_running_time_seconds"]
    return told


def _of(session: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a session or a batch alone."""
    seconds = session["elapsed_time"]
    return {
        "accepting_jobs": session["accepting_jobs"],
        "usage_seconds": seconds,
        "usage": {"qpu_charge_time_seconds": seconds},
    }
