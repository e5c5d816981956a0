"""Waiting for a job: patient with the network, not with what can never come."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from numbers import Real
from typing import Any

from runtime_widgets.errors import (
    IBMAuthError,
    IBMInputValueError,
    RuntimeInvalidStateError,
    RuntimeJobNotFound,
    RuntimeJobTimeoutError,
)
from runtime_widgets.job_state import JobState
from runtime_widgets.states import UNKNOWN, state_of
from runtime_widgets.tracker import Tracker

__all__ = [
    "SLICE_S",
    "UNKNOWN_PATIENCE_S",
    "ServerWatch",
    "Watch",
    "is_puzzling",
    "puzzled",
    "refuse_on",
    "seconds_asked",
    "seconds_text",
    "slice_s",
    "trouble_text",
    "wait_until_final",
]

_log = logging.getLogger(__name__)

SLICE_S = 0.5
UNKNOWN_PATIENCE_S = 60.0
_AUTH_PATIENCE_S = 5.0


def wait_until_final(tracker: Tracker, job_id: str, timeout: float | None) -> JobState:
    """Block until the server says that a job has ended.

    A server that cannot be reached is waited for, with a warning in the log; a refused
    token, a job that the server does not know, and a status word that nobody knows are not.

    Parameters
    ----------
    tracker : Tracker
        Who asks the server.
    job_id : str
        The job.
    timeout : float or None
        Longest wait in seconds; None waits as long as it takes.

    Raises
    ------
    RuntimeJobTimeoutError
        If `timeout` is over.
    RuntimeJobNotFound
        If the server does not know the job.
    RuntimeInvalidStateError
        If the job has been in a state that nobody knows for a minute, or the service was
        closed.
    LocalRuntimeError
        If the embedded runtime has ended and cannot be started again.
    IBMAuthError
        If the server refuses the token.
    IBMInputValueError
        If `timeout` is no time to wait.
    """
    timeout = seconds_asked(timeout)
    deadline = None if timeout is None else time.monotonic() + timeout
    with tracker.follow(job_id) as state, tracker.waiting(job_id):
        if not state.is_final:
            refuse_on(tracker)
            tracker.bring_back()
        watch = Watch(tracker, state)
        # In slices: so that Ctrl-C is heard, and what cannot end well is noticed.
        while not state.wait(slice_s(deadline)):
            if deadline is not None and time.monotonic() >= deadline:
                within, word = seconds_text(timeout or 0), state.word or "not known"
                msg = f"Job {job_id} did not end within {within}; its status is {word}."
                raise RuntimeJobTimeoutError(msg + trouble_text([tracker]))
            watch.check()
        if state.gone:
            msg = f"The service does not know job {job_id} (any more)."
            raise RuntimeJobNotFound(msg, status_code=404)
        return state


class ServerWatch:
    """Notices what makes waiting for any job of a server pointless, and says what delays it."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._refused_since: float | None = None
        self._warned = False

    def check(self) -> None:
        """Raise if nothing more will be heard of that server.

        Raises
        ------
        RuntimeInvalidStateError
            If the service was closed.
        IBMAuthError
            If the server has refused the token for some seconds.
        """
        if self._tracker.closed:
            msg = "The service was closed: its jobs are not watched any more."
            raise RuntimeInvalidStateError(msg)
        self._check_token(time.monotonic())
        self._warn()

    def _check_token(self, now: float) -> None:
        error = self._tracker.last_error
        if not isinstance(error, IBMAuthError):
            self._refused_since = None
            return
        self._refused_since = self._refused_since or now
        if now - self._refused_since > _AUTH_PATIENCE_S:
            raise error

    def _warn(self) -> None:
        trouble = trouble_text([self._tracker])
        if trouble and not self._warned:
            _log.warning("%s Still waiting.", trouble.strip())
        self._warned = bool(trouble)


class Watch:
    """Notices what makes further waiting for a job pointless."""

    def __init__(self, tracker: Tracker, state: JobState) -> None:
        self._server = ServerWatch(tracker)
        self._state = state
        self._unknown_since: float | None = None

    def check(self) -> None:
        """Raise if what is waited for can never come; see :func:`wait_until_final`."""
        self._server.check()
        now = time.monotonic()
        if not is_puzzling(self._state):
            self._unknown_since = None
            return
        self._unknown_since = self._unknown_since or now
        if now - self._unknown_since > UNKNOWN_PATIENCE_S:
            raise puzzled(self._state)


def is_puzzling(state: JobState) -> bool:
    """Whether a job is in a state that nobody knows."""
    return bool(state.word) and state_of(state.word) is UNKNOWN


def puzzled(state: JobState) -> RuntimeInvalidStateError:
    """Return what ends the wait for a job in a state that nobody knows."""
    msg = (
        f"The service says {state.word!r} of job {state.job_id}, which this version "
        "does not know. Call again to go on waiting."
    )
    return RuntimeInvalidStateError(msg)


def refuse_on(tracker: Tracker) -> None:
    """Refuse to wait on the tracker's own thread.

    Raises
    ------
    RuntimeInvalidStateError
        If this is that thread: a handler of a job.
    """
    if tracker.is_own_thread():
        msg = (
            "A handler of one job cannot wait for another: it runs on the thread that "
            "would end the wait. Wait on a thread of your own."
        )
        raise RuntimeInvalidStateError(msg)


def seconds_asked(timeout: Any) -> float | None:
    """Return the longest wait in seconds that a caller asks for; None for as long as it takes.

    Raises
    ------
    IBMInputValueError
        If it is no number, or below zero: nobody can mean to wait for less than nothing.
    """
    if timeout is None:
        return None
    # What is not a number is not above zero either.
    if isinstance(timeout, bool) or not isinstance(timeout, Real) or not float(timeout) >= 0:
        msg = (
            f"timeout is a number of seconds, 0 or more, not {timeout!r}; "
            "None waits as long as it takes."
        )
        raise IBMInputValueError(msg)
    return float(timeout)


def trouble_text(trackers: Iterable[Tracker]) -> str:
    """Say why services are not heard, a blank before each sentence; nothing where they are."""
    found: dict[str, None] = {}
    for tracker in trackers:
        health = tracker.health
        if health.stale_since is not None:
            since = health.stale_since.astimezone().strftime("%H:%M:%S")
            solution = getattr(tracker.last_error, "solution", None)
            what = f"{health.trouble} {solution or ''}".rstrip()
            found[f" No good answer since {since}: {what}"] = None
    return "".join(found)


def seconds_text(seconds: float) -> str:
    """Return a number of seconds as somebody has typed it: all of its digits, and no exponent."""
    return f"{seconds:.15g} s"


def slice_s(deadline: float | None) -> float:
    """Return how long to block at a stretch, in seconds: so that Ctrl-C is heard."""
    if deadline is None:
        return SLICE_S
    return max(min(SLICE_S, deadline - time.monotonic()), 0.0)
