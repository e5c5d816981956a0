"""JobsView: what all views of jobs have in common."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import anywidget
from traitlets import Any as AnyTrait
from traitlets import List, Unicode

from runtime_widgets._attention import Attention
from runtime_widgets._following import Following
from runtime_widgets.job import RuntimeJob
from runtime_widgets.job_state import JobState
from runtime_widgets.messages import Changes, Health, Snapshot
from runtime_widgets.tracker import Tracker, TrackerHealth
from runtime_widgets.widgets import _control
from runtime_widgets.widgets._assets import STUB, chunk, chunks
from runtime_widgets.widgets._courier import post, post_later
from runtime_widgets.widgets._requests import answer, workers
from runtime_widgets.widgets._rows import Row, changed_fields, row_of
from runtime_widgets.widgets._static_html import as_html, as_text

__all__ = ["JobsView", "check_job"]

WATCHED = ["record", "gone", "cancel_asked"]
"""What a row is made of; all the other traits of a state change with its record."""

SETTLE_S = (1.0, 4.0)
"""When a new view sends its snapshot again, in seconds, if something has changed.

A message that comes before the page has loaded the view is heard by nobody; the state of
its model is kept. Without this a job that ends in that moment would look queued for ever.
"""

FIRST_READ_S = 1.0
"""Longest that showing a view waits for jobs that nothing is known of yet."""


def _to_json(_value: Any, view: JobsView) -> dict[str, Any]:
    """Make the snapshot when a page asks for the state: when shown, and after a reload."""
    return view.snapshot()


class JobsView(anywidget.AnyWidget):
    """A live view of jobs. It follows them while it is open; :meth:`close` ends that.

    What a page gets is a snapshot, and from then on only the fields that changed, of the
    jobs that changed: ten messages a second at most, sent from the courier's thread.
    """

    _esm = STUB
    _view = Unicode("", help="Which view the page is to mount.").tag(sync=True)
    _label = Unicode("", help="The view's accessible name.").tag(sync=True)
    _view_id = Unicode("", help="How a page names this view to the kernel.").tag(sync=True)
    _chunks: List[Any] = List(
        help="Where the page finds the view's code, in the order of need."
    ).tag(sync=True)
    _snapshot = AnyTrait(help="The rows; made when it is asked for.").tag(
        sync=True, to_json=_to_json
    )

    def __init__(self, jobs: Iterable[RuntimeJob], **kwargs: Any) -> None:
        self._lock = threading.RLock()
        self._seq = 0
        self._jobs: dict[str, RuntimeJob] = {}
        self._following: dict[str, Following[JobState]] = {}
        self._rows: dict[str, Row] = {}
        self._dirty: set[str] = set()
        self._gone: list[str] = []
        self._trackers: dict[Tracker, Any] = {}
        self._attentions: dict[Tracker, Attention] = {}
        self._sent_health: Health | None = None
        self._live = False
        self._snapshot_seq = 0
        for job in jobs:
            self._take(job)
        code = chunks(str(kwargs["_view"]))
        super().__init__(_chunks=code, _view_id=uuid.uuid4().hex, **kwargs)
        self._live = True
        for tracker in self._trackers:
            self._look(tracker)
        # What came while the view was being made is not in its first snapshot.
        post(self)
        self.on_msg(self._asked)
        _control.register(self._view_id, self)
        for delay_s in SETTLE_S:
            post_later(_Again(self), delay_s)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._jobs)} jobs>"

    def job(self, job_id: str) -> RuntimeJob | None:
        """Return the job of that id, if this view shows it."""
        return self._jobs.get(job_id)

    def close(self) -> None:
        """Close the view, and lose interest in its jobs."""
        self._live = False
        # ipywidgets closes what is collected, even what was never made to its end.
        for job_id in list(getattr(self, "_jobs", ())):
            self._drop(job_id)
        super().close()

    def snapshot(self) -> dict[str, Any]:
        """Return everything that the page shows, as JSON: a :class:`Snapshot`."""
        with self._lock:
            # The rows as they were last sent, so that a page that is open already misses
            # nothing: what is waiting goes to all of them in the next message.
            for job_id, job in self._jobs.items():
                if job_id not in self._rows:
                    self._rows[job_id] = row_of(job)
            rows = [self._rows[job_id] for job_id in self._jobs]
            self._snapshot_seq = self._seq
            snapshot = Snapshot("snapshot", self._seq, [], self._health())
            return {**asdict(snapshot), "jobs": rows}

    def deliver(self) -> None:
        """Send what has changed. Called by the courier."""
        with self._lock:
            if not self._live:
                return
            jobs = [row for job_id in self._dirty if (row := self._change(job_id)) is not None]
            gone, self._gone = self._gone, []
            self._dirty.clear()
            health = self._health()
            if not jobs and not gone and not _news(self._sent_health, health):
                return
            self._sent_health = health
            self._seq += 1
            changes = Changes("changes", self._seq, jobs, gone, health)
            # Under the lock, so that messages leave in the order of their numbers.
            self.send(asdict(changes))

    def resync(self) -> None:
        """Send everything to a page that has missed something. From any thread."""
        with self._lock:
            self.send(self.snapshot())

    def send_again(self) -> None:
        """Bring the model in the page up to date, in case nobody heard the first messages."""
        with self._lock:
            if self._live and self._snapshot_seq != self._seq:
                self.send_state("_snapshot")

    def _wait_read(self) -> None:
        """Give the tracker a moment, so that a saved notebook says more than an id."""
        deadline = time.monotonic() + FIRST_READ_S
        for job in list(self._jobs.values()):
            job.state.wait_read(max(deadline - time.monotonic(), 0.0))

    def _take(self, job: RuntimeJob) -> None:
        """Begin to show a job."""
        job_id = job.job_id()
        if job_id in self._jobs:
            return
        with self._lock:
            self._jobs[job_id] = job
            self._dirty.add(job_id)
        job.state.observe(self._changed, WATCHED)
        self._following[job_id] = job.tracker.follow(job_id)
        if job.tracker not in self._trackers:
            self._trackers[job.tracker] = job.tracker.on_health(self._health_changed)
            self._attentions[job.tracker] = job.tracker.attend()
        if self._live:
            self._look(job.tracker)
            post(self)

    def _drop(self, job_id: str) -> None:
        """Stop showing a job."""
        with self._lock:
            job = self._jobs.pop(job_id)
            self._rows.pop(job_id, None)
            self._dirty.discard(job_id)
            self._gone.append(job_id)
        with suppress(ValueError):
            job.state.unobserve(self._changed, WATCHED)
        self._following.pop(job_id).close()
        if not any(other.tracker is job.tracker for other in self._jobs.values()):
            self._trackers.pop(job.tracker)()
            self._attentions.pop(job.tracker).close()
        elif self._live:
            self._look(job.tracker)
        if self._live:
            post(self)

    def _look(self, tracker: Tracker) -> None:
        """Say what is shown: all of it, for the page does not say yet what it has on screen."""
        ids = [job_id for job_id, job in self._jobs.items() if job.tracker is tracker]
        self._attentions[tracker].look_at(ids)

    def _changed(self, change: Any) -> None:
        """Note that a job changed. On the tracker's thread: quick, and nothing is sent here."""
        with self._lock:
            self._dirty.add(change.owner.job_id)
        post(self)

    def _health_changed(self, _health: TrackerHealth) -> None:
        with self._lock:
            # A device may have become known with it.
            self._dirty.update(i for i, row in self._rows.items() if not row["final"])
        post(self)

    def _change(self, job_id: str) -> Row | None:
        job = self._jobs.get(job_id)
        if job is None:
            return None
        old, new = self._rows.get(job_id), row_of(job)
        self._rows[job_id] = new
        return new if old is None else changed_fields(old, new)

    def _health(self) -> Health:
        """Sum up how well the servers are heard: the worst counts."""
        trackers = list(self._trackers)
        if not trackers:
            return Health(server_now=datetime.now(timezone.utc).timestamp())
        worst = min(trackers, key=_stale_since)
        health = worst.health
        ahead_s = worst.client.clock_ahead_s()
        return Health(
            server_now=worst.client.server_time(),
            stale_since=_epoch(health.stale_since, ahead_s),
            trouble=health.trouble,
            next_look=_epoch(health.next_look, ahead_s),
            push=all(tracker.health.push for tracker in trackers),
            requests_per_look=sum(tracker.health.requests_per_look for tracker in trackers),
        )

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Take a request of the page; everything slow is done on a worker thread."""
        if not isinstance(content, Mapping):
            return
        kind = content.get("kind")
        if kind == "resync":
            self.resync()
        elif kind == "asset":
            self._send_code(content)
        else:
            workers.submit(lambda: self.send(answer(content, self.job)))

    def _send_code(self, content: Mapping[str, Any]) -> None:
        """Send a file of the bundle to a page that cannot have the model that holds it."""
        try:
            _, gz = chunk(str(content.get("name")))
        except KeyError:
            return
        self.send({"kind": "asset", "id": content.get("id")}, buffers=[gz])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the view, and beside it what a notebook without a kernel can show."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        self._wait_read()
        with self._lock:
            jobs = list(self._jobs.values())
        rows = [row_of(job) for job in jobs]
        when = _true_at(jobs)
        data["text/plain"] = as_text(rows, when)
        data["text/html"] = as_html(rows, when)
        return data, metadata


def check_job(job: Any) -> RuntimeJob:
    """Return a job, if it is one.

    Raises
    ------
    TypeError
        If not.
    """
    if not isinstance(job, RuntimeJob):
        msg = f"{job!r} is no job; QiskitRuntimeService(...).job(id) makes one of an id."
        raise TypeError(msg)
    return job


class _Again:
    """Has a view send its snapshot again."""

    def __init__(self, view: JobsView) -> None:
        self._view = view

    def deliver(self) -> None:
        self._view.send_again()


def _news(old: Health | None, new: Health) -> bool:
    """Whether a page has to hear of it: that the clock went on is no news."""
    if old is None:
        return True
    return {**asdict(old), "server_now": 0} != {**asdict(new), "server_now": 0}


def _stale_since(tracker: Tracker) -> float:
    """Order trackers by trouble: who has not been heard for longest comes first."""
    since = tracker.health.stale_since
    return float("inf") if since is None else since.timestamp()


def _epoch(time: datetime | None, ahead_s: float) -> float | None:
    return None if time is None else time.timestamp() + ahead_s


def _true_at(jobs: Iterable[RuntimeJob]) -> datetime:
    """Return the time up to which the service has told of all of them: now, if it is heard."""
    silent = (job.state.stale_since for job in jobs if not job.state.is_final)
    return min((since for since in silent if since), default=datetime.now(timezone.utc))
