"""Time, as the transport sees it: the one seam through which a test moves it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["CLOCK", "Clock"]


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
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    between: Callable[[float, float], float] = random.uniform


CLOCK = Clock()
"""The true one."""
