"""OpenSessionsWatch: keeps the list of open sessions up to date, for the tracker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from runtime_widgets._errand import Errand, words_of
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMError
from runtime_widgets.open_sessions import OpenSessions
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState

__all__ = ["OpenSessionsWatch"]

_MODES = ("dedicated", "batch")
_OLDEST = datetime.min.replace(tzinfo=timezone.utc)


class OpenSessionsWatch:
    """Asks for the open sessions: two requests, of which one is for batches.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    state_of : callable
        Returns the one state of a session.
    apply : callable
        Takes in a session's record.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(
        self,
        client: RuntimeClient,
        *,
        state_of: Callable[[str], SessionState],
        apply: Callable[[SessionRecord], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._state_of = state_of
        self._apply = apply
        self.state = OpenSessions()
        self.errand = Errand(self._ask, self._failed, clock=clock)
        self._held: dict[str, SessionState] = {}

    # on the tracker's thread

    def heard(self, record: SessionRecord) -> None:
        """Take in a session that the server told of by itself: it may be a new one."""
        if not self.errand.wanted or record.state.final or record.id in self._held:
            return
        self._hold([record])
        ids = (record.id, *self.state.session_ids)
        self.state.set(now=datetime.now(timezone.utc), session_ids=ids)

    def _ask(self) -> Iterator[None]:
        records: list[SessionRecord] = []
        for mode in _MODES:
            yield
            records += self._client.sessions_get(mode, pending=True)[0]
        records = [record for record in records if not record.state.final]
        records.sort(key=lambda record: record.created or _OLDEST, reverse=True)
        self._held = {}
        self._hold(records)
        now = datetime.now(timezone.utc)
        self.state.checked_at = now
        ids = tuple(self._held)
        self.state.set(now=now, session_ids=ids, as_of=now, trouble=None, stale_since=None)

    def _hold(self, records: list[SessionRecord]) -> None:
        """Keep the states, which nobody else may hold yet, and fill them."""
        for record in records:
            self._held[record.id] = self._state_of(record.id)
            self._apply(record)

    def _failed(self, error: IBMError) -> None:
        now = datetime.now(timezone.utc)
        since = self.state.stale_since or self.state.checked_at or now
        trouble = words_of(error, "the account's open sessions")
        self.state.set(now=now, trouble=trouble, stale_since=since)
