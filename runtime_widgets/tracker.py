"""Tracker: the one poller. One thread for all jobs and sessions of a client.

Records reach it on three roads (a look at the list, an event that the server pushed, and
what a user's own call happened to read) and leave it on one: :meth:`JobState.apply` (or that of
a session's state), on the tracker's thread.

Nothing is polled that nobody follows: a view, a wait, an observer and a callback each
hold a :class:`Following`, and the thread ends by itself some time after the last is gone.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import partial
from weakref import WeakKeyDictionary, WeakValueDictionary, ref

from runtime_widgets._account_watch import AccountWatch
from runtime_widgets._attention import Attention, Attentions
from runtime_widgets._following import Followed, Following, settled
from runtime_widgets._forks import renew_after_fork
from runtime_widgets._health import HealthBoard, TrackerHealth, kind_of
from runtime_widgets._history_notes import Recorder
from runtime_widgets._listeners import Listeners
from runtime_widgets._observed import Observed
from runtime_widgets._pace import (
    LONGEST_S,
    SHORTEST_S,
    UNSEEN,
    back_off_s,
    interval_s,
    polite_s,
    session_interval_s,
)
from runtime_widgets._query_watch import FollowedQuery, QueryWatch
from runtime_widgets._reader import DENIALS, JobReader, concerns_all
from runtime_widgets._session_watch import FollowedSession, SessionWatch
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMNetworkError, LocalRuntimeError
from runtime_widgets.job_state import JobState
from runtime_widgets.query import JobQuery
from runtime_widgets.query_state import QueryState
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.states import UNKNOWN
from runtime_widgets.stream import EventStream
from runtime_widgets.wire import BackendRecord, JobEvent, JobRecord

__all__ = ["Attention", "Following", "Tracker", "TrackerHealth", "tracker_of"]

_log = logging.getLogger(__name__)

Thing = Followed | FollowedSession | FollowedQuery
"""What somebody follows."""

_LIMPING_S = 5.0
_RETRY_AFTER_CAP_S = 600.0
"""A service that asks for a day is asked again all the same; views say since when it is silent."""
_SAFETY_LOOK_S = 30.0
_LIST_S = 3.0
"""New jobs of a list are looked for so often at most."""
_IDLE_S = 30.0


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
        self._states: WeakValueDictionary[str, JobState] = WeakValueDictionary()
        self._attentions = Attentions(lambda: self._do(self._see_anew))
        self._reader = JobReader(
            self.client, self._apply, self._drain, self._attentions.looked_at, self._gone
        )
        self._queries = QueryWatch(
            self.client,
            state_of=self.state,
            apply=self._apply,
            hold=self._hold,
            release=self._release,
        )
        self._record_listeners: Listeners[JobState] = Listeners("record")
        self._follow_listeners: Listeners[JobState] = Listeners("following")
        self._sessions = SessionWatch(self.client, _now)
        self.account = AccountWatch(
            self.client,
            wake=lambda: self._do(lambda: None),
            session_of=self._sessions.state,
            apply=self._sessions.apply,
        )
        """What surrounds the jobs: the instance's usage, and which sessions are open."""
        self._record_listeners.add(self.account.heard)
        self._heard: datetime | None = None
        self._closed = False
        self.last_error: IBMApiError | None = None
        """What the last look met; None while all is well."""
        self._start_over()
        renew_after_fork(self)

    def _start_over(self) -> None:
        self._waits = 0
        self._followed: dict[str, Followed] = {}
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._after = threading.RLock()
        """Held by who writes a state after the thread has ended."""
        self._thread: threading.Thread | None = None
        self._stream: EventStream | None = None
        self._due = float("inf")
        self._idle_since = time.monotonic()
        self._failures = 0
        self._limping = 0
        self._board = HealthBoard()
        self._stops: list[Callable[[], None]] = []

    def renew(self) -> None:
        """Start over in a forked process: there is no thread, and nobody follows anything yet."""
        self._start_over()
        self._sessions.renew()
        self._queries.renew()
        self.account.renew()

    def __repr__(self) -> str:
        return f"<Tracker of {len(self._followed)} jobs, {self.client!r}>"

    # for everybody, from any thread

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called: nothing is kept up to date any more."""
        return self._closed

    def is_own_thread(self) -> bool:
        """Whether the caller runs on the tracker's thread: a handler, or a callback."""
        return threading.current_thread() is self._thread

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
        return self._record_listeners.add(listener)

    def on_follow(self, listener: Callable[[JobState], None]) -> Callable[[], None]:
        """Call `listener`, on the tracker's thread, when somebody begins to follow a job.

        Also where that was over before the thread heard of it, as a wait for a job that has
        ended is. Returns the undo.
        """
        return self._follow_listeners.add(listener)

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
        with self._lock:
            state = self._states.get(job_id)
            if state is None:
                state = self._states[job_id] = JobState(job_id)
            return state

    def device(self, name: str) -> BackendRecord | None:
        """Return what is known of a device, without asking; its ``as_of`` is its age."""
        return self._reader.devices.get(name)

    def follow(self, job_id: str) -> Following[JobState]:
        """Keep a job up to date until the returned :class:`Following` is closed."""
        state = self.state(job_id)
        with self._lock:
            entry = self._followed.setdefault(job_id, Followed(state, time.monotonic()))
            entry.count += 1
        self._do(partial(self._begin_job, state))
        return Following(state, partial(self.unfollow, job_id))

    def follows(self, job_id: str) -> bool:
        """Whether somebody follows this very job, and not only a list that it is in."""
        with self._lock:
            entry = self._followed.get(job_id)
            return entry is not None and entry.count > 0

    def follow_query(self, query: JobQuery) -> Following[QueryState]:
        """Keep a list of jobs, and the jobs in it, up to date until it is closed."""
        state = self._queries.follow(query, time.monotonic())
        self._do(partial(self._begin, state))
        return Following(state, partial(self._unfollow_query, query))

    def _unfollow_query(self, query: JobQuery) -> None:
        self._queries.unfollow(query)
        self._idle_since = time.monotonic()

    def _hold(self, state: JobState) -> None:
        """Follow a job for a list that it is in."""
        with self._lock:
            entry = self._followed.setdefault(state.job_id, Followed(state, time.monotonic()))
            entry.held += 1

    def _release(self, job_id: str) -> None:
        with self._lock:
            entry = self._followed.get(job_id)
            if entry is not None:
                entry.held -= 1
                self._forget_if_free(entry)

    def _forget_if_free(self, entry: Followed) -> None:
        if entry.count <= 0 and entry.held <= 0:
            del self._followed[entry.state.job_id]
            self._idle_since = time.monotonic()

    def unfollow(self, job_id: str) -> None:
        """Undo one :meth:`follow`."""
        with self._lock:
            entry = self._followed.get(job_id)
            if entry is None:
                return
            entry.count -= 1
            self._forget_if_free(entry)

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

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let somebody wait inside: a server that crashes meanwhile is brought back."""
        with self._lock:
            self._waits += 1
        try:
            yield
        finally:
            with self._lock:
                self._waits -= 1

    def session_state(self, session_id: str) -> SessionState:
        """Return the one state of a session."""
        return self._sessions.state(session_id)

    def follow_session(self, session_id: str) -> Following[SessionState]:
        """Keep a session up to date until the returned :class:`Following` is closed."""
        state = self._sessions.follow(session_id)
        self._do(partial(self._begin, state))
        return Following(state, partial(self._unfollow_session, session_id))

    def _unfollow_session(self, session_id: str) -> None:
        self._sessions.unfollow(session_id)
        self._idle_since = time.monotonic()

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
                state.set(now=_now(), label=label)

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

        self._news.put(task)
        self._do(self._drain)
        # A handler that hangs must not hang the caller too.
        written.wait(1.0)

    def _apply_all(self, records: Iterable[JobRecord | SessionRecord]) -> None:
        for record in records:
            self._apply(record)

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
                now = _now()
                state.set(now=now, cancel_asked=now)
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
        state = self.state(job_id)
        self._do(partial(self._gone, state))

    def close(self) -> None:
        """End the thread. Nothing is kept up to date any more."""
        with self._lock:
            self._closed = True
            stops, self._stops = self._stops, []
        for stop in stops:
            stop()
        stream = self._stream
        if stream is not None:
            stream.close()
        thread = self._thread
        if thread is not None:
            self._inbox.put(lambda: None)
            if thread is not threading.current_thread():
                thread.join(timeout=5.0)
        # Not before the thread has ended: a state has one writer at a time.
        with self._after:
            self._say_closed()

    def _say_closed(self) -> None:
        """Let no view go on as if somebody still looked."""
        now = _now()
        for followed in self._things():
            followed.state.set(now=now, stale_since=followed.state.stale_since or now)
        self.account.say_closed(now)
        self._board.say(
            TrackerHealth(
                stale_since=self._board.health.stale_since or now,
                trouble="The service was closed.",
                kind="closed",
            )
        )

    # the thread

    def _do(self, task: Callable[[], None]) -> None:
        """Have `task` run on the tracker's thread, which is started if need be."""
        with self._lock:
            if self._closed:
                return
            self._inbox.put(task)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="runtime-widgets-tracker", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            wait_s = min(max(min(self._due, self._errand_due()) - time.monotonic(), 0.0), _IDLE_S)
            task: Callable[[], None] | None = None
            with suppress(queue.Empty):
                task = self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait()
            if self._closed:
                return
            if task is not None:
                self._safely(task)
            if time.monotonic() >= self._due:
                self._safely(self._look)
            elif time.monotonic() >= self._errand_due():
                self._safely(self.account.run)
            elif task is None and self._retire():
                return

    def _errand_due(self) -> float:
        """Return when something around the jobs is due: not while the server is in trouble."""
        return float("inf") if self._failures else self.account.due

    def _safely(self, task: Callable[[], None]) -> None:
        """Run a task; the tracker outlives whatever it raises."""
        try:
            task()
        except Exception:
            _log.exception("The tracker met an error of its own; it goes on.")
            self._due = time.monotonic() + back_off_s(3)

    def _retire(self) -> bool:
        """End the thread when nothing has been left to learn for a while.

        A view of jobs that have all ended is no reason to hold a socket, which would keep an
        embedded runtime alive for nothing.
        """
        if self._things() or self.account.wanted:
            self._idle_since = time.monotonic()
            return False
        with self._lock:
            idle_s = time.monotonic() - self._idle_since
            if idle_s < _IDLE_S or not self._inbox.empty():
                return False
            self._thread = None
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        self._board.change(push=False, next_look=None)
        return True

    def _begin_job(self, state: JobState) -> None:
        self._follow_listeners.tell(state)
        self._begin(state)

    def _begin(self, state: Observed) -> None:
        """Somebody follows something: listen, and look at what was not read yet, or long ago."""
        open_things = self._things()
        if not open_things:
            return
        if self.client.params.is_local and self._stream is None:
            self._listen()
        unread = any(isinstance(f, Followed) and f.state.record is None for f in open_things)
        unread = unread or min(self._other_dues(), default=float("inf")) <= time.monotonic()
        if unread or self._due == float("inf") or _is_old(state):
            self._hurry()

    def _hurry(self) -> None:
        # While the server is in trouble, a new follower must not undo the back-off.
        if not self._failures or self._due == float("inf"):
            self._due = time.monotonic()

    def _end_back_off(self) -> None:
        self._due = time.monotonic()

    def _look_at_all(self) -> None:
        self._sessions.hurry()
        self._queries.hurry()
        self._hurry()

    def _see_anew(self) -> None:
        """Somebody looks at other jobs: read what they want to see that was not read yet."""
        seen = self._attentions.looked_at() or ()
        with self._lock:
            entries = [self._followed[job_id] for job_id in seen if job_id in self._followed]
        if any(_is_old(entry.state) or not entry.asked_metrics for entry in entries):
            self._hurry()

    def _listen(self) -> None:
        """Have the server's events put into the inbox; nothing else happens on that thread."""
        stream = EventStream(
            self.client.once(),
            on_gap=lambda: self._inbox.put(self._look_at_all),
            on_health=lambda error: self._inbox.put(lambda: self._hear(error)),
        )
        self._stream = stream

        def read() -> None:
            for event in stream:
                self._news.put(partial(self._take_event, event))
                self._inbox.put(self._drain)

        threading.Thread(target=read, name="runtime-widgets-events", daemon=True).start()

    def _take_event(self, event: JobEvent) -> None:
        record = event.job or event.session
        if record is not None:
            self._apply(record)
            if event.job is not None:
                self._queries.heard(event.job, _now())
                self._plan_sooner()
            return
        state = self._states.get(event.deleted or "")
        if state is not None:
            self._gone(state)

    def _gone(self, state: JobState) -> None:
        """Take in that the server does not know a job (any more)."""
        state.set(now=_now(), gone=True)
        self._record_listeners.tell(state)

    def _hear(self, error: IBMApiError | None) -> None:
        """The event stream came up, or broke: look at once, for the list is the judge."""
        push = error is None
        if push != self._board.health.push:
            self._board.change(push=push)
        if error is None:
            self._failures = 0
            self._heard = _now()
        self._look_at_all()

    def _open(self) -> list[Followed]:
        """Return the followed jobs of which something may still change."""
        now = time.monotonic()
        with self._lock:
            return [f for f in self._followed.values() if not settled(f, now)]

    def _things(self) -> list[Thing]:
        """Return all that is followed of which something may still change."""
        return [*self._open(), *self._sessions.open(), *self._queries.open()]

    def _look(self) -> None:
        """Ask the server for all that is followed, once."""
        open_jobs, sessions, queries = self._open(), self._sessions.open(), self._queries.open()
        self._due = float("inf")
        if not open_jobs and not sessions and not queries:
            # Nothing is asked for, so nothing is in trouble any more.
            self._failures = 0
            self.last_error = None
            self._board.change(stale_since=None, trouble=None, kind="", next_look=None)
            return
        self._reader.requests = 0
        now = time.monotonic()
        wanted = [f for f in sessions if f.due <= now]
        lists = [f for f in queries if f.due <= now]
        things: list[Thing] = [*open_jobs, *wanted, *lists]
        if not things:  # no turn has come
            self._plan(self._pace([]))
            return
        try:
            unread = self._read_lists(lists, now)
            open_jobs = self._open()  # those that the lists have brought too
            things = [*open_jobs, *wanted, *lists]
            unread |= self._reader.read(open_jobs) if open_jobs else {}
            unread |= self._sessions.read(wanted, self._drain)
        except (IBMApiError, LocalRuntimeError) as exc:
            error = exc if isinstance(exc, IBMApiError) else IBMNetworkError(exc.message)
            self._ill(error, [*open_jobs, *sessions, *queries])
            return
        self._reader.requests += len(wanted)
        for followed in wanted:
            followed.failures = followed.failures + 1 if followed.key in unread else 0
            if not 0 < followed.failures <= DENIALS:  # a first doubt is settled soon
                followed.due = now + self._session_pace(now - followed.since)
        for entry in lists:
            failed = entry.key in unread
            entry.due = now + (_LIMPING_S if failed else self._list_pace(now - entry.since))
        if unread and len(unread) == len(things):
            self._ill(next(iter(unread.values())), things)
        else:
            limping = self._limping
            self._well([f for f in things if f.key not in unread])
            if unread:
                self._limping = limping
                self._limp([f for f in things if f.key in unread], unread)

    def _read_lists(self, lists: list[FollowedQuery], now: float) -> dict[str, IBMApiError]:
        unread: dict[str, IBMApiError] = {}
        for entry in lists:
            try:
                for _ in self._queries.read(entry, now, _now()):
                    self._drain()
                    self._reader.requests += 1
            except IBMApiError as exc:
                if concerns_all(exc):
                    raise
                unread[entry.key] = exc
        return unread

    def _drain(self) -> None:
        """Take in the news: at once, and between two requests of a long look."""
        while not self._closed:
            try:
                task = self._news.get_nowait()
            except queue.Empty:
                return
            self._safely(task)

    def _apply(self, record: JobRecord | SessionRecord) -> None:
        self._heard = _now()
        if isinstance(record, SessionRecord):
            self._sessions.apply(record)
            self.account.heard(record)
            return
        state = self._states.get(record.id)
        if state is None:
            return
        device = self._reader.devices.get(record.backend)
        ended = record.state is UNKNOWN and record.ended is not None
        changed = state.apply(
            record,
            simulator=device.simulator if device else None,
            now=_now(),
            ended=ended,
            seen=datetime.fromtimestamp(self.client.server_time(), timezone.utc),
        )
        if changed:
            self._record_listeners.tell(state)

    def _well(self, things: list[Thing]) -> None:
        """The server answered: take the trouble back, and plan the next look."""
        self._failures = 0
        self._limping = 0
        self.last_error = None
        self._heard = _now()
        for followed in things:
            if followed.state.stale_since is not None:
                followed.state.set(now=self._heard, stale_since=None)
        self._plan(self._pace(things))
        self._board.change(
            stale_since=None,
            trouble=None,
            kind="",
            requests_per_look=self._reader.requests,
            next_look=self._next_look(),
        )

    def _limp(self, lame: list[Thing], unread: dict[str, IBMApiError]) -> None:
        """Some could not be read, and others could: say which, and ask a little later."""
        self._limping += 1
        for followed in lame:
            since = followed.state.stale_since or followed.state.checked_at or _now()
            followed.state.set(now=_now(), stale_since=since)
        since = min(f.state.stale_since or _now() for f in lame)
        wait_s = min(back_off_s(self._limping), _LIMPING_S)
        planned_s = self._due - time.monotonic()
        if self._limping <= DENIALS or planned_s == float("inf"):
            # A first doubt is settled soon, also where the next look is far.
            planned_s = min(planned_s, _LIMPING_S)
        self._plan(max(planned_s, wait_s))
        first = next(iter(unread.values()))
        trouble = f"{_counted(lame)} could not be read: {first.message}"
        self._board.change(
            stale_since=since, trouble=trouble, kind=kind_of(first), next_look=self._next_look()
        )

    def _ill(self, error: IBMApiError, things: Iterable[Thing]) -> None:
        """The server did not answer rightly: say since when, and wait longer each time."""
        self._failures += 1
        self.last_error = error
        since = self._board.health.stale_since or self._heard or _now()
        asked_s = min(getattr(error, "retry_after_s", None) or 0.0, _RETRY_AFTER_CAP_S)
        self._plan(max(back_off_s(self._failures), asked_s))
        for followed in things:
            followed.state.set(now=_now(), stale_since=since)
        self._board.change(
            stale_since=since,
            trouble=error.message,
            kind=kind_of(error),
            next_look=self._next_look(),
        )

    def _pace(self, things: list[Thing]) -> float:
        """Seconds to the next look: soon for what is young or running, later for old queues."""
        now = time.monotonic()
        soonest = float("inf")
        seen = self._attentions.looked_at()
        for followed in things:
            if not isinstance(followed, Followed) or settled(followed, now):
                continue
            record = followed.state.record
            running = record is not None and record.state.key == "running"
            wait_s = interval_s(now - followed.since, running=running)
            if seen is not None and followed.key not in seen and not self._waits:
                wait_s = max(wait_s, min(wait_s * UNSEEN, LONGEST_S))
            soonest = min(soonest, wait_s)
        soonest = max(soonest, polite_s(self._reader.requests))
        if self._board.health.push and soonest < float("inf"):
            soonest = _safety_s()
        return min([soonest, *(max(due - now, 0.0) for due in self._other_dues())])

    def _other_dues(self) -> list[float]:
        """Return when each session and each list is to be asked for."""
        sessions = [f.due for f in self._sessions.open()]
        return sessions + [f.due for f in self._queries.open()]

    def _list_pace(self, age_s: float) -> float:
        if self._board.health.push:
            return _safety_s()
        return max(_LIST_S, interval_s(age_s, running=False))

    def _session_pace(self, age_s: float) -> float:
        return _safety_s() if self._board.health.push else session_interval_s(age_s)

    def _plan(self, wait_s: float) -> None:
        self._due = time.monotonic() + wait_s

    def _plan_sooner(self) -> None:
        """Look when the next list is due, if that is sooner than what was planned."""
        if not self._failures and (queries := self._queries.open()):
            self._due = min(self._due, *(entry.due for entry in queries))

    def _next_look(self) -> datetime | None:
        if self._due == float("inf"):
            return None
        return datetime.fromtimestamp(time.time() + self._due - time.monotonic(), timezone.utc)


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


def _safety_s() -> float:
    """Seconds between two looks while the server tells of changes by itself."""
    return _SAFETY_LOOK_S * random.uniform(0.9, 1.1)  # noqa: S311 (no secret)


def _counted(things: list[Thing]) -> str:
    """Return "2 jobs", "1 session", or both."""
    sessions = sum(isinstance(one, FollowedSession) for one in things)
    lists = sum(isinstance(one, FollowedQuery) for one in things)
    counts = {"job": len(things) - sessions - lists, "session": sessions, "list": lists}
    parts = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]
    return " and ".join(parts)


def _is_old(state: Observed) -> bool:
    """Whether what has not ended was last heard of longer ago than a look is apart."""
    if state.is_final or state.checked_at is None:
        return False
    return (_now() - state.checked_at).total_seconds() > SHORTEST_S


def _now() -> datetime:
    return datetime.now(timezone.utc)
