"""Looker: what is asked for in a look, how that went, and when the next one is due."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial

from runtime_widgets import _pace
from runtime_widgets._attention import Attentions
from runtime_widgets._clock import Clock
from runtime_widgets._device_watch import DeviceWatch
from runtime_widgets._following import Followed
from runtime_widgets._health import HealthBoard, concerns_all, kind_of
from runtime_widgets._intake import Intake
from runtime_widgets._metrics_watch import MetricsWatch
from runtime_widgets._query_watch import FollowedQuery, QueryWatch
from runtime_widgets._reader import JobReader
from runtime_widgets._roll import Roll
from runtime_widgets._session_watch import FollowedSession, SessionWatch
from runtime_widgets._worker import NEVER, Look
from runtime_widgets.errors import (
    IBMApiError,
    IBMNetworkError,
    IBMRateLimitError,
    LocalRuntimeError,
)

__all__ = ["Looker", "Thing", "utc_now"]

Thing = Followed | FollowedSession | FollowedQuery
"""What somebody follows."""

_TOGETHER = 0.25
"""What is due within so much of its interval is asked for now: one list serves more."""
_RETRY_AFTER_CAP_S = 600.0
"""A service that asks for a day is asked again all the same; views say since when it is silent."""
_BARREN = 3
"""After so many looks without one good answer the service is in trouble, and not the jobs."""
_URGENT = 5
"""So many jobs are asked for in the middle of a look for others."""
_FRESH_S = 1.0
"""A look that was asked for by many at once is made once in so long."""


def utc_now(clock: Clock) -> datetime:
    """Return the time (UTC)."""
    return datetime.fromtimestamp(clock.wall(), timezone.utc)


class Looker:
    """Makes the looks of a tracker, on its thread, and tells the board of its health.

    Parameters
    ----------
    clock : Clock
        What tells the time.
    board : HealthBoard
        Whom to tell how well the server is heard.
    intake : Intake
        Where what was read comes in.
    roll, sessions, queries : Roll, SessionWatch, QueryWatch
        What is followed.
    jobs, devices, metrics : JobReader, DeviceWatch, MetricsWatch
        Who asks for it.
    attentions : Attentions
        What is looked at.
    """

    def __init__(
        self,
        clock: Clock,
        board: HealthBoard,
        intake: Intake,
        *,
        roll: Roll,
        sessions: SessionWatch,
        queries: QueryWatch,
        jobs: JobReader,
        devices: DeviceWatch,
        metrics: MetricsWatch,
        attentions: Attentions,
    ) -> None:
        self._clock = clock
        self._now = partial(utc_now, clock)
        self._board = board
        self._intake = intake
        self._roll = roll
        self._sessions = sessions
        self._queries = queries
        self._jobs = jobs
        self._devices = devices
        self._metrics = metrics
        self._attentions = attentions
        self.last_error: IBMApiError | None = None
        """What the last look met; None while all is well."""
        self.renew()

    def renew(self) -> None:
        """Start over in a forked process."""
        self._blocked = float("-inf")
        self._failures = 0
        self._barren = 0
        self._lame: dict[str, Thing] = {}
        self._sure_since = self._clock.monotonic()
        self._jitter = 1.0
        self._urgent: list[Followed] = []
        self._requests = 0
        self._pause = float("-inf")
        self._caught_up = float("-inf")
        self._shown: frozenset[str] | None = None

    # what there is to look at

    def open(self) -> list[Thing]:
        """Return all that is followed of which something may still change."""
        jobs = self._roll.open(self._clock.monotonic())
        return [*jobs, *self._sessions.open(), *self._queries.open()]

    @property
    def failing(self) -> bool:
        """Whether the server is in trouble, so that looks are put off."""
        return self._failures > 0

    # what happens in between

    def saw(self, entry: Followed) -> None:
        """Take note that the server told of a job: it is asked for again in a while."""
        now = self._clock.monotonic()
        entry.note_word(now)
        entry.failures = 0
        self._lame.pop(entry.key, None)
        wait_s = self._interval_s(entry, now) * self._jitter
        entry.due = now + wait_s
        entry.early = now + wait_s * (1 - _TOGETHER)
        if entry.ended is not None and not entry.state.is_final:
            # The service had denied it, and knows it again.
            entry.ended = None
            self._roll.reopen(entry)

    def look_at_all(self) -> None:
        """Have everything asked for at the next look."""
        for thing in self.open():
            thing.due = float("-inf")
        for entry in self._shown_jobs():
            entry.metrics_due = float("-inf")

    def insist(self) -> float:
        """Somebody asks by hand: return when it may be.

        A back-off is over then, but not a pause that the server asked for.
        """
        if not isinstance(self.last_error, IBMRateLimitError):
            self._blocked = float("-inf")
        self.look_at_all()
        return max(self._clock.monotonic(), self._blocked)

    def catch_up(self) -> float:
        """Have everything asked for, once however many ask for that; return when."""
        self.look_at_all()
        self._sure_since = self._clock.monotonic()
        self._caught_up = max(self._clock.monotonic(), self._caught_up + _FRESH_S)
        return self._caught_up

    def end_back_off(self) -> None:
        """Forget the trouble: there is reason to think that it is over."""
        self._failures = 0
        self._blocked = float("-inf")

    def see_anew(self) -> float:
        """Somebody looks at other jobs: return when what they want to see is due."""
        now = self._clock.monotonic()
        before, self._shown = self._shown, self._attentions.looked_at()
        new = self._roll.find_all((self._shown or frozenset()) - (before or frozenset()))
        for entry in new:
            self._freshen(entry, now)
        return min([entry.due for entry in new] + [self._metrics_due()]) if new else NEVER

    def begin(self, entry: Followed) -> None:
        """Somebody begins to follow a job: what was not read yet, or long ago, is due."""
        self._freshen(entry, self._clock.monotonic())

    def urge(self, entry: Followed) -> None:
        """Ask for a job that is due without waiting for the end of the look that is under way.

        One among thousands, that is: whoever follows hundreds gets them by pages, in turn.
        """
        if entry.due <= self._clock.monotonic() and len(self._urgent) < _URGENT:
            self._urgent.append(entry)

    def _freshen(self, entry: Followed, now: float) -> None:
        """Have a job asked for in time for what is to be shown of it now."""
        read = entry.state.checked_at
        known_s = NEVER if read is None else (self._now() - read).total_seconds()
        age_s = max(known_s, 0.0)  # somebody may have set the clock back
        entry.due = min(entry.due, now + max(self._interval_s(entry, now) - age_s, 0.0))

    def next_due(self) -> float:
        """Return when the next look is due, by the clock: the pauses that are owed included."""
        soonest = min((thing.due for thing in self.open()), default=NEVER)
        soonest = min(soonest, self._metrics_due())
        return max(soonest, self._blocked, self._pause) if soonest < NEVER else NEVER

    def next_look(self, due: float) -> datetime | None:
        """Return a time of the clock as a time of day (UTC); None for never."""
        if due == NEVER:
            return None
        return self._now() + timedelta(seconds=due - self._clock.monotonic())

    # a look

    def look(self) -> Look:
        """Ask for what is due; stops before each request."""
        self._requests = 0
        self._urgent.clear()
        # One for all of a look, so that what was asked for together is due together.
        self._jitter = self._clock.between(0.9, 1.1)
        self._shown = self._attentions.looked_at()
        asked: list[Thing] = []
        unread: dict[str, IBMApiError] = {}
        try:
            for _ in self._ask(asked, unread):
                for _ in self._ask_urgent():
                    self._requests += 1
                    yield
                self._requests += 1
                yield
        except (IBMApiError, LocalRuntimeError) as exc:
            self._ill(exc if isinstance(exc, IBMApiError) else IBMNetworkError(exc.message))
            return
        if not self._requests:
            self.rest()
            return
        failed = [thing for thing in asked if thing.key in unread]
        self._barren = self._barren + 1 if failed and len(failed) == len(asked) else 0
        if self._barren and (self._barren >= _BARREN or len(asked) >= len(self.open())):
            self._ill(next(iter(unread.values())))
        else:
            self._well(asked, unread)

    def _ask(
        self, asked: list[Thing], unread: dict[str, IBMApiError]
    ) -> Generator[None, None, None]:
        now = self._clock.monotonic()
        if self._roll.any_open() and (yield from self._devices.read(self._roll.open(now))):
            self._intake.devices_known()
        absent = yield from self._ask_lists(now, asked, unread)
        jobs = self._due_jobs(now)
        asked += jobs
        unread |= yield from self._jobs.read(jobs, absent=absent)
        sessions = [one for one in self._sessions.open() if one.due <= now]
        asked += sessions
        unread |= yield from self._sessions.read(sessions)
        wanted = self._metrics.wanted(self._shown_jobs(), now)
        yield from self._metrics.read(wanted, now)
        for session in sessions:
            session.due = now + self._session_interval_s(session, now) * self._jitter

    def _ask_urgent(self) -> Look:
        """Read what somebody has come to want in the middle of a long look."""
        while self._urgent:
            yield from self._jobs.read_alone([self._urgent.pop()])

    def _ask_lists(
        self, now: float, asked: list[Thing], unread: dict[str, IBMApiError]
    ) -> Generator[None, None, set[str]]:
        """Read lists that are due, or that tell of many jobs that are; return who is in none."""
        absent: set[str] = set()
        for entry in self._queries.open():
            due = [f.key for f in self._due_jobs(now) if f.key in entry.jobs]
            serves = self._queries.serves(entry, len(due))
            if entry.due > now and not serves:
                continue
            asked.append(entry)
            try:
                yield from self._queries.read(entry, self._now(), whole=serves)
            except IBMApiError as exc:
                if concerns_all(exc):
                    raise
                unread[entry.key] = exc
                continue
            entry.due = now + self._list_interval_s(entry, now) * self._jitter
            if serves:
                still = {f.key for f in self._due_jobs(now)}
                absent.update(key for key in due if key in still)
        return absent

    def _due_jobs(self, now: float) -> list[Followed]:
        """Return the jobs to ask for: those that are due, and what is due soon with them."""
        entries = self._roll.open(now)
        if all(entry.due > now for entry in entries):
            return []
        return [entry for entry in entries if min(entry.due, entry.early) <= now]

    def _shown_jobs(self) -> list[Followed]:
        return self._roll.find_all(self._shown or ())

    def _metrics_due(self) -> float:
        now = self._clock.monotonic()
        wanted = self._metrics.wanted(self._shown_jobs(), now)
        return min((entry.metrics_due for entry in wanted), default=NEVER)

    # how it went

    def rest(self) -> None:
        """Nothing was asked for. If there is nothing to ask for, nothing is in trouble."""
        things = self.open()
        if not things:
            self.end_back_off()
            self.last_error = None
        if not things or (self._lame and not self._failures):
            self._tell_of_lame({})

    def _well(self, asked: Sequence[Thing], unread: dict[str, IBMApiError]) -> None:
        """The server answered: take the trouble back, but for what could not be read."""
        if self._failures:
            self._jobs.forget_refusals()
        self.end_back_off()
        self.last_error = None
        now = self._intake.heard = self._now()
        for thing in asked:
            if thing.key in unread:
                self._limp(thing)
                continue
            thing.failures = 0
            self._lame.pop(thing.key, None)
            if thing.state.stale_since is not None:
                thing.state.set(now=now, stale_since=None)
        self._pause = self._clock.monotonic() + _pace.polite_s(self._requests)
        self._board.change(requests_per_look=self._requests)
        self._tell_of_lame(unread)

    def _limp(self, thing: Thing) -> None:
        """Something could not be read, and other things could: ask a little later."""
        thing.failures += 1
        since = thing.state.stale_since or thing.state.checked_at or self._now()
        thing.state.set(now=self._now(), stale_since=since)
        thing.due = self._clock.monotonic() + self._jittered(_pace.back_off_s(thing.failures))
        if isinstance(thing, Followed):
            thing.early = thing.due
        self._lame[thing.key] = thing

    def _tell_of_lame(self, unread: dict[str, IBMApiError]) -> None:
        still = {thing.key for thing in self.open()} if self._lame else set()
        self._lame = {key: thing for key, thing in self._lame.items() if key in still}
        changed: dict[str, object] = {"stale_since": None, "trouble": None, "kind": ""}
        if self._lame:
            lame = list(self._lame.values())
            changed = {"stale_since": min(t.state.stale_since or self._now() for t in lame)}
            if unread:
                first = next(iter(unread.values()))
                text = f"{_counted(lame)} could not be read: {first.message}"
                changed |= {"trouble": text, "kind": kind_of(first)}
        self._board.change(**changed)

    def _ill(self, error: IBMApiError) -> None:
        """The server did not answer rightly: say since when, and wait longer each time."""
        self._failures += 1
        self.last_error = error
        since = self._board.health.stale_since or self._intake.heard or self._now()
        asked_s = min(getattr(error, "retry_after_s", None) or 0.0, _RETRY_AFTER_CAP_S)
        wait_s = max(self._jittered(_pace.back_off_s(self._failures)), asked_s)
        self._blocked = self._clock.monotonic() + wait_s
        # Once it answers again, everything is old.
        self.look_at_all()
        self._board.change(stale_since=since, trouble=error.message, kind=kind_of(error))
        for thing in self.open():
            thing.state.set(now=self._now(), stale_since=since)

    def _jittered(self, longest: float) -> float:
        """Return half of it or more: many that lost the same server must not come in step."""
        return self._clock.between(longest / 2, longest)

    # pace

    def _interval_s(self, entry: Followed, now: float) -> float:
        """Return the time between two looks at a job."""
        if self._board.health.push:
            return self._safety_s()
        age_s = now - entry.since
        record = entry.state.record
        if record is not None and record.state.final:
            return _pace.bill_interval_s(age_s)
        running = record is not None and record.state.key == "running"
        wait_s = _pace.interval_s(age_s, running=running)
        if self._shown is None or entry.waits > 0 or entry.key in self._shown:
            return wait_s
        return _pace.unseen_s(wait_s)

    def _session_interval_s(self, session: FollowedSession, now: float) -> float:
        if self._board.health.push and not session.active:
            return self._safety_s()
        return _pace.session_interval_s(now - session.since, active=session.active)

    def _list_interval_s(self, entry: FollowedQuery, now: float) -> float:
        if self._board.health.push:
            return self._safety_s()
        wait_s = _pace.list_interval_s(now - entry.since)
        # Views that attend, and look at nothing, are hidden.
        return _pace.unseen_s(wait_s) if self._shown is not None and not self._shown else wait_s

    def _safety_s(self) -> float:
        return _pace.safety_s(self._clock.monotonic() - self._sure_since)


def _counted(things: Iterable[Thing]) -> str:
    """Return "2 jobs", "1 session", or both."""
    kinds = {Followed: "job", FollowedSession: "session", FollowedQuery: "list"}
    counts = dict.fromkeys(kinds.values(), 0)
    for thing in things:
        counts[kinds[type(thing)]] += 1
    parts = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]
    return " and ".join(parts)
