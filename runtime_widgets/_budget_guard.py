"""Guard: cancels what a meter has queued, until the service has answered for each job."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from runtime_widgets._budget_cancel import Pass, cancel_queued, summary
from runtime_widgets._budget_meters import Meter
from runtime_widgets._pace import back_off_s
from runtime_widgets.messages import Outcome

__all__ = ["Guard"]

_log = logging.getLogger(__name__)

_CLOSED = "A service was closed: nothing can be cancelled there any more."


class Guard:
    """Goes over the queue as often as it takes: no outage is long enough to end it.

    Each job is asked to be cancelled until the service has said yes or no, and then never again.

    Parameters
    ----------
    meter : Meter
        Whose jobs.
    wanted : callable
        Says whether the queue is still to be cancelled.
    tell : callable
        Called when the note or the outcomes are others, on the thread that runs this.
    """

    def __init__(
        self, meter: Meter, *, wanted: Callable[[], bool], tell: Callable[[], None]
    ) -> None:
        self._meter = meter
        self._wanted = wanted
        self._tell = tell
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._outcomes: dict[str, Outcome] = {}
        self._unanswered: set[str] = set()
        self._acting = False
        self._again = False
        self._said = ""
        self.note = ""
        """A sentence on what it has done or does; nothing where it has not begun."""

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each job that was to be cancelled, as far as it is known."""
        with self._lock:
            return list(self._outcomes.values())

    def close(self) -> None:
        """Begin nothing any more, and wait for nothing."""
        self._closed.set()

    def run(self) -> None:
        """Cancel what is queued. Blocks; where another thread is at it, that goes over it again."""
        with self._lock:
            self._again = True
            if self._acting:
                return
            self._acting = True
        failures = 0
        try:
            while self._goes_on():
                found = self._pass()
                failures = 0 if found.done else failures + 1
                self._tell()
                if failures:
                    self._closed.wait(max(back_off_s(failures), found.pause_s))
                    with self._lock:
                        self._again = True
        except BaseException:
            # Only here: who has ended in peace has handed over already, perhaps to the next.
            with self._lock:
                self._acting = False
            raise

    def _goes_on(self) -> bool:
        """Whether there is something to do still, for the one thread that does it."""
        with self._lock:
            wanted = self._wanted() and not self._closed.is_set()
            self._acting, self._again = self._again and wanted, False
            if self._acting:
                self.note = self.note or "Cancelling queued jobs…"
            elif not wanted:
                # It tries nothing again: nothing may say so.
                self.note = summary(self._outcomes.values()) if self._outcomes else ""
            return self._acting

    def _pass(self) -> Pass:
        with self._lock:
            later = set(self._unanswered)
            done = self._outcomes.keys() - later
        # Where all have ended there is nothing to be asked, and perhaps nobody to answer.
        over = self._meter.settled()
        found = Pass() if over else cancel_queued(self._meter, done, later, self._heard)
        with self._lock:
            self._outcomes.update((one.job_id, one) for one in found.outcomes)
            self._unanswered = set(found.unanswered)
            if found.unread is not None or found.closed:
                self._unanswered |= later - {one.job_id for one in found.outcomes}
            else:
                self._outcomes.update((i, _left(i)) for i in later - found.queued)
            trouble = _trouble(found)
            known = summary(self._outcomes.values()) if self._outcomes or not trouble else ""
            self.note = f"{known} {trouble}".strip()
        self._log(found, trouble)
        return found

    def _heard(self, outcome: Outcome) -> None:
        """Keep an answer at once: whatever happens next, that job is not asked again."""
        with self._lock:
            self._outcomes[outcome.job_id] = outcome
            self._unanswered.discard(outcome.job_id)

    def _log(self, found: Pass, trouble: str) -> None:
        """Say what was done; the same trouble only once, however long it lasts."""
        said = f"{summary(found.outcomes) if found.outcomes else ''} {trouble}".strip()
        if said and (not trouble or said != self._said):
            used_s = self._meter.used_s
            _log.warning("A budget of %s is spent (%.3g s): %s", self._meter.covers, used_s, said)
        self._said = said


def _left(job_id: str) -> Outcome:
    """Say of a job that no answer came for, and that is not in the queue any more."""
    return Outcome(job_id, ok=True, message="It is not queued any more.", already=True)


def _trouble(found: Pass) -> str:
    return f"{_CLOSED if found.closed else ''} {_silence(found)}".strip()


def _silence(found: Pass) -> str:
    if found.unread is not None:
        what = "What is queued could not be read, so nothing was cancelled there:"
        return f"{what} {found.unread} It tries again."
    return "" if found.done else "The service did not answer for all of it; it tries again."
