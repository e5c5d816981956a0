"""Gate: whether a service may be asked now. What one request learns of it holds for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

from runtime_widgets._clock import CLOCK, Clock
from runtime_widgets._pace import back_off_s
from runtime_widgets.errors import IBMApiError, IBMRateLimitError
from runtime_widgets.tracker import Tracker

__all__ = ["Gate", "gate_of"]

_LONGEST_S = 600.0
_SLICE_S = 0.5


class Gate:
    """Paces the requests of bulk actions to one service. Used from several threads.

    Parameters
    ----------
    clock : Clock
        What tells the time.
    """

    def __init__(self, clock: Clock = CLOCK) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._opens = float("-inf")
        self._failures = 0
        self.note: str | None = None
        """What is waited for, in a sentence; None while nothing is."""

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Block until the service may be asked, or `stopped` says so."""
        while not stopped():
            left_s = self._opens - self.clock.monotonic()
            if left_s <= 0:
                return
            self.clock.sleep(min(left_s, _SLICE_S))

    def well(self) -> None:
        """The service answered. While it is left alone that is no news of how it is now.

        Such an answer is to a request that left before the trouble was met.
        """
        with self._lock:
            if self.clock.monotonic() < self._opens:
                return
            self._failures, self.note = 0, None

    def ill(self, error: IBMApiError) -> None:
        """The service did not answer rightly: nobody asks it for a while."""
        now = self.clock.monotonic()
        with self._lock:
            if now < self._opens:
                return  # another request has met the same trouble
            self._failures += 1
            asked_s = error.retry_after_s if isinstance(error, IBMRateLimitError) else None
            wait_s = min(asked_s or back_off_s(self._failures), _LONGEST_S)
            self._opens = now + wait_s
            limited = isinstance(error, IBMRateLimitError)
            why = "the service limits requests" if limited else error.message.rstrip(".")
            self.note = f"Waits {max(wait_s, 1):.0f} s: {why}."


_gates: WeakKeyDictionary[Tracker, Gate] = WeakKeyDictionary()
_gates_lock = threading.Lock()


def gate_of(tracker: Tracker) -> Gate:
    """Return the one gate of a service."""
    with _gates_lock:
        return _gates.setdefault(tracker, Gate(tracker.client.clock))
