"""From a row of the store to the JSON of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from runtime_widgets.server.queue import Outlook
from runtime_widgets.server.store import Row

__all__ = ["Standing", "iso", "job_json", "metrics_json", "month_of", "usage_json"]

Standing = tuple[Outlook | None, int]
"""A job's outlook (None unless it waits) and the length of its device's queue."""


def iso(seconds: float | None) -> str | None:
    """Write epoch seconds as UTC ISO 8601 with Z; None stays None."""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def month_of(seconds: float) -> tuple[float, float]:
    """Return the beginning and the end of the calendar month (UTC) in which a time lies."""
    now = datetime.fromtimestamp(seconds, timezone.utc)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start.timestamp(), end.timestamp()


def usage_json(row: Row, now: float) -> dict[str, Any]:
    """Return the usage: the seconds so far while it executes, the measured ones after."""
    final = row["ended"] is not None
    seconds = row["usage_seconds"]
    if seconds is None:
        seconds = now - row["executing"] if row["executing"] and not final else 0.0
    return {
        "qpu_charge_time_seconds": round(max(0.0, seconds), 6),
        "status": "complete" if final else "pending",
    }


def job_json(
    row: Row, standing: Standing, expected_end: float | None, now: float
) -> dict[str, Any]:
    """Return the record of a job, without its parameters."""
    outlook, queue_length = standing
    state = {"status": row["status"]}
    for key in ("reason", "reason_code", "reason_solution"):
        if row[key] is not None:
            state[key] = row[key]
    record: dict[str, Any] = {
        "id": row["id"],
        "backend": row["backend"],
        "program": {"id": row["program_id"]},
        "created": iso(row["created"]),
        "running": iso(row["running"]),
        "ended": iso(row["ended"]),
        "state": state,
        "status": _status_word(row),
        "cost": int(row["cost"]) if float(row["cost"]).is_integer() else row["cost"],
        "runtime": row["runtime"],
        "tags": list(row["tags"]),
        "private": bool(row["private"]),
        "user_id": "local",
        "revision": row["revision"],
        "attempts": row["attempts"],
        "interim_count": row["interim_count"] - row["interim_lost"],
        "queue_length": queue_length,
        "estimated_running_time_seconds": row["estimate_seconds"],
        "estimate_basis": row["estimate_basis"],
        "usage": usage_json(row, now),
    }
    if row["session_id"]:
        record["session_id"] = row["session_id"]
    if "calibration_id" in row["facts"]:
        record["calibration_id"] = row["facts"]["calibration_id"]
    record.update(_times(outlook, expected_end))
    return record


def _status_word(row: Row) -> str:
    """Return the top-level status, which tells a job that ran too long by its own words."""
    too_long = row["status"] == "Cancelled" and row["reason_code"] == 1305
    return "Cancelled - Ran too long" if too_long else str(row["status"])


def _times(outlook: Outlook | None, expected_end: float | None) -> dict[str, Any]:
    """Return what is known of the queue; a time that nobody knows is left out."""
    found: dict[str, Any] = {}
    if outlook is not None:
        found["position_in_queue"] = outlook.position
        if outlook.starts is not None:
            found["estimated_start_time"] = iso(outlook.starts)
        expected_end = outlook.ends
    if expected_end is not None:
        found["estimated_completion_time"] = iso(expected_end)
    return found


def metrics_json(row: Row, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics of a job from its row and its record."""
    facts = row["facts"]
    metrics: dict[str, Any] = {
        "timestamps": {
            "created": record["created"],
            "running": record["running"],
            "finished": record["ended"],
        },
        "usage": record["usage"],
        "estimated_running_time_seconds": record["estimated_running_time_seconds"],
    }
    for key in ("position_in_queue", "estimated_start_time", "estimated_completion_time"):
        if key in record:
            metrics[key] = record[key]
    if "position_in_queue" in record:
        metrics["position_in_provider"] = record["position_in_queue"]
    for key in ("qiskit_version", "num_circuits", "num_qubits", "circuit_depths", "num_shots"):
        if key in facts:
            metrics[key] = facts[key]
    return metrics
