"""From what a tracker knows of a job to what the history keeps of it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from runtime_widgets._history_entry import HistoryEntry

if TYPE_CHECKING:
    from runtime_widgets.job_state import JobState

__all__ = ["entry_of_state"]


def entry_of_state(state: JobState, *, instance: str = "", kind: str = "") -> HistoryEntry | None:
    """Return what is known of a job; None where nothing is.

    Nothing is copied but what is named here: no error's text, which may quote anything, no
    image, no trace.
    """
    record, now = state.record, datetime.now(timezone.utc)
    if record is None:
        gone = HistoryEntry(state.job_id, instance, kind, gone=True, noted=now, last_seen=now)
        return gone if state.gone else None
    return HistoryEntry(
        id=record.id,
        instance=instance,
        kind=kind,
        device=record.backend,
        program=record.program_id,
        tags=record.tags,
        status=record.status,
        reason_code=record.reason_code,
        final=record.state.final or (state.is_final and not state.gone),
        gone=bool(state.gone),
        session=record.session_id,
        created=record.created,
        started=record.started,
        ended=record.ended,
        noted=now,
        last_seen=state.checked_at or now,
        transitions=state.transitions,
        usage_seconds=record.usage.seconds,
        usage_complete=record.usage.complete,
        revision=record.revision,
    )
