"""From what is known of a job to the row that a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, Field, asdict, fields
from datetime import datetime
from hashlib import sha256
from operator import attrgetter
from typing import Any, cast
from urllib.parse import urlsplit

from runtime_widgets._transitions import Transition
from runtime_widgets.client import RuntimeClient
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import ErrorInfo, JobRow, StateKey, Step
from runtime_widgets.states import UNKNOWN
from runtime_widgets.wire import JobRecord

__all__ = [
    "DEFAULTS",
    "FIELDS",
    "as_json",
    "changed_fields",
    "instance_key",
    "link_of",
    "plain",
    "row_of",
]

NOT_READ = "not read yet"

FIELDS = tuple(f.name for f in fields(JobRow))
"""The members of a row, in their order."""

_values = attrgetter(*FIELDS)
_TELLS_NOTHING = frozenset({"created", "queued", "running", "preparing"})
_LIVED = frozenset({"queued", "preparing", "on the QPU", "simulating"})
_STEP = tuple(f.name for f in fields(Step))


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


DEFAULTS: dict[str, Any] = {
    f.name: _default(f)
    for f in fields(JobRow)
    if f.default is not MISSING or f.default_factory is not MISSING
}
"""What a member that is left out means; the others are never left out."""


def row_of(job: RuntimeJob, service: str | None = None) -> JobRow:
    """Make the row of a job. Its state is read; nothing is asked for.

    Parameters
    ----------
    job : RuntimeJob
        The job.
    service : str, optional
        The key of its service (:func:`instance_key`), where a view shows several.
    """
    state = job.state
    record = state.record
    if record is None:
        return _unread(job, service)
    known = record.state
    # What this machine's clock has noted is told by the server's, as all times in a row are.
    ahead_s = job.tracker.client.clock_ahead_s()
    queued = known.key == "queued"
    return JobRow(
        id=record.id,
        program=record.program_id or job.primitive_id,
        device=record.backend,
        status=record.status,
        state=cast("StateKey", known.key),
        label=record.status if known is UNKNOWN else known.label,
        final=state.is_final,
        name=state.label,
        tags=list(record.tags),
        session=record.session_id,
        private=record.private is True,
        phase=state.phase,
        phase_inferred=state.phase_inferred,
        created=_epoch(record.created),
        started=_epoch(record.started),
        ended=_epoch(record.ended),
        queue_position=state.queue_position,
        queue_length=record.queue_length if queued else None,
        queue_note=_queue_note(record),
        estimated_start=_epoch(record.estimated_start) if queued else None,
        estimated_end=None if state.is_final else _epoch(record.estimated_end),
        usage_estimate_s=record.estimated_seconds,
        usage_s=record.usage.seconds,
        usage_final=record.usage.complete,
        attempts=record.attempts,
        interim_seen=state.interim_seen,
        error=_error(record),
        link=link_of(job),
        cancel_asked=_epoch(state.cancel_asked, ahead_s),
        gone=state.gone,
        updated=_epoch(state.updated_at, ahead_s),
        steps=_steps(state.transitions, record),
        service=service,
    )


def as_json(row: JobRow, *, whole: bool = False) -> dict[str, Any]:
    """Return a row as JSON; without the members that have their default, unless `whole`."""
    found = zip(FIELDS, _values(row), strict=True)
    return {k: plain(v) for k, v in found if whole or k not in DEFAULTS or v != DEFAULTS[k]}


def changed_fields(old: JobRow, new: JobRow) -> dict[str, Any] | None:
    """Return the id and the members of `new` that differ from `old`; None if none does."""
    both = zip(FIELDS, _values(old), _values(new), strict=True)
    changed = {name: plain(now) for name, before, now in both if before != now}
    # When it changed is only news where something else did.
    if not changed.keys() - {"updated"}:
        return None
    return {"id": new.id, **changed}


def link_of(job: RuntimeJob) -> str | None:
    """Return the address of the service's own page for a job, with ``{id}`` in it for its id.

    None where it has none. The same for all jobs of a service, so that it is sent once.
    """
    host = urlsplit(job.service.client.params.url) if job.service is not None else None
    if host is None or not str(host.hostname).endswith("quantum.cloud.ibm.com"):
        return None
    # One site for all regions, although each region has an API host of its own.
    return "https://quantum.cloud.ibm.com/workloads/{id}"


def instance_key(client: RuntimeClient) -> str:
    """Return what tells the instance of a connection from others, and nothing else of it."""
    params = client.params
    return sha256(f"{params.instance or ''} {params.url}".encode()).hexdigest()[:12]


def _unread(job: RuntimeJob, service: str | None) -> JobRow:
    """Make the row of a job that the server has not been asked about yet."""
    return JobRow(
        id=job.job_id(),
        program=job.primitive_id,
        device=job.backend_name,
        status="",
        state="unknown",
        label=NOT_READ,
        final=False,
        name=job.state.label,
        tags=job.tags,
        gone=job.state.gone,
        link=link_of(job),
        service=service,
    )


def _queue_note(record: JobRecord) -> str | None:
    if record.state.key != "queued" or record.position is not None:
        return None
    return "The service gives no queue position."


def _error(record: JobRecord) -> ErrorInfo | None:
    error = record.error
    if error is None:
        return None
    return ErrorInfo(error.message, error.code, error.solution, error.trace)


def _steps(transitions: Sequence[Transition], record: JobRecord) -> list[Step] | None:
    """Return the steps of a job's life, where they say more than its three times do."""
    known, end = {record.created, record.started, record.ended}, record.state.key
    words = [
        step.word
        for step in transitions
        if not (step.told and step.at in known and step.word in {*_TELLS_NOTHING, end})
    ]
    # That a job was found ended does not say when it did: nobody was looking.
    if words == [end] and not any(step.word in _LIVED for step in transitions):
        return None
    if not words:
        return None
    # Their times are by the server's clock already.
    return [Step(t.word, t.at.timestamp(), t.told, t.inferred) for t in transitions]


def plain(value: Any) -> Any:
    """Return a member of a row as JSON."""
    if isinstance(value, ErrorInfo):
        return asdict(value)
    if isinstance(value, list) and value and isinstance(value[0], Step):
        return [{name: getattr(step, name) for name in _STEP} for step in value]
    return value


def _epoch(time: datetime | None, ahead_s: float = 0.0) -> float | None:
    return None if time is None else time.timestamp() + ahead_s
