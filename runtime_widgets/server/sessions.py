"""Sessions and batches: opened, taking jobs, closed.

A session here is a group of jobs on one device with a time to live. It does not put its jobs
before those of others: the queue is first come, first served.
"""

from __future__ import annotations

import secrets
from typing import Any

from runtime_widgets.server import problems
from runtime_widgets.server.context import Context
from runtime_widgets.server.records import iso
from runtime_widgets.server.scheduler import Scheduler
from runtime_widgets.server.store import JobFilter, Row

__all__ = ["Sessions"]

DEFAULT_TTL_SECONDS = 8 * 3600
LOOK_SECONDS = 0.5
CLOSED = 4001  # code of the public service for a job in a closed session


class Sessions:
    """The sessions of the service."""

    def __init__(self, context: Context, scheduler: Scheduler) -> None:
        self._context = context
        self._store = context.store
        self._scheduler = scheduler
        self._open = {row["id"] for row in self._store.open_sessions()}
        self._next_look = 0.0

    def create(self, mode: str, backend: str, max_ttl: int | None) -> dict[str, Any]:
        """Open a session on a device."""
        if backend not in self._scheduler.devices:
            raise problems.not_found("device", backend)
        with self._context.lock:
            now = self._context.clock()
            row: dict[str, Any] = {
                "id": secrets.token_hex(10),
                "backend": backend,
                "mode": mode,
                "state": "open",
                "accepting_jobs": True,
                "max_ttl": max_ttl or DEFAULT_TTL_SECONDS,
                "created": now,
                "timestamps": [{"status": "open", "timestamp": now}],
            }
            self._store.put_session(row)
            self._open.add(row["id"])
            return self.record(row["id"])

    def record(self, session_id: str) -> dict[str, Any]:
        """Return a session's record."""
        row = self._row(session_id)
        ended = row["closed"] if row["closed"] is not None else self._context.clock()
        return {
            "id": row["id"],
            "backend_name": row["backend"],
            "mode": row["mode"],
            "state": row["state"],
            "accepting_jobs": bool(row["accepting_jobs"]),
            "interactive_ttl": None,  # an idle session is not deactivated here
            "active_ttl": None,
            "max_ttl": row["max_ttl"],
            "elapsed_time": round(max(0.0, ended - row["created"]), 3),
            "started_at": iso(row["created"]),
            "activated_at": iso(row["activated"]),
            "closed_at": iso(row["closed"]),
            "last_job_started": iso(row["last_job_started"]),
            "last_job_completed": iso(row["last_job_completed"]),
            "timestamps": [
                {"status": stamp["status"], "timestamp": iso(stamp["timestamp"])}
                for stamp in row["timestamps"]
            ],
        }

    def admit(self, session_id: str | None, backend: str) -> None:
        """Refuse a job that names a session which does not take it."""
        if session_id is None:
            return
        row = self._row(session_id)
        if row["backend"] != backend:
            raise problems.bad_params(
                f"Session {session_id} is on {row['backend']}, the job is for {backend}."
            )
        if row["state"] == "closed" or not row["accepting_jobs"]:
            raise problems.Problem(
                400, CLOSED, f"Session {session_id} is closed.", "Open a new session."
            )

    def accept_jobs(self, session_id: str, accepting: bool) -> None:
        """Stop taking jobs, or take them again; without jobs a stopped session closes."""
        with self._context.lock:
            row = self._row(session_id)
            if row["state"] == "closed":
                raise problems.conflict(f"Session {session_id} is closed.")
            self._store.put_session({**row, "accepting_jobs": accepting})
            self._close_if_done(session_id)

    def close(self, session_id: str) -> None:
        """Close a session: its queued jobs are cancelled, a running one may end."""
        with self._context.lock:
            row = self._row(session_id)
            if row["state"] == "closed":
                return
            for job in self._active(session_id):
                if job["status"] == "Queued":
                    self._scheduler.cancel(job, "The session of the job was closed.", CLOSED)
            self._store.put_session({**row, "accepting_jobs": False})
            self._close_if_done(session_id)

    def tick(self) -> None:
        """Close what has ended or is too old."""
        now = self._context.clock()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        for session_id in list(self._open):
            row = self._row(session_id)
            if now >= row["created"] + row["max_ttl"]:
                self.close(session_id)
            else:
                self._close_if_done(session_id)

    def _row(self, session_id: str) -> Row:
        row = self._store.session(session_id)
        if row is None:
            raise problems.not_found("session", session_id)
        return row

    def _active(self, session_id: str) -> list[Row]:
        narrowed = JobFilter(session_id=session_id, pending=True)
        return self._store.list_jobs(narrowed, limit=None, offset=0, ascending=True)[0]

    def _close_if_done(self, session_id: str) -> None:
        row = self._row(session_id)
        if row["accepting_jobs"] or row["state"] == "closed" or self._active(session_id):
            return
        now = self._context.clock()
        stamps = [*row["timestamps"], {"status": "closed", "timestamp": now}]
        self._store.put_session({**row, "state": "closed", "closed": now, "timestamps": stamps})
        self._open.discard(session_id)
