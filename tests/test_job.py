from __future__ import annotations

import asyncio
import gc
import logging
import threading

import pytest
from qiskit.providers import JobStatus
from support.scripted import TOKEN, Answer
from support.service import FakeService
from support.waiting import our_threads, until

from runtime_widgets import _pace, _waiting, errors
from runtime_widgets.codec import ResultDecoder
from runtime_widgets.job import RuntimeJob
from runtime_widgets.service import QiskitRuntimeService

PATIENCE_S = 60
DEVICE = "local_exact"


class Raw(ResultDecoder):
    """A decoder that leaves the text as it is."""

    @classmethod
    def decode(cls, data):
        return f"raw {data}"


@pytest.fixture
def hold(service, flag):
    """Submit a job that runs until the flag is there."""
    return lambda **more: service.run("hold", {"until": str(flag), **more}, backend=DEVICE)


@pytest.fixture
def fake(scripted, monkeypatch):
    """A service of which the test writes the records; it is looked at twenty times a second."""
    monkeypatch.setattr(_pace, "interval_s", lambda _age_s, *, running: 0.05)
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 0.05)
    return FakeService(scripted)


@pytest.fixture
def theirs(fake):
    service = QiskitRuntimeService(params=fake.http.params())
    yield service
    service.close()


# waiting


async def test_a_job_can_be_awaited(service):
    job = service.run("echo", {"say": [1, 2]}, backend=DEVICE)
    assert await asyncio.wait_for(_of(job), PATIENCE_S) == [1, 2]


async def _of(job):
    return await job


async def test_awaiting_leaves_the_loop_free(hold, flag):
    job = hold()
    task = asyncio.ensure_future(_of(job))
    await asyncio.sleep(0)
    assert not task.done()
    flag.touch()
    assert await asyncio.wait_for(task, PATIENCE_S) == "held"


async def test_awaiting_raises_what_result_raises(service):
    job = service.run("complain", {"why": "so"}, backend=DEVICE)
    with pytest.raises(errors.RuntimeJobFailureError, match="so"):
        await asyncio.wait_for(_of(job), PATIENCE_S)


async def test_many_jobs_are_awaited_at_once(service):
    jobs = [service.run("echo", {"say": n}, backend=DEVICE) for n in range(5)]
    assert await asyncio.wait_for(asyncio.gather(*map(_of, jobs)), PATIENCE_S) == list(range(5))


async def test_an_awaiting_that_is_cancelled_lets_go_of_the_job(hold):
    job = hold()
    task = asyncio.ensure_future(_of(job))
    await asyncio.sleep(0.05)
    assert job.job_id() in job.tracker._roll
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert job.job_id() not in job.tracker._roll


@pytest.mark.parametrize("wait", ["blocking", "awaiting"])
def test_a_word_that_nobody_knows_hangs_no_wait(fake, theirs, monkeypatch, wait):
    monkeypatch.setattr(_waiting, "UNKNOWN_PATIENCE_S", 0.0)
    fake.add("j", "Hibernating")
    job = theirs.job("j")
    assert job.status() == "Hibernating"
    assert not job.in_final_state()
    with pytest.raises(errors.RuntimeInvalidStateError, match="Hibernating"):
        job.result(20) if wait == "blocking" else asyncio.run(_of(job))


@pytest.mark.parametrize("wait", ["blocking", "awaiting"])
def test_a_refused_token_hangs_no_wait(fake, theirs, monkeypatch, wait):
    monkeypatch.setattr(_waiting, "_AUTH_PATIENCE_S", 0.0)
    fake.add("j", "Running")
    job = theirs.job("j")
    fake.trouble = Answer(401)
    with pytest.raises(errors.IBMAuthError):
        job.result(20) if wait == "blocking" else asyncio.run(_of(job))


@pytest.mark.parametrize("wait", ["blocking", "awaiting"])
def test_a_service_that_is_closed_hangs_no_wait(hold, service, wait):
    job = hold()
    closing = threading.Timer(0.2, service.close)
    closing.start()
    with pytest.raises(errors.RuntimeInvalidStateError, match="closed"):
        job.result(20) if wait == "blocking" else asyncio.run(_of(job))
    closing.join(20)


def test_a_handler_that_waits_for_another_job_is_told_that_it_cannot(hold, service, flag, tmp_path):
    first = tmp_path / "first"
    job, other = service.run("hold", {"until": str(first)}, backend="local_noisy"), hold()
    raised = []

    def wait_for_other(_job):
        try:
            other.result()
        except errors.RuntimeInvalidStateError as exc:
            raised.append(str(exc))

    job.add_done_callback(wait_for_other)
    first.touch()
    until(lambda: raised, "the refusal")
    assert "thread of your own" in raised[0]
    flag.touch()
    assert other.result(PATIENCE_S) == "held"


def test_a_job_that_vanishes_hangs_no_wait(fake, theirs):
    fake.add("j", "Running")
    job = theirs.job("j")
    del fake.jobs["j"]
    with pytest.raises(errors.RuntimeJobNotFound):
        job.wait_for_final_state(20)
    with pytest.raises(errors.RuntimeJobNotFound):
        job.status()


def test_a_wait_outlives_trouble_and_says_so_once(fake, theirs, caplog):
    fake.add("j", "Running")
    fake.results["j"] = '"fine"'
    job = theirs.job("j")
    fake.trouble = Answer(503)

    def end():
        until(lambda: caplog.messages, "the warning")
        fake.say("j", "Completed")
        fake.trouble = None

    ending = threading.Thread(target=end)
    with caplog.at_level(logging.WARNING, "runtime_widgets"):
        ending.start()
        assert job.result(40) == "fine"
    ending.join(20)
    (warning,) = [m for m in caplog.messages if "Still waiting" in m]
    assert warning.startswith("No good answer since")


def test_a_timeout_says_how_long_and_in_which_state(hold):
    job = hold()
    until(job.running, "Running")
    with pytest.raises(errors.RuntimeJobTimeoutError, match=r"0\.1 s.*Running"):
        job.wait_for_final_state(0.1)
    with pytest.raises(errors.RuntimeJobTimeoutError, match=r"0 s"):
        job.result(timeout=0)


def test_a_job_that_has_ended_is_waited_for_without_a_request(service):
    job = service.run("echo", {"say": 1}, backend=DEVICE)
    assert job.result(PATIENCE_S) == 1
    job.wait_for_final_state(timeout=0)
    assert job.result(timeout=0) == 1


# callbacks and observers


def test_a_done_callback_is_called_once_at_the_end(hold, flag):
    job = hold()
    seen = []
    job.add_done_callback(lambda j: seen.append((j, threading.current_thread().name)))
    assert seen == []
    flag.touch()
    until(lambda: seen, "the callback")
    assert seen == [(job, "runtime-widgets-tracker")]
    assert job.status() is JobStatus.DONE


def test_a_done_callback_that_comes_late_is_called_at_once(service):
    job = service.run("complain", {}, backend=DEVICE)
    job.wait_for_final_state(PATIENCE_S)
    seen = []
    job.add_done_callback(seen.append)
    assert seen == [job]
    until(lambda: job.job_id() not in job.tracker._roll, "losing interest")


def test_a_done_callback_that_raises_stops_no_other(hold, flag, caplog):
    def bad(_job):
        raise RuntimeError("mine")

    job = hold()
    seen = []
    job.add_done_callback(bad)
    job.add_done_callback(seen.append)
    flag.touch()
    until(lambda: seen, "the callback")
    assert "mine" in caplog.text


def test_observing_follows_the_job_until_its_end(hold, flag):
    job = hold()
    seen = []
    job.observe(lambda change: seen.append(change.new), "status")
    assert job.job_id() in job.tracker._roll
    flag.touch()
    until(lambda: JobStatus.DONE in seen, "Done")
    assert seen[-1] is JobStatus.DONE
    until(lambda: job.job_id() not in job.tracker._roll, "losing interest")


def test_unobserving_lets_go_of_the_job(hold):
    job = hold()

    def first(_change):
        pass

    def second(_change):
        pass

    job.observe(first, "status")
    job.observe(second, "tags")
    job.unobserve(first, "status")
    assert job.job_id() in job.tracker._roll
    with pytest.raises(ValueError, match="not in list"):
        job.unobserve(first, "status")
    assert job.job_id() in job.tracker._roll
    job.unobserve(second, "tags")
    assert job.job_id() not in job.tracker._roll


def test_all_job_objects_of_an_id_share_what_is_known(hold, service, flag):
    job = hold()
    other = service.job(job.job_id())
    assert other.state is job.state
    flag.touch()
    assert other.result(PATIENCE_S) == job.result(PATIENCE_S) == "held"


# cancelling


def test_cancel_is_true_only_once_the_server_says_so(hold):
    first, queued = hold(), hold()
    until(first.running, "Running")
    queued.cancel()
    until(queued.cancelled, "Cancelled")
    first.cancel()
    until(first.cancelled, "Cancelled")
    for job in (first, queued):
        with pytest.raises(errors.RuntimeInvalidStateError, match="cannot be cancelled"):
            job.cancel()


def test_a_cancel_that_the_service_accepted_changes_no_status_by_itself(fake, theirs):
    fake.add("j", "Running")
    job = theirs.job("j")
    with job.tracker.follow("j"):
        job.cancel()
        until(lambda: job.state.cancel_asked is not None, "the note")
        assert job.status() is JobStatus.RUNNING
        fake.say("j", "Cancelled")
        until(lambda: job.state.status is JobStatus.CANCELLED, "Cancelled")
    assert job.state.cancel_asked is None


def test_a_cancel_that_comes_too_late_is_refused_and_the_end_is_learnt(fake, theirs):
    fake.add("j", "Running")
    job = theirs.job("j")
    fake.say("j", "Completed")
    with job.tracker.follow("j"):
        with pytest.raises(errors.RuntimeInvalidStateError, match="any more") as caught:
            job.cancel()
        assert caught.value.__cause__.code == 1228
        assert job.state.wait(20)


# interim results


def test_interim_results_come_in_order_and_then_the_final_one(service, tmp_path):
    seen = []
    job = service.run(
        "steps",
        {"count": 4, "folder": str(tmp_path)},
        backend=DEVICE,
        callback=lambda job_id, value: seen.append((job_id, value)),
    )
    for number in range(1, 5):
        (tmp_path / str(number)).touch()
        until(lambda n=number: len(seen) >= n, f"step {number}")
    until(lambda: len(seen) == 5, "the result")
    assert [value for _, value in seen] == [{"step": n} for n in range(1, 5)] + [{"steps": 4}]
    assert {job_id for job_id, _ in seen} == {job.job_id()}
    assert job.interim_results() == [{"step": n} for n in range(1, 5)]
    assert job.state.interim_seen == 4


def test_streaming_later_begins_at_the_first_and_only_one_streams(service, tmp_path):
    job = service.run("steps", {"count": 3, "folder": str(tmp_path)}, backend=DEVICE)
    for number in (1, 2):
        (tmp_path / str(number)).touch()
    until(lambda: len(job.interim_results()) == 2, "two steps")
    seen = []
    job.stream_results(lambda _id, value: seen.append(value))
    until(lambda: len(seen) == 2, "what was published before")
    with pytest.raises(errors.RuntimeInvalidStateError, match="already"):
        job.stream_results(print)
    (tmp_path / "3").touch()
    until(lambda: len(seen) == 4, "the rest")
    assert seen == [{"step": 1}, {"step": 2}, {"step": 3}, {"steps": 3}]


def test_streaming_can_be_stopped_and_the_job_goes_on(service, tmp_path):
    job = service.run("steps", {"count": 2, "folder": str(tmp_path)}, backend=DEVICE)
    seen = []
    job.stream_results(lambda _id, value: seen.append(value))
    (tmp_path / "1").touch()
    until(lambda: seen, "the first step")
    job.cancel_result_streaming()
    job.cancel_result_streaming()
    (tmp_path / "2").touch()
    assert job.result(PATIENCE_S) == {"steps": 2}
    assert seen == [{"step": 1}]


def test_a_callback_that_raises_gets_the_next_result_all_the_same(service, caplog):
    seen = []

    def callback(_job_id, value):
        seen.append(value)
        raise RuntimeError("mine")

    service.run("steps", {"count": 2}, backend=DEVICE, callback=callback)
    until(lambda: len(seen) == 3, "all three")
    assert "mine" in caplog.text


def test_a_callback_may_cancel_its_own_job(hold):
    seen = []
    job = hold(first={"step": 1})

    def callback(_job_id, value):
        seen.append(value)
        job.cancel()

    job.stream_results(callback)
    until(job.cancelled, "Cancelled")
    assert seen == [{"step": 1}]


def test_decoders_are_one_for_all_or_one_each(service):
    seen = []
    job = service.run(
        "steps",
        {"count": 1},
        backend=DEVICE,
        callback=lambda _id, value: seen.append(value),
        result_decoder=(Raw, ResultDecoder),
    )
    until(lambda: len(seen) == 2, "both")
    assert seen[0].startswith("raw ")
    assert seen[1] == {"steps": 1}
    assert job.result(decoder=Raw).startswith("raw ")
    assert job.interim_results(ResultDecoder) == [{"step": 1}]


def test_where_no_stream_is_the_final_result_still_comes(fake, theirs, caplog):
    fake.add("j", "Running")
    fake.results["j"] = '"fine"'
    job = theirs.job("j")
    seen = []
    job.stream_results(lambda _id, value: seen.append(value))
    fake.say("j", "Completed")
    until(lambda: seen, "the result")
    assert seen == ["fine"]


def test_streaming_can_be_stopped_while_it_waits_for_the_final_result(fake, theirs, caplog):
    fake.add("j", "Running")
    fake.results["j"] = '"fine"'
    job = theirs.job("j")
    seen = []
    with caplog.at_level(logging.WARNING, "runtime_widgets"):
        job.stream_results(lambda _id, value: seen.append(value))
        until(lambda: "no interim results" in caplog.text, "the end of the stream")
        job.cancel_result_streaming()
    assert not job._reader.alive
    fake.say("j", "Completed")
    assert job.result(20) == "fine"
    assert seen == []


def test_closing_the_service_ends_the_streaming(hold, service):
    before = our_threads()
    seen = []
    job = hold(first={"step": 1})
    job.stream_results(lambda _id, value: seen.append(value))
    until(lambda: seen, "the first step")
    service.close()
    until(lambda: not (our_threads() - before), "the end of the threads")
    job.stream_results(lambda _id, value: seen.append(value))
    until(lambda: not (our_threads() - before), "the end of the thread")
    assert seen == [{"step": 1}]


def test_the_streaming_thread_of_a_failed_job_ends(service):
    before = our_threads()
    job = service.run("complain", {}, backend=DEVICE, callback=print)
    job.wait_for_final_state(PATIENCE_S)
    interim = lambda: {t for t in our_threads() - before if "interim" in t.name}  # noqa: E731
    until(lambda: not interim(), "the end of the thread")


# results


def test_a_private_result_is_read_once_and_kept(service):
    job = service.run(
        "echo", {"say": "secret"}, {"private": True, "backend": DEVICE}, callback=lambda *_: None
    )
    found = []
    threads = [threading.Thread(target=lambda: found.append(job.result(40))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["secret"] * 4
    assert job.result() == "secret"
    again = service.job(job.job_id())
    with pytest.raises(errors.RuntimeInvalidStateError, match="read once"):
        again.result(PATIENCE_S)


def test_looking_at_a_private_job_does_not_spend_its_result(service):
    job = service.run("echo", {"say": "secret"}, {"private": True, "backend": DEVICE})
    job.wait_for_final_state(PATIENCE_S)
    for look in (job.status, job.error_message, job.metrics, job.usage, job.logs):
        look()
    assert job.inputs == {}
    assert job.result() == "secret"


def test_a_result_that_cannot_be_decoded_is_a_named_error_and_not_lost(fake, theirs):
    fake.add("j", "Completed", private=True)
    fake.results["j"] = '{"__type__": "ndarray", "__value__": "!!"}'
    job = theirs.job("j")
    with pytest.raises(errors.CodecError):
        job.result()
    assert job.result(decoder=Raw).startswith("raw ")


def test_a_job_without_a_result_says_so(fake, theirs):
    fake.add("j", "Completed", private=True)
    with pytest.raises(errors.RuntimeInvalidStateError, match="no result"):
        theirs.job("j").result()


FAILURES = {
    "failed": ("Failed", {"reason": "r", "reason_code": 1517}, errors.RuntimeJobFailureError),
    "too long": ("Cancelled", {"reason_code": 1305}, errors.RuntimeJobMaxTimeoutError),
    "too long, in words": ("Cancelled - Ran too long", {}, errors.RuntimeJobMaxTimeoutError),
    "cancelled": ("Cancelled", {}, errors.RuntimeInvalidStateError),
}


@pytest.mark.parametrize("how", FAILURES)
def test_each_bad_end_has_its_error_and_no_result_is_read_for_it(fake, theirs, how):
    status, state, kind = FAILURES[how]
    fake.add("j")
    fake.say("j", status, **state)
    job = theirs.job("j")
    with pytest.raises(kind) as caught:
        job.result(20)
    assert not any("results" in call for call in fake.asked())
    if how == "failed":
        assert caught.value.code == 1517
        assert "r" in str(caught.value)
        assert job.error_message() == "r (code 1517)"


# tags, deletion, and what is shown


def test_tags_are_replaced_and_read_back(service):
    job = service.run("echo", {}, backend=DEVICE, tags=["one"])
    assert job.tags == ["one"]
    assert job.update_tags([f"t{n}" for n in range(8)]) == [f"t{n}" for n in range(8)]
    assert job.update_tags(["x" * 86]) == ["x" * 86]
    for refused in (["x" * 87], ["x"] * 9, [""], "one", [None]):
        with pytest.raises(errors.IBMInputValueError):
            job.update_tags(refused)
    assert service.job(job.job_id()).tags == ["x" * 86]


def test_a_deleted_job_is_gone_everywhere(service):
    job = service.run("echo", {}, backend=DEVICE)
    job.wait_for_final_state(PATIENCE_S)
    service.delete_job(job.job_id())
    until(lambda: job.state.gone, "gone")
    with pytest.raises(errors.RuntimeJobNotFound):
        service.job(job.job_id())
    with pytest.raises(errors.RuntimeJobNotFound):
        job.metrics()


def test_a_job_that_runs_cannot_be_deleted_and_one_that_waits_can(hold, service):
    runs, waits = hold(), hold()
    until(runs.running, "the first one runs")
    with pytest.raises(errors.IBMApiError):
        service.delete_job(runs.job_id())
    assert runs.status() == JobStatus.RUNNING
    service.delete_job(waits.job_id())
    with pytest.raises(errors.IBMNotFoundError):
        service.job(waits.job_id())


def test_a_job_shows_what_it_is_and_no_token(service, runtime):
    job = service.run("echo", {}, backend=DEVICE)
    job.wait_for_final_state(PATIENCE_S)
    for text in (repr(job), repr(job.state), repr(job.tracker), repr(service), str(vars(job))):
        assert runtime.address.token not in text
    assert job.job_id() in repr(job)
    assert repr(job).endswith(": Done>")
    assert job._repr_mimebundle_() == {"text/plain": repr(job)}


def test_no_error_of_a_job_shows_the_token(fake, theirs, caplog):
    caplog.set_level(logging.DEBUG)
    fake.add("j", "Running")
    job = theirs.job("j")
    fake.trouble = Answer(fault="reset")
    with pytest.raises(errors.IBMNetworkError) as caught:
        job._tracker.client.job_get("j")
    assert TOKEN not in caplog.text + repr(caught.value) + repr(vars(caught.value))


def test_a_job_that_nobody_holds_is_forgotten(fake, theirs):
    fake.add("j")
    job = theirs.job("j")
    assert isinstance(job, RuntimeJob)
    del job
    gc.collect()
    until(lambda: gc.collect() >= 0 and not theirs._tracker._intake, "forgetting")
