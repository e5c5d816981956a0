"""Tracker: the one poller. One thread for all jobs and sessions of a client.

Records reach it on three roads (a look at the list, an event that the server pushed, and
what a user's own call happened to read) and leave it on one: :meth:`JobState.apply` (or that of
a session's state), on the tracker's thread.

Nothing is polled that nobody follows: a view, a wait, an observer and a callback each
hold a :class:`Following`, and the thread ends by itself some time after the last is gone.

This is what others see of it. ``_looker`` says what a look asks for, and when the next one is
due; ``_worker`` is the thread; ``_intake`` is where records come in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary, ref

from runtime_widgets._account_watch import AccountWatch
from runtime_widgets._allowance import Allowance
from runtime_widgets._attention import Attention, Attentions
from runtime_widgets._device_watch import DeviceWatch
from runtime_widgets._following import Following, settled
from runtime_widgets._forks import renew_after_fork
from runtime_widgets._health import HealthBoard, TrackerHealth
from runtime_widgets._history_notes import Recorder
from runtime_widgets._intake import Intake
from runtime_widgets._listeners import Listeners
from runtime_widgets._looker import Looker, utc_now
from runtime_widgets._metrics_watch import MetricsWatch
from runtime_widgets._push import Push
from runtime_widgets._query_watch import QueryWatch
from runtime_widgets._reader import JobReader
from runtime_widgets._roll import Roll
from runtime_widgets._session_watch import SessionWatch
from runtime_widgets._worker import NEVER, Look, Worker
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMNetworkError
from runtime_widgets.job_state import JobState
from runtime_widgets.query import JobQuery
from runtime_widgets.query_state import QueryState
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.wire import BackendRecord, JobEvent, JobRecord

T = TypeVar("T")

__all__ = ["Attention", "Following", "Tracker", "TrackerHealth", "tracker_of"]

REQUESTS_A_MINUTE = 120.0
"""What the tracker may ask of a service in a minute, if the user does not say otherwise."""
LOCAL_REQUESTS_A_MINUTE = 600.0
"""The same for the embedded runtime, which nobody shares; as a rule it tells by itself."""


class Tracker:
    """Keeps the states of jobs and sessions up to date.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use. Its repeats are not used here: the tracker backs off by
        itself, and says so.
    """

    def __init__(self, client: RuntimeClient) -> None:
        # Whoever holds a tracker must not keep its client, by which it is found.
        self._user_client = ref(client)
        self.client = client.once(revives=lambda: self._waits > 0)
        self._clock = client.clock
        self._now = partial(utc_now, self._clock)
        self._closed = False
        self._board = HealthBoard()
        self._attentions = Attentions(lambda: self._do(self._see_anew))
        self._followers: Listeners[JobState] = Listeners("following")
        self._start_over()
        self._make_parts()
        renew_after_fork(self)

    def _make_parts(self) -> None:
        """Make what a look is made of, and the thread that looks. Each has one task."""
        clock, monotonic = self._clock, self._clock.monotonic
        local = self.client.params.is_local
        a_minute = LOCAL_REQUESTS_A_MINUTE if local else REQUESTS_A_MINUTE
        self._allowance = Allowance(a_minute, monotonic)
        self._roll = Roll()
        self._sessions = SessionWatch(self.client, self._now, monotonic)
        self._devices = DeviceWatch(self.client, monotonic)
        self._intake = Intake(self.client, now=self._now, device=self.device, saw=self._saw)
        self._queries = QueryWatch(
            self.client,
            state_of=self._intake.state,
            apply=self._intake.apply,
            hold=self._hold,
            release=self._roll.release,
            clock=monotonic,
        )
        self._looker = Looker(
            clock,
            self._board,
            self._intake,
            roll=self._roll,
            sessions=self._sessions,
            queries=self._queries,
            jobs=JobReader(self.client, self._intake, clock=clock, now=self._now),
            devices=self._devices,
            metrics=MetricsWatch(self.client, self._intake, self._allowance),
            attentions=self._attentions,
        )
        self.account = AccountWatch(
            self.client,
            wake=lambda: self._do(self._plan),
            session_of=self._sessions.state,
            apply=self._sessions.apply,
            clock=monotonic,
        )
        """What surrounds the jobs: the instance's usage, and which sessions are open."""
        self._intake.records.add(self.account.heard)
        self._worker = Worker(
            clock,
            self._allowance,
            look=self._look,
            woke=self._wake_up,
            retired=self._retired,
            waiting=self._tell_wait,
        )
        self._push = Push(
            self.client, self._do, take=self._take_event, gap=self._catch_up, hear=self._hear
        )

    def _start_over(self) -> None:
        self._waits = 0
        self._lock = threading.Lock()
        self._after = threading.RLock()
        """Held by who writes a state after the thread has ended."""
        self._stops: list[Callable[[], None]] = []

    def renew(self) -> None:
        """Start over in a forked process: there is no thread, and nobody follows anything yet."""
        self._start_over()
        for part in (
            self._attentions,
            self._followers,
            self._board,
            self._roll,
            self._intake,
            self._sessions,
            self._queries,
            self._looker,
            self.account,
            self._worker,
            self._push,
        ):
            part.renew()

    def __repr__(self) -> str:
        return f"<Tracker of {len(self._roll)} jobs, {self.client!r}>"

    # for everybody, from any thread

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called: nothing is kept up to date any more."""
        return self._closed

    def is_own_thread(self) -> bool:
        """Whether the caller runs on the tracker's thread: a handler, or a callback."""
        return self._worker.is_own_thread()

    @property
    def requests_a_minute(self) -> float:
        """How many requests the tracker makes in a minute at most, on average; settable.

        120 by default, and 600 of the embedded runtime. What is not used is saved for half a
        minute. When it is used up, the next look waits; that is no trouble, and
        :attr:`TrackerHealth.next_look` tells until when.

        Raises
        ------
        IBMInputValueError
            If it is set to what is no positive number.
        """
        return self._allowance.a_minute

    @requests_a_minute.setter
    def requests_a_minute(self, value: float) -> None:
        self._allowance.a_minute = value
        if self._worker.thread is not None:
            self._do(lambda: None)  # it may wait for what is allowed now

    @property
    def last_error(self) -> IBMApiError | None:
        """What the last look met; None while all is well."""
        return self._looker.last_error

    @property
    def health(self) -> TrackerHealth:
        """How well the server is heard."""
        return self._board.health

    def on_health(self, listener: Callable[[TrackerHealth], None]) -> Callable[[], None]:
        """Call `listener`, on the tracker's thread, when the health changes; return the undo."""
        return self._board.listen(listener)

    def on_record(self, listener: Callable[[JobState], None]) -> Callable[[], None]:
        """Call `listener` with a job's state whenever what is known of it has changed.

        On the tracker's thread: after each record that changed something, and when the server
        says that it does not know the job (any more). Returns the undo.
        """
        return self._intake.records.add(listener)

    def on_follow(self, listener: Callable[[JobState], None]) -> Callable[[], None]:
        """Call `listener`, on the tracker's thread, when somebody begins to follow a job.

        Also where that was over before the thread heard of it, as a wait for a job that has
        ended is. Returns the undo.
        """
        return self._followers.add(listener)

    def attend(self) -> Attention:
        """Return what a view says by it what it looks at; close it when the view is closed."""
        return self._attentions.add()

    def on_close(self, stop: Callable[[], None]) -> Callable[[], None]:
        """Call `stop` when the tracker is closed, or at once if it is; return the undo."""
        with self._lock:
            self._stops.append(stop)
            closed = self._closed
        if closed:
            stop()

        def undo() -> None:
            with self._lock, suppress(ValueError):
                self._stops.remove(stop)

        return undo

    def state(self, job_id: str) -> JobState:
        """Return the one state of a job."""
        return self._intake.state(job_id)

    def device(self, name: str) -> BackendRecord | None:
        """Return what is known of a device, without asking; its ``as_of`` is its age."""
        return self._devices.devices.get(name)

    def follow(self, job_id: str) -> Following[JobState]:
        """Keep a job up to date until the returned :class:`Following` is closed."""
        state = self.state(job_id)
        self._roll.follow(state, self._clock.monotonic())
        self._do(partial(self._begin_job, state))
        return Following(state, partial(self._lose, self._roll.unfollow, job_id))

    def follows(self, job_id: str) -> bool:
        """Whether somebody follows this very job, and not only a list that it is in."""
        entry = self._roll.find(job_id)
        return entry is not None and entry.count > 0

    def follow_query(self, query: JobQuery) -> Following[QueryState]:
        """Keep a list of jobs, and the jobs in it, up to date until it is closed."""
        state = self._queries.follow(query)
        self._do(self._begin)
        return Following(state, partial(self._lose, self._queries.unfollow, query))

    def session_state(self, session_id: str) -> SessionState:
        """Return the one state of a session."""
        return self._sessions.state(session_id)

    def follow_session(self, session_id: str) -> Following[SessionState]:
        """Keep a session up to date until the returned :class:`Following` is closed."""
        state = self._sessions.follow(session_id)
        self._do(self._begin)
        return Following(state, partial(self._lose, self._sessions.unfollow, session_id))

    def _lose(self, unfollow: Callable[[T], None], what: T) -> None:
        """Follow something no more; the thread need not go on for it."""
        unfollow(what)
        if not self._roll and self._worker.thread is not None:
            self._do(self._plan_anew)

    @contextmanager
    def waiting(self, job_id: str) -> Iterator[None]:
        """Let somebody wait inside for a job that is followed.

        It is asked for as often as if it were looked at, and a server that crashes meanwhile
        is brought back.
        """
        self._wait(job_id, 1)
        self._do(partial(self._freshen, job_id))
        try:
            yield
        finally:
            self._wait(job_id, -1)

    def _wait(self, job_id: str, change: int) -> None:
        with self._lock:
            self._waits += change
        self._roll.wait(job_id, change)

    def bring_back(self) -> None:
        """Start a server that has ended, if it is one that can be; for who will wait for it.

        Raises
        ------
        LocalRuntimeError
            If it cannot be started.
        """
        client = self._user_client()
        if client is None or self._closed or not client.may_revive:
            return
        client.locate(suspect=isinstance(self.last_error, IBMNetworkError))
        if self.last_error is not None:
            self._do(self._end_back_off)

    def offer(self, *records: JobRecord | SessionRecord) -> None:
        """Take in what a user's own call has read; returns once it is applied.

        All of one call at once: while the tracker waits for an answer, each would wait alone.
        """
        self._have_written(lambda: self._apply_all(records))

    def set_labels(self, labels: Mapping[str, str | None]) -> None:
        """Note what the user calls jobs, by their ids; returns once their states say so."""
        states = [(self.state(job_id), label) for job_id, label in labels.items()]

        def write() -> None:
            for state, label in states:
                state.set(now=self._now(), label=label)

        if states:
            self._have_written(write)

    def _have_written(self, write: Callable[[], None]) -> None:
        """Have something written by the one writer; returns once it is."""
        if self.is_own_thread():
            write()
            return
        if self._closed:
            # Nobody else writes any more, but other callers may.
            with self._after:
                write()
            return
        written = threading.Event()

        def task() -> None:
            write()
            written.set()

        self._do(task)
        # A handler that hangs must not hang the caller too.
        written.wait(1.0)

    def look_now(self) -> None:
        """Ask the server as soon as possible."""
        self._do(self._look_at_all)

    def cancel_asked(self, job_id: str, *, look: bool = True) -> None:
        """Note that the server accepted a cancel, and `look` what becomes of it.

        Who cancels many looks once, when all have been asked for.
        """
        state = self.state(job_id)

        def note() -> None:
            if not state.is_final:
                now = self._now()
                state.set(now=now, cancel_asked=now)
            entry = self._roll.find(job_id)
            if entry is not None:
                entry.due = -NEVER
            if look:
                self._hurry()

        self._do(note)

    def session_asked(self, session_id: str) -> None:
        """Look what became of a session that was asked to close."""

        def note() -> None:
            self._sessions.hurry(session_id)
            self.account.session_asked()
            self._hurry()

        self._do(note)

    def job_gone(self, job_id: str) -> None:
        """Note that the server does not know a job (any more)."""
        self._do(partial(self._intake.gone, self.state(job_id)))

    def close(self) -> None:
        """End the thread. Nothing is kept up to date any more."""
        with self._lock:
            self._closed = True
            stops, self._stops = self._stops, []
        for stop in stops:
            stop()
        self._worker.end()
        self._push.stop()
        self._worker.join()
        # Not before the thread has ended: a state has one writer at a time.
        with self._after:
            self._say_closed()

    def _say_closed(self) -> None:
        """Let no view go on as if somebody still looked."""
        now = self._now()
        for thing in self._looker.open():
            thing.state.set(now=now, stale_since=thing.state.stale_since or now)
        self.account.say_closed(now)
        self._board.say(
            TrackerHealth(
                stale_since=self._board.health.stale_since or now,
                trouble="The service was closed.",
                kind="closed",
            )
        )

    def _do(self, task: Callable[[], None]) -> None:
        """Have `task` run on the tracker's thread, which is started if need be."""
        self._worker.do(task)

    # on the thread: when to look

    def _look(self) -> Look:
        """Make a look, and then run what errands are due."""
        yield from self._looker.look()
        if not self._looker.failing and self.account.due <= self._clock.monotonic():
            yield
            self.account.run()
        self._plan()

    def _plan(self) -> None:
        """Say when the next look is due. Errands wait until the server is out of trouble."""
        due = self._looker.next_due()
        if self._looker.failing:
            self._worker.due = due
        else:
            self._worker.sooner(min(due, self.account.due))
        self._board.change(next_look=self._looker.next_look(due))

    def _plan_anew(self) -> None:
        """Something is not followed any more, or over: there may be nothing left to look at."""
        if not self._worker.looking:
            self._looker.rest()
            self._worker.due = NEVER
            self._plan()

    def _hurry(self) -> None:
        """Look now. While the server is in trouble, a new follower must not undo the back-off."""
        if not self._looker.failing or self._worker.due == NEVER:
            self._worker.sooner(self._clock.monotonic())

    def _sooner(self, due: float) -> None:
        if not self._looker.failing:
            self._worker.sooner(due)

    def _begin_job(self, state: JobState) -> None:
        """Somebody follows a job."""
        self._followers.tell(state)
        entry = self._roll.find(state.job_id)
        if entry is None or settled(entry, self._clock.monotonic()):
            return
        self._looker.begin(entry)
        self._push.start()
        # A job may be known from a list, and its device not yet.
        self._sooner(-NEVER if self._devices.never_read else entry.due)

    def _begin(self) -> None:
        """Somebody follows a list or a session."""
        dues = [session.due for session in self._sessions.open()]
        dues += [query.due for query in self._queries.open()]
        if dues:
            self._push.start()
            self._sooner(min(dues))

    def _freshen(self, job_id: str) -> None:
        entry = self._roll.find(job_id)
        if entry is not None and not entry.state.is_final:
            self._looker.begin(entry)
            self._sooner(entry.due)

    def _see_anew(self) -> None:
        self._sooner(self._looker.see_anew())

    def _look_at_all(self) -> None:
        self._looker.look_at_all()
        self._hurry()

    def _catch_up(self) -> None:
        self._sooner(self._looker.catch_up())

    def _end_back_off(self) -> None:
        self._looker.end_back_off()
        self._look_at_all()

    def _wake_up(self) -> None:
        """The machine has slept: everything is old, and what was wrong may be over."""
        self._looker.end_back_off()
        self._worker.due = NEVER
        self._catch_up()

    def _tell_wait(self, wait_s: float) -> None:
        """The allowance is used up for now."""
        self._board.change(next_look=self._now() + timedelta(seconds=wait_s))

    def _retired(self) -> None:
        """Nothing has been left to learn for a while.

        A view of jobs that have all ended is no reason to hold a socket, which would keep an
        embedded runtime alive for nothing.
        """
        self._push.stop()
        self._board.change(push=False, next_look=None)

    # on the thread: what comes in

    def _apply_all(self, records: Iterable[JobRecord | SessionRecord]) -> None:
        for record in records:
            self._apply(record)

    def _apply(self, record: JobRecord | SessionRecord) -> None:
        if isinstance(record, SessionRecord):
            self._sessions.apply(record)
            self.account.heard(record)
        else:
            self._intake.apply(record)

    def _saw(self, state: JobState) -> None:
        entry = self._roll.find(state.job_id)
        if entry is None:
            return
        self._looker.saw(entry)
        if self._worker.looking:
            return  # at its end the look says itself when the next one is due
        if self._roll.settle(entry, self._clock.monotonic()):
            self._plan_anew()
        else:
            self._sooner(entry.due)

    def _hold(self, state: JobState) -> None:
        """Follow a job for a list that it is in."""
        self._roll.hold(state, self._clock.monotonic())

    def _take_event(self, event: JobEvent) -> None:
        record = event.job or event.session
        if record is not None:
            self._apply(record)
        if event.job is not None:
            self._sooner(self._queries.heard(event.job))
        if event.deleted is not None:
            self._intake.deleted(event.deleted)

    def _hear(self, error: IBMApiError | None) -> None:
        """The event stream came up, or broke: look at once, for the list is the judge."""
        self._board.change(push=error is None)
        if error is None:
            self._looker.end_back_off()
            self._intake.heard = self._now()
        self._catch_up()


_trackers: WeakKeyDictionary[RuntimeClient, Tracker] = WeakKeyDictionary()
_trackers_lock = threading.Lock()


def tracker_of(client: RuntimeClient) -> Tracker:
    """Return the one tracker of a client."""
    with _trackers_lock:
        tracker = _trackers.get(client)
        if tracker is None:
            tracker = _trackers[client] = Tracker(client)
            # What is followed here is remembered on this machine.
            Recorder(tracker, client)
        return tracker
