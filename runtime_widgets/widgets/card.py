"""JobCard: one job, live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime_widgets.job import RuntimeJob
from runtime_widgets.widgets._view import JobsView, check_job

__all__ = ["JobCard", "mimebundle"]


class JobCard(JobsView):
    """A live card of one job: what a bare ``job`` at the end of a cell shows.

    Parameters
    ----------
    job : RuntimeJob
        The job.

    Raises
    ------
    TypeError
        If it is none.
    """

    _tells_looks = False  # two hundred cards would say it two hundred times a second

    def __init__(self, job: RuntimeJob) -> None:
        check_job(job)
        super().__init__([job], view="card", label=f"Runtime job {job.job_id()}")
        self._shown = job

    @property
    def shown(self) -> RuntimeJob:
        """The job."""
        return self._shown

    def __repr__(self) -> str:
        return f"<JobCard of {self._shown!r}>"


def mimebundle(job: RuntimeJob) -> Mapping[str, Any] | Any:
    """Return the MIME bundle of a new card of a job; plain text where no kernel runs."""
    if not _in_a_kernel():
        return {"text/plain": repr(job)}
    return JobCard(job)._repr_mimebundle_()


def _in_a_kernel() -> bool:
    """Whether somebody is there who could show a widget; a terminal could not."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return getattr(shell, "kernel", None) is not None
