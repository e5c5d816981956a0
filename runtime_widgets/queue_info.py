"""QueueInfo: where a job stands in its queue, as far as the server says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["QueueInfo"]


@dataclass(frozen=True)
class QueueInfo:
    """Queue information of a job; None wherever the server does not say.

    Parameters
    ----------
    position : int, optional
        Place in the queue; 1 is next.
    status : str, optional
        The status word as it came from the server.
    estimated_start_time, estimated_complete_time : datetime, optional
        The server's estimates, in local time.
    hub_priority, group_priority, project_priority : float, optional
        Dynamic priorities; today's services do not give them.
    job_id : str, optional
        The job's id.
    """

    position: int | None = None
    status: str | None = None
    estimated_start_time: datetime | None = None
    estimated_complete_time: datetime | None = None
    hub_priority: float | None = None
    group_priority: float | None = None
    project_priority: float | None = None
    job_id: str | None = None

    def format(self) -> str:
        """Return it as lines for people; what is unknown is left out."""
        lines = [
            ("Job", self.job_id),
            ("Status", self.status),
            ("Position in queue", self.position),
            ("Estimated start", _time(self.estimated_start_time)),
            ("Estimated completion", _time(self.estimated_complete_time)),
            ("Hub priority", self.hub_priority),
            ("Group priority", self.group_priority),
            ("Project priority", self.project_priority),
        ]
        known = [f"{name}: {value}" for name, value in lines if value is not None]
        return "\n".join(known) or "Nothing is known about the queue."


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%d %H:%M:%S %Z").strip()
