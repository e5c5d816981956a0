"""Feed: the jobs of one account that a monitor follows; new ones appear by themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runtime_widgets._waiting import SLICE_S, ServerWatch
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import SourceInfo
from runtime_widgets.query import JobQuery
from runtime_widgets.tracker import tracker_of

if TYPE_CHECKING:
    from runtime_widgets.service import QiskitRuntimeService

__all__ = ["Feed", "told", "words_of"]

_WATCHED = ["job_ids", "total", "complete"]


class Feed:
    """Follows a query of a service until it is closed.

    Parameters
    ----------
    service : QiskitRuntimeService
        The service.
    query : JobQuery
        Which of its jobs.
    changed : callable
        Called on the tracker's thread when there is something to :meth:`take`.
    """

    def __init__(
        self, service: QiskitRuntimeService, query: JobQuery, changed: Callable[[], None]
    ) -> None:
        self.service = service
        self.query = query
        self.tracker = tracker_of(service.client)
        self._changed = changed
        self._taken: set[str] = set()
        self._seen: tuple[str, ...] = ()
        self._complete = threading.Event()
        self._following = self.tracker.follow_query(query)
        self._state = self._following.state
        self._state.observe(self._news, _WATCHED)
        self._news(None)

    def _news(self, _change: Any) -> None:
        if self._state.complete:
            self._complete.set()
        self._changed()

    def take(self) -> tuple[list[RuntimeJob], list[str]]:
        """Return the jobs that appeared since the last time, newest first, and ids that left."""
        ids = self._state.job_ids
        if ids is self._seen:
            return [], []
        self._seen = ids
        new = [job_id for job_id in ids if job_id not in self._taken]
        left = sorted(self._taken.difference(ids)) if len(self._taken) + len(new) > len(ids) else []
        self._taken.update(new)
        self._taken.difference_update(left)
        states = [self.tracker.state(job_id) for job_id in new]
        records = [state.record for state in states]
        return [self.service.known_job(record) for record in records if record is not None], left

    def info(self) -> SourceInfo:
        """Return what is followed, in words, and how much of it has come."""
        words = words_of(self.query)
        state = self._state
        return SourceInfo(words, not state.complete, state.total, self.query.limit)

    def wait_complete(self, deadline: float | None) -> bool:
        """Block until every page was read once, or the monotonic `deadline`; say whether it was.

        Raises
        ------
        RuntimeInvalidStateError
            If the service was closed.
        IBMAuthError
            If it refuses the token.
        """
        watch = ServerWatch(self.tracker)
        while not self._complete.is_set():
            left_s = SLICE_S if deadline is None else min(deadline - time.monotonic(), SLICE_S)
            if left_s <= 0:
                return False
            if not self._complete.wait(left_s):
                watch.check()
        return True

    def close(self) -> None:
        """Follow it no more."""
        self._state.unobserve(self._news, _WATCHED)
        self._following.close()


def told(feeds: list[Feed]) -> SourceInfo | None:
    """Sum up what several feeds follow; None for none."""
    infos = [feed.info() for feed in feeds]
    if not infos:
        return None
    totals = [info.total for info in infos if info.total is not None]
    limits = [info.limit for info in infos if info.limit is not None]
    words = infos[0].words
    if len(infos) > 1:
        words += f", of each of {len(infos)} services"
    return SourceInfo(
        words,
        any(info.loading for info in infos),
        sum(totals) if len(totals) == len(infos) else None,
        sum(limits) if len(limits) == len(infos) else None,
    )


def words_of(query: JobQuery) -> str:
    """Say which jobs a query means.

    >>> words_of(JobQuery(pending=True, limit=50, tags=("a",)))
    'your 50 newest jobs that have not ended, tagged a'
    """
    if query.limit == 1:
        words = "your newest job"
    else:
        words = "your jobs" if query.limit is None else f"your {query.limit:,} newest jobs"
    if query.pending is not None:
        has = "has" if query.limit == 1 else "have"
        words += f" that {has} {'not ' if query.pending else ''}ended"
    more = [
        f"tagged {' and '.join(query.tags)}" if query.tags else "",
        f"in session {query.session_id}" if query.session_id else "",
        f"of the program {query.program}" if query.program else "",
        f"on {query.backend}" if query.backend else "",
        f"created after {_day(query.created_after)}" if query.created_after else "",
        f"created before {_day(query.created_before)}" if query.created_before else "",
    ]
    return ", ".join([words, *(part for part in more if part)])


def _day(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M %Z").strip()
