"""Who changed: numbers for changes of jobs, and a bell for those who watch.

The hub holds no records. It remembers, for each of the last few thousand jobs that changed, the
number of the latest change; a watcher keeps the number it has seen, asks for what is newer, and
reads the records from the store when it is ready to send them. So a slow watcher costs nothing,
ten changes of one job while it slept become one message, and a message is never stale.
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
        For how many jobs the latest change is remembered.
    """

    def __init__(self, kept: int = 5000) -> None:
        self.epoch = secrets.token_hex(8)
        self._kept = kept
        self._lock = threading.Lock()
        self._seq = 0
        self._floor = 0  # changes up to this number may have been forgotten
        self._latest: OrderedDict[str, int] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bells: set[asyncio.Event] = set()

    @property
    def seq(self) -> int:
        """The number of the latest change."""
        return self._seq

    def attach(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Ring the bells on this loop from now on (None: on none)."""
        self._loop = loop

    def publish(self, job_ids: Iterable[str]) -> None:
        """Number a change of each of these jobs and wake the watchers."""
        with self._lock:
            for job_id in job_ids:
                self._seq += 1
                self._latest[job_id] = self._seq
                self._latest.move_to_end(job_id)
            while len(self._latest) > self._kept:
                _, self._floor = self._latest.popitem(last=False)
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._ring)
            except RuntimeError:  # the loop has just been closed: nobody watches any more
                self._loop = None

    def since(self, seq: int) -> list[tuple[int, str]]:
        """Return (number, job id) of the latest change of each job that changed after `seq`."""
        found: list[tuple[int, str]] = []
        with self._lock:
            for job_id in reversed(self._latest):
                if self._latest[job_id] <= seq:
                    break
                found.append((self._latest[job_id], job_id))
        return found[::-1]

    def changed(self, job_id: str) -> int:
        """Return the number of the latest change of one job; 0 if none is remembered."""
        return self._latest.get(job_id, 0)

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
