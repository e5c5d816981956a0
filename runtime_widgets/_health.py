"""How well the server is heard, and who wants to know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

__all__ = ["HealthBoard", "TrackerHealth"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrackerHealth:
    """How well the server is heard. Times are UTC.

    `stale_since` is when the server was last heard before the trouble began; `trouble` says
    what is wrong; `next_look` is when the next attempt is made. `push`: the server sends
    changes by itself. `requests_per_look`: what the last look cost.
    """

    stale_since: datetime | None = None
    trouble: str | None = None
    next_look: datetime | None = None
    push: bool = False
    requests_per_look: int = 0


class HealthBoard:
    """The health as it is now; written on the tracker's thread, read on any."""

    def __init__(self) -> None:
        self.health = TrackerHealth()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[TrackerHealth], None]] = []

    def listen(self, listener: Callable[[TrackerHealth], None]) -> Callable[[], None]:
        """Call `listener`, on the writer's thread, with each change; return the undo."""
        with self._lock:
            self._listeners.append(listener)

        def undo() -> None:
            with self._lock, suppress(ValueError):
                self._listeners.remove(listener)

        return undo

    def change(self, **changed: Any) -> None:
        """Tell of a health that differs from the present one in these members."""
        self.say(replace(self.health, **changed))

    def say(self, health: TrackerHealth) -> None:
        """Tell the listeners, if it is news; one that raises stops nothing."""
        if health == self.health:
            return
        self.health = health
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(health)
            except Exception:
                _log.exception("A health listener raised; the tracker goes on.")
