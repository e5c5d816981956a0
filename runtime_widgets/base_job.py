"""BaseRuntimeJob: what every job that can be watched has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from qiskit.providers import JobStatus

__all__ = ["BaseRuntimeJob"]


class BaseRuntimeJob(ABC):
    """The part of a runtime job that needs nothing but its status."""

    JOB_FINAL_STATES: tuple[Any, ...] = (JobStatus.DONE, JobStatus.CANCELLED, JobStatus.ERROR)
    """The states that a job does not leave."""

    ERROR: Any = JobStatus.ERROR.value
    """What a failed job's status is called."""

    @abstractmethod
    def status(self) -> Any:
        """Return the job's status, as the server says it now."""

    def done(self) -> bool:
        """Return whether the job ended well."""
        return bool(self.status() == JobStatus.DONE)

    def cancelled(self) -> bool:
        """Return whether the job was cancelled."""
        return bool(self.status() == JobStatus.CANCELLED)

    def errored(self) -> bool:
        """Return whether the job failed."""
        return bool(self.status() == JobStatus.ERROR)

    def running(self) -> bool:
        """Return whether the job is running."""
        return bool(self.status() == JobStatus.RUNNING)

    def in_final_state(self) -> bool:
        """Return whether the job has ended, in whichever way."""
        return self.status() in self.JOB_FINAL_STATES
