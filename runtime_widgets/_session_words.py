"""What a session does just now, in words: from the service's figures to what a person reads."""

from __future__ import annotations

from datetime import datetime, timedelta

from runtime_widgets.messages import SessionInfo
from runtime_widgets.session_record import SessionRecord

__all__ = ["session_info"]

_LABELS = {
    "open": "Open",
    "pending": "Open",
    "active": "Active",
    "resting": "Active",
    "inactive": "Idle",
    "closing": "Closing",
    "closed": "Closed",
}
_SAME = timedelta(seconds=5)
_BEGUN = ("active", "resting", "closing")


def session_info(
    record: SessionRecord,
    *,
    simulator: bool | None,
    unfinished: int,
    read_at: datetime,
    ahead_s: float = 0.0,
    stale_since: datetime | None = None,
    gone: bool = False,
) -> SessionInfo:
    """Return what a view shows of a session.

    Parameters
    ----------
    record : SessionRecord
        What the service said.
    simulator : bool or None
        Whether its device is one, where that is known.
    unfinished : int
        How many jobs of it are known not to have ended.
    read_at, stale_since : datetime
        When it was read, and since when it could not be, by this machine's clock (UTC).
    ahead_s : float
        How far the server's clock is ahead of this machine's, in seconds.
    gone : bool
        Whether the service does not know it any more.
    """
    key, idle = record.state.key, _idle_since(record, unfinished)
    closing = record.accepting_jobs is False and not record.state.final
    label = "Closing" if closing else _LABELS.get(key, record.word or "Unknown")
    final = record.state.final or gone
    return SessionInfo(
        id=record.id,
        mode=record.mode,
        device=record.backend,
        state=record.word,
        label="Gone" if gone else label,
        note=_note(record, simulator=simulator, idle=idle is not None, closing=closing, gone=gone),
        final=final,
        billing=_billing(record),
        accepting=record.accepting_jobs,
        created=_epoch(record.created),
        started=_epoch(record.started),
        closed=_epoch(record.closed),
        closes_at=None if final else _epoch(_closes_at(record, read_at + _ahead(ahead_s))),
        idle_since=_epoch(idle),
        rests_at=_epoch(_rests_at(record, idle)),
        max_ttl_s=record.max_ttl_s,
        usage_s=record.usage_seconds,
        jobs_usage_s=record.jobs_usage_seconds,
        as_of=_epoch(read_at + _ahead(ahead_s)),
        stale_since=None if stale_since is None else _epoch(stale_since + _ahead(ahead_s)),
        gone=gone,
    )


def _idle_since(record: SessionRecord, unfinished: int) -> datetime | None:
    """Return when its last job ended, if none runs and none is known to wait."""
    ended, began = record.last_job_completed, record.last_job_started
    if record.state.final or ended is None or unfinished:
        return None
    return ended if began is None or began <= ended else None


def _billing(record: SessionRecord) -> bool | None:
    """Whether its time counts as usage now, and not only the QPU time of its jobs."""
    key = record.state.key
    if key == "unknown" or record.mode not in ("dedicated", "batch"):
        return None
    return record.mode == "dedicated" and key in _BEGUN


def _closes_at(record: SessionRecord, read_at: datetime) -> datetime | None:
    """Return when it closes by itself, whatever it does: its longest time, or its active one."""
    longest = active = None
    if record.started is not None and record.max_ttl_s is not None:
        longest = record.started + timedelta(seconds=record.max_ttl_s)
    if record.state.key in _BEGUN and record.active_ttl_s is not None:
        active = read_at + timedelta(seconds=record.active_ttl_s)
    if longest is None or active is None:
        return longest or active
    # What is left is told in whole seconds, of when it was read: it says no more than the other.
    return longest if active > longest - _SAME else active


def _rests_at(record: SessionRecord, idle: datetime | None) -> datetime | None:
    """Return when it loses its turn on the device unless a job comes."""
    if idle is None or record.state.key != "active" or record.interactive_ttl_s is None:
        return None
    return idle + timedelta(seconds=record.interactive_ttl_s)


def _note(
    record: SessionRecord, *, simulator: bool | None, idle: bool, closing: bool, gone: bool
) -> str:
    key, dedicated = record.state.key, record.mode == "dedicated"
    place = "The device is" if simulator else "The QPU is"
    billed = "counts as usage" if simulator else "is billed"
    if gone:
        return "The service does not know it any more."
    if key == "closed":
        return record.reason or "It takes no jobs any more, and nothing is reserved."
    if key == "unknown":
        return f"The service says “{record.word}”, which this version does not know."
    reserved = f"{place} reserved for it, and that time {billed}" if dedicated else ""
    if closing or key == "closing":
        ends = "It takes no more jobs, and closes once those that it has are done."
        return f"{ends} {reserved} until then." if dedicated and key in _BEGUN else ends
    if key in ("open", "pending"):
        return "No job of it has started yet: nothing is reserved."
    if key == "inactive":
        return "Nothing is reserved. Its next job waits in the queue like any other."
    if not dedicated:
        return f"Only the QPU time of its jobs {billed}; between them nothing is reserved."
    return f"{reserved}, although no job of it runs." if idle else f"{reserved}."


def _ahead(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
