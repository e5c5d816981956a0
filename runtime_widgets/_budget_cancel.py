"""How a budget cancels what is still queued: each job once, with an outcome for each."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from runtime_widgets._budget_meters import Meter, Source
from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.errors import IBMConflictError, IBMError
from runtime_widgets.messages import Outcome
from runtime_widgets.wire import JobRecord

__all__ = ["cancel_queued", "summary"]


def cancel_queued(meter: Meter, done: Collection[str]) -> list[Outcome]:
    """Cancel the queued jobs of a meter, but for those in `done`.

    What is queued is read anew first: what was known may be half a minute old, and a job that
    runs by now is left alone. One that begins to run in that very moment may still be hit.

    Raises
    ------
    IBMError
        If it could not be read what is queued: then nothing was cancelled of that service.
    """
    outcomes: list[Outcome] = []
    for source in meter.sources:
        queued = [record.id for record in _queued(source, meter) if record.id not in done]
        outcomes += [_cancel(source, job_id) for job_id in queued]
    return outcomes


def _queued(source: Source, meter: Meter) -> Iterator[JobRecord]:
    offset = 0
    seen: set[str] = set()
    while True:
        records, count = source.client.jobs_get(
            pending=True, limit=PAGE, offset=offset, **meter.filters
        )
        source.tracker.offer(*records)
        new = [record for record in records if record.id not in seen]
        seen.update(record.id for record in new)
        yield from (r for r in new if r.state.key == "queued" and meter.includes(r))
        offset += len(records)
        if offset >= count or not new:
            return


def _cancel(source: Source, job_id: str) -> Outcome:
    client: RuntimeClient = source.client
    try:
        client.job_cancel(job_id)
    except IBMConflictError as exc:
        source.tracker.look_now()
        return Outcome(job_id, ok=True, message=str(exc.message), code=exc.code, already=True)
    except IBMError as exc:
        code = getattr(exc, "code", None)
        return Outcome(job_id, ok=False, message=str(exc.message), code=code)
    source.tracker.cancel_asked(job_id)
    return Outcome(job_id, ok=True, message="The service accepted the cancel.")


def summary(outcomes: Collection[Outcome]) -> str:
    """Say in a sentence what became of it."""
    if not outcomes:
        return "Nothing was queued any more."
    accepted = sum(one.ok and not one.already for one in outcomes)
    already = sum(one.already for one in outcomes)
    failed = sum(not one.ok for one in outcomes)
    parts = [f"{_jobs(accepted)} asked to be cancelled"]
    if already:
        parts.append(f"{_jobs(already)} not queued any more")
    if failed:
        parts.append(f"{_jobs(failed)} could not be cancelled")
    return "; ".join(parts) + "."


def _jobs(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"
