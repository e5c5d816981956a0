"""How long to wait before the server is asked again."""

from __future__ import annotations

import random

__all__ = ["UNSEEN", "back_off_s", "interval_s", "polite_s", "session_interval_s"]

SHORTEST_S = 1.0
SHORTEST_SESSION_S = 2.0
LONGEST_S = 30.0
UNSEEN = 5.0
"""So much slower is what nobody looks at, where views say what they look at."""
LONGEST_BACK_OFF_S = 60.0
_REQUEST_S = 0.2
_LONGEST_POLITE_S = 10.0


def interval_s(age_s: float, *, running: bool) -> float:
    """Seconds to the next look at a job that has been followed for `age_s` seconds.

    A second for what is running or young, growing to 30 for old queues; ten per cent of
    jitter, so that many notebooks do not ask in step.
    """
    wait_s = SHORTEST_S if running and age_s < 600 else age_s / 30
    bounded = min(max(wait_s, SHORTEST_S), LONGEST_S)
    return bounded * random.uniform(0.9, 1.1)  # noqa: S311 (no secret)


def session_interval_s(age_s: float) -> float:
    """Seconds to the next look at a session that has been followed for `age_s` seconds."""
    return max(SHORTEST_SESSION_S, interval_s(age_s, running=False))


def polite_s(requests: int) -> float:
    """Seconds to leave after a look of so many requests: five a second, ten seconds at most.

    Thousands of jobs are many pages, and no service likes to be read without a pause.
    """
    return min(requests * _REQUEST_S, _LONGEST_POLITE_S)


def back_off_s(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, jittered, a minute at most."""
    longest = min(2.0 ** min(failures, 10), LONGEST_BACK_OFF_S)
    return random.uniform(longest / 2, longest)  # noqa: S311 (no secret)
