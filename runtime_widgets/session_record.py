"""SessionRecord: a session or a batch, as the service tells of it at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from runtime_widgets._fields import integer_of, number_of, parse_time, text_of
from runtime_widgets.states import SessionWord, session_word

__all__ = ["SessionRecord"]

_MODES = {"session": "dedicated"}
"""The words of the list of workloads."""


@dataclass(frozen=True)
class SessionRecord:
    """A session or a batch. Times are timezone-aware UTC, durations in seconds.

    `word` is the state as it came; :attr:`state` is what it means. A list of workloads tells
    less: what it leaves out is None. Extensions of the embedded runtime: `revision` (grows
    with each change of the session) and `jobs_usage_seconds`.

    Attributes
    ----------
    usage_seconds : float or None
        The usage so far, as the service counts it: of a dedicated session the time that it
        was active, of a batch the QPU time of its jobs.
    jobs_usage_seconds : float or None
        QPU time of its jobs so far.
    max_ttl_s, active_ttl_s, interactive_ttl_s : int or None
        Its longest time from the start of its first job; what is left of its active time;
        how long it stays active without a job.
    timestamps : tuple
        Each state that it has been in, as a word and a time, the first one first.
    """

    id: str
    word: str
    mode: str = ""
    backend: str = ""
    accepting_jobs: bool | None = None
    reason: str | None = None
    usage_seconds: float | None = None
    jobs_usage_seconds: float | None = None
    max_ttl_s: int | None = None
    active_ttl_s: int | None = None
    interactive_ttl_s: int | None = None
    created: datetime | None = None
    started: datetime | None = None
    activated: datetime | None = None
    closed: datetime | None = None
    last_job_started: datetime | None = None
    last_job_completed: datetime | None = None
    timestamps: tuple[tuple[str, datetime], ...] = ()
    revision: int | None = None

    @classmethod
    def from_json(cls, data: object) -> SessionRecord:
        """Read a session of ``/sessions``, or a session's row of ``GET /workloads``.

        Raises
        ------
        ValueError
            If `data` is no session: it has no id.
        """
        if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
            msg = "not a session: it has no id"
            raise ValueError(msg)
        mode = text_of(data.get("mode")) or ""
        accepting = data.get("accepting_jobs")
        stamps = _timestamps(data.get("timestamps"))
        return cls(
            id=data["id"],
            word=text_of(data.get("state")) or text_of(data.get("status")) or "",
            mode=_MODES.get(mode, mode),
            backend=text_of(data.get("backend_name")) or text_of(data.get("backend")) or "",
            accepting_jobs=accepting if isinstance(accepting, bool) else None,
            reason=text_of(data.get("state_reason")) or text_of(data.get("status_reason")),
            usage_seconds=_usage(data),
            jobs_usage_seconds=number_of(data.get("jobs_usage_seconds")),
            max_ttl_s=integer_of(data.get("max_ttl")),
            active_ttl_s=integer_of(data.get("active_ttl")),
            interactive_ttl_s=integer_of(data.get("interactive_ttl")),
            created=parse_time(data.get("created")) or (stamps[0][1] if stamps else None),
            started=parse_time(data.get("started_at")),
            activated=parse_time(data.get("activated_at")),
            closed=parse_time(data.get("closed_at")) or parse_time(data.get("ended")),
            last_job_started=parse_time(data.get("last_job_started")),
            last_job_completed=parse_time(data.get("last_job_completed")),
            timestamps=stamps,
            revision=integer_of(data.get("revision")),
        )

    def over(self, old: SessionRecord) -> SessionRecord:
        """Return this record with what it leaves out as an older one had it."""
        if self.max_ttl_s is not None:
            return self
        names = [f.name for f in fields(self) if getattr(self, f.name) in (None, "", ())]
        known = {name: getattr(old, name) for name in names}
        if self.state.rank == old.state.rank:
            known["word"] = old.word  # that of a list is coarser
        return replace(self, **known)

    @property
    def state(self) -> SessionWord:
        """What :attr:`word` means, by the one table."""
        return session_word(self.word)

    @property
    def status(self) -> str:
        """The state in the words of ``qiskit-ibm-runtime``; an unknown one as it came."""
        key = self.state.key
        if key in {"open", "inactive", "pending"}:
            return "Pending"
        if key == "resting" or (key == "active" and self.accepting_jobs is not False):
            return "In progress, accepting new jobs"
        if key in {"active", "closing"}:
            return "In progress, not accepting new jobs"
        return "Closed" if key == "closed" else self.word


def _usage(data: Mapping[Any, Any]) -> float | None:
    usage = data.get("usage")
    charged = usage.get("qpu_charge_time_seconds") if isinstance(usage, Mapping) else None
    said = (charged, data.get("elapsed_time"), data.get("usage_seconds"))
    return next((one for one in map(number_of, said) if one is not None), None)


def _timestamps(rows: object) -> tuple[tuple[str, datetime], ...]:
    found: list[tuple[str, datetime]] = []
    for row in rows if isinstance(rows, (list, tuple)) else ():
        entry: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
        word, time = text_of(entry.get("status")), parse_time(entry.get("timestamp"))
        if word and time:
            found.append((word, time))
    return tuple(found)
