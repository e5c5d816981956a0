"""What must come to an end: waits that nothing could end, streams that cannot be had."""

from __future__ import annotations

import threading

import pytest
from support.scripted import Answer
from support.service import FakeService
from support.waiting import until

from runtime_widgets import stream as stream_module
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMNetworkError, RuntimeInvalidStateError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.stream import InterimStream
from runtime_widgets.tracker import tracker_of


@pytest.fixture
def client(scripted):
    client = RuntimeClient(scripted.params())
    yield client
    tracker_of(client).close()
    client.close()


def job_of(client: RuntimeClient, job_id: str) -> RuntimeJob:
    return RuntimeJob(None, client, client.params, job_id, "sampler", None)


def test_a_callback_that_waits_for_another_job_is_told_so_and_stops_nothing(scripted, client):
    fake = FakeService(scripted)
    fake.add("a", "Completed")
    fake.add("b", "Queued")
    first, second = job_of(client, "a"), job_of(client, "b")
    raised: list[BaseException] = []
    called = threading.Event()

    def wait_for_the_other(_job: RuntimeJob) -> None:
        try:
            second.result()
        except RuntimeInvalidStateError as exc:
            raised.append(exc)
        called.set()

    first.add_done_callback(wait_for_the_other)
    assert called.wait(30)
    assert "cannot wait" in str(raised[0])
    fake.say("b", "Completed")
    second.wait_for_final_state(30)


def test_a_closed_service_does_not_go_on_looking_live(scripted, client):
    fake = FakeService(scripted)
    fake.add("a", "Running")
    job = job_of(client, "a")
    job.observe(lambda _change: None)
    until(lambda: job.state.word == "Running", "the first record")
    job.tracker.close()
    assert job.state.stale_since is not None
    assert job.tracker.health.trouble == "The service was closed."
    assert job.tracker.health.next_look is None


def test_a_stream_that_no_attempt_can_open_ends_with_an_error(scripted, client, monkeypatch):
    monkeypatch.setattr(stream_module, "_FIRST_WAIT_S", 0.001)
    scripted.script = lambda _request: Answer(fault="reset")
    client.auth.token = lambda: "t"  # type: ignore[method-assign]
    with pytest.raises(IBMNetworkError):
        list(InterimStream(client, "a"))
    assert len(scripted.seen) <= stream_module.HOPELESS + 1
