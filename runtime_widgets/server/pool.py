"""Where programs run: one small interface, so that something else can take its place.

:class:`~runtime_widgets.server.local_pool.LocalPool` runs them in processes of this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Checked", "Listener", "Pool", "WorkOrder"]


@dataclass(frozen=True)
class WorkOrder:
    """One attempt to run one job.

    Attributes
    ----------
    attempt
        Reports of an attempt that is not the current one are ignored.
    params
        The parameters as they were submitted, still encoded.
    """

    job_id: str
    attempt: int
    program: str
    device: str
    params: str
    log_level: str


@dataclass(frozen=True)
class Checked:
    """A submission that was decoded and found acceptable.

    Attributes
    ----------
    envelope
        All members of the body but ``params``.
    params
        The text of ``params`` exactly as it stood in the body.
    facts
        What the check counted: circuits, qubits, depths, shots, work.
    """

    envelope: dict[str, Any]
    params: str
    facts: dict[str, Any]


class Listener(Protocol):
    """Who is told how an attempt goes. Called on threads of the pool, never twice at once."""

    def executing(self, job_id: str, attempt: int) -> None:
        """Preparation is over; the program's work begins, and with it the usage."""

    def interim(self, job_id: str, attempt: int, payload: str) -> None:
        """The program published an interim result (encoded JSON)."""

    def log(self, job_id: str, attempt: int, text: str) -> None:
        """The program logged or printed something."""

    def done(self, job_id: str, attempt: int, result: str, seconds: float) -> None:
        """The program returned; `seconds` is the measured time of its work."""

    def failed(self, job_id: str, attempt: int, reason: dict[str, Any], seconds: float) -> None:
        """The program raised; `reason` has message, and where known code and solution."""

    def died(self, job_id: str, attempt: int, how: str) -> None:
        """The process that ran the program is gone; `how` is a sentence."""


class Pool(Protocol):
    """Runs attempts and checks submissions."""

    def start(self, order: WorkOrder, listener: Listener) -> None:
        """Begin an attempt, or let one execute that was prepared; returns at once."""

    def prepare(self, order: WorkOrder, listener: Listener) -> None:
        """Begin an attempt before its turn: it is decoded and prepared, but does not execute.

        Nothing is reported of it before `start`. If the preparation goes wrong nothing is lost:
        `start` begins anew.
        """

    def stop(self, job_id: str) -> None:
        """End what runs for a job, now; nothing more is reported of it."""

    def check(self, body: bytes) -> Checked:
        """Decode and check a submission where it can do no harm.

        Raises
        ------
        Problem
            With the reason why it is refused.
        """

    def close(self) -> None:
        """End everything."""
