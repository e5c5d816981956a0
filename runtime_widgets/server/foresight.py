"""When a device will be free, and when waiting jobs will start: by what was measured."""

from __future__ import annotations

from collections.abc import Callable

from runtime_widgets.server.speeds import Speeds
from runtime_widgets.server.store import Row
from runtime_widgets.server.turns import Turn, work_of

__all__ = ["Foresight"]

# A job that is later than that makes those behind it wait nobody knows how long.
LATE_SECONDS = 10.0


class Foresight:
    """What is expected of jobs, from the measured speeds of the devices."""

    def __init__(self, speeds: Speeds, clock: Callable[[], float]) -> None:
        self._speeds = speeds
        self._clock = clock

    def expected_end(self, turn: Turn) -> float | None:
        """Return when a running job is expected to end, at its maximum execution time at last.

        None where nothing was measured that is like it, and once the time has come: a job that
        is late will end nobody knows when.
        """
        end = self._end(turn)
        return None if end is None or end < self._clock() else end

    def free_at(self, turn: Turn | None) -> float | None:
        """Return when a device is expected to be free: at once, if its job is a little late."""
        now = self._clock()
        if turn is None:
            return now
        end = self._end(turn)
        return None if end is None or now > end + LATE_SECONDS else max(now, end)

    def seconds_of(self, row: Row | None) -> float | None:
        """Return how long a waiting job is expected to hold its device, in seconds."""
        if row is None:
            return None
        seconds = self._speeds.occupied(row["backend"], row["program_id"], work_of(row))
        return None if seconds is None else min(seconds, row["cost"])

    def _end(self, turn: Turn) -> float | None:
        seconds = self._speeds.occupied(turn.device, turn.program, turn.work)
        return None if seconds is None else min(turn.running + seconds, turn.deadline)
