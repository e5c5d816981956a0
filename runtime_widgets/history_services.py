"""The services that jobs of the history belong to, where they can be had without a question."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from runtime_widgets import _urls, accounts, local
from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets.service import QiskitRuntimeService

__all__ = ["services_for"]


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
        service = QiskitRuntimeService(channel="local")
        found[service.active_instance() or ""] = service
    for crn, kind in wanted.items():
        how = _account_for(crn) if kind == "ibm" and _urls.is_crn(crn) else None
        if how is not None:
            found[crn] = QiskitRuntimeService(instance=crn, **how)
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
