"""The rules of waiting: who is next on a device, who stands where, and when a turn may come.

No clock, no store, no process: everything is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["DeviceQueues", "Outlook", "Ticket", "forecast"]


@dataclass(frozen=True)
class Ticket:
    """One waiting job; `number` is its order of submission on this server."""

    job_id: str
    device: str
    number: int
    session_id: str | None = None


@dataclass(frozen=True)
class Outlook:
    """Where a waiting job stands. Times are epoch seconds, None where nothing is known."""

    position: int
    starts: float | None
    ends: float | None


class DeviceQueues:
    """First come, first served, for each device.

    A job that is put back (its server died while it was running) stands where it stood: in
    order of submission.
    """

    def __init__(self, devices: Sequence[str]) -> None:
        self._waiting: dict[str, list[Ticket]] = {name: [] for name in devices}

    def push(self, ticket: Ticket) -> None:
        """Let a job wait. A device that is not offered any more keeps its jobs waiting."""
        line = self._waiting.setdefault(ticket.device, [])
        line.append(ticket)
        if len(line) > 1 and line[-2].number > ticket.number:
            line.sort(key=lambda other: other.number)

    def remove(self, job_id: str, device: str) -> bool:
        """Take a job out of its queue; False if it does not wait there."""
        line = self._waiting.get(device, [])
        for index, ticket in enumerate(line):
            if ticket.job_id == job_id:
                del line[index]
                return True
        return False

    def head(self, device: str) -> Ticket | None:
        """Return who is next, without taking the job out."""
        line = self._waiting.get(device, [])
        return line[0] if line else None

    def waiting(self, device: str) -> list[str]:
        """Return the ids of the waiting jobs, the next one first."""
        return [ticket.job_id for ticket in self._waiting.get(device, [])]

    def length(self, device: str) -> int:
        """Return how many jobs wait for a device."""
        return len(self._waiting.get(device, []))

    def total(self) -> int:
        """Return how many jobs wait on all devices."""
        return sum(len(line) for line in self._waiting.values())


def forecast(
    waiting: Sequence[str],
    seconds_of: Callable[[str], float | None],
    free_at: float | None,
) -> dict[str, Outlook]:
    """Foresee the turns on one device.

    Parameters
    ----------
    waiting
        Job ids, the next one first.
    seconds_of
        How long a job is expected to hold the device, in seconds; None if nothing was
        measured yet.
    free_at
        When the device becomes free; None if that cannot be known.

    Returns
    -------
    dict
        For each job its position (from 1) and, as far as the durations of all the jobs
        before it are known, its start and its end.
    """
    found: dict[str, Outlook] = {}
    starts = free_at
    for position, job_id in enumerate(waiting, 1):
        seconds = seconds_of(job_id)
        ends = None if starts is None or seconds is None else starts + seconds
        found[job_id] = Outlook(position, starts, ends)
        starts = ends
    return found
