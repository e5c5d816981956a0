"""Endings: who wants to hear when jobs end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from runtime_widgets._listeners import Listeners
from runtime_widgets.job import RuntimeJob

__all__ = ["Endings"]


class Endings:
    """Tells of the end of each job that it was shown before that, once.

    One that was created since somebody listens is told of also where it has ended by the time
    that it is shown: short jobs do.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._listeners: Listeners[RuntimeJob] = Listeners("done")
        self._undo: dict[str, Callable[[], None]] = {}

    def add(
        self, callback: Callable[[RuntimeJob], Any], jobs: Callable[[], Iterable[RuntimeJob]]
    ) -> Callable[[], None]:
        """Call `callback` with each of `jobs()`, and of those met later, that ends from now on.

        On the tracker's thread. Returns the undo.
        """
        first = not self._listeners
        if first:
            self._since = datetime.now(timezone.utc)
        undo = self._listeners.add(callback)
        if first:
            # Asked for only now: one that is not among them yet is met by who takes it in.
            self.meet(jobs())
        return undo

    def meet(self, jobs: Iterable[RuntimeJob]) -> None:
        """Listen for the end of jobs that have not ended, where anybody wants to hear of it.

        From any thread; a job that two of them meet is told of once.
        """
        if not self._listeners:
            return
        for job in jobs:
            job_id = job.job_id()
            with self._lock:
                before = job.state.is_final and not self._is_new(job)
                if before or job_id in self._undo:
                    continue
                self._undo[job_id] = _nothing
            # Without the lock: of a job that ends now this tells at once.
            undo = job.state.on_final(partial(self._ended, job))
            with self._lock:
                left = job_id not in self._undo
                if not left:
                    self._undo[job_id] = undo
            if left:
                undo()

    def _is_new(self, job: RuntimeJob) -> bool:
        """Whether a job was created since somebody listens, by its server's clock."""
        record = job.state.record
        if record is None or record.created is None or self._since is None:
            return False
        ahead = timedelta(seconds=job.tracker.client.clock_ahead_s())
        return record.created > self._since + ahead

    def leave(self, job: RuntimeJob) -> None:
        """Listen no more for the end of a job."""
        with self._lock:
            undo = self._undo.pop(job.job_id(), None)
        if undo is not None:
            undo()

    def close(self) -> None:
        """Tell nobody of anything any more."""
        with self._lock:
            undos, self._undo = list(self._undo.values()), {}
        for undo in undos:
            undo()

    def _ended(self, job: RuntimeJob) -> None:
        self._listeners.tell(job)


def _nothing() -> None:
    """Undo what is only about to be done."""
