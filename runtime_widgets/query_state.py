"""QueryState: the jobs of an account that a query means, observable."""

from __future__ import annotations

from traitlets import Bool, Int, Tuple

from runtime_widgets._observed import Observed
from runtime_widgets.query import JobQuery

__all__ = ["QueryState"]


class QueryState(Observed):
    """Which jobs a query means. Handlers run on the tracker's thread: see :class:`Observed`.

    A job's own state has its record before its id appears here, and is kept up to date while
    the query is followed.
    """

    job_ids = Tuple(read_only=True)
    """The ids, newest first. Jobs that ended, or are gone, stay."""
    total = Int(None, allow_none=True, read_only=True)
    """How many the service says there are: more than `job_ids` where the query has a limit."""
    complete = Bool(False, read_only=True)
    """Whether every page was read once: until then there may be older jobs."""

    def __init__(self, query: JobQuery) -> None:
        super().__init__("a list of jobs")
        self.query = query

    def __repr__(self) -> str:
        return f"<QueryState of {len(self.job_ids)} jobs{'' if self.complete else ', so far'}>"
