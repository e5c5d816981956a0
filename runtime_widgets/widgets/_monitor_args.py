"""What a monitor is made with, checked before anything is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.query import JobQuery
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.tracker import tracker_of
from runtime_widgets.widgets._view import check_job

__all__ = ["checked_jobs", "queries_of", "refuse"]

NEWEST = 200
"""So many jobs of an account are followed where it is not said which."""

_KNOWN = (
    *("jobs", "service", "pending", "limit", "created_after", "created_before"),
    *("session_id", "tags", "program", "backend", "notify", "layout"),
)
_ELSEWHERE = {
    "backend_name": "backend",
    "job_tags": "tags",
    "program_id": "program",
    "services": "service",
    "session": "session_id",
    "since": "created_after",
    "after": "created_after",
    "before": "created_before",
    "device": "backend",
    "max": "limit",
    "n": "limit",
}
"""What the same is called elsewhere."""


def refuse(unknown: Mapping[str, Any]) -> None:
    """Refuse arguments that nobody knows, and say what may have been meant.

    Raises
    ------
    TypeError
        If there are any.
    """
    for name in unknown:
        near = [_ELSEWHERE[name]] if name in _ELSEWHERE else get_close_matches(name, _KNOWN, 1)
        hint = f" Did you mean {near[0]}=?" if near else ""
        msg = f"JobMonitor has no argument {name!r}.{hint} It takes {', '.join(_KNOWN)}."
        raise TypeError(msg)


def checked_jobs(jobs: Any) -> list[RuntimeJob]:
    """Refuse what is no job.

    Raises
    ------
    TypeError
        If one of them is no job.
    """
    if isinstance(jobs, QiskitRuntimeService):
        msg = "A monitor of an account is JobMonitor(service=service)."
        raise TypeError(msg)
    if isinstance(jobs, (RuntimeJob, str)) or not isinstance(jobs, Iterable):
        msg = f"A monitor takes a list of jobs, not {jobs!r}."
        raise TypeError(msg)
    return [check_job(job) for job in jobs]


def queries_of(
    service: Any, filters: Mapping[str, Any]
) -> list[tuple[QiskitRuntimeService, JobQuery]]:
    """Return what is to be followed: a query for each service.

    Raises
    ------
    TypeError
        If that is no service.
    IBMInputValueError
        If there is no service to which the filters could apply.
    RuntimeInvalidStateError
        If a service was closed.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    if service is None:
        if given:
            msg = (
                f"{next(iter(given))}= says which jobs of an account are followed: add service=, "
                "such as JobMonitor(service=service, pending=True)."
            )
            raise IBMInputValueError(msg)
        return []
    services = [service] if isinstance(service, QiskitRuntimeService) else service
    if isinstance(services, str) or not isinstance(services, Iterable):
        msg = f"service= is a QiskitRuntimeService, or a list of them, not {service!r}."
        raise TypeError(msg)
    query = JobQuery(**given) if given else JobQuery(limit=NEWEST)
    found = []
    for one in services:
        if not isinstance(one, QiskitRuntimeService):
            msg = f"service= is a QiskitRuntimeService, or a list of them, not {one!r}."
            raise TypeError(msg)
        tracker_of(one.client).check_open()
        found.append((one, query))
    return found
