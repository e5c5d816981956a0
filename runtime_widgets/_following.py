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

NOT_YET = float("inf")
BILL_S = 600.0
"""A service that never closes a bill is not asked for longer than this."""


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


@dataclass(slots=True)
class Followed:
    """A job that somebody follows. Times are by the tracker's clock.

    Attributes
    ----------
    state : JobState
        What is known of it.
    since : float
        When somebody began to follow it, or when its status changed last.
    due : float
        When it is to be asked for next.
    early : float
        From when on it is asked for with others, if they are due.
    count, held, waits : int
        How many follow it, how many lists that are followed hold it, how many wait for it.
    word : str
        Its status when it was last looked at.
    ended : float or None
        When its end was seen.
    failures : int
        How often in a row it could not be read.
    denied : int
        How often in a row the service said that it does not know it.
    alone : bool
        Whether it was asked for by its id, which tells more than some lists do.
    metrics_due : float
        When its metrics are to be asked for next.
    metrics_asked : int
        How often they were asked for since its status changed.
    """

    state: JobState
    since: float
    due: float = NOT_YET
    early: float = NOT_YET
    count: int = 0
    held: int = 0
    waits: int = 0
    word: str = ""
    ended: float | None = None
    failures: int = 0
    denied: int = 0
    alone: bool = False
    metrics_due: float = 0.0
    metrics_asked: int = 0

    @property
    def key(self) -> str:
        """What tells it from others."""
        return self.state.job_id

    def note_word(self, now: float) -> None:
        """Take note of its status: with a new one its age begins again."""
        word = self.state.word
        if word == self.word:
            return
        if self.word:
            self.since = now
        self.word = word
        self.metrics_due = 0.0
        self.metrics_asked = 0


def settled(followed: Followed, now: float) -> bool:
    """Whether nothing more is to be learnt of a job: it ended, and its bill is closed."""
    state = followed.state
    if state.gone:
        return True
    if not state.is_final:
        return False
    if followed.ended is None:
        followed.ended = now
    usage = state.record.usage if state.record is not None else None
    if usage is None or usage.complete or (usage.seconds is None and not usage.pending):
        return True
    return now - followed.ended > BILL_S
