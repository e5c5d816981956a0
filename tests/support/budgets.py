"""Budgets at a service of which the test writes each bill; they try again at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from runtime_widgets import _budget_guard, _pace
from runtime_widgets.budget import Budget
from runtime_widgets.job import RuntimeJob
from runtime_widgets.service import QiskitRuntimeService
from support import tracking
from support.service import FakeService
from support.waiting import until


def quiet_service(scripted: Any, monkeypatch: Any) -> FakeService:
    """Return a service that is asked when a test says so, and again at once where it failed."""
    monkeypatch.setattr(_pace, "interval_s", lambda _age_s, *, running: 1000.0)
    monkeypatch.setattr(_budget_guard, "back_off_s", lambda _failures: 0.05)
    return FakeService(scripted)


def connected(fake: FakeService) -> Iterator[QiskitRuntimeService]:
    service = QiskitRuntimeService(params=fake.http.params(read_timeout_s=5.0, retry_for_s=0.5))
    yield service
    service.close()


def making() -> Iterator[Any]:
    """Yield what makes budgets; they are closed at the end, and what they do has ended."""
    made = []

    def make(*args: Any, **kwargs: Any) -> Budget:
        made.append(Budget(*args, **kwargs))
        return made[-1]

    yield make
    for one in made:
        one.close()
    until(lambda: not busy(), "the end of the budgets' threads")


def busy() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "runtime-widgets-budget"]


def queued(
    fake: FakeService, service: QiskitRuntimeService, count: int, **more: Any
) -> list[RuntimeJob]:
    """Make so many queued jobs, of which nothing is used."""
    for number in range(count):
        fake.add(f"j{number}", usage={}, **more)
    return service.jobs(limit=None, descending=False)


def look(service: Any) -> None:
    """Have the tracker look once, and wait until it has."""
    tracking.look(service._tracker)


def bill(
    fake: FakeService,
    job_id: str,
    seconds: float,
    word: str = "complete",
    status: str = "Completed",
) -> None:
    fake.jobs[job_id]["usage"] = {"qpu_charge_time_seconds": seconds, "status": word}
    fake.metrics[job_id] = {"usage": fake.jobs[job_id]["usage"], "timestamps": {}}
    fake.say(job_id, status)


def cancelled(fake: FakeService) -> list[str]:
    """Return the jobs that were asked to be cancelled, one for each request."""
    return sorted(call.split("/")[2] for call in fake.asked() if call.endswith("/cancel"))
