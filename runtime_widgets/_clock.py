"""Time, as the transport sees it: the one seam through which a test moves it."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["CLOCK", "Clock"]


def _awake_or_not() -> float:
    # On a Mac CLOCK_MONOTONIC goes on, and Python's monotonic() stands still; on Linux neither
    # does; on Windows monotonic() goes on.
    name = "CLOCK_MONOTONIC" if sys.platform == "darwin" else "CLOCK_BOOTTIME"
    number = getattr(time, name, None)
    return time.monotonic() if number is None else time.clock_gettime(number)


@dataclass(frozen=True)
class Clock:
    """What tells the time, and what lets it pass.

    Attributes
    ----------
    monotonic : callable
        Seconds that never go back; they stand still while a laptop sleeps.
    wall : callable
        Seconds since the epoch; they go on while it sleeps, and jump when somebody sets them.
    sleep : callable
        Waits so many seconds.
    between : callable
        A number between two others, by chance.
    awake_or_not : callable
        Seconds that never go back, and go on while a laptop sleeps; where no clock of the
        system does so, the same as `monotonic`.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    between: Callable[[float, float], float] = random.uniform
    awake_or_not: Callable[[], float] = _awake_or_not


CLOCK = Clock()
"""The true one."""
