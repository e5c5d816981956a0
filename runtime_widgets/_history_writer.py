"""HistoryWriter: what is to be written waits here; one thread writes it, and nobody else waits."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakMethod

from runtime_widgets._forks import renew_after_fork
from runtime_widgets._history_entry import HistoryEntry, merged
from runtime_widgets._history_turn import UnusableHistoryError

if TYPE_CHECKING:
    from runtime_widgets._history_file import HistoryFile, Key

__all__ = ["HistoryWriter"]

_Notes = dict["Key", tuple[HistoryEntry, bool]]
_Labels = dict["Key", str]
_Seen = dict["Key", tuple[str, float]]

_FIRST_S = 0.1
"""So long others may join the first of a batch."""
_APART_S = 1.0
"""At most one transaction in so many seconds."""
_LONGEST_BACK_OFF_S = 60.0
_SWEEP_S = 300.0
_BATCH = 2000
_MOST_WAITING = 20_000
"""Of more than so many that cannot be written the oldest are dropped."""
_END_S = 2.0
"""So long a process that ends may be kept."""

_log = logging.getLogger(__name__)


class HistoryWriter:
    """Takes notes from any thread, and writes them a little later, many at once.

    What it meets is said once in the log, and harms nobody: a disk that is full may have room
    again, and a file that another process keeps is free again.

    Parameters
    ----------
    file : HistoryFile
        Where to write.
    allowed : callable
        Asked before each transaction whether anything is to be kept at all.
    """

    def __init__(self, file: Callable[[], HistoryFile], allowed: Callable[[], bool]) -> None:
        self._file = file
        self._allowed = allowed
        self._sweeps: list[WeakMethod[Callable[[], bool]]] = []
        self._said: set[str] = set()
        self._start_over()
        renew_after_fork(self)
        atexit.register(self.flush, _END_S)

    def _start_over(self) -> None:
        self._news = threading.Condition()
        self._notes: _Notes = {}
        self._labels: _Labels = {}
        self._seen: _Seen = {}
        self._thread: threading.Thread | None = None
        self._busy = False
        self._urgent = False
        self._resting = False
        self._attempts = 0
        self._failures = 0
        self._not_before = 0.0

    def renew(self) -> None:
        """Start over in a forked process: what waits is its parent's to write."""
        self._start_over()

    # from any thread

    def note(self, entry: HistoryEntry, *, add: bool) -> None:
        """Have something written that became known of a job.

        Parameters
        ----------
        entry : HistoryEntry
            What is known.
        add : bool
            Whether it is to be added where the history does not have it.
        """
        key = (entry.id, entry.instance)
        with self._news:
            old = self._notes.pop(key, None)
            if old is not None:
                entry, add = merged(old[0], entry), add or old[1]
            elif len(self._notes) >= _MOST_WAITING:
                del self._notes[next(iter(self._notes))]
            self._notes[key] = entry, add
            self._wake()

    def label(self, key: Key, text: str) -> None:
        """Have written what the user calls a job."""
        with self._news:
            self._labels[key] = text
            self._wake()

    def seen(self, key: Key, word: str, at: float) -> None:
        """Have written that a job was in the same status at a later time."""
        with self._news:
            self._seen[key] = word, at
            self._wake()

    def labels(self, instance: str) -> dict[str, str]:
        """Return the labels of an instance's jobs that wait to be written."""
        with self._news:
            return {
                job_id: text for (job_id, where), text in self._labels.items() if where == instance
            }

    def each_while(self, sweep: Callable[[], bool]) -> None:
        """Call a method of something every few minutes, while that is there and says True."""
        one = WeakMethod(sweep)
        with self._news:
            if one not in self._sweeps:
                self._sweeps.append(one)

    def flush(self, timeout: float = 10.0) -> bool:
        """Have all written that waits; say whether it was, within `timeout` seconds."""
        self._sweep()
        with self._news:
            self._urgent = True
            attempt = self._attempts
            if self._waiting():
                self._wake()
            if self._waiting() and self._thread is None:
                # The process is ending, and starts no threads any more.
                return self._write(*self._taken())
            self._news.notify_all()
            self._news.wait_for(
                lambda: (
                    (not self._waiting() and not self._busy)
                    # One attempt that fails is enough: whoever waits has better to do.
                    or (self._attempts > attempt and self._failures > 0)
                ),
                timeout,
            )
            self._urgent = False
            return not self._waiting() and not self._busy

    def rest(self, timeout: float = 10.0) -> None:
        """Have all written, and the thread ended; the next note starts another."""
        self.flush(timeout)
        with self._news:
            self._resting = True
            self._news.notify_all()
            self._news.wait_for(lambda: self._thread is None, timeout)
            self._resting = False

    # the thread

    def _waiting(self) -> bool:
        return bool(self._notes or self._labels or self._seen)

    def _wake(self) -> None:
        """Start the thread, if there is none, or tell it. With the lock held."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="runtime-widgets-history", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # a process that is ending starts none
                return
            self._thread = thread
        self._news.notify_all()

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting() or self._resting, _SWEEP_S)
                if self._waiting():
                    pause_s = max(_FIRST_S, self._not_before - time.monotonic())
                    self._news.wait_for(lambda: self._urgent or self._resting, pause_s)
                # What could not be written is not tried for ever by who is to rest.
                idle = not self._waiting() and not self._sweeps
                if idle or (self._resting and (not self._waiting() or self._failures)):
                    self._thread = None
                    self._news.notify_all()
                    return
                batch = self._taken()
                self._busy = True
            failed = False
            if any(batch):
                failed = not self._write(*batch)
            else:
                self._sweep()
            with self._news:
                self._busy = False
                self._attempts += 1
                self._failures = self._failures + 1 if failed else 0
                if failed:
                    self._put_back(*batch)
                wait_s = min(2.0**self._failures, _LONGEST_BACK_OFF_S) if failed else _APART_S
                self._not_before = time.monotonic() + wait_s
                self._news.notify_all()

    def _taken(self) -> tuple[_Notes, _Labels, _Seen]:
        keys = list(self._notes)[:_BATCH]
        notes = {key: self._notes.pop(key) for key in keys}
        labels, self._labels = self._labels, {}
        seen, self._seen = self._seen, {}
        return notes, labels, seen

    def _put_back(self, notes: _Notes, labels: _Labels, seen: _Seen) -> None:
        """Keep what could not be written, before what came meanwhile."""
        later, self._notes = self._notes, notes
        for key, (entry, add) in later.items():
            old = notes.get(key)
            known = (merged(old[0], entry), add or old[1]) if old else (entry, add)
            self._notes[key] = known
        for key in list(self._notes)[: max(len(self._notes) - _MOST_WAITING, 0)]:
            del self._notes[key]
        self._labels = labels | self._labels
        # What was only seen again is seen once more.
        self._seen = {} if len(seen) > _MOST_WAITING else seen | self._seen

    def _write(self, notes: _Notes, labels: _Labels, seen: _Seen) -> bool:
        """Write; say whether it is worth keeping for another attempt, by False."""
        try:
            if self._allowed():
                self._file().write(notes, labels, seen)
        except UnusableHistoryError as exc:
            self._say(str(exc))
        except Exception as exc:
            # Whatever it is: no job is to suffer from it.
            self._say(
                f"The history of jobs cannot be written ({type(exc).__name__}: {exc}). "
                "Jobs and views are as they were; it is tried again."
            )
            return False
        return True

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            _log.warning("%s", text)

    def _sweep(self) -> None:
        """Ask who has more to tell; forget who has not."""
        with self._news:
            sweeps, self._sweeps = self._sweeps, []
        for one in sweeps:
            sweep = one()
            if sweep is not None and sweep():
                self.each_while(sweep)
