"""Very many jobs, as a service would list them, and what a view of them costs on the wire."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ipywidgets.widgets.widget import _remove_buffers

from runtime_widgets.job import RuntimeJob
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.tracker import tracker_of
from runtime_widgets.wire import JobRecord, Usage

START = datetime(2026, 11, 1, tzinfo=timezone.utc)
END = START + timedelta(days=60)
DEVICES = [f"ibm_{name}" for name in ("boston", "fez", "kingston", "marrakesh", "torino")]
PROGRAMS = ("sampler", "estimator", "noise-learner")
STATUSES = ("Completed",) * 6 + ("Queued",) * 2 + ("Running", "Failed")
PAGE = 200
"""So many jobs a service tells of at once."""

TAGS = [f"scan-{number}" for number in range(40)]


def described(number: int, *, sessions: bool = True) -> dict[str, Any]:
    """Return a job as a service tells of it: the same one for the same number.

    Some are in `sessions`, unless the service at hand has none.
    """
    chance = random.Random(number)
    created = START + timedelta(seconds=17 * number)
    status = chance.choice(STATUSES)
    begun, ended = status != "Queued", status in ("Completed", "Failed")
    waited, seconds = chance.uniform(1, 900), chance.uniform(0.5, 60)
    return {
        "id": f"d{number:019}",
        "state": {"status": status},
        "backend": chance.choice(DEVICES),
        "program": {"id": chance.choice(PROGRAMS)},
        "created": created.isoformat(),
        "running": (created + timedelta(seconds=waited)).isoformat() if begun else None,
        "ended": (created + timedelta(seconds=waited + seconds)).isoformat() if ended else None,
        "tags": chance.sample(TAGS, chance.randrange(3)),
        "session_id": f"s{chance.randrange(50):019}"
        if chance.random() < 0.3 and sessions
        else None,
        "estimated_running_time_seconds": round(seconds * 1.3, 1),
        "usage": {
            "qpu_charge_time_seconds": round(seconds, 2) if ended else 0,
            "status": "complete" if ended else "pending",
        },
    }


def known_jobs(
    service: QiskitRuntimeService, descriptions: Iterable[dict[str, Any]]
) -> list[RuntimeJob]:
    """Return the jobs that are described, as if they had just been listed: nothing is asked."""
    records = [JobRecord.from_json(each) for each in descriptions]
    # The jobs first: nobody keeps what is known of a job that nobody holds.
    jobs = [service.known_job(record) for record in records]
    tracker = tracker_of(service.client)
    for at in range(0, len(records), PAGE):
        tracker.offer(*records[at : at + PAGE])
    return jobs


def fail(jobs: Iterable[RuntimeJob]) -> None:
    """Have the service tell that jobs have failed."""
    for tracker, some in itertools.groupby(jobs, lambda job: job.tracker):
        tracker.offer(
            *(
                replace(job.state.record, status="Failed", ended=END, usage=Usage(3.0, True))
                for job in some
            )
        )


def weight(data: Any, buffers: Collection[Any] | None = None) -> int:
    """Return how many bytes a comm message is on the socket, but for its envelope."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return len(text.encode()) + sum(memoryview(each).nbytes for each in buffers or ())


def without_clocks(message: Any) -> Any:
    """Return a message with times and what a look cost as 0: the digits of those come and go."""
    if isinstance(message, dict):
        moving = {"server_now", "updated", "next_look", "as_of", "at", "requests_per_look"}
        return {k: 0 if k in moving else without_clocks(v) for k, v in message.items()}
    return [without_clocks(each) for each in message] if isinstance(message, list) else message


def snapshot_of(view: Any) -> tuple[dict[str, Any], list[list[Any]], list[bytes]]:
    """Return a view's snapshot as ipywidgets sends it: JSON, and buffers with their places."""
    state, paths, buffers = _remove_buffers({"_snapshot": view.snapshot()})
    return state["_snapshot"], [path[1:] for path in paths], [bytes(each) for each in buffers]
