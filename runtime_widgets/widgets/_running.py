"""Running: the requests for many jobs that are under way, so that a page can stop its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from runtime_widgets.widgets._asked import Asked, Refused

__all__ = ["Running"]

MOST_EARLY = 100
"""So many words to stop what has not begun are kept at most; the latest are."""

Key = tuple[int, int]


class Running:
    """Who is to stop what. From any thread.

    A word to stop may overtake the request that it is about: they go by different threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[Key, threading.Event] = {}
        self._early: dict[Key, None] = {}

    @contextmanager
    def under_way(self, asked: Asked) -> Iterator[threading.Event]:
        """Give what is set when the request is to stop."""
        key, event = _key(asked, asked.number), threading.Event()
        with self._lock:
            self._events[key] = event
            if key in self._early:
                del self._early[key]
                event.set()
        try:
            yield event
        finally:
            with self._lock:
                self._events.pop(key, None)

    def stop(self, asked: Asked) -> None:
        """Stop the request that ``of`` names.

        Raises
        ------
        Refused
            If it names none.
        """
        of = asked.integer("of")
        if of is None:
            msg = "The message names no request."
            raise Refused(msg)
        key = _key(asked, of)
        with self._lock:
            if key in self._events:
                self._events[key].set()
                return
            self._early[key] = None
            while len(self._early) > MOST_EARLY:
                del self._early[next(iter(self._early))]


def _key(asked: Asked, number: int) -> Key:
    """Return its name: a page reaches the requests of its own view, and no others."""
    return id(asked.view), number
