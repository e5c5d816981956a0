"""The rules of waiting: who is next on a device, who stands where, and when a turn may come.

No clock, no store, no process: everything is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["DeviceQueues", "Hold", "Outlook", "Ticket", "forecast"]


@dataclass(frozen=True)
class Ticket:
    """One waiting job; `number` is its order of submission on this server."""

    job_id: str
    device: str
    number: int
    session_id: str | None = None


@dataclass(frozen=True)
class Hold:
    """The session that has a device; an `exclusive` one lets nobody else's jobs start there."""

    session_id: str
    exclusive: bool


@dataclass(frozen=True)
class Outlook:
    """Where a waiting job stands. Times are epoch seconds, None where nothing is known."""

    position: int
    starts: float | None
    ends: float | None


class DeviceQueues:
    """First come, first served, for each device, but that the jobs of a session stay together.

    With its first job the turn of a session comes, and its others follow that one, past those
    who wait behind it. A job that is put back (its server died while it was running) stands
    where it stood: in order of submission.
    """

    def __init__(self, devices: Sequence[str]) -> None:
        self._waiting: dict[str, list[Ticket]] = {name: [] for name in devices}
        self._of_session: Counter[str | None] = Counter()

    def push(self, ticket: Ticket) -> None:
        """Let a job wait. A device that is not offered any more keeps its jobs waiting."""
        line = self._waiting.setdefault(ticket.device, [])
        line.append(ticket)
        self._of_session[ticket.session_id] += 1
        if len(line) > 1 and line[-2].number > ticket.number:
            line.sort(key=lambda other: other.number)

    def remove(self, job_id: str, device: str) -> bool:
        """Take a job out of its queue; False if it does not wait there."""
        line = self._waiting.get(device, [])
        for index, ticket in enumerate(line):
            if ticket.job_id == job_id:
                del line[index]
                self._of_session[ticket.session_id] -= 1
                return True
        return False

    def head(self, device: str, hold: Hold | None = None) -> Ticket | None:
        """Return who may start next, without taking the job out; None if nobody may."""
        line = self._waiting.get(device, [])
        first = line[0] if line else None
        if hold is None:
            return first
        own = next((ticket for ticket in line if ticket.session_id == hold.session_id), None)
        return own if own is not None or hold.exclusive else first

    def waiting(self, device: str, hold: Hold | None = None) -> list[Ticket]:
        """Return the waiting jobs in the order of their turns."""
        groups: dict[str | int, list[Ticket]] = {} if hold is None else {hold.session_id: []}
        for ticket in self._waiting.get(device, []):
            groups.setdefault(ticket.session_id or ticket.number, []).append(ticket)
        return [ticket for group in groups.values() for ticket in group]

    def has_session(self, session_id: str) -> bool:
        """Say whether a job of a session waits."""
        return self._of_session[session_id] > 0

    def length(self, device: str) -> int:
        """Return how many jobs wait for a device."""
        return len(self._waiting.get(device, []))

    def total(self) -> int:
        """Return how many jobs wait on all devices."""
        return sum(len(line) for line in self._waiting.values())


def forecast(
    waiting: Sequence[Ticket],
    seconds_of: Callable[[str], float | None],
    free_at: float | None,
    *,
    hold: Hold | None = None,
    takes_jobs: Callable[[str], bool] = lambda _session_id: False,
) -> dict[str, Outlook]:
    """Foresee the turns on one device.

    Parameters
    ----------
    waiting
        The jobs in the order of their turns.
    seconds_of
        How long a job is expected to hold the device, in seconds; None if nothing was
        measured yet.
    free_at
        When the device becomes free; None if that cannot be known.
    hold
        The session that has the device.
    takes_jobs
        Whether further jobs may come to a session: when it will be through, nobody knows then.

    Returns
    -------
    dict
        For each job its position (from 1) and, as far as the durations of all that comes
        before it are known, its start and its end.
    """
    found: dict[str, Outlook] = {}
    starts = free_at
    before = None if hold is None else hold.session_id
    for position, ticket in enumerate(waiting, 1):
        if before is not None and ticket.session_id != before and takes_jobs(before):
            starts = None
        seconds = seconds_of(ticket.job_id)
        ends = None if starts is None or seconds is None else starts + seconds
        found[ticket.job_id] = Outlook(position, starts, ends)
        starts, before = ends, ticket.session_id
    return found
