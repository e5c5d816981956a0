"""Listeners: who wants to hear of something. One that raises stops nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

__all__ = ["Listeners"]

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Listeners(Generic[T]):
    """Functions that are called with each piece of news, on the thread that has it.

    Parameters
    ----------
    name : str
        What they listen for, for the log.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._listeners: list[Callable[[T], Any]] = []

    def renew(self) -> None:
        """Start over in a forked process: another thread of the parent may have held the lock."""
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._listeners)

    def add(self, listener: Callable[[T], Any]) -> Callable[[], None]:
        """Call `listener` with what is told from now on; return the undo."""
        with self._lock:
            self._listeners.append(listener)

        def undo() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return undo

    def tell(self, news: T) -> None:
        """Call all of them."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(news)
            except Exception:
                _log.exception("A %s listener raised; the tracker goes on.", self._name)
