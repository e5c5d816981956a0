"""Views without a notebook: a kernel of our own, whose page is written down."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import comm
import pytest

from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.widgets import _assets, _control, _live, _view
from runtime_widgets.widgets._rows import DEFAULTS
from runtime_widgets.wire import JobRecord
from support import tracking
from support.pages import Comm, Manager
from support.waiting import until


@pytest.fixture
def kernel(monkeypatch):
    """A kernel of our own: comms are recorded, and the courier comes when it is called."""
    manager = Manager()
    monkeypatch.setattr(comm, "create_comm", Comm)
    monkeypatch.setattr(comm, "get_comm_manager", lambda: manager)
    monkeypatch.setattr(_assets, "_made", {})
    monkeypatch.setattr(_control, "_managers", [])
    for module in (_live, _view):
        monkeypatch.setattr(module, "post", lambda _view: None)
    monkeypatch.setattr(_live, "post_later", lambda _view, _delay_s: None)
    return manager


@pytest.fixture
def theirs(fake, calm):
    """A service of which the test writes every record."""
    service = QiskitRuntimeService(params=fake.http.params())
    yield service
    service.close()


@pytest.fixture
def jobs(fake, theirs):
    """Make so many queued jobs."""

    def jobs_(count):
        for number in range(count):
            fake.add(f"job-{number:04}")
        return theirs.jobs(limit=count, descending=False)[::-1]

    return jobs_


@pytest.fixture
def show(kernel):
    """Open views; they are closed at the end."""
    made = []

    def show_(view):
        made.append(view)
        settle(view)
        view.deliver()
        view.comm.sent.clear()
        return view

    yield show_
    for view in made:
        view.close()


@pytest.fixture
def ask(kernel):
    """Ask a view over the control channel; returns the reply."""

    def ask_(view, **request):
        channel = Comm()
        kernel.targets[_control.TARGET](channel, None)
        channel.says({"view": view._view_id, **request})
        until(lambda: replies(channel), "the reply")
        return replies(channel)[0]

    return ask_


def replies(channel: Comm) -> list[dict[str, Any]]:
    """Return the replies that were sent on a page's own channel."""
    return [data for data, _ in list(channel.sent) if data["kind"] == "reply"]


def page_of(view: Any) -> dict[str, dict[str, Any]]:
    """Return the rows that a page has when it has just loaded a small view, by their ids."""
    return {row["id"]: {**deepcopy(DEFAULTS), **row} for row in view.snapshot()["jobs"]}


def settle(view: Any) -> None:
    """Wait until the trackers have done all that they were told."""
    for tracker in view.trackers():
        tracking.settle(tracker)


def change(job: Any, status: str, **more: Any) -> None:
    """Have a newer record of a job arrive."""
    old = job.state.record
    data = {"id": old.id, "status": status, "backend": "ibm_x", "program_id": "sampler", **more}
    data.setdefault("created", "2026-11-23T00:00:00Z")
    data.setdefault("usage", {"qpu_charge_time_seconds": 1, "status": "complete"})
    job.tracker.offer(JobRecord.from_json(data))
