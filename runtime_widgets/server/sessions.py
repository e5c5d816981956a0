"""Sessions and batches: opened, taking jobs, resting, closed.

How a session lives is written in `session_life.py`; what its turn means for others in
`queue.py`. Here the two meet: requests, and what is due with time.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from typing import Any

from runtime_widgets.server import problems
from runtime_widgets.server.context import Context
from runtime_widgets.server.models import NewSession
from runtime_widgets.server.records import iso
from runtime_widgets.server.scheduler import Scheduler
from runtime_widgets.server.session_book import SessionBook
from runtime_widgets.server.session_life import (
    CLOSED,
    active_seconds,
    closed,
    deactivated,
    due,
    is_later,
    not_later_than,
    opened,
    remaining_seconds,
)
from runtime_widgets.server.store import JobFilter, Row, SessionFilter

__all__ = ["Sessions"]

SESSION_CLOSED = 4001  # code of the public service for a job in a closed session


class Sessions:
    """The sessions of the service."""

    def __init__(self, context: Context, scheduler: Scheduler, book: SessionBook) -> None:
        self._context = context
        self._store = context.store
        self._limits = context.settings.limits
        self._scheduler = scheduler
        self._book = book

    def create(self, wanted: NewSession) -> dict[str, Any]:
        """Open a session on a device."""
        device = wanted.backend or wanted.backend_name
        if device is None:
            raise problems.malformed("A session needs a backend.")
        if device not in self._scheduler.devices:
            raise problems.not_found("device", device)
        row = {
            "id": secrets.token_hex(10),
            "backend": device,
            "mode": wanted.mode,
            **self._times_to_live(wanted),
        }
        with self._context.lock:
            now = round(self._context.clock(), 6)  # as it is shown
            return self._records([self._book.put(opened(row, now))])[0]

    def _times_to_live(self, wanted: NewSession) -> dict[str, int | None]:
        limits = self._limits
        idle = limits.batch_idle_seconds if wanted.mode == "batch" else limits.session_idle_seconds
        max_ttl = wanted.max_ttl or limits.session_seconds
        longest = wanted.active_ttl or max_ttl
        if longest > max_ttl or (wanted.interactive_ttl or 0) > longest:
            raise problems.malformed("These must not grow: max_ttl, active_ttl, interactive_ttl.")
        return {
            "max_ttl": max_ttl,
            "active_ttl": wanted.active_ttl,
            "interactive_ttl": wanted.interactive_ttl or min(idle, longest),
        }

    def record(self, session_id: str) -> dict[str, Any]:
        """Return a session's record. Looking changes nothing."""
        with self._context.lock:
            return self._records([self._book.row(session_id)])[0]

    def records_of(self, session_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the records of these sessions, by their ids."""
        with self._context.lock:
            records = self._records([self._book.row(one) for one in session_ids])
        return {record["id"]: record for record in records}

    def page(
        self, narrowed: SessionFilter, *, limit: int | None, offset: int = 0, ascending: bool
    ) -> tuple[list[dict[str, Any]], int]:
        """Return one page of records by their time of creation, and the count of all."""
        with self._context.lock:
            rows, count = self._store.list_sessions(
                narrowed, limit=limit, offset=offset, ascending=ascending
            )
            return self._records(rows), count

    def admit(self, session_id: str | None, backend: str) -> None:
        """Refuse a job that names a session which does not take it."""
        if session_id is None:
            return
        row = self._book.row(session_id)
        if row["backend"] != backend:
            raise problems.bad_params(
                f"Session {session_id} is on {row['backend']}, the job is for {backend}."
            )
        if row["state"] == CLOSED or not row["accepting_jobs"]:
            why = f" {row['state_reason']}" if row["state_reason"] else ""
            raise problems.Problem(
                400, SESSION_CLOSED, f"Session {session_id} is closed.{why}", "Open a new session."
            )

    def accept_jobs(self, session_id: str, accepting: bool) -> None:
        """Stop taking jobs, or take them again; without jobs a stopped session closes."""
        with self._context.lock:
            row = self._book.row(session_id)
            # One that is active and says why it came to that is only waiting for its last job.
            ending = row["state"] == "active" and row["state_reason"] is not None
            if accepting and (ending or row["state"] == CLOSED):
                raise problems.conflict(f"Session {session_id} is closed.")
            if row["state"] == CLOSED:
                return
            if bool(row["accepting_jobs"]) != accepting:
                # Why it came to rest is not why it ends.
                self._book.put({**row, "accepting_jobs": accepting, "state_reason": None})
                self._context.hub.publish([], moved=self._scheduler.waiting(row["backend"]))
            self._close_if_done(session_id)

    def close(self, session_id: str) -> None:
        """Close a session: its queued jobs are cancelled, a running one may end."""
        with self._context.lock:
            row = self._book.row(session_id)
            if row["state"] != CLOSED:
                self._shut(row, "It was cancelled.", self._context.clock())

    def tick(self) -> None:
        """Do what time has brought."""
        for row in self._book.live():
            if not row["accepting_jobs"]:
                self._close_if_done(row["id"])
            self._age(self._book.row(row["id"]))

    def _age(self, row: Row) -> None:
        """Do what a session is due for, as at the time when it was due.

        That may have been long ago, if no server was running then.
        """
        if row["state"] == CLOSED:
            return
        device, now = row["backend"], self._context.clock()
        if is_later(row, now):
            row = self._book.put(not_later_than(row, now))
        busy = self._scheduler.has_jobs(row["id"], device)
        next_ = due(row, busy=busy, unused_seconds=self._limits.session_unused_seconds)
        if next_ is None or next_.when > now:
            return
        if next_.state != CLOSED:
            self._book.put(deactivated(row, next_.when, next_.reason))
            self._scheduler.advance(device)
        elif row["accepting_jobs"] or self._scheduler.queues.has_session(row["id"]):
            self._shut(row, next_.reason, now if busy else next_.when)

    def _shut(self, row: Row, reason: str, when: float) -> None:
        row = self._book.put({**row, "accepting_jobs": False, "state_reason": reason})
        why = f"The session of the job was closed. {reason}"
        self._scheduler.cancel_waiting(self._queued(row["id"]), why, SESSION_CLOSED)
        self._close_if_done(row["id"], when)

    def _queued(self, session_id: str) -> list[Row]:
        narrowed = JobFilter(session_id=session_id, pending=True)
        jobs, _ = self._store.list_jobs(narrowed, limit=None, offset=0, ascending=True)
        return [job for job in jobs if job["status"] == "Queued"]

    def _close_if_done(self, session_id: str, when: float | None = None) -> None:
        row = self._book.row(session_id)
        if row["accepting_jobs"] or row["state"] == CLOSED:
            return
        if self._scheduler.has_jobs(session_id, row["backend"]):
            return
        now = self._context.clock() if when is None else when
        self._book.put(closed(row, now, row["state_reason"]))
        self._scheduler.advance(row["backend"])

    def dedicated_seconds(self, since: float) -> float:
        """Return for how long dedicated sessions have held their devices since a time, seconds."""
        with self._context.lock:
            now = self._context.clock()
            return sum(
                active_seconds(row, now, since) for row in self._store.dedicated_sessions(since)
            )

    def _records(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        now = self._context.clock()
        used = self._store.jobs_usage_seconds([row["id"] for row in rows])
        found = []
        for row in rows:
            jobs_seconds = used.get(row["id"], 0.0)
            jobs_seconds += self._scheduler.running_seconds(row["id"], row["backend"])
            found.append(_record(row, jobs_seconds, now))
        return found


def _record(row: Row, jobs_seconds: float, now: float) -> dict[str, Any]:
    """Return the record of a session.

    ``elapsed_time`` is the usage as the public service bills it: of a dedicated session the
    time that it was active, of a batch the usage of its jobs.
    """
    elapsed = jobs_seconds if row["mode"] == "batch" else active_seconds(row, now)
    return {
        "id": row["id"],
        "backend_name": row["backend"],
        "mode": row["mode"],
        "state": row["state"],
        "state_reason": row["state_reason"],
        "accepting_jobs": bool(row["accepting_jobs"]),
        "interactive_ttl": row["interactive_ttl"],
        "active_ttl": math.floor(remaining_seconds(row, now)),
        "max_ttl": row["max_ttl"],
        "elapsed_time": round(elapsed, 3),
        "jobs_usage_seconds": round(jobs_seconds, 6),
        "started_at": iso(row["started"]),
        "activated_at": iso(row["activated"]),
        "closed_at": iso(row["closed"]),
        "last_job_started": iso(row["last_job_started"]),
        "last_job_completed": iso(row["last_job_completed"]),
        "timestamps": [
            {"status": stamp["status"], "timestamp": iso(stamp["timestamp"])}
            for stamp in row["timestamps"]
        ],
        "user_id": "local",
        "revision": row["revision"],
    }
