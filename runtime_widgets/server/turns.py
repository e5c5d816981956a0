"""A job's turn on a device, and the ways in which it can end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from runtime_widgets.server.store import Row

__all__ = ["Turn", "died", "given_up", "run_again", "too_long", "work_of"]

WORKER_LOST = 5203
RAN_TOO_LONG = 1305


@dataclass
class Turn:
    """The job that holds a device. Times are epoch seconds."""

    job_id: str
    attempt: int
    device: str
    program: str
    session_id: str | None
    work: float
    running: float
    deadline: float
    cost: float
    private: bool
    prepared: bool
    executing: float | None = None
    interim_count: int = 0
    outcome: dict[str, Any] | None = None
    log_bytes: int = 0

    @classmethod
    def of(cls, row: Row, now: float, *, prepared: bool) -> Turn:
        """Return the turn of a waiting job that starts now, perhaps prepared ahead of it."""
        return cls(
            job_id=row["id"],
            attempt=row["attempts"] + 1,
            device=row["backend"],
            program=row["program_id"],
            session_id=row["session_id"],
            work=work_of(row),
            running=now,
            deadline=now + row["cost"],
            cost=row["cost"],
            private=bool(row["private"]),
            prepared=prepared,
            interim_count=row["interim_count"],
        )

    def seconds_so_far(self, now: float) -> float:
        """Return the usage until now, or the measured one."""
        if self.outcome is not None:
            return float(self.outcome["usage_seconds"])
        return 0.0 if self.executing is None else max(0.0, now - self.executing)

    def not_later_than(self, now: float) -> None:
        """Begin now, where the clock was set back to before the beginning.

        Else the device would be held until the clock is there again.
        """
        if self.running > now:
            self.running, self.deadline = now, now + self.cost
        if self.executing is not None:
            self.executing = min(self.executing, now)


def work_of(row: Row) -> float:
    """Return how much a job has to do, as the check of its submission counted it."""
    return float(row["facts"].get("work", 0.0))


def too_long(turn: Turn, now: float) -> dict[str, Any]:
    """Return the end of a job that has used up its time."""
    return {
        "status": "Cancelled",
        "reason": f"Job exceeded its maximum execution time of {turn.cost:g} s.",
        "reason_code": RAN_TOO_LONG,
        "reason_solution": "Make the job smaller, or raise its maximum execution time.",
        "usage_seconds": turn.seconds_so_far(now),
    }


def died(turn: Turn, how: str, now: float) -> dict[str, Any]:
    """Return the end of a job whose process is gone."""
    return {
        "status": "Failed",
        "reason": f"The process that ran the job ended before it was done: {how}.",
        "reason_code": WORKER_LOST,
        "reason_solution": "Submit it again; if memory ran out, make it smaller.",
        "usage_seconds": turn.seconds_so_far(now),
    }


def given_up(row: Row) -> dict[str, Any]:
    """Return the end of a job with which the server has ended too often."""
    return {
        "status": "Failed",
        "reason": f"Given up after {row['attempts']} attempts: the server ended each time "
        "while the job was running.",
        "reason_code": WORKER_LOST,
        "reason_solution": "Look why the server ended, then submit the job again.",
    }


def run_again(turn: Turn) -> str:
    """Return the line for the logs of a job that its server's end had interrupted."""
    # As the programs' own lines have it: local time, level, logger.
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(turn.running))
    return (
        f"{when} WARNING runtime_widgets.server: Attempt {turn.attempt} of this job begins: the "
        f"server ended while attempt {turn.attempt - 1} was running.\n"
    )
