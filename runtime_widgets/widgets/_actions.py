"""What can be done with many jobs: each action is one job's, and safe to repeat.

Each asks with the tracker's client, which repeats nothing by itself: who paces many requests
has to hear of the first that is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from runtime_widgets._tags import check_tags
from runtime_widgets.errors import IBMConflictError, RuntimeInvalidStateError, RuntimeJobNotFound
from runtime_widgets.job import RuntimeJob
from runtime_widgets.wire import JobRecord

__all__ = ["Action", "Done", "cancel", "delete", "tag"]


@dataclass(frozen=True)
class Done:
    """What was done, in a sentence; `already` where there was nothing to do."""

    message: str
    already: bool = False


Action = Callable[[RuntimeJob], Done]


def cancel(job: RuntimeJob) -> Done:
    """Ask the service to cancel a job; one that has ended is no failure.

    Raises
    ------
    IBMApiError
        If the service refuses it, or cannot be asked.
    """
    if job.state.is_final:
        return _ended(job)
    try:
        job.tracker.client.job_cancel(job.job_id())
    except IBMConflictError:
        record = job.tracker.client.job_get(job.job_id())
        job.tracker.offer(record)
        if record.state.final:
            return _ended(job, record)
        raise
    job.cancel_result_streaming()
    job.tracker.cancel_asked(job.job_id(), look=False)
    return Done("The service accepted the cancel.")


def delete(job: RuntimeJob) -> Done:
    """Delete a job that has ended, with its results.

    Raises
    ------
    RuntimeInvalidStateError
        If it has not ended.
    IBMApiError
        If the service refuses it, or cannot be asked.
    """
    if job.state.gone:
        return Done("The service does not have it any more.", already=True)
    if not job.state.is_final:
        msg = "It has not ended: cancel it before you delete it."
        raise RuntimeInvalidStateError(msg)
    try:
        job.tracker.client.job_delete(job.job_id())
    except RuntimeJobNotFound:
        job.tracker.job_gone(job.job_id())
        return Done("The service does not have it any more.", already=True)
    job.tracker.job_gone(job.job_id())
    return Done("Deleted, with its results.")


def tag(add: Collection[str], remove: Collection[str]) -> Action:
    """Return the action that adds tags, and takes others away."""
    return partial(_tag, add=list(add), remove=set(remove))


def _tag(job: RuntimeJob, *, add: list[str], remove: set[str]) -> Done:
    record = _fresh(job)
    kept = [each for each in record.tags if each not in remove]
    tags = [*kept, *(each for each in dict.fromkeys(add) if each not in kept)]
    if tags == list(record.tags):
        return Done("Its tags are so already.", already=True)
    check_tags(tags)
    job.tracker.client.job_update_tags(job.job_id(), tags)
    job.tracker.offer(replace(record, tags=tuple(tags)))
    return Done("The tags are changed.")


def _fresh(job: RuntimeJob) -> JobRecord:
    """Return a job's record as it is now: tags are replaced as a whole, another kernel's too.

    Where the service tells of changes by itself, what is known is of now; else it is asked.
    """
    record = job.state.record
    if record is not None and job.tracker.health.push:
        return record
    record = job.tracker.client.job_get(job.job_id())
    job.tracker.offer(record)
    return record


def _ended(job: RuntimeJob, record: JobRecord | None = None) -> Done:
    record = record or job.state.record
    if job.state.gone or record is None:
        return Done("The service does not have it any more.", already=True)
    return Done(f"It had ended before: {record.state.label.lower()}.", already=True)
