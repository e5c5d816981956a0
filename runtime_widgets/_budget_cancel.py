"""One pass over what a meter has queued: each job is asked to be cancelled, with an outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from runtime_widgets._budget_meters import Meter, Source
from runtime_widgets._errand import RARELY_S
from runtime_widgets.client import PAGE
from runtime_widgets.errors import IBMConflictError, IBMError
from runtime_widgets.messages import Outcome
from runtime_widgets.wire import JobRecord

__all__ = ["Pass", "cancel_queued", "summary"]

_IN_A_ROW = 3
"""After so many without an answer the others are left for the next pass."""
_NO_REFUSAL = (401, 408, 425, 429)


@dataclass
class Pass:
    """What came of one pass over the queue."""

    queued: set[str] = field(default_factory=set)
    """The jobs that were queued, but for those that had been asked before."""
    outcomes: list[Outcome] = field(default_factory=list)
    """Of each job that was asked to be cancelled, also of those without an answer."""
    unanswered: set[str] = field(default_factory=set)
    """The queued jobs of which the service has not said yes or no."""
    unread: IBMError | None = None
    """Why the queue of a service could not be read."""
    pause_s: float = 0.0
    """Seconds to leave, at least, before the next one."""

    @property
    def done(self) -> bool:
        """Whether the service has answered for all of it."""
        return self.unread is None and not self.unanswered


def cancel_queued(meter: Meter, done: Collection[str], later: Collection[str] = ()) -> Pass:
    """Cancel the queued jobs of a meter, but for those in `done`; those in `later` last.

    What is queued is read anew first: what was known may be half a minute old, and a job that
    runs by now is left alone. One that begins to run in that very moment may still be hit.
    Raises nothing for a service that does not answer: the others are gone through all the same.
    """
    found = Pass()
    for source in meter.sources:
        if source.tracker.closed:
            continue
        try:
            ids = [record.id for record in _queued(source, meter) if record.id not in done]
        except IBMError as exc:
            found.unread = exc
            least_s = 0.0 if _may_pass(exc) else RARELY_S
            found.pause_s = max(found.pause_s, least_s, _asked_s(exc))
            continue
        found.queued.update(ids)
        _cancel_all(source, sorted(ids, key=lambda job_id: job_id in later), found)
    return found


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


def _cancel_all(source: Source, job_ids: list[str], found: Pass) -> None:
    silent = 0
    for at, job_id in enumerate(job_ids):
        try:
            outcome = _cancel(source, job_id)
        except IBMError as exc:
            code = getattr(exc, "code", None)
            outcome = Outcome(job_id, ok=False, message=str(exc.message), code=code)
            if _may_pass(exc):
                silent += 1
                found.unanswered.add(job_id)
                found.pause_s = max(found.pause_s, _asked_s(exc))
            else:
                silent = 0
        else:
            silent = 0
        found.outcomes.append(outcome)
        if silent >= _IN_A_ROW:
            # Each would be knocked for as long as the client tries, one after the other.
            found.unanswered.update(job_ids[at + 1 :])
            return


def _cancel(source: Source, job_id: str) -> Outcome:
    try:
        source.client.job_cancel(job_id)
    except IBMConflictError as exc:
        source.tracker.look_now()
        return Outcome(job_id, ok=True, message=str(exc.message), code=exc.code, already=True)
    source.tracker.cancel_asked(job_id)
    return Outcome(job_id, ok=True, message="The service accepted the cancel.")


def _may_pass(error: IBMError) -> bool:
    """Whether it is no answer to what was asked, so that there may be one the next time."""
    status = getattr(error, "status_code", None)
    return status is None or not 400 <= status < 500 or status in _NO_REFUSAL


def _asked_s(error: IBMError) -> float:
    """Return the pause that the service asks for, in seconds."""
    return float(min(getattr(error, "retry_after_s", None) or 0.0, RARELY_S))


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
