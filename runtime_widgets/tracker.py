"""Tracker: the one poller. One thread for all jobs and sessions of a client.

Records reach it on three roads (a look at the list, an event that the server pushed, and
what a user's own call happened to read) and leave it on one: :meth:`JobState.apply` (or that of
a session's state), on the tracker's thread.

Nothing is polled that nobody follows: a view, a wait, an observer and a callback each
hold a :class:`Following`, and the thread ends by itself some time after the last is gone.

This is what others see of it; what happens on its thread is in ``_engine``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TypeVar
from weakref import WeakKeyDictionary

from runtime_widgets._attention import Attention
from runtime_widgets._engine import Engine
from runtime_widgets._following import Following
from runtime_widgets._health import TrackerHealth
from runtime_widgets._history_notes import Recorder
from runtime_widgets._worker import NEVER
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMNetworkError, RuntimeInvalidStateError
from runtime_widgets.job_state import JobState
from runtime_widgets.query import JobQuery
from runtime_widgets.query_state import QueryState
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.wire import JobRecord

__all__ = ["Attention", "Following", "Tracker", "TrackerHealth", "tracker_of"]

T = TypeVar("T")


class Tracker(Engine):
    """Keeps the states of jobs and sessions up to date. All methods may be called from any thread.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use. Its repeats are not used here: the tracker backs off by
        itself, and says so.
    """

    def __repr__(self) -> str:
        return f"<Tracker of {len(self._roll)} jobs, {self.client!r}>"

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

    def check_open(self) -> None:
        """Refuse to begin something new once the service was closed.

        Raises
        ------
        RuntimeInvalidStateError
            If it was.
        """
        if self._closed:
            msg = "The service was closed: make it anew with QiskitRuntimeService(...)."
            raise RuntimeInvalidStateError(msg)

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

    def submitted(self, job_id: str) -> None:
        """Take note of a job that was submitted here: lists that are followed may have it."""
        if self._queries.open():
            self._do(partial(self._submitted, job_id))

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

    def look_now(self, *, by_hand: bool = False) -> None:
        """Ask the server as soon as possible.

        Parameters
        ----------
        by_hand : bool
            Somebody asked for it: now, although the tracker backs off; but a pause that the
            server asked for is kept.
        """
        self._do(self._insist if by_hand else self._look_at_all)

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
                    self._urge(entry)
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
