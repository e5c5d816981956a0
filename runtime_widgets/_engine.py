"""Engine: the parts of a tracker, and what happens on its thread.

``_looker`` says what a look asks for, and when the next one is due; ``_worker`` is the thread;
``_intake`` is where records come in. Here they are put together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from weakref import ref

from runtime_widgets._account_watch import AccountWatch
from runtime_widgets._allowance import Allowance
from runtime_widgets._attention import Attentions
from runtime_widgets._device_watch import DeviceWatch
from runtime_widgets._following import Followed, settled
from runtime_widgets._forks import renew_after_fork
from runtime_widgets._health import HealthBoard
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
from runtime_widgets.errors import IBMApiError
from runtime_widgets.job_state import JobState
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.wire import BackendRecord, JobEvent, JobRecord

__all__ = ["Engine"]

REQUESTS_A_MINUTE = 120.0
"""What a tracker may ask of a service in a minute, if the user does not say otherwise."""
LOCAL_REQUESTS_A_MINUTE = 600.0
"""The same for the embedded runtime, which nobody shares; as a rule it tells by itself."""


class Engine:
    """The part of a tracker that runs on its thread.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
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
            self._intake,
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
            jobs=JobReader(self.client, self._intake, clock),
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

    def device(self, name: str) -> BackendRecord | None:
        """Return what is known of a device, without asking; its ``as_of`` is its age."""
        return self._devices.devices.get(name)

    def _do(self, task: Callable[[], None]) -> None:
        """Have `task` run on the tracker's thread, which is started if need be."""
        self._worker.do(task)

    # on the thread: when to look

    def _look(self) -> Look:
        """Make a look, and then run what errands are due."""
        yield from self._looker.look()
        if not self._looker.failing:
            yield from self.account.run()
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
        self._urge(entry)
        self._push.start()
        # A job may be known from a list, and its device not yet.
        self._sooner(-NEVER if self._devices.never_read else entry.due)

    def _urge(self, entry: Followed) -> None:
        """Ask for a job at once, also if thousands of others are being asked for."""
        if self._worker.looking:
            self._looker.urge(entry)

    def _begin(self) -> None:
        """Somebody follows a list or a session."""
        dues = [session.due for session in self._sessions.open()]
        dues += [query.due for query in self._queries.open()]
        if dues:
            self._push.start()
            self._sooner(min(dues))

    def _submitted(self, job_id: str) -> None:
        self._queries.submitted(job_id)
        self._freshen(job_id)

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

    def _insist(self) -> None:
        self._worker.sooner(self._looker.insist())

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
        if event.session is not None:
            self._begin()
        if event.deleted is not None:
            self._intake.deleted(event.deleted)

    def _hear(self, error: IBMApiError | None) -> None:
        """The event stream came up, or broke: look at once, for the list is the judge."""
        self._board.change(push=error is None)
        if error is None:
            self._looker.end_back_off()
            self._intake.heard = self._now()
        self._catch_up()
