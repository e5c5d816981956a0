"""JobMonitor: many jobs, live, in one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runtime_widgets.job import RuntimeJob
from runtime_widgets.widgets._view import JobsView, check_job

__all__ = ["JobMonitor"]


class JobMonitor(JobsView):
    """A live table of jobs, with counts by status on top.

    Parameters
    ----------
    jobs : iterable of RuntimeJob
        The jobs, of one service or of several.

    Examples
    --------
    >>> JobMonitor(service.jobs(limit=50))  # doctest: +SKIP
    """

    def __init__(self, jobs: Iterable[RuntimeJob] = ()) -> None:
        super().__init__(_checked(jobs), view="monitor", label="Runtime jobs")

    @property
    def jobs(self) -> list[RuntimeJob]:
        """The jobs that are shown, in the order in which they were added."""
        return list(self._jobs.values())

    def add(self, *jobs: RuntimeJob) -> None:
        """Show more jobs; one that is shown already is left as it is."""
        self._take(_checked(jobs))

    def remove(self, *jobs: RuntimeJob) -> None:
        """Stop showing jobs. The jobs themselves go on."""
        for job in jobs:
            if job.job_id() in self._jobs:
                self._drop(job.job_id())


def _checked(jobs: Any) -> list[RuntimeJob]:
    """Refuse what is no job before anything is shown.

    Raises
    ------
    TypeError
        If one of them is no job.
    """
    if isinstance(jobs, (RuntimeJob, str)) or not isinstance(jobs, Iterable):
        msg = f"A monitor takes a list of jobs, not {jobs!r}."
        raise TypeError(msg)
    return [check_job(job) for job in jobs]
