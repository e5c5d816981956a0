"""Who changed: numbers for changes of jobs and sessions, and a bell for those who watch.

The hub holds no records. It remembers, for each of the last few thousand jobs that changed, the
number of the latest change; a watcher keeps the number it has seen, asks for what is newer, and
reads the records from the store when it is ready to send them. So a slow watcher costs nothing,
ten changes of one job while it slept become one message, and a message is never stale.

A job that only moved up in its queue is told apart from one that changed: whenever a job starts,
all those behind it move, and that must not drown what matters.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable

__all__ = ["Hub"]


class Hub:
    """Change numbers and their watchers.

    :meth:`publish` may be called from any thread. :meth:`watch` and :meth:`unwatch` belong to
    the event loop given to :meth:`attach`.

    Parameters
    ----------
    kept
        For how many jobs, and sessions, the latest change is remembered.
    """

    def __init__(self, kept: int = 5000) -> None:
        self.epoch = secrets.token_hex(8)
        self._kept = kept
        self._lock = threading.Lock()
        self._seq = 0
        self._floor = 0  # changes up to this number may have been forgotten
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._moved: OrderedDict[str, int] = OrderedDict()
        self._sessions: OrderedDict[str, int] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: set[asyncio.Event] = set()

    @property
    def seq(self) -> int:
        """The number of the latest change."""
        return self._seq

    def attach(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Ring the bells on this loop from now on (None: on none)."""
        self._loop = loop

    def publish(
        self, changed: Iterable[str], moved: Iterable[str] = (), sessions: Iterable[str] = ()
    ) -> None:
        """Number a change of each job or session, or a job's move; wake the watchers."""
        news = ((self._moved, moved), (self._changed, changed), (self._sessions, sessions))
        with self._lock:
            for kept, ids in news:
                for one in ids:
                    self._seq += 1
                    kept[one] = self._seq
                    kept.move_to_end(one)
                while len(kept) > self._kept:
                    _, forgotten = kept.popitem(last=False)
                    self._floor = max(self._floor, forgotten)
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._ring)
            except RuntimeError:  # the loop has just been closed: nobody watches any more
                self._loop = None

    def since(self, seq: int) -> list[tuple[int, str]]:
        """Return (number, job id) of the latest change of each job that changed after `seq`."""
        return self._after(self._changed, seq)

    def moved_since(self, seq: int) -> list[str]:
        """Return the jobs that moved in their queues after `seq`."""
        return [job_id for _, job_id in self._after(self._moved, seq)]

    def sessions_since(self, seq: int) -> list[tuple[int, str]]:
        """Return (number, session id) of the latest change of each that changed after `seq`."""
        return self._after(self._sessions, seq)

    def _after(self, kept: OrderedDict[str, int], seq: int) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        with self._lock:
            for one in reversed(kept):
                if kept[one] <= seq:
                    break
                found.append((kept[one], one))
        return found[::-1]

    def replayable(self, seq: int, epoch: str | None = None) -> bool:
        """Say whether everything after `seq` is still known."""
        return self._floor <= seq <= self._seq and epoch in (None, self.epoch)

    def watch(self) -> asyncio.Event:
        """Return a bell that is rung at every change."""
        bell = asyncio.Event()
        self._bells.add(bell)
        return bell

    def unwatch(self, bell: asyncio.Event) -> None:
        """Stop ringing a bell."""
        self._bells.discard(bell)

    def _ring(self) -> None:
        for bell in self._bells:
            bell.set()
