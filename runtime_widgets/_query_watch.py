"""QueryWatch: the lists of jobs that somebody follows, for the tracker.

A list is read to its end once; after that its first page, which is where new jobs appear, and
more only while a page brings jobs that were not known, or the service counts more than we do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.job_state import JobState
from runtime_widgets.query import JobQuery
from runtime_widgets.query_state import QueryState
from runtime_widgets.wire import JobRecord

__all__ = ["FollowedQuery", "QueryWatch"]

_RECOUNT_S = 60.0
"""A list of which the service counts more jobs than it shows is read to its end so often."""


@dataclass
class FollowedQuery:
    """A list that somebody follows; `due` is when it is asked for next."""

    state: QueryState
    since: float
    count: int = 0
    due: float = 0.0
    jobs: dict[str, JobState] = field(default_factory=dict)
    """What was found, held here: nobody else may hold it yet."""
    counted: float = float("-inf")
    """When it was last read to its end."""

    @property
    def key(self) -> str:
        """What tells it from others."""
        return f"query {self.state.query}"


class QueryWatch:
    """States of queries, and who follows them.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    state_of : callable
        Returns the one state of a job.
    apply : callable
        Takes in a job's record.
    hold, release : callable
        Have the tracker keep a job up to date, and not any more.
    """

    def __init__(
        self,
        client: RuntimeClient,
        *,
        state_of: Callable[[str], JobState],
        apply: Callable[[JobRecord], None],
        hold: Callable[[JobState], None],
        release: Callable[[str], None],
    ) -> None:
        self._client = client
        self._state_of = state_of
        self._apply = apply
        self._hold = hold
        self._release = release
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: there nobody follows anything yet."""
        self._lock = threading.Lock()
        self._followed: dict[JobQuery, FollowedQuery] = {}

    # for everybody, from any thread

    def follow(self, query: JobQuery, now: float) -> QueryState:
        """Note that somebody follows a list."""
        with self._lock:
            entry = self._followed.get(query)
            if entry is None:
                entry = self._followed[query] = FollowedQuery(QueryState(query), now)
            entry.count += 1
            return entry.state

    def unfollow(self, query: JobQuery) -> None:
        """Undo one :meth:`follow`."""
        with self._lock:
            entry = self._followed.get(query)
            if entry is None:
                return
            entry.count -= 1
            if entry.count > 0:
                return
            del self._followed[query]
            ids = list(entry.jobs)
        for job_id in ids:
            self._release(job_id)

    def open(self) -> list[FollowedQuery]:
        """Return the lists that somebody follows."""
        with self._lock:
            return list(self._followed.values())

    # on the tracker's thread

    def hurry(self) -> None:
        """Have all lists asked for at the next look."""
        for entry in self.open():
            entry.due = 0.0

    def heard(self, record: JobRecord, now: datetime) -> None:
        """Take in what the server said by itself: a new job may belong to a list."""
        for entry in self.open():
            if record.id not in entry.jobs and entry.state.query.matches(record):
                self._take(entry, [record], now=now)
                # How many there are now is the service's to say.
                entry.due = 0.0

    def read(self, entry: FollowedQuery, now: float, when: datetime) -> Iterator[None]:
        """Read a list as far as is needed; yields before each request.

        Raises
        ------
        IBMApiError
            If it cannot be read.
        """
        query, offset = entry.state.query, 0
        wanted = float("inf") if query.limit is None else query.limit
        all_of_it = not entry.state.complete or now - entry.counted > _RECOUNT_S
        while offset < wanted:
            yield
            size = int(min(PAGE, wanted - offset))
            records, total = self._client.jobs_get(limit=size, offset=offset, **query.filters)
            offset += len(records)
            last = not records or offset >= min(total, wanted)
            new = self._take(entry, records, now=when, total=total, complete=last)
            if last:
                entry.counted = now
                return
            short = self._known(entry) < min(total, wanted)
            if not (new or (all_of_it and short)) and entry.state.complete:
                return

    def _known(self, entry: FollowedQuery) -> int:
        """Return how many of the jobs found match still."""
        if entry.state.query.pending is None:
            return len(entry.jobs)
        ended = not entry.state.query.pending
        return sum(state.is_final == ended for state in entry.jobs.values())

    def _take(
        self,
        entry: FollowedQuery,
        records: list[JobRecord],
        *,
        now: datetime,
        total: int | None = None,
        complete: bool = False,
    ) -> bool:
        """Take in a page; say whether its oldest job was not known: then there may be more."""
        new = [record.id for record in records if record.id not in entry.jobs]
        found = {job_id: self._state_of(job_id) for job_id in new}
        entry.jobs.update(found)
        for record in records:
            self._apply(record)
        for state in found.values():
            self._hold(state)
        self._tell(entry, now=now, total=total, complete=complete, changed=bool(new))
        return bool(new) and new[-1] == records[-1].id

    def _tell(
        self,
        entry: FollowedQuery,
        *,
        now: datetime,
        total: int | None,
        complete: bool,
        changed: bool,
    ) -> None:
        state = entry.state
        state.checked_at = now
        traits: dict[str, Any] = {
            "total": state.total if total is None else total,
            "complete": state.complete or complete,
            "stale_since": None,
        }
        if changed:
            traits["job_ids"] = tuple(self._newest_first(entry))
        state.set(now=now, **traits)

    def _newest_first(self, entry: FollowedQuery) -> list[str]:
        ids = sorted(entry.jobs, key=lambda job_id: -_created(entry.jobs[job_id]))
        dropped = [] if entry.state.query.limit is None else ids[entry.state.query.limit :]
        for job_id in dropped:
            del entry.jobs[job_id]
            self._release(job_id)
        return ids[: len(ids) - len(dropped)]


def _created(state: JobState) -> float:
    """Return when a job was created, as seconds; one of which that is not known is new."""
    record = state.record
    if record is None or record.created is None:
        return float("inf")
    return float(record.created.timestamp())
