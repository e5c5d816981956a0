"""JobCard: one job, live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets

from runtime_widgets.job import RuntimeJob
from runtime_widgets.widgets._cells import cell_now, cells
from runtime_widgets.widgets._view import JobsView, check_job

__all__ = ["JobCard", "mimebundle"]


class JobCard(JobsView):
    """A live card of one job: what a bare ``job`` at the end of a cell shows.

    Any number of cards share one tracker and one copy of the views' code.

    Parameters
    ----------
    job : RuntimeJob
        The job.
    **more
        Traits that every widget has, such as ``layout``.

    Raises
    ------
    TypeError
        If it is none.
    """

    _tells_looks = False  # two hundred cards would say it two hundred times a second

    def __init__(self, job: RuntimeJob, **more: Any) -> None:
        check_job(job)
        super().__init__([job], view="card", label=f"Runtime job {job.job_id()}", **more)
        self._shown = job

    @property
    def shown(self) -> RuntimeJob:
        """The job."""
        return self._shown

    @property
    def views(self) -> int:
        """How many views of it the page has, where the page was asked to count them; else 0."""
        return self._view_count or 0

    def __repr__(self) -> str:
        return f"<JobCard of {self._shown!r}>"

    def close(self) -> None:
        """Close the card. The job goes on."""
        cells.forget(self)
        super().close()


def mimebundle(job: RuntimeJob) -> Mapping[str, Any] | Any:
    """Return the MIME bundle of a new card of a job; plain text where no kernel runs.

    Nobody but the notebook holds that card: once it is in no cell any more, it is closed.
    """
    if not _in_a_kernel():
        return {"text/plain": repr(job)}
    cell = cell_now()
    # Its layout can be reached by nobody, so that one will do for all; 0 has the page count.
    card = JobCard(job, layout=_shared_layout(), _view_count=None if cell is None else 0)
    if cell is not None:
        cells.show(card, cell)
    return card._repr_mimebundle_()


_layouts: list[ipywidgets.Layout] = []


def _shared_layout() -> ipywidgets.Layout:
    """Return the one layout of all cards that nobody holds; made anew if somebody closed it."""
    if not _layouts or _layouts[0].comm is None:
        _layouts[:] = [ipywidgets.Layout()]
    return _layouts[0]


def _in_a_kernel() -> bool:
    """Whether somebody is there who could show a widget; a terminal could not."""
    try:
        import IPython.core.getipython as ipython
    except ImportError:
        return False
    shell = ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None
