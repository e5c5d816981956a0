"""JobsView: what all views of jobs have in common."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from runtime_widgets._following import Following
from runtime_widgets._labels import bring_labels
from runtime_widgets.job import RuntimeJob
from runtime_widgets.job_state import JobState
from runtime_widgets.messages import JobRow, View
from runtime_widgets.tracker import Tracker
from runtime_widgets.widgets._courier import post
from runtime_widgets.widgets._live import LiveView
from runtime_widgets.widgets._packed import pack
from runtime_widgets.widgets._requests import soon
from runtime_widgets.widgets._rows import as_json, changed_fields, instance_key, row_of
from runtime_widgets.widgets._static_html import as_html, as_text

__all__ = ["JobsView", "check_job"]

WATCHED = ["record", "gone", "cancel_asked", "label"]
"""What a row is made of; all the other traits of a state change with its record."""

FIRST_READ_S = 1.0
"""Longest that showing a view waits for jobs, and names, that nothing is known of yet."""

FIRST_LOOK = 50
"""So many of its jobs a view is taken to have on the screen until the page says which."""

MOST_LISTED = 20
"""More rows than so many are sent by columns."""

MOST_KEPT = 2000
"""So many rows stay in the page's model, and so in a saved notebook: about 250 kB."""

MOST_NEW = 500
"""More new rows than so many are sent by columns, with all the others."""


class JobsView(LiveView):
    """A live view of jobs. It follows them while it is open.

    Parameters
    ----------
    jobs : iterable of RuntimeJob
        The jobs.
    view, label : str
        See :class:`LiveView`.
    **more
        See :class:`LiveView`.
    """

    def __init__(
        self, jobs: Iterable[RuntimeJob] = (), *, view: View, label: str, **more: Any
    ) -> None:
        self._jobs: dict[str, RuntimeJob] = {}
        self._following: dict[str, Following[JobState]] = {}
        self._rows: dict[str, JobRow] = {}
        self._lone: dict[str, JobRow] = {}
        self._remembered: dict[str, JobRow] = {}
        self._keys: dict[Tracker, str] = {}
        self._devices: dict[str, Tracker] = {}
        self._dirty: dict[str, None] = {}
        self._gone: list[str] = []
        self._names: list[Future[Any]] = []
        self._taking = threading.RLock()
        """Held while jobs come and go, by whichever thread; always taken before `_lock`."""
        self._begin()
        self._take(jobs)
        self._prepare()
        super().__init__(view=view, label=label, **more)
        self._aim()

    def _prepare(self) -> None:
        """Begin what the first snapshot should tell of. Called once, when the view is made."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._jobs)} jobs>"

    def job(self, job_id: str) -> RuntimeJob | None:
        """Return the job of that id, if this view shows it."""
        return self._jobs.get(job_id)

    def devices(self) -> Iterator[tuple[Tracker, str]]:
        """Yield the devices that the rows name, each with who knows it."""
        with self._lock:
            return iter([(tracker, name) for name, tracker in self._devices.items()])

    def close(self) -> None:
        """Close the view, and lose interest in its jobs."""
        self._live = False
        # ipywidgets closes what is collected, even what was never made to its end.
        if hasattr(self, "_taking"):
            with self._taking:
                for job_id in list(self._jobs):
                    self._drop(job_id)
        super().close()

    # what is sent

    def _whole(self) -> dict[str, Any]:
        # The rows as they were last sent, so that a page that is open already misses
        # nothing: what is waiting goes to all of them in the next message. A row that was never
        # sent is not noted as sent, for only the page that asked gets this; before the view is
        # open no other page can have it.
        rows = []
        for job_id, job in self._jobs.items():
            row = self._rows.get(job_id)
            if row is None:
                row = self._row_of(job)
                if not self._live:
                    self._rows[job_id] = row
            rows.append(row)
        rows += self._lone.values()
        kept = rows[:MOST_KEPT] if self._is_keeping else rows
        packed = len(kept) > MOST_LISTED
        return {
            "jobs": [] if packed else [as_json(row) for row in kept],
            "table": pack(kept) if packed else None,
            "left_out": len(rows) - len(kept),
        }

    def _is_large(self) -> bool:
        return len(self._jobs) + len(self._lone) > MOST_KEPT

    def _changes(self) -> tuple[dict[str, Any] | None, Collection[str]]:
        dirty, self._dirty = self._dirty, {}
        gone, self._gone = self._gone, []
        shown = (job_id for job_id in dirty if job_id in self._jobs or job_id in self._lone)
        new = sum(job_id not in self._rows for job_id in shown)
        jobs = [row for job_id in dirty if (row := self._change(job_id)) is not None]
        # Also of those whose rows a snapshot has brought to the page already.
        ids = [*dirty, *gone]
        return (None if new > MOST_NEW else {"jobs": jobs, "gone": gone}), ids

    def _change(self, job_id: str) -> dict[str, Any] | None:
        job = self._jobs.get(job_id)
        if job is None:
            lone = self._lone.get(job_id)
            return None if lone is None else as_json(lone)
        old, new = self._rows.get(job_id), self._row_of(job)
        self._rows[job_id] = new
        return as_json(new) if old is None else changed_fields(old, new)

    def _row_of(self, job: RuntimeJob) -> JobRow:
        row = row_of(job, self._keys[job.tracker] if len(self._keys) > 1 else None)
        memory = self._remembered.get(row.id)
        if memory is not None and job.state.record is None:
            row = replace(memory, gone=row.gone, name=row.name or memory.name, service=row.service)
        if row.device:
            self._devices.setdefault(row.device, job.tracker)
        return row

    def known_rows(self) -> list[JobRow]:
        """Return the rows as they are now, also those that a page was not told of yet."""
        with self._lock:
            jobs, lone = list(self._jobs.values()), list(self._lone.values())
        return [*(row_of(job) for job in jobs), *lone]

    # jobs come and go

    def show_rows(self, rows: Iterable[JobRow]) -> None:
        """Show rows that have no job behind them, such as those of a history: as they are."""
        with self._lock:
            for row in rows:
                if row.id not in self._jobs:
                    self._lone[row.id] = row
                    self._dirty[row.id] = None
        if self._live:
            post(self)

    def remember(self, rows: Iterable[JobRow]) -> None:
        """Show these for as long as their service has told nothing of their jobs."""
        with self._lock:
            self._remembered.update((row.id, row) for row in rows)
            self._dirty.update(dict.fromkeys(self._remembered.keys() & self._jobs.keys()))
            # Nobody has seen them yet: the first snapshot has these, and not the empty ones.
            for job_id in self._remembered:
                self._rows.pop(job_id, None)
        if self._live:
            post(self)

    def _take(self, jobs: Iterable[RuntimeJob], *, follow: bool = True) -> None:
        """Begin to show jobs; `follow` unless somebody else has them kept up to date."""
        unnamed: dict[Tracker, list[str]] = {}
        with self._taking:
            for job in jobs:
                job_id = job.job_id()
                if job_id not in self._jobs:
                    self._begin_to_show(job)
                    if job.state.label is None:
                        unnamed.setdefault(job.tracker, []).append(job_id)
                if follow and job_id not in self._following:
                    self._following[job_id] = job.tracker.follow(job_id)
            names = [soon(bring_labels, tracker, ids) for tracker, ids in unnamed.items()]
            self._names = [*(one for one in self._names if not one.done()), *names]
        self._aim()
        if self._live:
            post(self)

    def _begin_to_show(self, job: RuntimeJob) -> None:
        """Show a job that was not shown. Whoever calls it holds `_taking`."""
        self._meet(job)
        with self._lock:
            self._lone.pop(job.job_id(), None)
            self._jobs[job.job_id()] = job
            self._dirty[job.job_id()] = None
        job.state.observe(self._changed, WATCHED)

    def _meet(self, job: RuntimeJob) -> None:
        """Take note of whose job it is."""
        self._watch(job.tracker)
        if job.tracker in self._keys:
            return
        with self._lock:
            self._keys[job.tracker] = instance_key(job.tracker.client)
            if job.service is not None:
                self._services[id(job.service)] = job.service
            if len(self._keys) > 1:
                # From now on each row has to say whose it is.
                self._dirty.update(dict.fromkeys(self._jobs))

    def _drop(self, job_id: str) -> None:
        """Stop showing a job. Whoever calls it holds `_taking`."""
        with self._lock:
            job = self._jobs.pop(job_id)
            self._rows.pop(job_id, None)
            self._dirty.pop(job_id, None)
            self._gone.append(job_id)
        with suppress(ValueError):
            job.state.unobserve(self._changed, WATCHED)
        following = self._following.pop(job_id, None)
        if following is not None:
            following.close()
        self._unwatch(job.tracker)
        if self._live:
            post(self)

    def _changed(self, change: Any) -> None:
        """Note that a job changed. On the tracker's thread: quick, and nothing is sent here."""
        with self._lock:
            self._dirty[change.owner.job_id] = None
        if self._live:
            post(self)

    # what is looked at

    def _aim(self) -> None:
        """Tell each tracker which of its jobs are on the screen."""
        if not self._attentions:
            return
        with self._lock:
            seen = self._lookers.job_ids()
            ids = list(self._jobs)[:FIRST_LOOK] if seen is None else seen
            mine: dict[Tracker, list[str]] = {tracker: [] for tracker in self._attentions}
            for job_id in ids:
                job = self._jobs.get(job_id)
                if job is not None:
                    mine[job.tracker].append(job_id)
        for tracker, found in mine.items():
            self._attentions[tracker].look_at(found)

    # what a notebook keeps

    def _wait_read(self, deadline: float) -> None:
        """Give the tracker until then (monotonic): a saved notebook should say more than ids."""
        for job in list(self._jobs.values()):
            job.state.wait_read(max(deadline - time.monotonic(), 0.0))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the view, and beside it what a notebook without a kernel can show."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        deadline = time.monotonic() + FIRST_READ_S
        self._wait_read(deadline)
        wait(self._names, max(deadline - time.monotonic(), 0.0))
        rows = self.known_rows()
        when = _true_at(list(self._jobs.values()))
        missing = self._missing()
        data["text/plain"] = as_text(rows, when, missing)
        data["text/html"] = as_html(rows, when, missing)
        return data, metadata

    def _missing(self) -> str:
        """Say, in a sentence, what should be shown and is not known yet; nothing for nothing."""
        return ""


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


def _true_at(jobs: Iterable[RuntimeJob]) -> datetime:
    """Return the time up to which the service has told of all that may have changed since.

    That is now where nothing can change, or changes are sent by themselves; else the oldest of
    the last answers. Of jobs that were never read nothing is said that could be old.
    """
    now = datetime.now(timezone.utc)
    return min((time for job in jobs if (time := _last_told(job)) is not None), default=now)


def _last_told(job: RuntimeJob) -> datetime | None:
    """Return when the service last told of a job; None where it holds now, or nothing is known."""
    state = job.state
    if state.is_final:
        return None
    return state.stale_since or (None if job.tracker.health.push else state.checked_at)
