"""Roll: which jobs are followed, and of which something may still change."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from runtime_widgets._following import Followed, settled
from runtime_widgets.job_state import JobState

__all__ = ["Roll"]


class Roll:
    """The jobs that somebody follows. From any thread, but for what is said otherwise."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: there nobody follows anything yet."""
        self._lock = threading.Lock()
        self._all: dict[str, Followed] = {}
        # Apart, so that thousands of jobs that have ended cost nothing at each look.
        self._open: dict[str, Followed] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._all

    def find(self, job_id: str) -> Followed | None:
        """Return what is noted of a job, if it is followed."""
        return self._all.get(job_id)

    def find_all(self, job_ids: Iterable[str]) -> list[Followed]:
        """Return what is noted of those of these jobs that are followed."""
        return [found for job_id in job_ids if (found := self._all.get(job_id)) is not None]

    def follow(self, state: JobState, now: float) -> Followed:
        """Note that one more follows a job."""
        with self._lock:
            entry = self._entry(state, now)
            entry.count += 1
            return entry

    def hold(self, state: JobState, now: float) -> Followed:
        """Note that one more list holds a job."""
        with self._lock:
            entry = self._entry(state, now)
            entry.held += 1
            return entry

    def unfollow(self, job_id: str) -> None:
        """Undo one :meth:`follow`."""
        self._less(job_id, count=1)

    def release(self, job_id: str) -> None:
        """Undo one :meth:`hold`."""
        self._less(job_id, held=1)

    def wait(self, job_id: str, change: int) -> None:
        """Note that one more, or less, waits for a job."""
        with self._lock:
            entry = self._all.get(job_id)
            if entry is not None:
                entry.waits += change

    def settle(self, entry: Followed, now: float) -> bool:
        """Note that a job may have settled; say whether that leaves none that is open."""
        if not (entry.state.is_final and settled(entry, now)):
            return False
        with self._lock:
            return self._open.pop(entry.key, None) is not None and not self._open

    def reopen(self, entry: Followed) -> None:
        """Something may change after all, of a job that was settled."""
        with self._lock:
            if self._all.get(entry.key) is entry:
                self._open[entry.key] = entry

    def open(self, now: float) -> list[Followed]:
        """Return those of which something may still change. On the tracker's thread."""
        with self._lock:
            entries = list(self._open.values())
        done = [entry for entry in entries if entry.state.is_final and settled(entry, now)]
        if not done:
            return entries
        with self._lock:
            for entry in done:
                self._open.pop(entry.key, None)
            return list(self._open.values())

    def any_open(self) -> bool:
        """Whether there may be any such, at no cost: one that settled since counts too."""
        return bool(self._open)

    def _entry(self, state: JobState, now: float) -> Followed:
        entry = self._all.get(state.job_id)
        if entry is None:
            entry = self._all[state.job_id] = Followed(state, now, word=state.word)
            self._open[state.job_id] = entry
        return entry

    def _less(self, job_id: str, *, count: int = 0, held: int = 0) -> None:
        with self._lock:
            entry = self._all.get(job_id)
            if entry is None:
                return
            entry.count -= count
            entry.held -= held
            if entry.count <= 0 and entry.held <= 0:
                del self._all[job_id]
                self._open.pop(job_id, None)
