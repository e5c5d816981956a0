"""One thing done for many jobs: a few at once, in their order, at the pace of their services."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from runtime_widgets.errors import (
    IBMApiError,
    IBMAuthError,
    IBMError,
    IBMNetworkError,
    IBMRateLimitError,
    IBMServerError,
)
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import Outcome
from runtime_widgets.widgets._actions import Action
from runtime_widgets.widgets._asked import NOT_SHOWN, said
from runtime_widgets.widgets._gate import Gate, gate_of

__all__ = ["AT_ONCE", "Bulk", "in_turn"]

AT_ONCE = 4
"""So many requests are under way at most."""

PATIENCE_S = 120.0
"""A service that has answered nothing rightly for so long is not asked for the rest."""

_TRIES = 3
"""So often a request of which the answer was lost, or that met a fault, is made in all."""

Named = tuple[str, RuntimeJob | None]
Told = Callable[[int, list[Outcome], str | None], Any]


def in_turn(jobs: Iterable[Named]) -> list[Named]:
    """Return jobs in the order to cancel them: those that run come last.

    When a running job is cancelled its device is free, and the next in its queue begins: it
    must have been cancelled by then, for what has begun to run is billed.
    """
    return sorted(jobs, key=lambda named: _runs(named[1]))


def _runs(job: RuntimeJob | None) -> bool:
    record = None if job is None else job.state.record
    return record is not None and record.state.key == "running"


class Bulk:
    """An action for many jobs. An outcome for each, in their order; none stops the others.

    Parameters
    ----------
    jobs : sequence of (str, RuntimeJob or None)
        Ids and jobs; None for one that may not be reached.
    action : callable
        What is done with each.
    stopped : threading.Event, optional
        Set by whoever wants no more of it: what is under way ends, and nothing more is asked.
    """

    def __init__(
        self, jobs: Sequence[Named], action: Action, stopped: threading.Event | None = None
    ) -> None:
        self._jobs = jobs
        self._action = action
        self._stopped = stopped or threading.Event()
        self._outcomes: list[Outcome | None] = [None] * len(jobs)
        self._next = 0
        self._told = 0
        self._change = threading.Condition()
        self._left = len(jobs)
        self._given_up: dict[Gate, Exception] = {}
        self._troubled: dict[Gate, float] = {}
        trackers = {job.tracker for _, job in jobs if job is not None}
        self._gates: dict[Any, Gate] = {tracker: gate_of(tracker) for tracker in trackers}

    def run(self, tell: Told, every_s: float = 0.1) -> list[Outcome]:
        """Do it; return the outcomes that `tell` has not been told.

        Parameters
        ----------
        tell : callable
            Called on this thread, ten times a second at most, with how many are done, the
            outcomes since the last call, and what is waited for.
        every_s : float
            The shortest time between two calls, in seconds.
        """
        for job in {job.service: job for _, job in self._jobs if job and job.service}.values():
            with suppress(IBMError):  # each request will say it better
                job.service.client.locate()
        hands = [
            threading.Thread(target=self._work, name="runtime-widgets-bulk", daemon=True)
            for _ in range(min(AT_ONCE, len(self._jobs)))
        ]
        for hand in hands:
            hand.start()
        try:
            self._watch(tell, every_s)
        finally:
            self._stopped.set()
            for tracker in self._gates:
                tracker.look_now()
        return self._fresh()

    def _watch(self, tell: Told, every_s: float) -> None:
        note: str | None = None
        while True:
            with self._change:
                ended = self._change.wait_for(self._all_done, timeout=every_s)
            if ended:
                return
            waits = self._note()
            if self._is_news() or waits != note:
                note = waits
                fresh = self._fresh()
                tell(self._told, fresh, note)

    def _all_done(self) -> bool:
        return self._left == 0

    def _ready(self) -> int:
        """Return up to where there are outcomes."""
        at = self._told
        while at < len(self._outcomes) and self._outcomes[at] is not None:
            at += 1
        return at

    def _is_news(self) -> bool:
        return self._ready() > self._told

    def _fresh(self) -> list[Outcome]:
        """Return the outcomes that were not told yet."""
        ready = self._ready()
        found = [o for o in self._outcomes[self._told : ready] if o is not None]
        self._told = ready
        return found

    def _note(self) -> str | None:
        return next((gate.note for gate in self._gates.values() if gate.note), None)

    # on the hands' threads

    def _work(self) -> None:
        while True:
            with self._change:
                at, self._next = self._next, self._next + 1
            if at >= len(self._jobs):
                return
            outcome = self._one(*self._jobs[at])
            with self._change:
                self._outcomes[at] = outcome
                self._left -= 1
                if self._all_done():
                    self._change.notify()

    def _one(self, job_id: str, job: RuntimeJob | None) -> Outcome:
        if job is None:
            return Outcome(job_id, ok=False, message=NOT_SHOWN)
        gate = self._gates[job.tracker]
        tries, trouble = 0, None
        while True:
            gate.wait(self._stopped.is_set)
            if self._stopped.is_set():
                return said(job_id, trouble) if trouble else _not_asked(job_id)
            if gate in self._given_up:
                return said(job_id, self._given_up[gate])
            try:
                done = self._action(job)
            except Exception as exc:
                tries, trouble = tries + 1, exc
                if not self._again(gate, exc, tries):
                    return said(job_id, exc)
            else:
                self._well(gate)
                return Outcome(job_id, ok=True, message=done.message, already=done.already)

    def _well(self, gate: Gate) -> None:
        gate.well()
        self._troubled.pop(gate, None)

    def _again(self, gate: Gate, exc: Exception, tries: int) -> bool:
        """Take in what went wrong; say whether the same is asked again."""
        if isinstance(exc, IBMAuthError) and exc.status_code == 401:
            # What is said of the token is said of all of them.
            self._given_up[gate] = exc
            return False
        if not isinstance(exc, (IBMRateLimitError, IBMNetworkError, IBMServerError)):
            if isinstance(exc, IBMApiError):
                self._well(gate)  # a refusal is an answer
            return False
        gate.ill(exc)
        now = gate.clock.monotonic()
        if now - self._troubled.setdefault(gate, now) > PATIENCE_S:
            self._given_up[gate] = exc
            return False
        return isinstance(exc, IBMRateLimitError) or tries < _TRIES


def _not_asked(job_id: str) -> Outcome:
    return Outcome(job_id, ok=False, message="Not asked: it was stopped before.", asked=False)
