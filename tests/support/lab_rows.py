"""For a kernel of a benchmark: so many jobs, of which all is known, and other ways to show them."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd

from runtime_widgets import _pace
from runtime_widgets.job import RuntimeJob
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.tracker import tracker_of
from support.scripted import Scripted
from support.service import FakeService
from support.tables import described, fail, known_jobs

__all__ = ["boxes_of", "fail_some", "frame_of", "rows_of"]

NEVER_S = 1000.0


def rows_of(count: int) -> list[RuntimeJob]:
    """Return jobs of a service that this process itself serves, and that is not asked again."""
    for name in ("interval_s", "bill_interval_s"):
        setattr(_pace, name, lambda *_age, **_more: NEVER_S)
    scripted = Scripted()
    fake = FakeService(scripted)
    listed = [described(number, sessions=False) for number in range(count)]
    fake.jobs = {each["id"]: each for each in listed}
    service = QiskitRuntimeService(params=scripted.params())
    tracker_of(service.client).requests_a_minute = 1e9
    return known_jobs(service, listed)


def fail_some(jobs: list[RuntimeJob]) -> str:
    """Have one of a hundred jobs fail, the newest that can among them; return its id."""
    pending = [job for job in reversed(jobs) if not job.state.is_final]
    count = len(jobs) // 100
    failing = pending[:: max(len(pending) // count, 1)][:count]
    fail(failing)
    return failing[0].job_id()


def frame_of(jobs: list[RuntimeJob]) -> pd.DataFrame:
    """Return the columns of our table."""
    records: list[Any] = [job.state.record for job in jobs]
    return pd.DataFrame(
        {
            "Status": [record.status for record in records],
            "Job": [(record.tags or [record.id])[0] for record in records],
            "Id": [record.id for record in records],
            "Program": [record.program_id for record in records],
            "Device": [record.backend for record in records],
            "Tags": [", ".join(record.tags) for record in records],
            "Created": [record.created.isoformat() for record in records],
            "Elapsed": [
                (record.ended - record.created).total_seconds() if record.ended else None
                for record in records
            ],
            "Estimate": [record.estimated_seconds for record in records],
            "Usage": [record.usage.seconds for record in records],
            "Session": [record.session_id or "" for record in records],
        }
    )


def boxes_of(jobs: list[RuntimeJob]) -> ipywidgets.VBox:
    """Return a box of boxes of labels: six of the eleven columns, for the sake of time."""
    frame = frame_of(jobs)[["Status", "Id", "Device", "Tags", "Created", "Usage"]]
    return ipywidgets.VBox(
        [
            ipywidgets.HBox([ipywidgets.Label(str(cell)) for cell in row])
            for row in frame.itertuples(index=False)
        ]
    )
