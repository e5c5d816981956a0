"""A kernel outlives the embedded runtime: what it holds is good again when it is needed."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from qiskit.providers import JobStatus
from support.embedded import bell
from support.waiting import until

from runtime_widgets import QiskitRuntimeService, local
from runtime_widgets.errors import IBMNetworkError
from runtime_widgets.job import RuntimeJob


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path))
    # The server must not outlive the tests, whatever becomes of them.
    monkeypatch.setattr(local, "IDLE_S", 60)
    yield tmp_path
    address = local.find()
    if address is not None:
        local.stop(address)


@pytest.fixture
def service(home: Path):
    service = QiskitRuntimeService(channel="local")
    yield service
    service.close()


def crash() -> None:
    address = local.find()
    assert address is not None
    os.kill(address.pid, signal.SIGKILL)
    until(lambda: local.find() is None, "the end of the server")


def run_bell(service: QiskitRuntimeService) -> RuntimeJob:
    return service.run("sampler", {"pubs": [bell()]}, backend="local_exact")


def test_a_request_brings_a_server_back_that_is_gone(service: QiskitRuntimeService):
    first = run_bell(service)
    first.result(60)
    crash()
    second = run_bell(service)
    second.result(60)
    assert {job.job_id() for job in service.jobs()} == {first.job_id(), second.job_id()}


def test_a_job_that_was_waited_for_goes_on_after_a_crash(service: QiskitRuntimeService):
    job = run_bell(service)
    job.result(60)
    crash()
    assert service.job(job.job_id()).result(60)[0].data.meas.num_shots == 4096


def long_job(service: QiskitRuntimeService) -> RuntimeJob:
    """Submit a job that is not through before the server has died under it."""
    many = [(bell(), None, 1_000_000)] * 40
    return service.run("sampler", {"pubs": many}, backend="local_exact")


def test_a_wait_brings_back_a_server_that_crashes_meanwhile(service: QiskitRuntimeService):
    job = long_job(service)
    until(job.running, "the start of the job")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(job.wait_for_final_state, 90)
        until(lambda: job.tracker.health.push, "the server's events")
        crash()
        waiting.result(100)
    assert job.done()
    assert job.tracker.health.trouble is None


def test_a_new_wait_is_a_use_of_the_service(service: QiskitRuntimeService):
    job = long_job(service)
    address = local.find()
    assert address is not None
    local.stop(address)
    assert local.find() is None
    job.wait_for_final_state(90)
    assert job.done()


def test_a_wait_does_not_undo_that_somebody_stopped_the_server(service: QiskitRuntimeService):
    job = long_job(service)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(job.wait_for_final_state, 90)
        until(lambda: job.tracker.health.push, "the server's events")
        address = local.find()
        assert address is not None
        local.stop(address)
        until(lambda: job.tracker.health.trouble is not None, "the tracker's word for it")
        assert local.find() is None
        assert job.status() in (JobStatus.QUEUED, JobStatus.RUNNING)  # this starts it again
        waiting.result(100)
    assert job.done()


def test_looking_starts_no_server(service: QiskitRuntimeService):
    job = run_bell(service)
    job.result(60)
    crash()
    with pytest.raises(IBMNetworkError):
        job.tracker.client.job_get(job.job_id())
    assert local.find() is None
