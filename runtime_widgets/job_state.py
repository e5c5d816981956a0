"""JobState: what is known of a job, observable.

One writer: the tracker. Everybody else reads, or observes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from traitlets import All, Bool, Float, HasTraits, Instance, Int, Tuple, Unicode
from traitlets import Any as AnyTrait
from traitlets.utils.bunch import Bunch

from runtime_widgets.states import UNKNOWN, may_follow
from runtime_widgets.wire import JobError, JobRecord, phase_of

__all__ = ["JobState", "status_of"]

_log = logging.getLogger(__name__)


class JobState(HasTraits):
    """What is known of one job. Every trait is read-only but for the tracker.

    Handlers given to :meth:`observe` run **on the tracker's thread**, never on the one
    that observes: they must be quick, and touch what belongs to another thread only by
    its own rules (``loop.call_soon_threadsafe``, a queue). This is what keeps a view live
    while a cell is running. An exception in a handler is logged and stops nothing.

    All job objects with the same id, of the same client, share one state.
    """

    status = AnyTrait(allow_none=True, read_only=True)
    """:class:`qiskit.providers.JobStatus`, or the server's word (str) if nobody knows it."""
    word = Unicode("", read_only=True)
    """The server's status word, as it came."""
    phase = Unicode(None, allow_none=True, read_only=True)
    """Finer than the status: "preparing", "on the QPU", "simulating", ..."""
    phase_inferred = Bool(False, read_only=True)
    """True where the phase is our conclusion and not the server's word."""
    queue_position = Int(None, allow_none=True, read_only=True)
    """Place in the queue, 1 is next; None where the server gives none."""
    estimated_start = Instance(datetime, allow_none=True, read_only=True)
    """The server's estimate of the start (UTC)."""
    usage_estimate_seconds = Float(None, allow_none=True, read_only=True)
    """The server's estimate of the QPU time, in seconds."""
    usage_seconds = Float(None, allow_none=True, read_only=True)
    """QPU time charged so far, in seconds."""
    usage_complete = Bool(False, read_only=True)
    """Whether the server has finished counting usage."""
    tags = Tuple(read_only=True)
    """The job's tags."""
    error = Instance(JobError, allow_none=True, read_only=True)
    """Why it ended badly: message, code, solution, trace."""
    interim_seen = Int(0, read_only=True)
    """Number of interim results that the server has published, of the current attempt."""
    gone = Bool(False, read_only=True)
    """True once the server does not know the job any more."""
    cancel_asked = Instance(datetime, allow_none=True, read_only=True)
    """When the server accepted a cancel that it does not report as done yet (UTC)."""
    updated_at = Instance(datetime, allow_none=True, read_only=True)
    """When the record last changed, by this machine's clock (UTC)."""
    stale_since = Instance(datetime, allow_none=True, read_only=True)
    """Since when the server could not be asked (UTC); None while all is well."""
    record = Instance(JobRecord, allow_none=True, read_only=True)
    """All of it at once: the newest record. One notification for each change."""

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id
        self.checked_at: datetime | None = None
        """When the server last confirmed the record (UTC). Not observable."""
        self._final = threading.Event()
        self._read = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], Any]] = []

    def __repr__(self) -> str:
        return f"<JobState {self.job_id} {self.word or 'not read yet'}>"

    @property
    def is_final(self) -> bool:
        """Whether the server said that the job has ended, or does not know it any more."""
        return self._final.is_set()

    def wait_read(self, timeout: float) -> bool:
        """Block until something is known, for `timeout` seconds at most; say whether it is."""
        return self._read.wait(timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the job is final, for `timeout` seconds at most; say whether it is."""
        return self._final.wait(timeout)

    def on_final(self, callback: Callable[[], Any]) -> Callable[[], None]:
        """Call `callback` once, when the job is final: on the tracker's thread, or now.

        An exception in it is logged and stops nothing. Returns what takes it back.
        """
        with self._lock:
            if not self._final.is_set():
                self._callbacks.append(callback)
                return partial(self._forget, callback)
        _run_safely(callback)
        return partial(self._forget, callback)

    def _forget(self, callback: Callable[[], Any]) -> None:
        with self._lock, suppress(ValueError):
            self._callbacks.remove(callback)

    def observe(
        self,
        handler: Callable[[Bunch], Any],
        names: Any = All,
        type: Any = "change",  # noqa: A002 (the name is traitlets')
    ) -> None:
        """Call `handler` with each change of the traits `names`, on the tracker's thread.

        See :meth:`traitlets.HasTraits.observe`. A handler that raises stops nothing.
        """
        super().observe(_Guarded(handler), names, type)

    def unobserve(
        self,
        handler: Callable[[Bunch], Any],
        names: Any = All,
        type: Any = "change",  # noqa: A002 (the name is traitlets')
    ) -> None:
        """Undo :meth:`observe` with the same arguments."""
        super().unobserve(_Guarded(handler), names, type)

    def accepts(self, record: JobRecord) -> bool:
        """Whether `record` may be newer than what is known.

        A page of a list may be older than an event that overtook it: where the server
        numbers its changes that number decides, else the order of the states does.
        """
        old = self.record
        if old is None:
            return True
        if old.revision is not None and record.revision is not None:
            return record.revision >= old.revision
        return may_follow(old.state, record.state)

    def apply(
        self,
        record: JobRecord,
        *,
        simulator: bool | None,
        now: datetime,
        ended: bool = False,
    ) -> None:
        """Take in a record. For the tracker alone.

        Parameters
        ----------
        record : JobRecord
            What the server said.
        simulator : bool or None
            Whether its device is one, where that is known.
        now : datetime
            When it was read (UTC).
        ended : bool
            For a word that nobody knows: the server says by other means that it is over.
        """
        if not self.accepts(record):
            return
        self.checked_at = now
        final = record.state.final or (ended and record.state is UNKNOWN)
        phase = phase_of(record, simulator=simulator)
        changed = {
            "record": record,
            "word": record.status,
            "status": status_of(record),
            "phase": phase.word if phase else None,
            "phase_inferred": bool(phase and phase.inferred),
            "queue_position": record.position if record.state.key == "queued" else None,
            "estimated_start": record.estimated_start,
            "usage_estimate_seconds": record.estimated_seconds,
            "usage_seconds": record.usage.seconds,
            "usage_complete": record.usage.complete,
            "tags": record.tags,
            "error": record.error,
            "interim_seen": record.interim_count,
            "gone": False,
            "cancel_asked": None if final else self.cancel_asked,
            # The server has just said so.
            "stale_since": None,
        }
        self._write(changed, now=now, final=final)

    def set(self, *, now: datetime, **traits: Any) -> None:
        """Write single traits. For the tracker alone."""
        self._write(traits, now=now, final=bool(traits.get("gone")))

    def _write(self, traits: dict[str, Any], *, now: datetime, final: bool) -> None:
        changed = {k: v for k, v in traits.items() if getattr(self, k) != v}
        if changed.keys() - {"stale_since"}:
            changed["updated_at"] = now
        with self.hold_trait_notifications():
            for name, value in changed.items():
                self.set_trait(name, value)
            self._read.set()
            if not final and traits.get("gone") is False and self._final.is_set():
                # The service had denied the job, and knows it again.
                self._final.clear()
            if final:
                # Before the handlers run: a slow one must not keep a waiter waiting.
                with self._lock:
                    self._final.set()
        if final:
            self._finish()

    def _finish(self) -> None:
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            _run_safely(callback)


def status_of(record: JobRecord) -> Any:
    """Return qiskit's member for what a record says; the word itself if nobody knows it."""
    return record.status if record.state is UNKNOWN else record.state.job_status()


@dataclass(frozen=True)
class _Guarded:
    """A handler that cannot stop the tracker; equal to another of the same handler."""

    handler: Callable[[Bunch], Any]

    def __call__(self, change: Bunch) -> None:
        try:
            self.handler(change)
        except Exception:
            _log.exception("A handler of %s of a job raised; the job goes on.", change.name)


def _run_safely(callback: Callable[[], Any]) -> None:
    try:
        callback()
    except Exception:
        _log.exception("A callback of a finished job raised; nothing stops.")
