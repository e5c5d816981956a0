"""The generations of the API, and what of an answer depends on the one that is asked for.

IBM names them by dates (``GET /versions``). Which answer it gives to a date that names none is not
documented; here such a date means the generation that was the newest on that day, and no header
means the newest of all.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from runtime_widgets.server.problems import malformed

__all__ = ["HEADER", "NEWEST", "VERSIONS", "metrics_of", "usage_of", "version_of"]

HEADER = "IBM-API-Version"
# Source: the published changelog of the REST API, and its GET /versions. "deprecated" is IBM's
# word for those that it will drop; here they stay.
VERSIONS = {
    "2024-01-01": "deprecated",
    "2025-01-01": "deprecated",
    "2025-05-01": "deprecated",
    "2026-02-01": "deprecated",
    "2026-02-15": "deprecated",
    "2026-03-15": "live",
    "2026-04-15": "live",
}
NEWEST = max(VERSIONS)
_NS = 1_000_000_000


def version_of(header: str | None) -> str:
    """Return the generation that a header asks for.

    Raises
    ------
    Problem
        400 if it is no date.
    """
    if header is None:
        return NEWEST
    if not _is_date(header):
        raise malformed(
            f"{HEADER} is a date (YYYY-MM-DD), not {header[:40]!r}.",
            f"Send one of {', '.join(VERSIONS)}, or no such header.",
        )
    return max((known for known in VERSIONS if known <= header), default=min(VERSIONS))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None  # no other ISO form


def usage_of(usage: dict[str, Any], version: str) -> dict[str, Any]:
    """Return a job's usage in the words of a version."""
    seconds = usage["qpu_charge_time_seconds"]
    told = dict(usage)
    if version < "2026-04-15":
        told["circuits_execution_time_ns"] = round(seconds * _NS)
    if version < "2026-03-15":
        told.update(quantum_seconds=seconds, seconds=seconds)
    return told


def metrics_of(metrics: dict[str, Any], version: str) -> dict[str, Any]:
    """Return a job's metrics in the words of a version."""
    told = {**metrics, "usage": usage_of(metrics["usage"], version)}
    seconds = metrics["usage"]["qpu_charge_time_seconds"]
    if version >= "2026-04-15":
        told["circuits_execution_time_ns"] = round(seconds * _NS)
    if version < "2026-03-15":
        told["bss"] = {"seconds": seconds}
    return told
