"""The sessions of what a view shows. Looking at them asks by GET alone, and opens nothing.

A session tells of itself only when it is asked for by itself, so the fewest are: those with a job
that has not ended, and those that the account's list says are open. What ended long ago is not
asked for at all where that list is there to tell it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from runtime_widgets._following import Following
from runtime_widgets._session_words import session_info
from runtime_widgets.messages import SessionInfo, SessionMode
from runtime_widgets.open_sessions import OpenSessions
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.tracker import Tracker

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["SessionProvider", "provide_sessions", "shown_session"]

MOST = 20
"""So many sessions of a service are read one by one at most."""
FEW = 3
"""Up to so many of jobs that have ended are read by themselves; of more, the list tells."""

TRAITS = ["record", "gone", "stale_since"]


def provide_sessions(view: LiveView) -> Callable[[], None]:
    """Keep ``context.sessions`` of a view: those of its jobs, and the open ones of its services."""
    _providers[view] = provider = SessionProvider(view)

    def stop() -> None:
        # It holds its view: a value that is kept by its own key would never go.
        _providers.pop(view, None)
        provider.close()

    return stop


_providers: WeakKeyDictionary[LiveView, SessionProvider] = WeakKeyDictionary()


def shown_session(view: LiveView, session_id: str) -> tuple[Tracker, SessionState] | None:
    """Return a session that a view shows, and who knows it: a page reaches no other."""
    provider = _providers.get(view)
    return None if provider is None else provider.find(session_id)


@dataclass
class _Place:
    """The sessions of one service."""

    jobs: dict[str, set[str]] = field(default_factory=dict)
    """From a session to its jobs that have not ended; none where all have."""
    following: dict[str, Following[SessionState]] = field(default_factory=dict)
    seen_open: dict[str, SessionState] = field(default_factory=dict)
    listed: Following[OpenSessions] | None = None
    modes: dict[str, str] = field(default_factory=dict)
    """Of which it is known whether they are batches."""
    closed: set[str] = field(default_factory=set)
    """Those that have ended, by their own word or because the list does not have them."""

    def note_mode(self, state: SessionState) -> None:
        """Note whether it is a batch, if that is known."""
        if state.record is not None and state.record.mode:
            self.modes[state.session_id] = state.record.mode


class SessionProvider:
    """Chooses which sessions to follow, and tells of those that are open, or were here."""

    def __init__(self, view: LiveView) -> None:
        self._view = view
        self._lock = threading.RLock()
        self._places: dict[Tracker, _Place] = {}
        self._session_of: dict[str, tuple[Tracker, str]] = {}
        self._closed = False
        self._stop = view.on_news(self._look)
        self._look(())

    def find(self, session_id: str) -> tuple[Tracker, SessionState] | None:
        """Return a session that the view shows, and who knows it: a page reaches no other."""
        with self._lock:
            for tracker, place in self._places.items():
                if session_id in place.seen_open:
                    return tracker, place.seen_open[session_id]
        return None

    def close(self) -> None:
        """Lose interest."""
        with self._lock:
            self._closed = True
            self._stop()
            for place in self._places.values():
                self._leave(place)

    def _look(self, job_ids: Collection[str]) -> None:
        """Take in what changed. On the courier's thread, but for the first time."""
        with self._lock:
            if self._closed:
                return
            trackers = self._view.trackers()
            for tracker in trackers:
                self._places.setdefault(tracker, _Place())
            for job_id in job_ids:
                self._note(job_id)
            for tracker in [one for one in self._places if one not in trackers]:
                self._leave(self._places.pop(tracker))
            for tracker, place in self._places.items():
                self._choose(tracker, place)
            self._view.around("sessions", self._infos())
            self._view.around("modes", self._modes())

    def _note(self, job_id: str) -> None:
        job = self._view.job(job_id)
        session_id = None if job is None else job.session_id
        if job is None or session_id is None:
            tracker, session_id = self._session_of.pop(job_id, (None, ""))
            if tracker in self._places:
                self._places[tracker].jobs.get(session_id, set()).discard(job_id)
            return
        if job_id not in self._session_of:
            # Perhaps its object lives in a variable, or another view has read it.
            self._places[job.tracker].note_mode(job.tracker.session_state(session_id))
        self._session_of[job_id] = job.tracker, session_id
        unfinished = self._places[job.tracker].jobs.setdefault(session_id, set())
        (unfinished.discard if job.state.is_final else unfinished.add)(job_id)

    # which to follow

    def _choose(self, tracker: Tracker, place: _Place) -> None:
        if self._view.hidden or tracker.closed:
            self._leave(place)
            return
        whole = self._view.follows_account(tracker)
        ended = self._ended(place)
        self._list(tracker, place, wanted=whole or len(ended) > FEW)
        wanted = [session_id for session_id, jobs in place.jobs.items() if jobs]
        wanted += list(place.seen_open)
        wanted += self._told_open(place, ended, whole=whole)
        unread = (one for one in dict.fromkeys(wanted) if one not in place.closed)
        for session_id in islice(unread, MOST):
            if session_id not in place.following:
                place.following[session_id] = following = tracker.follow_session(session_id)
                following.state.observe(self._told, TRAITS)
        for session_id, following in list(place.following.items()):
            state = following.state
            place.note_mode(state)
            if state.record is not None and not state.record.state.final and not state.gone:
                place.seen_open[session_id] = state
            if state.is_final:
                place.closed.add(session_id)
                self._unfollow(place, session_id)

    def _ended(self, place: _Place) -> list[str]:
        """Return the sessions of jobs that have all ended, of which nobody knows whether they have.

        That is what is easily forgotten: a session without a job, which is held and billed.
        """
        return [
            session_id
            for session_id, jobs in place.jobs.items()
            if not jobs and session_id not in place.closed and session_id not in place.seen_open
        ]

    def _list(self, tracker: Tracker, place: _Place, *, wanted: bool) -> None:
        """Have the account's list of open sessions kept up to date, or not any more."""
        if wanted and place.listed is None:
            place.listed = tracker.account.follow_sessions()
            place.listed.state.observe(self._told, ["session_ids", "as_of", "trouble"])
        elif not wanted:
            self._unlist(place)

    def _unlist(self, place: _Place) -> None:
        listed, place.listed = place.listed, None
        if listed is not None:
            listed.state.unobserve(self._told, ["session_ids", "as_of", "trouble"])
            listed.close()

    def _told_open(self, place: _Place, ended: list[str], *, whole: bool) -> list[str]:
        """Return those to be read that no unfinished job makes us read."""
        if place.listed is None:
            return ended
        listed = place.listed.state
        if listed.as_of is None:
            # Where there is no such list they are read one by one, else it is waited for.
            return ended if listed.trouble is not None else []
        is_open = set(listed.session_ids)
        place.closed.update(session_id for session_id in ended if session_id not in is_open)
        return list(listed.session_ids) if whole else [one for one in ended if one in is_open]

    def _told(self, _change: Any) -> None:
        """Have the view look. On the tracker's thread."""
        self._view.wake()

    def _unfollow(self, place: _Place, session_id: str) -> None:
        following = place.following.pop(session_id)
        following.state.unobserve(self._told, TRAITS)
        following.close()

    def _leave(self, place: _Place) -> None:
        for session_id in list(place.following):
            self._unfollow(place, session_id)
        self._unlist(place)

    # what is told

    def _modes(self) -> list[SessionMode]:
        places = list(self._places.values())
        return [SessionMode(*known) for place in places for known in sorted(place.modes.items())]

    def _infos(self) -> list[SessionInfo]:
        found = [
            _info(tracker, state, state.record, len(place.jobs.get(session_id, ())))
            for tracker, place in self._places.items()
            for session_id, state in place.seen_open.items()
            if state.record is not None
        ]
        found.sort(key=lambda info: (info.final, -(info.created or 0.0)))
        return found


def _info(
    tracker: Tracker, state: SessionState, record: SessionRecord, unfinished: int
) -> SessionInfo:
    device = tracker.device(record.backend)
    return session_info(
        record,
        simulator=device.simulator if device is not None else None,
        unfinished=unfinished,
        read_at=state.checked_at or datetime.now(timezone.utc),
        ahead_s=tracker.client.clock_ahead_s(),
        stale_since=state.stale_since,
        gone=state.gone,
    )
