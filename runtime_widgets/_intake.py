"""Intake: where all that the server says of jobs comes in, on whatever road it came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from runtime_widgets._listeners import Listeners
from runtime_widgets.client import RuntimeClient
from runtime_widgets.job_state import JobState
from runtime_widgets.states import UNKNOWN
from runtime_widgets.wire import BackendRecord, JobRecord

__all__ = ["Intake"]


class Intake:
    """The states of a tracker's jobs: one for each, as long as somebody holds it.

    Parameters
    ----------
    client : RuntimeClient
        Whose server it is, for its clock.
    now : callable
        Returns the time (UTC).
    device : callable
        Returns what is known of a device, by its name.
    saw : callable
        Called with each job of which a record was taken in.
    """

    def __init__(
        self,
        client: RuntimeClient,
        *,
        now: Callable[[], datetime],
        device: Callable[[str], BackendRecord | None],
        saw: Callable[[JobState], None],
    ) -> None:
        self._client = client
        self._now = now
        self._device = device
        self._saw = saw
        self._lock = threading.Lock()
        self._states: WeakValueDictionary[str, JobState] = WeakValueDictionary()
        self.records: Listeners[JobState] = Listeners("record")
        self._count = 0
        self.heard: datetime | None = None
        """When the server was heard last (UTC)."""

    def renew(self) -> None:
        """Start over in a forked process: what is known stays known."""
        self._lock = threading.Lock()
        self.records.renew()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._states))

    def __len__(self) -> int:
        return len(self._states)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._states

    def state(self, job_id: str) -> JobState:
        """Return the one state of a job. From any thread."""
        with self._lock:
            state = self._states.get(job_id)
            if state is None:
                state = self._states[job_id] = JobState(job_id)
            return state

    # on the tracker's thread

    def mark(self) -> int:
        """Return by what it can be told, later, what was taken in since now.

        A count, for any clock may be set back.
        """
        return self._count

    def apply(self, record: JobRecord, asked: int | None = None, *, whole: bool = False) -> None:
        """Take in a record, if it is of a job that somebody holds.

        Parameters
        ----------
        record : JobRecord
            What the server said.
        asked : int, optional
            What :meth:`mark` returned when it was asked for, where that may be a while ago.
        whole : bool
            Whether it holds what was known before: then what it leaves out is not true any more.
        """
        now = self.heard = self._now()
        state = self._states.get(record.id)
        if state is None:
            return
        self._count += 1
        device = self._device(record.backend)
        ahead_s = self._client.clock_ahead_s()
        changed = state.apply(
            record,
            simulator=device.simulator if device else None,
            now=now,
            ended=record.state is UNKNOWN and record.ended is not None,
            seen=now + timedelta(seconds=ahead_s) if ahead_s else now,
            overtaken=asked is not None and state.taken > asked,
            whole=whole,
        )
        state.taken = self._count
        self._saw(state)
        if changed:
            self.records.tell(state)

    def devices_known(self) -> None:
        """Correct what was said of jobs while nothing was known of their devices."""
        with self._lock:  # other threads come upon jobs meanwhile
            states = list(self._states.values())
        for state in states:
            device = self._device(state.record.backend) if state.record else None
            if device is not None and device.simulator is not None:
                known = state.device_known(simulator=device.simulator, now=self._now())
                if known:
                    self.records.tell(state)

    def gone(self, state: JobState) -> None:
        """Take in that the server does not know a job (any more)."""
        state.set(now=self._now(), gone=True)
        self.records.tell(state)

    def deleted(self, job_id: str) -> None:
        """Take in that a job was deleted, if it is one that somebody holds."""
        state = self._states.get(job_id)
        if state is not None:
            self.gone(state)
