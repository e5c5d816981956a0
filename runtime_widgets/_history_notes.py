"""What is told to the history: of the jobs that this machine submitted, or followed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

from runtime_widgets._forks import renew_after_fork
from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets._history_state import entry_of_state
from runtime_widgets.client import RuntimeClient
from runtime_widgets.history import History
from runtime_widgets.job_state import JobState

__all__ = ["Recorder", "kind_of", "note_submission"]

_SAME_S = 60.0
"""That a job is as it was is noted again after so many seconds."""

_log = logging.getLogger(__name__)


class Tells(Protocol):
    """The part of a tracker that the history needs."""

    def follows(self, job_id: str) -> bool:
        """Whether somebody follows a job."""

    def on_follow(self, listener: Callable[[JobState], None]) -> Callable[[], None]:
        """Have `listener` called with each job that somebody begins to follow."""

    def on_record(self, listener: Callable[[JobState], None]) -> Callable[[], None]:
        """Have `listener` called with each job of which something became known."""


def kind_of(client: RuntimeClient) -> str:
    """Say where a client's jobs are: on the user's embedded runtime, at IBM, or elsewhere."""
    if client.may_revive:
        return "local"
    host = urlsplit(client.params.url).hostname or ""
    return "ibm" if host == "cloud.ibm.com" or host.endswith(".cloud.ibm.com") else "other"


def note_submission(client: RuntimeClient, job_id: str, body: Mapping[str, Any]) -> None:
    """Note that the service has taken a job; of its state nothing is known yet."""
    try:
        History.default().add(
            HistoryEntry(
                id=job_id,
                instance=client.params.instance or "",
                kind=kind_of(client),
                device=str(body.get("backend") or ""),
                program=str(body.get("program_id") or ""),
                tags=tuple(body.get("tags") or ()),
                session=body.get("session_id"),
                noted=datetime.now(timezone.utc),
            )
        )
    except Exception:
        # The job exists: whoever submitted it must get it.
        _log.exception("The history met an error of its own; the job does not suffer from it.")


@dataclass(frozen=True)
class _Told:
    """What was told of a job last: a print of it, by which clock, and how old it was."""

    print: int
    at: float
    checked: datetime | None


def _kept(state: JobState) -> tuple[Any, ...]:
    """Return what is worth a line when it changes; a place in a queue, which often does, is not."""
    record = state.record
    if record is None:
        return (state.gone,)
    usage = (record.usage.seconds, record.usage.complete)
    told = (record.status, record.reason_code, record.backend, record.tags, record.session_id)
    return (state.gone, state.is_final, state.transitions, record.created, *told, *usage)


class Recorder:
    """Tells the history what one tracker gets to know.

    Parameters
    ----------
    tracker : Tracker
        Who is listened to.
    client : RuntimeClient
        Whose jobs these are.
    """

    def __init__(self, tracker: Tells, client: RuntimeClient) -> None:
        self._follows = tracker.follows
        self._instance, self._kind = client.params.instance or "", kind_of(client)
        self.renew()
        renew_after_fork(self)
        tracker.on_follow(self.begin)
        tracker.on_record(self.take)

    def renew(self) -> None:
        """Start over in a forked process."""
        self._lock = threading.Lock()
        self._told: WeakKeyDictionary[JobState, _Told] = WeakKeyDictionary()
        self._ours: WeakSet[JobState] = WeakSet()

    def begin(self, state: JobState) -> None:
        """Keep a job from now on, for somebody follows it. On the tracker's thread."""
        if state not in self._ours:
            self._ours.add(state)
            self.take(state)

    def take(self, state: JobState) -> None:
        """Note what has become known of a job. On the tracker's thread."""
        history = History.default()
        if not history.wanted:
            return
        ours = state in self._ours
        new = _Told(hash((ours, *_kept(state))), time.monotonic(), state.checked_at)
        with self._lock:
            old = self._told.get(state)
            if old is not None and old.print == new.print and new.at - old.at < _SAME_S:
                return
            self._told[state] = new
        entry = entry_of_state(state, instance=self._instance, kind=self._kind)
        if entry is None:
            return
        # One that nobody has followed here is brought up to date if it is known, and not added.
        history.add(entry, new=ours)
        if not state.is_final:
            history.sweep(self.sweep)

    def sweep(self) -> bool:
        """Note how lately jobs that have not changed were seen. On the history's thread.

        Returns
        -------
        bool
            Whether there may be more to tell later.
        """
        with self._lock:
            told = list(self._told.items())
        unsettled = [(s, old) for s, old in told if not s.is_final and self._follows(s.job_id)]
        history = History.default()
        for state, old in unsettled:
            record, checked = state.record, state.checked_at
            if record is not None and checked is not None and checked != old.checked:
                with self._lock:
                    self._told[state] = replace(old, checked=checked)
                history.seen(record.id, self._instance, record.status, checked)
        return bool(unsettled)
