"""The services that jobs of the history belong to, where they can be had without a question."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from runtime_widgets import _urls, accounts, local
from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets.client import PAGE
from runtime_widgets.errors import IBMError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.wire import JobRecord, Usage

__all__ = ["Recalled", "recall", "services_for"]

_RETRY_S = 10.0
"""Whoever looks back is not to wait a minute for a network that is away."""


@dataclass
class Recalled:
    """What became of entries of the history.

    Attributes
    ----------
    jobs : list of RuntimeJob
        Those whose service could be asked, in the order of the entries.
    known : dict of str to HistoryEntry
        What the history has of those that its list did not tell of, by their ids.
    lost : list of HistoryEntry
        The others: of them nothing newer is known, or they are gone from their service.
    services : list of QiskitRuntimeService
        Whose the jobs are; to be closed by who asked.
    troubles : list of IBMError
        Why a service that is known could not be asked.
    """

    jobs: list[RuntimeJob] = field(default_factory=list)
    known: dict[str, HistoryEntry] = field(default_factory=dict)
    lost: list[HistoryEntry] = field(default_factory=list)
    services: list[QiskitRuntimeService] = field(default_factory=list)
    troubles: list[IBMError] = field(default_factory=list)


def recall(entries: Iterable[HistoryEntry]) -> Recalled:
    """Find the jobs of the history again, by one list request a service.

    What the list says comes into the history by itself. A job that is not among its 200 newest
    is returned all the same; it is read when somebody looks at it.

    Parameters
    ----------
    entries : iterable of HistoryEntry
        The jobs, such as ``History.default().recent()``.
    """
    wanted, found = list(entries), Recalled()
    jobs: dict[tuple[str, str], RuntimeJob] = {}
    for instance, service in services_for(wanted).items():
        own = [entry for entry in wanted if entry.instance == instance and not entry.gone]
        if not own:  # the user's own runtime is another one by now
            service.close()
            continue
        try:
            listed = {job.job_id(): job for job in _listed(service, own)}
        except IBMError as exc:
            found.troubles.append(exc)
            service.close()
            continue
        found.services.append(service)
        for entry in own:
            if entry.id not in listed:
                found.known[entry.id] = entry
            jobs[entry.id, instance] = listed.get(entry.id) or service.known_job(_record(entry))
    for entry in wanted:
        job = jobs.get((entry.id, entry.instance))
        if job is None:
            found.lost.append(entry)
        else:
            found.jobs.append(job)
    return found


def _listed(service: QiskitRuntimeService, entries: list[HistoryEntry]) -> list[RuntimeJob]:
    oldest = min((entry.at for entry in entries if entry.at), default=None)
    # Before we noted it the service had taken it.
    after = None if oldest is None else oldest - timedelta(minutes=1)
    return service.jobs(limit=PAGE, created_after=after)


def _record(entry: HistoryEntry) -> JobRecord:
    """Return what the history knows of a job as a record; it is old, and no news to anybody."""
    return JobRecord(
        entry.id,
        entry.status,
        backend=entry.device,
        program_id=entry.program,
        created=entry.created,
        tags=entry.tags,
        session_id=entry.session,
        usage=Usage(entry.usage_seconds, entry.usage_complete),
    )


def services_for(entries: Iterable[HistoryEntry]) -> dict[str, QiskitRuntimeService]:
    """Return a service for each instance that can be reached again, by its CRN.

    The user's embedded runtime, if it runs (it is not started); and IBM's service by the
    account of the environment or a saved one, if that is of the same IBM Cloud account. Nothing
    is searched, and no job is asked for. Whoever gets the services closes them.

    Parameters
    ----------
    entries : iterable of HistoryEntry
        The jobs.
    """
    found: dict[str, QiskitRuntimeService] = {}
    wanted = {entry.instance: entry.kind for entry in entries if entry.instance}
    if "local" in wanted.values() and local.find() is not None:
        service = QiskitRuntimeService(channel="local", retry_for_s=_RETRY_S)
        found[service.active_instance() or ""] = service
    for crn, kind in wanted.items():
        how = _account_for(crn) if kind == "ibm" and _urls.is_crn(crn) else None
        if how is not None:
            found[crn] = QiskitRuntimeService(instance=crn, retry_for_s=_RETRY_S, **how)
    return found


def _account_for(crn: str) -> dict[str, Any] | None:
    """Return which account to use for an instance; None where there is none that fits."""
    candidates = list(_accounts())
    same = [how for how, instance in candidates if instance == crn]
    fitting = [how for how, instance in candidates if _fits(instance, crn)]
    return next(iter(same + fitting), None)


def _accounts() -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield how each account is asked for, and its instance."""
    if os.environ.get("QISKIT_IBM_TOKEN"):
        channel = os.environ.get("QISKIT_IBM_CHANNEL")
        if channel in (None, *accounts.CHANNELS):
            yield {"channel": channel}, os.environ.get("QISKIT_IBM_INSTANCE")
    for name, row in accounts.listed().items():
        yield {"name": name}, row.get("instance")


def _fits(instance: str | None, crn: str) -> bool:
    """Whether an account's key may open an instance: one CRN names the IBM Cloud account."""
    return not _urls.is_crn(instance) or _owner(str(instance)) == _owner(crn)


def _owner(crn: str) -> str:
    """Return the part of a CRN that names the account: ``a/0123…``."""
    parts = crn.split(":")
    return parts[6] if len(parts) > 6 else ""
