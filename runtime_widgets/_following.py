"""Following: somebody's interest in a job or a session, and what the tracker notes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, TypeVar

from runtime_widgets._observed import Observed
from runtime_widgets.job_state import JobState

__all__ = ["Followed", "Following", "settled"]

S = TypeVar("S", bound=Observed)

_BILL_S = 600.0


class Following(Generic[S]):
    """Somebody's interest in something. While it is open its state is kept up to date.

    A context manager; closing it twice does no harm.

    Parameters
    ----------
    state : Observed
        What is kept up to date.
    lose : callable
        Called once, when the interest is lost.
    """

    def __init__(self, state: S, lose: Callable[[], None]) -> None:
        self._lose = lose
        self._open = True
        self.state = state

    def close(self) -> None:
        """Lose interest."""
        if self._open:
            self._open = False
            self._lose()

    def __enter__(self) -> S:
        """Return the state that is kept up to date."""
        return self.state

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lose interest."""
        self.close()


@dataclass
class Followed:
    """A job that somebody follows."""

    state: JobState
    since: float
    count: int = 0
    held: int = 0
    """By how many lists that are followed."""
    ended: float | None = None
    asked_metrics: bool = False
    denied: int = 0

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.state.job_id


def settled(followed: Followed, now: float) -> bool:
    """Whether nothing more is to be learnt of a job: it ended, and its bill is closed."""
    state = followed.state
    if state.gone:
        return True
    if not state.is_final:
        return False
    if followed.ended is None:
        followed.ended = now
    # A service that never closes a bill is not asked for ever.
    usage = state.record.usage if state.record is not None else None
    if usage is None or usage.complete or (usage.seconds is None and not usage.pending):
        return True
    return now - followed.ended > _BILL_S
