"""Courier: takes changes to the pages, gathered, ten times a second at most.

One thread for all views. It sleeps while there is nothing to send. Messages leave from
here and not from the kernel's main thread, so a view is live while a cell is running.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

__all__ = ["Parcel", "post"]

_log = logging.getLogger(__name__)

INTERVAL_S = 0.1


class Parcel(Protocol):
    """A view that may have something to send."""

    def deliver(self) -> None:
        """Send what has changed since the last time."""


class _Courier:
    def __init__(self) -> None:
        self._waiting: dict[int, Parcel] = {}
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None

    def post(self, parcel: Parcel) -> None:
        with self._wake:
            self._waiting[id(parcel)] = parcel
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="runtime-widgets-courier", daemon=True
                )
                self._thread.start()
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    self._wake.wait()
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
