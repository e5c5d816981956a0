"""What the parts of the core share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from runtime_widgets.server.settings import Settings
from runtime_widgets.server.store import Store

__all__ = ["Announcer", "Context"]


class Announcer(Protocol):
    """Where changes of jobs and sessions are announced."""

    def publish(
        self, changed: Iterable[str], moved: Iterable[str] = (), sessions: Iterable[str] = ()
    ) -> None:
        """Announce that jobs changed or only moved in their queues, or sessions; never blocks."""


@dataclass
class Context:
    """The shared parts.

    Attributes
    ----------
    clock
        Returns epoch seconds; injected, so that tests own the time.
    lock
        Held during every change of state: one writer at a time.
    """

    settings: Settings
    store: Store
    hub: Announcer
    clock: Callable[[], float]
    lock: threading.RLock = field(default_factory=threading.RLock)
