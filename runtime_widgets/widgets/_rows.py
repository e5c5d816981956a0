"""From what is known of a job to the row that a page shows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote, urlsplit

from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import ErrorInfo, JobRow, StateKey
from runtime_widgets.states import UNKNOWN
from runtime_widgets.wire import JobRecord

__all__ = ["changed_fields", "link_of", "row_of"]

NOT_READ = "not read yet"

Row = dict[str, Any]


def row_of(job: RuntimeJob) -> Row:
    """Make the row of a job, as JSON: a :class:`JobRow`.

    Parameters
    ----------
    job : RuntimeJob
        The job; its state is read, nothing is asked for.
    """
    state = job.state
    record = state.record
    if record is None:
        return asdict(_unread(job))
    known = record.state
    device = job.tracker.device(record.backend)
    # What this machine's clock has noted is told by the server's, as all times in a row are.
    ahead_s = job.tracker.client.clock_ahead_s()
    queued = known.key == "queued"
    row = JobRow(
        id=record.id,
        program=record.program_id or job.primitive_id,
        device=record.backend,
        status=record.status,
        state=cast("StateKey", known.key),
        label=record.status if known is UNKNOWN else known.label,
        final=state.is_final,
        simulator=device.simulator if device else None,
        tags=list(record.tags),
        session=record.session_id,
        private=record.private,
        phase=state.phase,
        phase_inferred=state.phase_inferred,
        created=_epoch(record.created),
        started=_epoch(record.started),
        ended=_epoch(record.ended),
        queue_position=state.queue_position,
        queue_length=record.queue_length if queued else None,
        queue_note=_queue_note(record),
        device_queue=device.queue_length if device and queued else None,
        device_wait_p50_s=device.wait_p50_s if device and queued else None,
        device_wait_p95_s=device.wait_p95_s if device and queued else None,
        device_as_of=_epoch(device.as_of, ahead_s) if device and queued else None,
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
    )
    return asdict(row)


def changed_fields(old: Row, new: Row) -> Row | None:
    """Return the id and the fields of `new` that differ from `old`; None if none does."""
    changed = {k: v for k, v in new.items() if old.get(k) != v}
    # When it changed is only news where something else did.
    if not changed.keys() - {"updated"}:
        return None
    return {"id": new["id"], **changed}


def link_of(job: RuntimeJob) -> str | None:
    """Return the address of the service's own page for a job; None where it has none."""
    host = urlsplit(job.service.client.params.url) if job.service is not None else None
    if host is None or not str(host.hostname).endswith("quantum.cloud.ibm.com"):
        return None
    # One site for all regions, although each region has an API host of its own.
    return f"https://quantum.cloud.ibm.com/workloads/{quote(job.job_id(), safe='')}"


def _unread(job: RuntimeJob) -> JobRow:
    """Make the row of a job that the server has not been asked about yet."""
    return JobRow(
        id=job.job_id(),
        program=job.primitive_id,
        device=job.backend_name,
        status="",
        state="unknown",
        label=NOT_READ,
        final=False,
        tags=job.tags,
        gone=job.state.gone,
        link=link_of(job),
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


def _epoch(time: datetime | None, ahead_s: float = 0.0) -> float | None:
    return None if time is None else time.timestamp() + ahead_s
