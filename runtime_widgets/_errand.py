"""Errand: what is asked for once a minute at most, on the tracker's thread, while somebody looks.

For what surrounds the jobs, and is no reason to lose sight of them: a failure here is told where
the figure is shown, and never as the tracker's own.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator

from runtime_widgets.errors import IBMApiError, IBMError

__all__ = ["LOOK_S", "Errand", "words_of"]

LOOK_S = 60.0
"""Seconds between two looks, at least."""
RARELY_S = 600.0
"""The longest pause, where a service refuses, or fails again and again."""
SOON_S = 5.0
"""A job that has just ended is billed a little later."""
LEAST_S = 15.0
"""Jobs that end one after the other are no reason to ask more often than this."""
NEAR_LOOK_S, NEAR_SOON_S, NEAR_LEAST_S = 10.0, 0.5, 2.0
"""The same of a server on this machine, which costs nobody anything, and bills at once."""
_REFUSALS = (403, 404, 405, 501)


class Errand:
    """When to ask. Who asks is the tracker, on its thread: :meth:`run`.

    Parameters
    ----------
    ask : callable
        Asks, and yields before each request; it may raise an IBMError.
    failed : callable
        Called with that error.
    clock : callable
        Returns seconds that never go back.
    near : bool
        Whether the server is one of this machine.
    """

    def __init__(
        self,
        ask: Callable[[], Iterator[None]],
        failed: Callable[[IBMError], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        near: bool = False,
    ) -> None:
        self._ask = ask
        self._failed = failed
        self._clock = clock
        self.near = near
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: there nobody wants anything yet."""
        self._lock = threading.Lock()
        self._count = 0
        self._failures = 0
        self._due = float("-inf")
        self._least = float("-inf")

    # from any thread

    @property
    def wanted(self) -> bool:
        """Whether somebody looks."""
        return self._count > 0

    @property
    def due(self) -> float:
        """When to ask next, by the clock; never while nobody looks."""
        return self._due if self._count > 0 else float("inf")

    def join(self) -> None:
        """Note that somebody looks. What was asked for within the last minute is new enough."""
        with self._lock:
            self._count += 1

    def leave(self) -> None:
        """Undo one :meth:`join`."""
        with self._lock:
            self._count -= 1

    def hurry(self, delay_s: float | None = None) -> None:
        """Ask once more, a little later: something has happened. Trouble is not cut short."""
        if delay_s is None:
            delay_s = NEAR_SOON_S if self.near else SOON_S
        with self._lock:
            if not self._failures:
                self._due = min(self._due, max(self._clock() + delay_s, self._least))

    # on the tracker's thread

    def run(self) -> Iterator[None]:
        """Ask, if it is time; yields before each request, which may have to wait."""
        if self.due > self._clock():
            return
        try:
            yield from self._ask()
        except IBMError as exc:
            self._failures += 1
            self._plan(self._pause_after(exc))
            self._failed(exc)
        else:
            self._failures = 0
            self._plan(NEAR_LOOK_S if self.near else LOOK_S)

    def _pause_after(self, error: IBMError) -> float:
        if getattr(error, "status_code", None) in _REFUSALS:
            return RARELY_S
        asked_s = getattr(error, "retry_after_s", None) or 0.0
        return float(min(max(LOOK_S * 2 ** min(self._failures - 1, 10), asked_s), RARELY_S))

    def _plan(self, pause_s: float) -> None:
        with self._lock:
            now = self._clock()
            self._least = now + (NEAR_LEAST_S if self.near else LEAST_S)
            # Later by up to a tenth, so that many notebooks do not ask in step.
            self._due = now + pause_s * random.uniform(1.0, 1.1)  # noqa: S311 (no secret)


def words_of(error: IBMError, what: str) -> str:
    """Say in a sentence why `what`, such as "its usage", could not be had."""
    status = error.status_code if isinstance(error, IBMApiError) else None
    if status == 403:
        return f"This account may not read {what}."
    if status in _REFUSALS:
        return f"This service does not tell {what}."
    first, rest = what[:1].upper(), what[1:]
    return f"{first}{rest} could not be read: {error.message}"
