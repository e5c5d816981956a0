"""SessionWatch: the sessions that somebody follows, for the tracker.

No route of the service tells of many sessions at once what one tells of itself, so each is
asked for by itself: only while somebody looks, and less often the longer that is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from runtime_widgets._health import concerns_all
from runtime_widgets._pace import SHORTEST_SESSION_S
from runtime_widgets._reader import DENIALS
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMNotFoundError
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState

__all__ = ["FollowedSession", "SessionWatch"]


@dataclass
class FollowedSession:
    """A session that somebody follows; `due` is when it is asked for next."""

    state: SessionState
    since: float
    count: int = 0
    due: float = 0.0
    denied: int = 0
    failures: int = 0

    @property
    def key(self) -> str:
        """What tells it from others, also from jobs: an old session had its first job's id."""
        return f"session {self.state.session_id}"

    @property
    def active(self) -> bool:
        """Whether its usage grows although nothing of it is told as a change."""
        record = self.state.record
        return record is not None and record.state.key == "active"


class SessionWatch:
    """States of sessions, and who follows them.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    now : callable
        Returns the time (UTC).
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(
        self,
        client: RuntimeClient,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._states: WeakValueDictionary[str, SessionState] = WeakValueDictionary()
        self._followed: dict[str, FollowedSession] = {}

    def renew(self) -> None:
        """Start over in a forked process: there nobody follows anything yet."""
        self._lock = threading.Lock()
        self._followed = {}

    # for everybody, from any thread

    def state(self, session_id: str) -> SessionState:
        """Return the one state of a session."""
        with self._lock:
            state = self._states.get(session_id)
            if state is None:
                state = self._states[session_id] = SessionState(session_id)
            return state

    def follow(self, session_id: str) -> SessionState:
        """Note that somebody follows a session."""
        state = self.state(session_id)
        with self._lock:
            new = FollowedSession(state, self._clock())
            self._followed.setdefault(session_id, new).count += 1
        return state

    def unfollow(self, session_id: str) -> None:
        """Undo one :meth:`follow`."""
        with self._lock:
            entry = self._followed.get(session_id)
            if entry is None:
                return
            entry.count -= 1
            if entry.count <= 0:
                del self._followed[session_id]

    def open(self) -> list[FollowedSession]:
        """Return the followed sessions of which something may still change."""
        with self._lock:
            return [f for f in self._followed.values() if not f.state.is_final]

    # on the tracker's thread

    def hurry(self, session_id: str | None = None) -> None:
        """Have a session, or all, asked for at the next look."""
        for followed in self.open():
            if session_id in (None, followed.state.session_id):
                followed.due = 0.0

    def apply(self, record: SessionRecord) -> None:
        """Take in what was read of a session, if it is one that somebody holds."""
        state = self._states.get(record.id)
        if state is None:
            return
        state.apply(record, now=self._now())
        followed = self._followed.get(record.id)
        if followed is not None and followed.active:
            followed.due = min(followed.due, self._clock() + SHORTEST_SESSION_S)

    def read(self, wanted: list[FollowedSession]) -> Generator[None, None, dict[str, IBMApiError]]:
        """Read these sessions; return what was wrong with those that could not be read.

        Stops before each request.

        Raises
        ------
        IBMApiError
            If that says something of the whole service.
        """
        unread: dict[str, IBMApiError] = {}
        for followed in wanted:
            yield
            try:
                self.apply(self._client.session_get(followed.state.session_id))
                followed.denied = 0
            except IBMNotFoundError as exc:
                followed.denied += 1
                if exc.code is not None and followed.denied >= DENIALS:
                    followed.state.set(now=self._now(), gone=True)
                else:
                    unread[followed.key] = exc
            except IBMApiError as exc:
                if concerns_all(exc):
                    raise
                unread[followed.key] = exc
        return unread
