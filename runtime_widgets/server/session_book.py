"""The sessions that are not closed, and which of them has a device.

On a device at most one session is active: its jobs come before those of others. Where it is a
dedicated one, the device belongs to it: nobody else's job starts there, also while it has none.
"""

from __future__ import annotations

from runtime_widgets.server import problems
from runtime_widgets.server.context import Context
from runtime_widgets.server.queue import Hold
from runtime_widgets.server.session_life import CLOSED, activated, deactivated
from runtime_widgets.server.store import Row

__all__ = ["SessionBook"]


class SessionBook:
    """Rows of sessions: read from the store once, then kept; all under the context's lock."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store
        self._live: dict[str, Row] = {row["id"]: row for row in self._store.open_sessions()}
        self._active = {
            row["backend"]: row["id"] for row in self._live.values() if row["state"] == "active"
        }

    def live(self) -> list[Row]:
        """Return the sessions that are not closed."""
        return list(self._live.values())

    def row(self, session_id: str) -> Row:
        """Return a session, or refuse with 404."""
        row = self._live.get(session_id) or self._store.session(session_id)
        if row is None:
            raise problems.not_found("session", session_id)
        return row

    def hold(self, device: str) -> Hold | None:
        """Return which session has a device; None if none has."""
        session_id = self._active.get(device)
        if session_id is None:
            return None
        return Hold(session_id, exclusive=self._live[session_id]["mode"] == "dedicated")

    def is_batch(self, session_id: str | None) -> bool:
        """Say whether a session is a batch, and not closed."""
        row = self._live.get(session_id or "")
        return row is not None and row["mode"] == "batch"

    def takes_jobs(self, session_id: str) -> bool:
        """Say whether further jobs may come to a session."""
        row = self._live.get(session_id)
        return row is not None and bool(row["accepting_jobs"])

    def put(self, row: Row) -> Row:
        """Store and announce a change of a session."""
        row = {**row, "revision": row["revision"] + 1}
        self._store.put_session(row)
        self.stored(row)
        return row

    def stored(self, row: Row) -> None:
        """Take in and announce a change that was stored with that of a job."""
        if row["state"] == CLOSED:
            self._live.pop(row["id"], None)
        else:
            self._live[row["id"]] = row
        if row["state"] == "active":
            self._active[row["backend"]] = row["id"]
        elif self._active.get(row["backend"]) == row["id"]:
            del self._active[row["backend"]]
        self._context.hub.publish([], sessions=[row["id"]])

    def started(self, session_id: str | None, now: float) -> Row | None:
        """Return the row of a session whose job starts, to be stored with the job.

        Another session that had the device has it no longer.
        """
        row = self._live.get(session_id or "")
        if row is None:
            return None
        other = self._active.get(row["backend"])
        if other not in (None, session_id):
            reason = f"Session {session_id} has the device now."
            self.put(deactivated(self._live[str(other)], now, reason))
        return {**activated(row, now), "revision": row["revision"] + 1}

    def completed(self, session_id: str | None, now: float) -> Row | None:
        """Return the row of a session whose job has ended, to be stored with the job."""
        row = self._live.get(session_id or "")
        if row is None:
            return None
        return {**row, "last_job_completed": now, "revision": row["revision"] + 1}

    def release(self, now: float) -> None:
        """Before a clean stop: nobody has a device while no server runs."""
        for session_id in list(self._active.values()):
            self.put(deactivated(self._live[session_id], now, "The server was stopped."))
