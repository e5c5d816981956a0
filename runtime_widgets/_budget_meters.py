"""What a budget measures: QPU seconds that the server reported, of jobs, a session or an instance.

Nothing here looks at a clock. A job that is "Running" for an hour and of which no usage was
reported has used nothing; and a bill that comes after the end counts like any other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from runtime_widgets._attention import Attention
from runtime_widgets._following import Following
from runtime_widgets.client import RuntimeClient
from runtime_widgets.job import RuntimeJob
from runtime_widgets.job_state import JobState
from runtime_widgets.query import JobQuery
from runtime_widgets.session_state import SessionState
from runtime_widgets.tracker import Tracker, tracker_of
from runtime_widgets.wire import JobRecord

__all__ = ["InstanceMeter", "JobsMeter", "Meter", "SessionMeter", "Source"]

Changed = Callable[[], None]


class Source(Protocol):
    """Where queued jobs can be listed and cancelled."""

    @property
    def client(self) -> RuntimeClient:
        """The connection of the user's own calls, which repeats what may pass."""

    @property
    def tracker(self) -> Tracker:
        """Who keeps its jobs up to date."""


class Meter(Protocol):
    """What counts towards a budget."""

    @property
    def used_s(self) -> float:
        """QPU seconds that the server reported so far."""

    @property
    def covers(self) -> str:
        """Of what, in words."""

    @property
    def jobs(self) -> list[RuntimeJob]:
        """The jobs that are known to count."""

    @property
    def trackers(self) -> set[Tracker]:
        """Who keeps it up to date."""

    @property
    def sources(self) -> list[Source]:
        """Where its jobs are."""

    @property
    def filters(self) -> dict[str, Any]:
        """What narrows the list of its jobs."""

    def includes(self, record: JobRecord) -> bool:
        """Say whether a job of such a list counts."""

    @property
    def periodic(self) -> bool:
        """Whether what is used begins at nothing again in another period."""

    def new_in_queue(self) -> bool:
        """Say whether a job may have come into its queue since this was asked last."""

    def settled(self) -> bool:
        """Say whether it is sure that nothing of it is queued, or will be billed."""

    def close(self) -> None:
        """Measure no more."""


class _Source:
    """The client and the tracker of jobs of one service."""

    def __init__(self, client: RuntimeClient, tracker: Tracker) -> None:
        self.client = client
        self.tracker = tracker


class JobsMeter:
    """The usage of jobs. `changed` is called on a tracker's thread.

    Parameters
    ----------
    changed : callable
        Called when `used_s` may be another, or a job has come.
    """

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._lock = threading.RLock()
        self._jobs: dict[str, RuntimeJob] = {}
        self._used: dict[str, float] = {}
        self._following: dict[str, Following[JobState]] = {}
        self._trackers: set[Tracker] = set()
        self._attentions: dict[Tracker, Attention] = {}
        self._seen_queued: set[str] = set()
        self._new_queued = False
        self._closed = False
        self.used_s = 0.0

    def add(self, jobs: Iterable[RuntimeJob]) -> None:
        """Count these jobs too; each counts once."""
        for job in jobs:
            with self._lock:
                job_id = job.job_id()
                if job_id in self._jobs or self._closed:
                    continue
                self._jobs[job_id] = job
                self._trackers.add(job.tracker)
                self._following[job_id] = job.tracker.follow(job_id)
            job.state.observe(self._moved, ["record", "gone"])
            self._count(job)
        self._attend()
        self._changed()

    @property
    def covers(self) -> str:
        """Of what, in words."""
        return f"{len(self._jobs)} job{'' if len(self._jobs) == 1 else 's'}"

    @property
    def jobs(self) -> list[RuntimeJob]:
        """The jobs, in the order in which they came."""
        with self._lock:
            return list(self._jobs.values())

    @property
    def trackers(self) -> set[Tracker]:
        """Who keeps them up to date."""
        return set(self._trackers)

    @property
    def sources(self) -> list[Source]:
        """Where they are."""
        found = {job.tracker: _Source(job.service.client, job.tracker) for job in self.jobs}
        return list(found.values())

    @property
    def filters(self) -> dict[str, Any]:
        """Nothing narrows the list: no filter by ids exists."""
        return {}

    @property
    def periodic(self) -> bool:
        """A job's bill is for good."""
        return False

    def includes(self, record: JobRecord) -> bool:
        """Say whether it is one of these jobs."""
        return record.id in self._jobs

    def new_in_queue(self) -> bool:
        """Say whether a job was seen in its queue that was not when this was asked last."""
        with self._lock:
            new, self._new_queued = self._new_queued, False
        return new

    def settled(self) -> bool:
        """Say whether all of them have ended, with their bills closed."""
        return not self._following

    def close(self) -> None:
        """Lose interest."""
        with self._lock:
            self._closed = True
            open_ids = list(self._following)
        for job_id in open_ids:
            self._leave(job_id)

    def _moved(self, change: Any) -> None:
        job = self._jobs.get(change.owner.job_id)
        if job is None or self._closed:
            return
        self._count(job)
        self._changed()

    def _count(self, job: RuntimeJob) -> None:
        state, job_id = job.state, job.job_id()
        with self._lock:
            old, told = self._used.get(job_id, 0.0), state.usage_seconds
            # A record that does not tell it takes nothing back.
            used = old if told is None else told
            self.used_s += used - old
            self._used[job_id] = used
        settled = state.gone or (state.is_final and state.usage_complete)
        if settled:
            self._leave(job_id)
        record = state.record
        queued = record is not None and record.state.key == "queued"
        if queued and job_id not in self._seen_queued:
            with self._lock:
                self._seen_queued.add(job_id)
                self._new_queued = True

    def _leave(self, job_id: str) -> None:
        with self._lock:
            following = self._following.pop(job_id, None)
            # Where nothing is left to look at, it must not make other jobs wait for longer.
            over = [] if self._following else list(self._attentions.values())
            if over:
                self._attentions = {}
        for attention in over:
            attention.close()
        if following is not None:
            following.close()
            self._jobs[job_id].state.unobserve(self._moved, ["record", "gone"])

    def _attend(self) -> None:
        """Look at the jobs, so that their metrics are read, and none is asked for less often."""
        ids: dict[Tracker, list[str]] = {}
        with self._lock:
            for job_id in self._following:
                ids.setdefault(self._jobs[job_id].tracker, []).append(job_id)
            for tracker in ids:
                if tracker not in self._attentions:
                    self._attentions[tracker] = tracker.attend()
            attentions = dict(self._attentions)
        for tracker, attention in attentions.items():
            attention.look_at(ids.get(tracker, ()))


class SessionMeter:
    """The usage of a session or a batch: its own, or that of its jobs, whichever is more."""

    def __init__(self, session: Any, changed: Changed) -> None:
        self._session = session
        self._changed = changed
        self._meter = JobsMeter(self._recount)
        self.used_s = 0.0
        tracker: Tracker = session.tracker
        self._state: SessionState = session.state
        self._query = tracker.follow_query(JobQuery(session_id=session.session_id))
        self._following = tracker.follow_session(session.session_id)
        self._state.observe(self._moved, ["record", "gone"])
        self._query.state.observe(self._listed, "job_ids")
        self._take_jobs()

    @property
    def covers(self) -> str:
        """Of what, in words."""
        return f"{type(self._session).__name__.lower()} {self._session.session_id}"

    @property
    def jobs(self) -> list[RuntimeJob]:
        """Its jobs, as far as they are known."""
        return self._meter.jobs

    @property
    def trackers(self) -> set[Tracker]:
        """Who keeps it up to date."""
        return {self._session.tracker}

    @property
    def sources(self) -> list[Source]:
        """Where its jobs are."""
        return [_Source(self._session.service.client, self._session.tracker)]

    @property
    def filters(self) -> dict[str, Any]:
        """The list of its jobs."""
        return {"session_id": self._session.session_id}

    @property
    def periodic(self) -> bool:
        """A session's usage is for good."""
        return False

    def includes(self, record: JobRecord) -> bool:
        """Say whether a job is one of it."""
        return bool(record.session_id == self._session.session_id)

    def new_in_queue(self) -> bool:
        """Say whether a job was seen in its queue that was not when this was asked last."""
        return self._meter.new_in_queue()

    def settled(self) -> bool:
        """Say whether it is over, and so are its jobs, with their bills closed."""
        over: bool = self._state.is_final and self._query.state.complete
        return over and self._meter.settled()

    def close(self) -> None:
        """Lose interest."""
        self._state.unobserve(self._moved, ["record", "gone"])
        self._query.state.unobserve(self._listed, "job_ids")
        self._query.close()
        self._following.close()
        self._meter.close()

    def _listed(self, _change: Any) -> None:
        self._take_jobs()

    def _take_jobs(self) -> None:
        service, tracker = self._session.service, self._session.tracker
        known = {job.job_id() for job in self._meter.jobs}
        new = [i for i in self._query.state.job_ids if i not in known]
        records = [tracker.state(job_id).record for job_id in new]
        self._meter.add(service.known_job(r) for r in records if r is not None)

    def _moved(self, _change: Any) -> None:
        self._recount()

    def _recount(self) -> None:
        record = self._state.record
        told = (record.usage_seconds, record.jobs_usage_seconds) if record is not None else ()
        self.used_s = max(self._meter.used_s, *(one or 0.0 for one in told), 0.0)
        if self.settled():
            # Nothing is left to learn: no list is read for it any more.
            self._query.close()
        self._changed()


class InstanceMeter:
    """The usage of a service's instance in its current period, whoever's jobs it was."""

    def __init__(self, service: Any, changed: Changed) -> None:
        self._service = service
        self._changed = changed
        self._new_figure = False
        tracker = tracker_of(service.client)
        tracker.check_open()
        self._following = tracker.account.follow_usage()
        # Each reading: a job may have come into the queue also where the figure is the same.
        self._following.state.observe(self._moved, "as_of")

    @property
    def used_s(self) -> float:
        """What the service reported; 0 until it has."""
        return self._following.state.used_seconds or 0.0

    @property
    def covers(self) -> str:
        """Of what, in words."""
        return "the instance, in this period"

    @property
    def jobs(self) -> list[RuntimeJob]:
        """None: the instance tells a sum."""
        return []

    @property
    def trackers(self) -> set[Tracker]:
        """Who keeps it up to date."""
        return {tracker_of(self._service.client)}

    @property
    def sources(self) -> list[Source]:
        """Where its jobs are."""
        return [_Source(self._service.client, tracker_of(self._service.client))]

    @property
    def filters(self) -> dict[str, Any]:
        """All that the account lists."""
        return {}

    def includes(self, record: JobRecord) -> bool:
        """Every job counts."""
        del record
        return True

    @property
    def periodic(self) -> bool:
        """It is of a period, and falls with the next."""
        return True

    def new_in_queue(self) -> bool:
        """Nothing is known of its jobs: with each reading of the usage there may be new ones."""
        new, self._new_figure = self._new_figure, False
        return new

    def settled(self) -> bool:
        """Jobs may come at any time."""
        return False

    def close(self) -> None:
        """Lose interest."""
        self._following.state.unobserve(self._moved, "as_of")
        self._following.close()

    def _moved(self, _change: Any) -> None:
        self._new_figure = True
        self._changed()
