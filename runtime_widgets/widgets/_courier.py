"""Courier: takes changes to the pages, gathered, ten times a second at most.

One thread for all views. It sleeps while there is nothing to send. Messages leave from
here and not from the kernel's main thread, so a view is live while a cell is running.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Call", "Parcel", "post", "post_later"]

_log = logging.getLogger(__name__)

INTERVAL_S = 0.1


class Parcel(Protocol):
    """A view that may have something to send."""

    def deliver(self) -> None:
        """Send what has changed since the last time."""


class Call:
    """A call that is made in place of a delivery.

    Parameters
    ----------
    do : callable
        What to call.
    """

    def __init__(self, do: Callable[[], Any]) -> None:
        self._do = do

    def deliver(self) -> None:
        """Make it."""
        self._do()


class _Courier:
    def __init__(self) -> None:
        self._waiting: dict[int, Parcel] = {}
        self._later: list[tuple[float, int, Parcel]] = []
        self._number = itertools.count()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def post(self, parcel: Parcel) -> None:
        with self._wake:
            self._waiting[id(parcel)] = parcel
            self._start()

    def post_later(self, parcel: Parcel, delay_s: float) -> None:
        with self._wake:
            entry = (time.monotonic() + delay_s, next(self._number), parcel)
            heapq.heappush(self._later, entry)
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="runtime-widgets-courier", daemon=True
            )
            self._thread.start()
        self._wake.notify()

    def _due(self) -> None:
        """Move what has waited long enough to what is to be delivered."""
        while self._later and self._later[0][0] <= time.monotonic():
            _, _, parcel = heapq.heappop(self._later)
            self._waiting[id(parcel)] = parcel

    def _sleep_s(self) -> float | None:
        return max(self._later[0][0] - time.monotonic(), 0.0) if self._later else None

    def _run(self) -> None:
        while True:
            with self._wake:
                self._due()
                while not self._waiting:
                    self._wake.wait(self._sleep_s())
                    self._due()
                waiting, self._waiting = list(self._waiting.values()), {}
            for parcel in waiting:
                try:
                    parcel.deliver()
                except Exception:
                    _log.exception("A view could not be sent its changes; the others go on.")
            # What comes meanwhile is gathered into the next round.
            time.sleep(INTERVAL_S)


_courier = _Courier()


def post(parcel: Parcel) -> None:
    """Have `parcel.deliver()` called soon, on the courier's thread."""
    _courier.post(parcel)


def post_later(parcel: Parcel, delay_s: float) -> None:
    """Have `parcel.deliver()` called once, in `delay_s` seconds, on the courier's thread."""
    _courier.post_later(parcel, delay_s)
