"""The usage of the instances that a view is about, asked for only while that may change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from runtime_widgets._following import Following
from runtime_widgets.job import RuntimeJob
from runtime_widgets.tracker import Tracker
from runtime_widgets.usage_state import UsageState
from runtime_widgets.widgets._instance_usage import instance_name, usage_info

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["provide_forecast", "provide_usage"]


def provide_usage(view: LiveView) -> Callable[[], None]:
    """Keep ``context.usage`` of a view of jobs: while they run, and once more after that.

    A monitor of jobs that have all ended asks for nothing, however long it is looked at. Where
    its last job ends unseen the last figure is read all the same, for who comes back to it may
    find a service that tells nothing any more.
    """
    return _Provider(view, forever=False).close


def provide_forecast(view: LiveView) -> Callable[[], None]:
    """Keep ``context.usage`` of a view that shows nothing else, with what is still to come."""
    return _Provider(view, forever=True).close


@dataclass
class _Place:
    """One instance."""

    following: Following[UsageState] | None = None
    unfinished: set[str] = field(default_factory=set)
    ended: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    """When the last job ended, or the view was opened: a figure from before is not the last."""
    worked: bool = False
    """Whether a job has ended since the view was opened."""


class _Provider:
    def __init__(self, view: LiveView, *, forever: bool) -> None:
        self._view = view
        self._forever = forever
        self._places: dict[Tracker, _Place] = {}
        self._lock = threading.RLock()
        self._closed = False
        self._stop = view.on_news(self._look)
        self._look(())

    def close(self) -> None:
        self._stop()
        with self._lock:
            self._closed = True
            for tracker in list(self._places):
                self._leave(tracker)

    def _look(self, job_ids: Collection[str]) -> None:
        """Take in which jobs changed. On the courier's thread, but for the first time."""
        with self._lock:
            if not self._closed:
                self._look_again(job_ids)

    def _look_again(self, job_ids: Collection[str]) -> None:
        trackers = self._view.trackers()
        for tracker in trackers:
            self._places.setdefault(tracker, _Place())
        for job_id in job_ids:
            self._note(job_id)
        for tracker in list(self._places):
            if tracker not in trackers:
                self._leave(tracker)
                del self._places[tracker]
            elif self._wanted(tracker):
                self._join(tracker)
            else:
                self._leave(tracker)
        self._tell()

    def _note(self, job_id: str) -> None:
        job = self._view.job(job_id)
        if job is not None and _may_be_billed(job):
            self._places[job.tracker].unfinished.add(job_id)
            return
        for place in self._places.values():
            if job_id in place.unfinished:
                place.unfinished.discard(job_id)
                place.ended, place.worked = datetime.now(timezone.utc), True

    def _wanted(self, tracker: Tracker) -> bool:
        if tracker.closed:
            return False
        place, usage, seen = self._places[tracker], tracker.account.usage, not self._view.hidden
        if self._forever or place.unfinished:
            return seen
        # Once more: but who refuses, or is silent, will not tell more by being asked again.
        old = usage.trouble is None and (usage.as_of is None or usage.as_of < place.ended)
        return old and (seen or place.worked)

    def _join(self, tracker: Tracker) -> None:
        place = self._places[tracker]
        if place.following is None:
            place.following = tracker.account.follow_usage(forecast=self._forever)
            place.following.state.observe(self._told, ["as_of", "trouble", "pending_jobs"])

    def _leave(self, tracker: Tracker) -> None:
        following, self._places[tracker].following = self._places[tracker].following, None
        if following is not None:
            following.state.unobserve(self._told, ["as_of", "trouble", "pending_jobs"])
            following.close()

    def _told(self, _change: Any) -> None:
        """Have the view look. On the tracker's thread."""
        self._view.wake()

    def _tell(self) -> None:
        found = []
        for tracker in self._places:
            name = instance_name(tracker.client)
            found.append(usage_info(tracker.account.usage, tracker.client, name))
        self._view.around("usage", found)


def _may_be_billed(job: RuntimeJob) -> bool:
    record = job.state.record
    return not job.state.is_final or (record is not None and record.usage.pending)
