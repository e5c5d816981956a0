"""How long to wait before the server is asked again. All in seconds; nothing here is random."""

from __future__ import annotations

__all__ = [
    "back_off_s",
    "bill_interval_s",
    "interval_s",
    "list_interval_s",
    "polite_s",
    "safety_s",
    "session_interval_s",
    "unseen_s",
]

SHORTEST_S = 1.0
SHORTEST_SESSION_S = 2.0
SHORTEST_LIST_S = 3.0
LONGEST_S = 30.0
LONGEST_RUNNING_S = 10.0
LONGEST_BACK_OFF_S = 60.0
LONGEST_SAFETY_S = 300.0
_UNSEEN = 5.0
_REQUEST_S = 0.2
_LONGEST_POLITE_S = 10.0


def interval_s(age_s: float, *, running: bool) -> float:
    """Return the time between two looks at a job that has been as it is for `age_s`.

    Counted from its last change, or from when somebody began to follow it if that is later.
    A second for two minutes of running and for what is young, growing to 10 s for what runs
    for long and to 30 s for old queues.
    """
    if running:
        return min(max(age_s / 120, SHORTEST_S), LONGEST_RUNNING_S)
    return min(max(age_s / 30, SHORTEST_S), LONGEST_S)


def bill_interval_s(age_s: float) -> float:
    """Return the time between two looks at a job that ended `age_s` ago, its bill still open."""
    return min(max(age_s / 4, SHORTEST_LIST_S), LONGEST_S)


def unseen_s(wait_s: float) -> float:
    """Return what becomes of an interval where views attend, and none of them shows the job."""
    return max(wait_s, min(wait_s * _UNSEEN, LONGEST_S))


def session_interval_s(age_s: float, *, active: bool = False) -> float:
    """Return the time between two looks at a session that has been followed for `age_s`.

    The usage of one that is active grows while nothing else of it changes: 10 s at most.
    """
    return max(SHORTEST_SESSION_S, interval_s(age_s, running=active))


def list_interval_s(age_s: float) -> float:
    """Return the time between two looks for new jobs, where nobody submitted one for `age_s`."""
    return max(SHORTEST_LIST_S, interval_s(age_s, running=False))


def safety_s(sure_s: float) -> float:
    """Return the time between two looks while the server tells of changes by itself.

    Half a minute, growing to five with the time for which there was no doubt that it does.
    """
    return min(max(sure_s, LONGEST_S), LONGEST_SAFETY_S)


def polite_s(requests: int) -> float:
    """Return the pause to leave after a look of so many requests: five a second, 10 s at most."""
    return min(requests * _REQUEST_S, _LONGEST_POLITE_S)


def back_off_s(failures: int) -> float:
    """Return the longest wait after so many failures in a row: doubling, a minute at most."""
    return min(2.0 ** min(failures, 10), LONGEST_BACK_OFF_S)
