"""Rows of jobs that only this machine's history knows."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets.messages import JobRow, SourceInfo, StateKey, Step

__all__ = ["row_of_entry", "source_of"]


def row_of_entry(entry: HistoryEntry) -> JobRow:
    """Make the row of a job whose service cannot be asked: old, and it says so."""
    return JobRow(
        id=entry.id,
        program=entry.program,
        device=entry.device,
        status=entry.status,
        state=cast("StateKey", entry.state.key),
        label=entry.word,
        final=entry.final,
        name=entry.label or None,
        tags=list(entry.tags),
        session=entry.session,
        phase=None if entry.final else "last known",
        created=_epoch(entry.at),
        started=_epoch(entry.started),
        ended=_epoch(entry.ended),
        usage_s=entry.usage_seconds,
        usage_final=entry.usage_complete,
        gone=entry.gone,
        updated=_epoch(entry.last_seen),
        steps=_steps(entry),
        as_of=_epoch(entry.last_seen or entry.noted) or 0.0,
    )


def source_of(limit: int) -> SourceInfo:
    """Say what a view of the history follows."""
    return SourceInfo(f"the {limit:,} newest jobs in this machine’s history", limit=limit)


def _steps(entry: HistoryEntry) -> list[Step] | None:
    steps = [Step(s.word, s.at.timestamp(), s.told, s.inferred) for s in entry.transitions]
    return steps or None


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
