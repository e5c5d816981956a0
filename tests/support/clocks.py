"""A clock that a test moves: nothing sleeps, and every pause is written down."""

from __future__ import annotations

import time

from runtime_widgets._clock import Clock


class HandClock:
    """Both clocks of the transport, moved by hand and by each pause."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall = time.time()
        self.pauses: list[float] = []
        self.slept = 0.0
        self.clock = Clock(
            lambda: self.now,
            lambda: self.wall,
            self.sleep,
            lambda _low, high: high,
            lambda: self.now + self.slept,
        )

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.pass_(seconds)

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds
        self.wall += seconds

    def suspend(self, seconds: float) -> None:
        """Let a laptop sleep: the monotonic clock stands still."""
        self.wall += seconds
        self.slept += seconds
