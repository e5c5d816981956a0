"""JobMonitor: many jobs, live, in one table."""

from __future__ import annotations

from collections.abc import Iterable

from runtime_widgets.job import RuntimeJob
from runtime_widgets.widgets._view import JobsView

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
        super().__init__(jobs, _view="monitor", _label="Runtime jobs")

    @property
    def jobs(self) -> list[RuntimeJob]:
        """The jobs that are shown, in the order in which they were added."""
        return list(self._jobs.values())

    def add(self, *jobs: RuntimeJob) -> None:
        """Show more jobs; one that is shown already is left as it is."""
        for job in jobs:
            self._take(job)

    def remove(self, *jobs: RuntimeJob) -> None:
        """Stop showing jobs. The jobs themselves go on."""
        for job in jobs:
            if job.job_id() in self._jobs:
                self._drop(job.job_id())
