"""JobState: what is known of a job, observable.

One writer: the tracker. Everybody else reads, or observes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from traitlets import Any as AnyTrait
from traitlets import Bool, Float, Instance, Int, Tuple, Unicode

from runtime_widgets._observed import Observed
from runtime_widgets._transitions import Transition, grown, simulated
from runtime_widgets.states import UNKNOWN, may_follow
from runtime_widgets.wire import JobError, JobRecord, phase_of

__all__ = ["JobState", "status_of"]


class JobState(Observed):
    """What is known of one job. Handlers run on the tracker's thread: see :class:`Observed`.

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
    cancel_asked = Instance(datetime, allow_none=True, read_only=True)
    """When the server accepted a cancel that it does not report as done yet (UTC)."""
    transitions = Tuple(read_only=True)
    """Each state and phase that it was in, in order: a tuple of :class:`Transition`. Rewritten
    when a better time becomes known."""
    label = Unicode(None, allow_none=True, read_only=True)
    """The user's own name of it, which the service knows nothing of: ``job.label = ...``."""
    record = Instance(JobRecord, allow_none=True, read_only=True)
    """All of it at once: the newest record. One notification for each change."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id}")
        self.job_id = job_id
        self.taken = 0
        """The number of the last record that was taken in, of all jobs. For the tracker alone."""
        self._simulator: bool | None = None

    def __repr__(self) -> str:
        return f"<JobState {self.job_id} {self.word or 'not read yet'}>"

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

    def _stands(self, simulator: bool | None) -> bool:
        """Whether nothing but the record decides what is to be said of the job."""
        return not self.gone and self.stale_since is None and simulator == self._simulator

    def _may_be_older(self, record: JobRecord) -> bool:
        """Whether a record that was overtaken by another says nothing that must be later."""
        old = self.record
        if old is None or (old.revision is not None and record.revision is not None):
            return False
        return record.state.rank <= old.state.rank

    def apply(
        self,
        record: JobRecord,
        *,
        simulator: bool | None,
        now: datetime,
        ended: bool = False,
        seen: datetime | None = None,
        overtaken: bool = False,
        whole: bool = False,
    ) -> bool:
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
        seen : datetime, optional
            `now` by the server's clock, for times that the server does not tell.
        overtaken : bool
            Whether something was taken in since the record was asked for: where it is no step
            on, it may be the older one.
        whole : bool
            Whether it holds what was known before; else that fills what it leaves out.

        Returns
        -------
        bool
            Whether anything changed.
        """
        old = self.record
        # Of thousands of jobs that are listed again, almost none has changed.
        if (record is old or record == old) and self._stands(simulator):
            self.checked_at = now
            return False
        if not self.accepts(record) or (overtaken and self._may_be_older(record)):
            return False
        self.checked_at = now
        if old is not None and not whole:
            record = record.over(old)
            if record == old and self._stands(simulator):
                return False
        self._simulator = simulator
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
            "transitions": grown(self._steps(), record, phase, seen or now),
            "gone": False,
            "cancel_asked": None if final else self.cancel_asked,
            # The server has just said so.
            "stale_since": None,
        }
        return self._write(changed, now=now, final=final)

    def _steps(self) -> tuple[Transition, ...]:
        return simulated(self.transitions) if self._simulator else self.transitions

    def device_known(self, *, simulator: bool, now: datetime) -> bool:
        """Take in what its device is, once that is known. For the tracker alone.

        Returns
        -------
        bool
            Whether anything changed.
        """
        record = self.record
        if record is None or self._simulator is not None:
            return False
        self._simulator = simulator
        phase = phase_of(record, simulator=simulator)
        changed = {"phase": phase.word if phase else None, "transitions": self._steps()}
        return self._write(changed, now=now, final=self._final)


def status_of(record: JobRecord) -> Any:
    """Return qiskit's member for what a record says; the word itself if nobody knows it."""
    return record.status if record.state is UNKNOWN else record.state.job_status()
