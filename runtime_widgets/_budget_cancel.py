"""One pass over what a meter has queued: each job is asked to be cancelled, with an outcome."""

from __future__ import annotations

from collections.abc import Callable, Collection
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
_OVERLAP = 20
"""So many jobs of a page are read again with the next: the list gets shorter meanwhile."""
_READINGS = 3
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
    closed: bool = False
    """Whether a service was closed, so that nothing can be asked there any more."""
    pause_s: float = 0.0
    """Seconds to leave, at least, before the next one."""

    @property
    def done(self) -> bool:
        """Whether the service has answered for all of it."""
        return self.unread is None and not self.unanswered


def cancel_queued(
    meter: Meter,
    done: Collection[str],
    later: Collection[str] = (),
    heard: Callable[[Outcome], None] = lambda _outcome: None,
) -> Pass:
    """Cancel the queued jobs of a meter, but for those in `done`; those in `later` last.

    `heard` is called with each answer as it comes: to go through many takes a while.

    What is queued is read anew first: what was known may be half a minute old, and a job that
    runs by now is left alone. One that begins to run in that very moment may still be hit.
    Raises nothing for a service that does not answer: the others are gone through all the same.
    """
    found = Pass()
    for source in meter.sources:
        if source.tracker.closed:
            found.closed = True
            continue
        try:
            ids = [job_id for job_id in _queued(source, meter) if job_id not in done]
        except IBMError as exc:
            found.unread = exc
            least_s = 0.0 if _may_pass(exc) else RARELY_S
            found.pause_s = max(found.pause_s, least_s, _asked_s(exc))
            continue
        found.queued.update(ids)
        _cancel_all(source, sorted(ids, key=lambda job_id: job_id in later), found, heard)
    return found


def _queued(source: Source, meter: Meter) -> list[str]:
    """Return what is queued, the oldest first."""
    found: dict[str, JobRecord] = {}
    for _ in range(_READINGS):
        if _read(source, meter, found):
            break
    return [r.id for r in found.values() if r.state.key == "queued" and meter.includes(r)]


def _read(source: Source, meter: Meter, found: dict[str, JobRecord]) -> bool:
    """Read the list into `found`; return whether it is sure that nothing slipped through.

    Where jobs end meanwhile, others move up, and some past the border of a page: what a page
    begins with has to be known from the one before it. New ones come last.
    """
    offset = 0
    known: set[str] = set()
    sure = True
    while True:
        records, count = source.client.jobs_get(
            pending=True, limit=PAGE, offset=offset, descending=False, **meter.filters
        )
        source.tracker.offer(*records)
        found.update((record.id, record) for record in records)
        ids = {record.id for record in records}
        sure = sure and (not known or not ids.isdisjoint(known))
        new = ids - known
        known |= ids
        if offset + len(records) >= count or not new:
            return sure
        offset += len(records) - min(_OVERLAP, len(records) // 2)


def _cancel_all(
    source: Source, job_ids: list[str], found: Pass, heard: Callable[[Outcome], None]
) -> None:
    silent = 0
    for at, job_id in enumerate(job_ids):
        try:
            outcome, answered = _cancel(source, job_id), True
        except IBMError as exc:
            code = getattr(exc, "code", None)
            outcome = Outcome(job_id, ok=False, message=str(exc.message), code=code)
            answered = not _may_pass(exc)
            found.pause_s = max(found.pause_s, 0.0 if answered else _asked_s(exc))
        found.outcomes.append(outcome)
        if answered:
            silent = 0
            heard(outcome)
            continue
        silent += 1
        found.unanswered.add(job_id)
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
