"""A private job's result can be read once: only ``result()`` reads it, counted on the wire."""

from __future__ import annotations

from contextlib import closing

import pytest
from support.faultproxy import fault_proxy
from support.service import FakeService

from runtime_widgets import details, errors
from runtime_widgets.details.results import PRIVATE
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.widgets.card import JobCard
from runtime_widgets.widgets.monitor import JobMonitor

DEVICE = "local_exact"
OWN = {"backend": DEVICE, "private": True}


@pytest.fixture
def proxy(runtime):
    with fault_proxy(runtime.address.url) as proxy:
        yield proxy


@pytest.fixture
def watched(runtime, proxy, service):
    watched = QiskitRuntimeService(
        channel="local",
        token=runtime.address.token,
        url=proxy.url,
        instance=runtime.address.instance,
    )
    yield watched
    watched.close()


def look_at(job):
    """Do all that a notebook may do with a job, but take its result."""
    for ask in (
        job.status,
        job.error_message,
        job.metrics,
        job.usage,
        job.logs,
        job.queue_info,
        job.interim_results,
        job.in_final_state,
        job.errored,
        job.cancelled,
        job.wait_for_final_state,
    ):
        ask()
    for view in (JobCard(job), JobMonitor([job])):
        repr(view)
        view._repr_mimebundle_()
        view.close()
    job._repr_mimebundle_()
    for part in ("results", "inputs", "raw"):
        details.read(job, part)
    return repr(job), job.inputs, job.tags, job.state.trait_values()


def results_read(proxy, job):
    return [c for c in proxy.calls("GET") if c.endswith(f"/jobs/{job.job_id()}/results")]


def test_looking_at_a_private_job_reads_no_result_and_result_reads_it_once(watched, proxy):
    job = watched.run("echo", {"say": "secret"}, OWN)
    look_at(job)
    look_at(watched.job(job.job_id()))
    look_at(watched.jobs(limit=1)[0])
    assert results_read(proxy, job) == []
    assert [job.result(60), job.result(60)] == ["secret", "secret"]
    assert len(results_read(proxy, job)) == 1


ENDS = {
    "failed": ("complain", {"why": "because"}, {}, errors.RuntimeJobFailureError, "because"),
    "too long": ("hold", None, {"max_execution_time": 1}, errors.RuntimeJobMaxTimeoutError, "1305"),
    "cancelled": ("hold", None, {}, errors.RuntimeInvalidStateError, None),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("private", [True, False])
def test_no_result_is_read_to_say_why_a_job_ended_badly(watched, proxy, flag, end, private):
    program, inputs, options, kind, says = ENDS[end]
    inputs = {"until": str(flag)} if inputs is None else inputs
    job = watched.run(program, inputs, {**OWN, **options, "private": private})
    if end == "cancelled":
        job.cancel()
    with pytest.raises(kind):
        job.result(60)
    look_at(job)
    message = job.error_message()
    assert (message is None) == (says is None)
    assert says is None or says in message
    assert results_read(proxy, job) == []


def test_a_list_that_does_not_say_it_makes_no_private_job_public(scripted):
    """The service's lists leave it out; the result of such a job can be read only once."""
    fake = FakeService(scripted)
    fake.add("p1", private=True)
    fake.say("p1", "Completed")
    fake.results["p1"] = '{"a": 1}'
    with closing(QiskitRuntimeService(params=scripted.params())) as theirs:
        job = theirs.job("p1")
        assert job.state.record.private is True
        del fake.jobs["p1"]["private"]
        theirs.jobs(limit=10)
        assert job.state.record.private is True
        fake.forget_requests()
        assert details.read(job, "results")["note"] == PRIVATE
        assert fake.asked() == []


def test_what_only_lists_told_of_a_job_is_asked_before_its_result_is_read(scripted):
    fake = FakeService(scripted)
    fake.add("p1")
    fake.say("p1", "Completed")
    fake.results["p1"] = '{"a": 1}'
    with closing(QiskitRuntimeService(params=scripted.params())) as theirs:
        (job,) = theirs.jobs(limit=10)
        assert job.state.record.private is None
        fake.jobs["p1"]["private"] = True
        fake.forget_requests()
        assert details.read(job, "results")["note"] == PRIVATE
        assert [call for call in fake.asked() if "results" in call] == []
        assert job.result() == {"a": 1}
        assert job.result() == {"a": 1}
        assert len([call for call in fake.asked() if "results" in call]) == 1
