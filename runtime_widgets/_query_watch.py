"""QueryWatch: the lists of jobs that somebody follows, for the tracker.

A list is read to its end once; after that its first page, which is where new jobs appear, and
more only while a page brings jobs that were not known, or the service counts more than we do.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from runtime_widgets._intake import Intake
from runtime_widgets._page_memory import PageMemory
from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.job_state import JobState
from runtime_widgets.query import JobQuery
from runtime_widgets.query_state import QueryState
from runtime_widgets.wire import JobRecord

__all__ = ["FollowedQuery", "QueryWatch"]

_RECOUNT_S = 60.0
"""A list of which the service counts more jobs than we know is read to its end so often."""
_GATHER_S = 0.5
"""New jobs that the server tells of one by one are looked for together, this far apart."""


@dataclass
class FollowedQuery:
    """A list that somebody follows; `due` is when it is asked for next."""

    state: QueryState
    since: float
    """When the last new job appeared in it, or somebody began to follow it."""
    count: int = 0
    due: float = 0.0
    failures: int = 0
    jobs: dict[str, JobState] = field(default_factory=dict)
    """What was found, held here: nobody else may hold it yet."""
    coming: dict[str, JobState] = field(default_factory=dict)
    """What this process submitted, and of which nothing is known yet."""
    order: list[tuple[float, int, str]] = field(default_factory=list)
    """The same, newest first, as sort keys: of 100,000 jobs only the new ones move."""
    read: float = float("-inf")
    """When it was last asked for."""
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
    intake : Intake
        Where what was read comes in.
    hold, release : callable
        Have the tracker keep a job up to date, and not any more.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(
        self,
        client: RuntimeClient,
        intake: Intake,
        *,
        hold: Callable[[JobState], None],
        release: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._clock = clock
        self._memory: PageMemory[tuple[list[JobRecord], int]] = PageMemory()
        self._intake = intake
        self._hold = hold
        self._release = release
        intake.records.add(self._came)
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: there nobody follows anything yet."""
        self._lock = threading.Lock()
        self._followed: dict[JobQuery, FollowedQuery] = {}

    # for everybody, from any thread

    def follow(self, query: JobQuery) -> QueryState:
        """Note that somebody follows a list."""
        with self._lock:
            entry = self._followed.get(query)
            if entry is None:
                entry = self._followed[query] = FollowedQuery(QueryState(query), self._clock())
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
            ids = [*entry.jobs, *entry.coming]
            entry.coming.clear()
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

    def heard(self, record: JobRecord) -> float:
        """Take in what the server said by itself; return when a list is to be read for it.

        Which jobs are in a list is the list's to say: there are some that are in none.
        """
        soonest = float("inf")
        for entry in self.open():
            if record.id not in entry.jobs and entry.state.query.matches(record):
                entry.due = min(entry.due, max(self._clock(), entry.read + _GATHER_S))
                soonest = min(soonest, entry.due)
        return soonest

    def submitted(self, job_id: str) -> None:
        """Follow a job that this process has just submitted, for the lists that may have it.

        It may have ended before such a list is read again, and is in one that is of pending
        jobs all the same: somebody has been looking on since before it was there.
        """
        for entry in self.open():
            if entry.state.query.pending is not False and job_id not in entry.jobs:
                state = self._intake.state(job_id)
                self._hold(state)
                entry.coming[job_id] = state

    def _came(self, state: JobState) -> None:
        """Take in what is known of a job that was submitted here, where it is meant."""
        for entry in self.open():
            # Whoever follows the list may leave it meanwhile, and let go of them all.
            record = state.record
            if record is None or entry.coming.pop(state.job_id, None) is None:
                continue
            if replace(entry.state.query, pending=None).matches(record):
                found = {state.job_id: state}
                entry.jobs.update(found)
                entry.since = self._clock()
                now = state.checked_at or datetime.now(timezone.utc)
                entry.state.set(now=now, job_ids=self._newest_first(entry, found))
            else:
                self._release(state.job_id)

    def serves(self, entry: FollowedQuery, due: int) -> bool:
        """Whether reading all of a list is the cheapest way to ask for so many of its jobs."""
        query, total = entry.state.query, entry.state.total
        if query.pending is not True or query.limit is not None or not entry.state.complete:
            return False
        return total is not None and due > max(math.ceil(total / PAGE), 1)

    def read(self, entry: FollowedQuery, when: datetime, *, whole: bool) -> Iterator[None]:
        """Read a list, or as much of it as is needed; stops before each request.

        Parameters
        ----------
        entry : FollowedQuery
            The list.
        when : datetime
            Now (UTC).
        whole : bool
            Read it to its end, for the jobs that are in it.

        Raises
        ------
        IBMApiError
            If it cannot be read.
        """
        query, offset = entry.state.query, 0
        wanted = float("inf") if query.limit is None else query.limit
        entry.read = self._clock()
        while offset < wanted:
            yield
            asked = self._intake.mark()
            size = int(min(PAGE, wanted - offset))
            records, total = self._client.jobs_get(
                limit=size, offset=offset, memory=self._memory, **query.filters
            )
            offset += len(records)
            last = not records or offset >= min(total, wanted)
            more = self._take(entry, records, asked, when, total=total, complete=last)
            if last:
                entry.counted = entry.read
                return
            if not whole and not more and entry.state.complete:
                if entry.read - entry.counted < _RECOUNT_S:
                    return
                whole = self._known(entry) < min(total, wanted)
                if not whole:
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
        asked: int,
        when: datetime,
        *,
        total: int,
        complete: bool,
    ) -> bool:
        """Take in a page; say whether its oldest job was not known: then there may be more."""
        new = [record.id for record in records if record.id not in entry.jobs]
        found = {job_id: self._intake.state(job_id) for job_id in new}
        for state in found.values():
            if entry.coming.pop(state.job_id, None) is None:
                self._hold(state)
        for record in records:
            self._intake.apply(record, asked)
        if found and entry.jobs:
            entry.since = entry.read
        entry.jobs.update(found)
        traits: dict[str, Any] = {
            "total": total,
            "complete": entry.state.complete or complete,
            "stale_since": None,
        }
        if found:
            traits["job_ids"] = self._newest_first(entry, found)
        entry.state.checked_at = when
        entry.state.set(now=when, **traits)
        return bool(new) and new[-1] == records[-1].id

    def _newest_first(self, entry: FollowedQuery, found: dict[str, JobState]) -> tuple[str, ...]:
        """Put what was found where it belongs, and let go what a limit leaves no room for."""
        known, limit = len(entry.order), entry.state.query.limit
        entry.order += [
            (-_created(state), known + number, job_id)
            for number, (job_id, state) in enumerate(found.items())
        ]
        entry.order.sort()
        if limit is not None:
            for _, _, job_id in entry.order[limit:]:
                del entry.jobs[job_id]
                self._release(job_id)
            del entry.order[limit:]
        return tuple(job_id for _, _, job_id in entry.order)


def _created(state: JobState) -> float:
    """Return when a job was created, as seconds; one of which that is not known is new."""
    record = state.record
    if record is None or record.created is None:
        return float("inf")
    return float(record.created.timestamp())
