"""Budget: a guard on QPU seconds that the server reported, and never on a clock."""

from __future__ import annotations

import inspect
import itertools
import logging
import math
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import Token
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from types import TracebackType
from typing import Any
from weakref import WeakSet

from typing_extensions import Self

from runtime_widgets import _hooks
from runtime_widgets._budget_guard import Guard
from runtime_widgets._budget_meters import InstanceMeter, JobsMeter, Meter, SessionMeter
from runtime_widgets._listeners import Listeners
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import BudgetInfo, Outcome
from runtime_widgets.tracker import Tracker

__all__ = ["Budget", "BudgetEvent", "BudgetWarning", "on_budget", "open_budgets"]

_log = logging.getLogger(__name__)

NEAR = 0.8
"""The part of a budget from which on it is "near"."""
_STATES = ("ok", "near", "spent")
_numbers = itertools.count(1)
_open: WeakSet[Budget] = WeakSet()
_open_lock = threading.Lock()
_changes: Listeners[Budget] = Listeners("budget")

Action = str | Callable[["Budget", "BudgetEvent"], Any]


class BudgetWarning(UserWarning):
    """A budget is nearly or wholly spent."""


@dataclass(frozen=True)
class BudgetEvent:
    """What a budget's callback is told: `kind` is "near" or "spent", the rest as it was then.

    `used_s` and `qpu_seconds` are in seconds of QPU time, `at` is UTC by this machine's clock.
    """

    kind: str
    used_s: float
    qpu_seconds: float
    at: datetime


class Budget:
    """A guard on QPU seconds that the server reported.

    A job that waits, or is "Running" and being prepared, uses nothing of it, however long that
    takes; a bill that comes after a job's end counts, as long as the service is asked for it
    (ten minutes). It works with and without a view, and is shown in the views of its jobs.

    As a context manager it covers the jobs that are submitted inside, by the same thread or
    task; it goes on guarding them afterwards::

        with Budget(60, action="cancel queued"):
            jobs = [sampler.run([circuit]) for circuit in circuits]

    Parameters
    ----------
    qpu_seconds : float
        How much may be used, in seconds of QPU time.
    action : str or callable
        ``"warn"``: a :class:`BudgetWarning` when it is near (80 %) and when it is spent.
        ``"cancel queued"``: when it is spent its queued jobs are cancelled, each once; running
        ones are not, for what they have used is used. Jobs that come later are cancelled too;
        where the service does not answer it is asked again, until it does. Or a function,
        called with the budget and a :class:`BudgetEvent` when it is near and when it is spent,
        each once, **on a thread of its own**; what it raises is logged.
    jobs : iterable of RuntimeJob, optional
        The jobs that count.
    session : Session or Batch, optional
        What it used counts: the time in which a session was active, or its jobs' QPU time.
    service : QiskitRuntimeService, optional
        What its instance used in the current period counts, whoever used it; and all jobs that
        the account lists are those of the budget. Its usage is read once a minute at most; while
        it is spent what has come into the queue is cancelled with each reading. In the next
        period it begins anew.

    Raises
    ------
    IBMInputValueError
        If `qpu_seconds` is no number above 0, `action` is none or does not take the budget and
        the event, or more than one of `jobs`, `session` and `service` is given.
    RuntimeInvalidStateError
        If the service was closed.
    """

    def __init__(
        self,
        qpu_seconds: float,
        action: Action = "warn",
        *,
        jobs: Iterable[RuntimeJob] | None = None,
        session: Any = None,
        service: Any = None,
    ) -> None:
        self.qpu_seconds = _checked_seconds(qpu_seconds)
        self.action = _checked_action(action)
        if sum(one is not None for one in (jobs, session, service)) > 1:
            msg = "A budget is of jobs, or of a session, or of a service: give one of them."
            raise IBMInputValueError(msg)
        self.number = next(_numbers)
        """Tells it from others: they are numbered in the order in which they were made."""
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._told: set[str] = set()
        self._events: deque[BudgetEvent] = deque()
        self._acted_at: datetime | None = None
        self._begun = False
        self._closed = threading.Event()
        self._tokens: list[Token[Any]] = []
        self._meter: Meter | None = None
        self._guard: Guard | None = None
        meter = self._measure(session, service)
        self._guard = Guard(meter, wanted=self._is_to_cancel, tell=partial(_changes.tell, self))
        self._meter = meter
        if jobs is not None:
            self.add(*([jobs] if isinstance(jobs, RuntimeJob) else jobs))
        with _open_lock:
            _open.add(self)
        self._changed()

    def _measure(self, session: Any, service: Any) -> Meter:
        if session is not None:
            return SessionMeter(session, self._changed)
        if service is not None:
            return InstanceMeter(service, self._changed)
        return JobsMeter(self._changed)

    def __repr__(self) -> str:
        return (
            f"<Budget: {self.used_s:.3g} of {self.qpu_seconds:g} QPU seconds used by "
            f"{self.covers}: {self.state}>"
        )

    # what is known

    @property
    def used_s(self) -> float:
        """QPU seconds that the server reported so far; 0 until it has reported any."""
        return 0.0 if self._meter is None else self._meter.used_s

    @property
    def remaining_s(self) -> float:
        """QPU seconds that are left; 0 where none are."""
        return max(self.qpu_seconds - self.used_s, 0.0)

    @property
    def state(self) -> str:
        """``"ok"``, ``"near"`` (from 80 % on) or ``"spent"``."""
        used = self.used_s
        return _STATES[(used >= NEAR * self.qpu_seconds) + (used >= self.qpu_seconds)]

    @property
    def covers(self) -> str:
        """What counts, in words, such as ``"12 jobs"``."""
        return "" if self._meter is None else self._meter.covers

    @property
    def jobs(self) -> list[RuntimeJob]:
        """The jobs that are known to count; none where an instance's usage does."""
        return [] if self._meter is None else self._meter.jobs

    @property
    def of_jobs(self) -> bool:
        """Whether single jobs count, and not a session or an instance."""
        return isinstance(self._meter, JobsMeter)

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each job that was to be cancelled: ``job_id``, ``ok``, ``message``."""
        return [] if self._guard is None else self._guard.outcomes

    @property
    def of_instance(self) -> bool:
        """Whether all that an instance uses counts."""
        return isinstance(self._meter, InstanceMeter)

    @property
    def closed(self) -> bool:
        """Whether it guards no more."""
        return self._closed.is_set()

    @property
    def trackers(self) -> set[Tracker]:
        """Who keeps it up to date."""
        return set() if self._meter is None else self._meter.trackers

    def info(self, ahead_s: float = 0.0) -> BudgetInfo:
        """Return what a view shows of it.

        Parameters
        ----------
        ahead_s : float
            How far the server's clock is ahead of this machine's, in seconds.
        """
        acted = self._acted_at
        return BudgetInfo(
            key=f"budget-{self.number}",
            covers=self.covers,
            qpu_seconds=self.qpu_seconds,
            used_s=round(self.used_s, 6),
            state=self.state,
            action="call back" if callable(self.action) else self.action,
            note="" if self._guard is None else self._guard.note,
            acted_at=None if acted is None else acted.timestamp() + ahead_s,
        )

    # what counts

    def add(self, *jobs: RuntimeJob) -> None:
        """Count these jobs too.

        Raises
        ------
        IBMInputValueError
            If it is a budget of a session or of a service, or one of them is no job.
        """
        if not isinstance(self._meter, JobsMeter):
            msg = f"This is a budget of {self.covers}: that decides which jobs count."
            raise IBMInputValueError(msg)
        given: tuple[Any, ...] = jobs
        for job in given:
            if not isinstance(job, RuntimeJob):
                msg = f"{job!r} is no job; QiskitRuntimeService(...).job(id) makes one of an id."
                raise IBMInputValueError(msg)
        self._meter.add(jobs)

    def _submitted(self, job: Any) -> None:
        """Take in a job that was submitted inside its block."""
        if isinstance(self._meter, JobsMeter) and not self.closed:
            self._meter.add([job])

    def __enter__(self) -> Self:
        """Return it; the jobs that are submitted inside count."""
        self._tokens.append(_hooks.on_submit(self._submitted))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take no more jobs; those that it has are guarded on."""
        _hooks.submit_hooks.reset(self._tokens.pop())

    def close(self) -> None:
        """Guard no more. Twice does no harm."""
        if not self._closed.is_set():
            self._closed.set()
            with _open_lock:
                _open.discard(self)
            if self._guard is not None:
                self._guard.close()
            if self._meter is not None:
                self._meter.close()
            _changes.tell(self)

    # what it does

    def _changed(self) -> None:
        """Look what has become of it. Mostly on a tracker's thread: quick, and sends nothing."""
        if self._meter is None or self._guard is None or self._closed.is_set():
            return
        state = self.state
        with self._lock:
            if state != "spent":
                self._begun = False
            if state == "ok" and self._told and self._meter.periodic:
                # The next period: what was told and done was of the last one.
                self._told, self._acted_at, self._guard.note = set(), None, ""
            reached = {"ok": (), "near": ("near",), "spent": ("near", "spent")}[state]
            new = [kind for kind in reached if kind not in self._told]
            self._told.update(new)
            for kind in new[-1:]:
                # Who leaps over "near" is told only that it is spent.
                now = datetime.now(timezone.utc)
                self._events.append(BudgetEvent(kind, self.used_s, self.qpu_seconds, now))
        if new:
            self._on_a_thread(self._act)
        if self._is_to_cancel() and self._has_news(self._meter):
            self._on_a_thread(self._guard.run)
        _changes.tell(self)

    def _is_to_cancel(self) -> bool:
        return self.action == "cancel queued" and self.state == "spent" and not self.closed

    def _has_news(self, meter: Meter) -> bool:
        """Whether it has just been spent, or a job may have come into the queue since."""
        new = meter.new_in_queue()
        with self._lock:
            first, self._begun = not self._begun, True
        return first or new

    def _on_a_thread(self, do: Callable[[], None]) -> None:
        def safely() -> None:
            try:
                do()
            except Exception:
                _log.exception("What a budget was to do raised an exception.")

        threading.Thread(target=safely, name="runtime-widgets-budget", daemon=True).start()

    def _act(self) -> None:
        """Tell of what has come first and was not told: "spent" never before "near"."""
        with self._turn:
            self._act_on(self._events.popleft())

    def _act_on(self, event: BudgetEvent) -> None:
        if event.kind == "spent":
            self._acted_at = event.at
        if callable(self.action):
            self.action(self, event)
        elif self.action == "warn":
            word = "is spent" if event.kind == "spent" else "is nearly spent"
            message = (
                f"The budget of {event.qpu_seconds:g} QPU seconds {word}: the service reports "
                f"{event.used_s:.3g} s used by {self.covers}."
            )
            warnings.warn(message, BudgetWarning, stacklevel=2)
        _changes.tell(self)


def open_budgets() -> list[Budget]:
    """Return the budgets that guard something, in the order in which they were made."""
    with _open_lock:
        found = [budget for budget in _open if not budget.closed]
    return sorted(found, key=lambda budget: budget.number)


def on_budget(listener: Callable[[Budget], Any]) -> Callable[[], None]:
    """Call `listener` with each budget that changes, on the thread that has the news; the undo."""
    return _changes.add(listener)


def _checked_seconds(value: Any) -> float:
    with suppress(TypeError, ValueError, OverflowError):
        seconds = float(value)
        if not isinstance(value, (str, bytes, bool)) and 0 < seconds < math.inf:
            return seconds
    msg = f"qpu_seconds is a number of seconds above 0, not {value!r}."
    raise IBMInputValueError(msg)


def _checked_action(action: Any) -> Action:
    if callable(action):
        return _callable_with_two(action)
    if action in ("warn", "cancel queued"):
        checked: Action = action
        return checked
    msg = f'action is "warn", "cancel queued" or a function, not {action!r}.'
    raise IBMInputValueError(msg)


def _callable_with_two(action: Any) -> Action:
    """Refuse what could not be called when the budget is spent: then it would be too late."""
    # Some that are built in do not say what they take.
    with suppress(ValueError, TypeError):
        signature = inspect.signature(action)
        try:
            signature.bind(None, None)
        except TypeError:
            msg = (
                "action is called with two arguments, the budget and the event; "
                f"{action!r} does not take them."
            )
            raise IBMInputValueError(msg) from None
    checked: Action = action
    return checked
