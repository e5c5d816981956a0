"""Attention: which jobs are on somebody's screen, and whether the screen is seen at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from weakref import WeakSet

__all__ = ["Attention", "Attentions"]


class Attention:
    """What one view says that it looks at, so that nothing is asked for that nobody sees.

    Metrics are read for jobs that an attention looks at, and for no others. Jobs that no
    shown attention looks at are asked for five times less often, 30 s apart at most, unless
    somebody waits for them. All methods may be called from any thread, and again and again.

    Made by :meth:`Tracker.attend`.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._ids: frozenset[str] = frozenset()
        self._hidden = False
        self._closed = False

    def __repr__(self) -> str:
        word = "closed" if self._closed else "hidden" if self._hidden else "shown"
        return f"<Attention {word}, {len(self._ids)} jobs>"

    @property
    def job_ids(self) -> frozenset[str]:
        """The jobs that are looked at now: none while it is hidden."""
        return frozenset() if self._hidden or self._closed else self._ids

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._closed

    def look_at(self, job_ids: Collection[str]) -> None:
        """Say which jobs are on the screen now; empty for none."""
        self._set(frozenset(job_ids), hidden=self._hidden)

    def hide(self, hidden: bool = True) -> None:
        """Say that the view is out of sight, or (False) in sight again."""
        self._set(self._ids, hidden=hidden)

    def close(self) -> None:
        """Look at nothing any more."""
        if not self._closed:
            self._closed = True
            self._changed()

    def _set(self, ids: frozenset[str], *, hidden: bool) -> None:
        if self._closed or (ids == self._ids and hidden == self._hidden):
            return
        self._ids, self._hidden = ids, hidden
        self._changed()


class Attentions:
    """All attentions of a tracker. One that is dropped without being closed counts no more.

    Parameters
    ----------
    changed : callable
        Called, on the thread of who changed it, when what is looked at has changed.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: nobody looks there."""
        self._lock = threading.Lock()
        self._all: WeakSet[Attention] = WeakSet()

    def add(self) -> Attention:
        """Return a new one, which looks at nothing yet."""
        attention = Attention(self._changed)
        with self._lock:
            self._all.add(attention)
        self._changed()
        return attention

    def looked_at(self) -> frozenset[str] | None:
        """Return the jobs that somebody looks at; None where nobody attends at all."""
        with self._lock:
            alive = [one for one in self._all if not one.closed]
        return frozenset().union(*(one.job_ids for one in alive)) if alive else None
