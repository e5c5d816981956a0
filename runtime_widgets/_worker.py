"""Worker: the tracker's one thread. It runs tasks, and a look, request by request, when one is due.

A look is a generator that stops before each request: so that what a user does meanwhile is taken
in between two requests, however long the look takes, and no request is made for which there is no
allowance.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from runtime_widgets._allowance import Allowance
from runtime_widgets._clock import Clock

__all__ = ["NEVER", "Look", "Worker"]

_log = logging.getLogger(__name__)

NEVER = float("inf")
IDLE_S = 30.0
"""The thread ends after so long with nothing to do."""
STRETCH_S = 5.0
"""The longest wait at a stretch: how soon after a laptop's sleep that is noticed."""
ASLEEP_S = 5.0
"""So much more time outside than here is a sleep."""
STUMBLE_S = 8.0
"""The pause after an error of our own."""

Look = Iterator[None]
"""What is asked for at one time; stops before each request."""


class Worker:
    """Runs what it is given on a thread of its own, which begins and ends by itself.

    Parameters
    ----------
    clock : Clock
        What tells the time.
    allowance : Allowance
        How many requests may be made.
    look : callable
        Returns a look; called when :attr:`due` has come.
    woke : callable
        Called when the machine has slept.
    retired : callable
        Called, outside of all locks, when the thread ends by itself.
    waiting : callable
        Called with the seconds for which the next request has to wait for its allowance.
    """

    def __init__(
        self,
        clock: Clock,
        allowance: Allowance,
        *,
        look: Callable[[], Look],
        woke: Callable[[], None],
        retired: Callable[[], None],
        waiting: Callable[[float], None],
    ) -> None:
        self._clock = clock
        self._allowance = allowance
        self._make_look = look
        self._woke = woke
        self._retired = retired
        self._waiting = waiting
        self._closed = False
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process: the thread did not come along."""
        self.due = NEVER
        """When to look next, by the clock. For the worker's own thread."""
        self._lock = threading.Lock()
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._look: Look | None = None
        self._told = False
        self._busy_at = self._clock.monotonic()
        self._slept = self._asleep()

    # from any thread

    @property
    def thread(self) -> threading.Thread | None:
        """The thread, while there is one."""
        return self._thread

    def is_own_thread(self) -> bool:
        """Whether the caller runs on it."""
        return threading.current_thread() is self._thread

    def do(self, task: Callable[[], None]) -> None:
        """Have `task` run on the thread, which is started if need be."""
        with self._lock:
            if self._closed:
                return
            self._inbox.put(task)
            if self._thread is None:
                self._busy_at = self._clock.monotonic()
                self._thread = threading.Thread(
                    target=self._run, name="runtime-widgets-tracker", daemon=True
                )
                self._thread.start()

    def end(self) -> None:
        """Take no more tasks; :meth:`join` waits for the end."""
        with self._lock:
            self._closed = True
            self._inbox.put(lambda: None)

    def join(self) -> None:
        """Wait until the thread has ended, unless this is it."""
        if self._thread is not None and not self.is_own_thread():
            self._thread.join(timeout=5.0)

    # on the thread

    def sooner(self, due: float) -> None:
        """Look at that time, if it is before the one that was planned."""
        self.due = min(self.due, due)

    @property
    def looking(self) -> bool:
        """Whether a look is under way."""
        return self._look is not None

    def _run(self) -> None:
        while self._run_tasks():
            self._notice_sleep()
            if self._look is None and self._clock.monotonic() >= self.due:
                self._begin()
            wait_s = self._step() if self._look is not None else self._rest_s()
            if wait_s is None:
                return
            if wait_s > 0:
                self._await_task(wait_s)
        self._look = None

    def _run_tasks(self) -> bool:
        """Run what has come, before the next look, which then serves all of it.

        Returns
        -------
        bool
            Whether to go on.
        """
        for _ in range(2):  # the second time what came while a slow one ran
            for _ in range(self._inbox.qsize()):
                if self._closed:
                    return False
                self._safely(self._inbox.get())
        return not self._closed

    def _await_task(self, wait_s: float) -> None:
        with suppress(queue.Empty):
            self._safely(self._inbox.get(timeout=min(wait_s, STRETCH_S)))

    def _safely(self, task: Callable[[], None]) -> None:
        """Run a task; the thread outlives whatever it raises."""
        try:
            task()
        except Exception:
            self._stumble()

    def _stumble(self) -> None:
        _log.exception("The tracker met an error of its own; it goes on.")
        self.due = self._clock.monotonic() + STUMBLE_S

    def _begin(self) -> None:
        self.due = NEVER
        self._look = self._make_look()
        self._advance()

    def _advance(self) -> None:
        """Go on with the look, to the next request or to its end."""
        self._told = False
        try:
            if self._look is not None:
                next(self._look)
        except StopIteration:
            self._look = None
        except Exception:
            self._look = None
            self._stumble()

    def _step(self) -> float:
        """Make the next request if it is allowed; return for how long to wait for that."""
        wait_s = self._allowance.wait_s()
        if wait_s <= 0:
            self._allowance.take()
            self._advance()
            return 0.0
        if not self._told:
            self._told = True
            self._waiting(wait_s)
        return wait_s

    def _rest_s(self) -> float | None:
        """Return for how long nothing is to be done; None if the thread is to end."""
        now = self._clock.monotonic()
        if self.due < NEVER:
            self._busy_at = now
            return max(self.due - now, 0.0)
        return None if self._retire(now) else max(self._busy_at + IDLE_S - now, 0.001)

    def _retire(self, now: float) -> bool:
        if now - self._busy_at < IDLE_S or not self._inbox.empty():
            return False
        # While this is still the thread: what it takes down, a next one might have put up.
        self._safely(self._retired)
        with self._lock:
            if not self._inbox.empty():
                return False
            self._thread = None
        return True

    def _asleep(self) -> float:
        return self._clock.awake_or_not() - self._clock.monotonic()

    def _notice_sleep(self) -> None:
        """Tell that the machine has slept: once, however long that was."""
        slept, self._slept = self._slept, self._asleep()
        if self._slept - slept > ASLEEP_S:
            self._safely(self._woke)
