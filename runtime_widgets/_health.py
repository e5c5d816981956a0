"""How well the server is heard, and who wants to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from runtime_widgets._listeners import Listeners
from runtime_widgets.errors import (
    IBMAnswerError,
    IBMApiError,
    IBMAuthError,
    IBMNetworkError,
    IBMRateLimitError,
)

__all__ = ["HealthBoard", "TrackerHealth", "concerns_all", "kind_of"]


@dataclass(frozen=True)
class TrackerHealth:
    """How well the server is heard. Times are UTC.

    `stale_since` is when the server was last heard before the trouble began; `trouble` says
    what is wrong; `next_look` is when the next attempt is made. `push`: the server sends
    changes by itself. `requests_per_look`: what the last look cost. `kind` sorts the trouble:
    "" (none), "network" (no answer), "rate" (asked too often), "auth" (the token is refused),
    "server" (its own fault), "answer" (an answer that is not what the protocol says, or to
    some of the questions only), "closed" (the service object was closed).
    """

    stale_since: datetime | None = None
    trouble: str | None = None
    next_look: datetime | None = None
    push: bool = False
    requests_per_look: int = 0
    kind: str = ""


class HealthBoard:
    """The health as it is now; written on the tracker's thread, read on any."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: nothing was heard there, and nobody listens."""
        self.health = TrackerHealth()
        self._listeners: Listeners[TrackerHealth] = Listeners("health")

    def listen(self, listener: Callable[[TrackerHealth], None]) -> Callable[[], None]:
        """Call `listener`, on the writer's thread, with each change; return the undo."""
        return self._listeners.add(listener)

    def change(self, **changed: Any) -> None:
        """Tell of a health that differs from the present one in these members."""
        self.say(replace(self.health, **changed))

    def say(self, health: TrackerHealth) -> None:
        """Tell the listeners, if it is news; one that raises stops nothing."""
        if health == self.health:
            return
        self.health = health
        self._listeners.tell(health)


def kind_of(error: IBMApiError) -> str:
    """Return the kind of trouble that an error is; see :class:`TrackerHealth`."""
    kinds = {
        IBMAuthError: "auth",
        IBMRateLimitError: "rate",
        IBMNetworkError: "network",
        IBMAnswerError: "answer",
    }
    for kind, word in kinds.items():
        if isinstance(error, kind):
            return word
    return "server" if (error.status_code or 0) >= 500 else "answer"


def concerns_all(error: IBMApiError) -> bool:
    """Whether an error says something of the whole service, and not of one thing asked for."""
    if isinstance(error, IBMAuthError):
        return error.status_code == 401
    return isinstance(error, (IBMNetworkError, IBMRateLimitError))
