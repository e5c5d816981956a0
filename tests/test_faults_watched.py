"""What a user who watches a job sees of each harm: what is wrong, since when, and its end.

A view shows the tracker's health and the job's ``stale_since``; both are looked at here, over a
man in the middle and the true server. No job is lost, and nothing is asked in a storm.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from qiskit.providers import JobStatus
from support.embedded import own_programs
from support.faultproxy import FaultProxy, clock_off, fault_proxy, half, instead, spoiled, too_short
from support.scripted import Answer, html
from support.waiting import until

from runtime_widgets import _pace
from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters
from runtime_widgets.service import QiskitRuntimeService

DEVICE = "local_exact"

# name: (harm, what the view says of it)
HARMS = {
    "a gateway's page": (instead(html(502)), "A page of HTML"),
    "busy": (instead(Answer(503)), "503"),
    "too many requests": (instead(Answer(429, None, {"Retry-After": "0"})), "429"),
    "reset": (instead(Answer(fault="reset")), "closed the connection"),
    "reset after": (spoiled(fault="reset"), "closed the connection"),
    "silence": (spoiled(fault="stall"), "No answer from the service within 1 s"),
    "a drip": (spoiled(fault="drip-body"), "No answer from the service within 1 s"),
    "half": (half, "broke off"),
    "cut short": (too_short, "not JSON"),
    "garbage": (spoiled(fault="garbage", body=b"\x00\x01\r\n"), "is no HTTP"),
    "another's answer": (spoiled(body=b'{"ok": true}'), "could not be read"),
    "refused": (instead(Answer(401, {"errors": [{"code": 1200, "message": "No."}]})), "No."),
    "a login page": (instead(Answer(302, b"", {"Location": "http://hotel.example/"})), "elsewhere"),
}


@pytest.fixture
def failures(monkeypatch):
    """Look again at once, and keep after how many failures in a row that was."""
    counts = []

    def soon(failures):
        counts.append(failures)
        return 0.05

    monkeypatch.setattr(_pace, "back_off_s", soon)
    return counts


@pytest.fixture
def proxy(runtime):
    with fault_proxy(runtime.address.url) as proxy:
        yield proxy


@pytest.fixture
def watch(failures):
    """Return services through a proxy, and a job of each: submitted without it."""
    made = []

    def watch_(proxy: FaultProxy, address, channel="ibm_quantum_platform"):
        params = ClientParameters(
            channel,
            address.token,
            proxy.url,
            address.instance,
            iam_url=proxy.url,
            read_timeout_s=1.0,
        )
        service = QiskitRuntimeService(params=params)
        made.append(service)
        return service

    yield watch_
    for service in made:
        service.close()


def held(service, runtime, until_, answer="held"):
    """Return a job of `service` that runs until a file is there.

    It is submitted on another road: what is looked at here is watching.
    """
    direct = RuntimeClient(runtime.params())
    inputs = {"until": str(until_), "answer": answer}
    job_id = direct.job_run(json.dumps({"program_id": "hold", "backend": DEVICE, "params": inputs}))
    direct.close()
    return service.job(job_id)


@pytest.mark.parametrize("channel", ["ibm_quantum_platform", "local"])
@pytest.mark.parametrize("name", HARMS)
def test_the_harm_is_said_with_its_time_and_is_over_when_it_is_over(
    watch, proxy, runtime, flag, failures, name, channel
):
    harm, says = HARMS[name]
    job = held(watch(proxy, runtime.address, channel), runtime, flag, name)
    tracker, state = job.tracker, job.state
    began = datetime.now(timezone.utc)
    with tracker.follow(job.job_id()):
        until(lambda: state.status is JobStatus.RUNNING, "Running")
        assert (tracker.health.trouble, state.stale_since) == (None, None)
        proxy.harm(harm, "/api/v1/")
        proxy.cut()
        tracker.look_now()
        until(lambda: len(failures) >= 3, "three attempts")
        until(lambda: tracker.health.trouble is not None, "the trouble")
        until(lambda: state.stale_since is not None, "what is stale")
        assert says in tracker.health.trouble
        assert began - timedelta(seconds=30) < state.stale_since <= datetime.now(timezone.utc)
        assert tracker.health.stale_since <= datetime.now(timezone.utc)
        assert tracker.health.next_look is not None
        # The last thing that is known stays, and nobody invents an end.
        assert state.status is JobStatus.RUNNING
        assert not state.is_final
        assert not state.gone
        # Each attempt is told that it is one more: that is what makes the pauses longer.
        assert failures[:3] == [1, 2, 3]
        flag.touch()
        proxy.heal()
        until(lambda: state.is_final, "the end of the job")
        until(lambda: tracker.health.trouble is None, "the end of the trouble")
        assert (tracker.health.stale_since, state.stale_since) == (None, None)
        assert state.status is JobStatus.DONE
    assert job.result(60) == name


@pytest.mark.parametrize("channel", ["ibm_quantum_platform", "local"])
def test_a_result_that_is_waited_for_comes_through_whatever_happens_meanwhile(
    watch, proxy, runtime, flag, channel
):
    job = held(watch(proxy, runtime.address, channel), runtime, flag, "it")
    for harm, _ in list(HARMS.values())[:5]:
        proxy.harm(harm, "GET /api/v1/", times=2)
    proxy.cut()
    flag.touch()
    assert job.result(100) == "it"


def test_one_job_that_cannot_be_read_hides_no_other(watch, proxy, runtime, flag):
    service = watch(proxy, runtime.address)
    jobs = [held(service, runtime, flag) for _ in range(2)]
    ill, well = (job.state for job in jobs)
    with jobs[0].tracker.follow(ill.job_id), jobs[1].tracker.follow(well.job_id):
        until(lambda: well.record is not None and ill.record is not None, "both")
        proxy.harm(instead(html(500)), f"/api/v1/jobs/{ill.job_id}$")
        jobs[0].tracker.look_now()
        until(lambda: ill.stale_since is not None, "what is stale")
        assert "1 job could not be read" in jobs[0].tracker.health.trouble
        flag.touch()
        until(lambda: well.is_final, "the end of the other")
        assert well.stale_since is None
        proxy.heal()
        until(lambda: ill.is_final, "the end of the first")
        until(lambda: jobs[0].tracker.health.trouble is None, "the end of the trouble")


@pytest.mark.parametrize("hours", [-9, 9])
def test_a_clock_that_jumps_changes_no_job_and_is_no_trouble(watch, proxy, runtime, flag, hours):
    service = watch(proxy, runtime.address)
    job = held(service, runtime, flag)
    with job.tracker.follow(job.job_id()):
        until(lambda: job.state.status is JobStatus.RUNNING, "Running")
        proxy.harm(clock_off(hours * 3600))
        job.tracker.look_now()
        until(lambda: abs(service.client.clock_ahead_s()) > 3600, "the jump")
        checked = job.state.checked_at
        job.tracker.look_now()
        until(lambda: job.state.checked_at > checked, "another look")
        assert job.tracker.health.trouble is None
        assert job.state.stale_since is None
        flag.touch()
        until(lambda: job.state.is_final, "the end of the job")
    assert job.result(60) == "held"
    assert proxy.exchanges() == 1


@pytest.mark.parametrize("channel", ["ibm_quantum_platform", "local"])
def test_a_server_that_dies_in_the_middle_of_a_job_and_comes_back_elsewhere(
    watch, tmp_path, channel
):
    go = tmp_path / "go"
    with own_programs(data=tmp_path / "data") as runtime, fault_proxy(runtime.address.url) as proxy:
        service = watch(proxy, runtime.address, channel)
        job = held(service, runtime, go, "again")
        with job.tracker.follow(job.job_id()):
            until(lambda: job.state.status is JobStatus.RUNNING, "Running")
            runtime.kill()
            proxy.cut()
            job.tracker.look_now()
            until(lambda: job.state.stale_since is not None, "what is stale")
            assert "127.0.0.1" in job.tracker.health.trouble
            assert job.state.status is JobStatus.RUNNING
            runtime.start()
            proxy.target = runtime.address.url
            until(lambda: job.tracker.health.trouble is None, "the end of the trouble")
            go.touch()
            until(lambda: job.state.is_final, "the end of the job")
            assert job.state.stale_since is None
        assert job.result(60) == "again"
        assert [j.job_id() for j in service.jobs()] == [job.job_id()]
        service.close()
