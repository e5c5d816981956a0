"""SessionState: what is known of a session or a batch, observable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from traitlets import Bool, Float, Instance, Int, Unicode

from runtime_widgets._observed import Observed
from runtime_widgets.session_record import SessionRecord

__all__ = ["SessionState"]


class SessionState(Observed):
    """What is known of one session. Handlers run on the tracker's thread: see :class:`Observed`.

    All session objects with the same id, of the same client, share one state. It is final
    once the session is closed.
    """

    word = Unicode("", read_only=True)
    """The server's word for the state, as it came: "open", "active", "inactive", "closed"."""
    status = Unicode(None, allow_none=True, read_only=True)
    """The state in the words of ``qiskit-ibm-runtime``, such as "Pending"."""
    reason = Unicode(None, allow_none=True, read_only=True)
    """Why it came to this state, where the server says so."""
    accepting_jobs = Bool(None, allow_none=True, read_only=True)
    """Whether it takes further jobs; None where that is not known."""
    usage_seconds = Float(None, allow_none=True, read_only=True)
    """Its usage when it was last read, in seconds."""
    active_ttl_s = Int(None, allow_none=True, read_only=True)
    """What was left of its active time when it was last read, in seconds."""
    record = Instance(SessionRecord, allow_none=True, read_only=True)
    """All of it at once: the newest record. One notification for each change."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"session {session_id}")
        self.session_id = session_id

    def __repr__(self) -> str:
        return f"<SessionState {self.session_id} {self.word or 'not read yet'}>"

    def accepts(self, record: SessionRecord) -> bool:
        """Whether `record` may be newer than what is known.

        Where the server numbers its changes that number decides, else the order of the
        states does: what is closed stays closed.
        """
        old = self.record
        if old is None:
            return True
        if old.revision is not None and record.revision is not None:
            return record.revision >= old.revision
        return record.state.rank >= old.state.rank

    def apply(self, record: SessionRecord, *, now: datetime) -> None:
        """Take in a record that was read at `now` (UTC). For the tracker alone."""
        if not self.accepts(record):
            return
        self.checked_at = now
        if self.record is not None:
            record = record.over(self.record)
        changed: dict[str, Any] = {
            "record": record,
            "word": record.word,
            "status": record.status,
            "reason": record.reason,
            "accepting_jobs": record.accepting_jobs,
            "usage_seconds": record.usage_seconds,
            "active_ttl_s": record.active_ttl_s,
            "gone": False,
            # The server has just said so.
            "stale_since": None,
        }
        self._write(changed, now=now, final=record.state.final)
