"""AccountWatch: what surrounds the jobs, for the tracker: usage, and which sessions are open.

The tracker's thread runs it between two looks at the jobs, and not while it is backing off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime

from runtime_widgets._following import Following
from runtime_widgets._open_sessions_watch import OpenSessionsWatch
from runtime_widgets._usage_watch import UsageWatch
from runtime_widgets.client import RuntimeClient
from runtime_widgets.job_state import JobState
from runtime_widgets.open_sessions import OpenSessions
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.usage_state import UsageState

__all__ = ["AccountWatch"]


class AccountWatch:
    """Keeps usage and the list of open sessions up to date while somebody follows them.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    wake : callable
        Has the tracker's thread look at :attr:`due` again; starts it if need be.
    session_of : callable
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
        wake: Callable[[], None],
        session_of: Callable[[str], SessionState],
        apply: Callable[[SessionRecord], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wake = wake
        self._usage = UsageWatch(client, clock=clock)
        self._sessions = OpenSessionsWatch(client, state_of=session_of, apply=apply, clock=clock)

    def renew(self) -> None:
        """Start over in a forked process: there nobody follows anything yet."""
        self._usage.renew()
        self._sessions.errand.renew()

    # for everybody, from any thread

    @property
    def usage(self) -> UsageState:
        """What is known of the instance's usage; nothing is asked."""
        return self._usage.state

    def follow_usage(self, *, forecast: bool = False) -> Following[UsageState]:
        """Keep the instance's usage up to date until the returned Following is closed.

        Parameters
        ----------
        forecast : bool
            Also add up what the unfinished jobs are expected to use: one request more a look.
        """
        self._usage.join(forecast=forecast)
        self._wake()
        return Following(self._usage.state, lambda: self._usage.leave(forecast=forecast))

    def follow_sessions(self) -> Following[OpenSessions]:
        """Keep the list of open sessions up to date until the returned Following is closed."""
        self._sessions.errand.join()
        self._wake()
        return Following(self._sessions.state, self._sessions.errand.leave)

    @property
    def wanted(self) -> bool:
        """Whether somebody follows any of it."""
        return self._usage.errand.wanted or self._sessions.errand.wanted

    @property
    def due(self) -> float:
        """When something is to be asked for next, by the clock."""
        return min(self._usage.errand.due, self._sessions.errand.due)

    # on the tracker's thread

    def run(self) -> Iterator[None]:
        """Ask for what is due; yields before each request, which may have to wait."""
        yield from self._usage.errand.run()
        yield from self._sessions.errand.run()

    def heard(self, news: JobState | SessionRecord) -> None:
        """Take note of a job that changed, and of what the server told of a session."""
        if isinstance(news, SessionRecord):
            self._sessions.heard(news)
        else:
            self._usage.heard(news)

    def session_asked(self) -> None:
        """Read the list again soon: a session was asked to close."""
        self._sessions.errand.hurry()

    def say_closed(self, now: datetime) -> None:
        """Let no view go on as if somebody still looked."""
        for state in (self._usage.state, self._sessions.state):
            state.set(now=now, stale_since=state.stale_since or now)
