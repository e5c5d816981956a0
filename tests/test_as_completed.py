"""Jobs in the order in which they end: in a loop, and in an asynchronous one."""

from __future__ import annotations

import asyncio
import re
import threading
from functools import partial

import pytest
from support.scripted import Answer
from support.tracking import settle
from support.waiting import our_threads, until

from runtime_widgets import _as_completed, _waiting, as_completed, errors
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.wire import JobRecord


@pytest.fixture
def some(scripted, fake):
    """Some jobs, of which a test says how they are."""
    service = QiskitRuntimeService(params=scripted.params())
    for name in "abcd":
        fake.add(name)
    yield {name: service.job(name) for name in "abcd"}
    service.close()


def end(job, status="Completed", **more):
    job.tracker.offer(JobRecord.from_json({"id": job.job_id(), "status": status, **more}))


def followed(jobs):
    return sorted(next(iter(jobs.values())).tracker._roll)


def test_jobs_come_in_the_order_in_which_they_end_however_they_end(some):
    order = []
    end(some["c"])
    for job in as_completed(some.values()):
        order.append(job.job_id())
        if len(order) == 1:
            end(some["d"], "Cancelled")
        elif len(order) == 2:
            end(some["b"], "Failed")
        elif len(order) == 3:
            some["a"].tracker.job_gone("a")
    assert order == ["c", "d", "b", "a"]


def test_those_that_have_ended_come_first_by_the_servers_time(some):
    end(some["c"], ended="2026-11-23T00:02:00Z")
    end(some["a"], ended="2026-11-23T00:01:00Z")
    loop = iter(as_completed(some.values()))
    assert [next(loop).job_id(), next(loop).job_id()] == ["a", "c"]
    loop.close()
    assert followed(some) == []


def test_a_job_that_is_given_twice_comes_once_and_each_loop_is_one_of_its_own(some):
    for job in some.values():
        end(job)
    order = as_completed([*some.values(), *some.values()])
    assert len(order) == 4
    assert [len(list(order)), len(list(order))] == [4, 4]
    assert repr(order) == "<4 of 4 jobs have ended>"
    assert list(as_completed([])) == []


def test_it_takes_no_thread_for_each_job(some):
    others = our_threads()
    ending = threading.Thread(target=lambda: [end(job) for job in some.values()])
    ending.start()
    loop = as_completed(some.values())
    seen = [len(our_threads() - others) for _ in loop]
    ending.join(20)
    assert max(seen) <= 1
    assert len(some) == 4


def test_when_the_time_is_over_it_says_how_many_are_left(some):
    end(some["a"])
    with pytest.raises(errors.RuntimeJobTimeoutError, match="3 of 4 jobs did not end within 0 s"):
        list(as_completed(some.values(), timeout=0))
    assert followed(some) == []


@pytest.mark.parametrize(("timeout", "said"), [(0.015, "0.015 s."), (0, "0 s.")])
def test_a_time_that_is_over_is_the_one_that_was_given(some, timeout, said):
    with pytest.raises(errors.RuntimeJobTimeoutError, match=f"within {said}$"):
        list(as_completed(some.values(), timeout=timeout))


def test_time_that_has_passed_before_counts_and_is_not_told(some):
    order = _as_completed.JobsInOrder(some.values(), 3600.25, 3600.25)
    with pytest.raises(errors.RuntimeJobTimeoutError, match=r"within 3600\.25 s\.$"):
        list(order)


def test_all_digits_of_a_time_are_told_without_an_exponent():
    assert [_waiting.seconds_text(n) for n in (0.1, 2592000.0, 1234567.25)] == [
        "0.1 s",
        "2592000 s",
        "1234567.25 s",
    ]


@pytest.mark.parametrize("timeout", ["1", -1, -0.001, float("nan"), True, [1]], ids=repr)
def test_what_is_no_time_to_wait_is_refused_at_once(some, timeout):
    said = "timeout is a number of seconds, 0 or more, not "
    for ask in (partial(as_completed, some.values()), some["a"].wait_for_final_state):
        with pytest.raises(errors.IBMInputValueError) as refused:
            ask(timeout)
        assert str(refused.value) == f"{said}{timeout!r}; None waits as long as it takes."
    assert followed(some) == []


def test_as_long_as_it_takes_may_be_said_as_a_number(some):
    for job in some.values():
        end(job)
    assert len(list(as_completed(some.values(), float("inf")))) == 4


def test_a_service_that_was_closed_ends_the_loop(some):
    loop = iter(as_completed(some.values()))
    end(some["a"])
    assert next(loop) is some["a"]
    some["a"].tracker.close()
    with pytest.raises(errors.RuntimeInvalidStateError, match="closed"):
        next(loop)


def test_a_refused_token_ends_the_loop(some, scripted, monkeypatch):
    monkeypatch.setattr(_waiting, "_AUTH_PATIENCE_S", 0.0)
    scripted.script = lambda _request: Answer(401)
    with pytest.raises(errors.IBMAuthError):
        list(as_completed(some.values()))


def test_time_that_is_over_while_a_token_is_refused_says_so(some, fake):
    error = {"code": 1200, "message": "The token has expired.", "solution": "Log in."}
    fake.trouble = Answer(401, {"errors": [error]})
    tracker = some["a"].tracker
    loop = as_completed(some.values(), timeout=3600)
    with loop._waiting(threading.Event().set) as waiting:
        until(lambda: tracker.health.trouble, "the refusal")
        waiting.deadline = 0.0  # long over
        with pytest.raises(errors.RuntimeJobTimeoutError) as raised:
            waiting.check()
    assert re.fullmatch(
        r"4 of 4 jobs did not end within 3600 s\. No good answer since \d\d:\d\d:\d\d: "
        r"The token has expired\. Log in\.",
        raised.value.message,
    )


def test_words_that_nobody_knows_end_the_loop_only_where_nothing_else_is_left(
    some, fake, monkeypatch
):
    monkeypatch.setattr(_as_completed, "UNKNOWN_PATIENCE_S", 0.0)
    fake.say("a", "Hibernating")
    end(some["a"], "Hibernating")
    loop = iter(as_completed(some.values()))
    for name in "bcd":
        end(some[name])
        assert next(loop) is some[name]
    with pytest.raises(errors.RuntimeInvalidStateError, match="Hibernating"):
        next(loop)


def test_a_handler_of_a_job_cannot_wait_in_it(some):
    caught = []

    def handler(_change):
        with pytest.raises(errors.RuntimeInvalidStateError):
            list(as_completed(some.values()))
        caught.append(True)

    tracker = some["a"].tracker
    with tracker.follow("a"):
        some["a"].state.observe(handler, "status")
        end(some["a"], "Running")
        settle(tracker)
    assert caught == [True]


async def test_the_asynchronous_loop_leaves_the_event_loop_free(some):
    order, beats = [], []

    async def beat():
        while len(order) < 4:
            beats.append(1)
            await asyncio.sleep(0)

    async def consume():
        async for job in as_completed(some.values()):
            name = job.job_id()
            order.append(name)

    beating = asyncio.create_task(beat())
    consuming = asyncio.create_task(consume())
    for name in "bdac":
        await asyncio.to_thread(end, some[name])
        await asyncio.to_thread(until, lambda name=name: name in order, name)
    await asyncio.gather(beating, consuming)
    assert order == list("bdac")
    assert len(beats) > 4
    assert followed(some) == []


async def test_the_asynchronous_loop_ends_when_the_time_is_over(some):
    with pytest.raises(errors.RuntimeJobTimeoutError):
        async for _ in as_completed(some.values(), timeout=0.01):
            pass
    assert followed(some) == []


def test_true_jobs_come_as_they_end(service):
    jobs = [service.run("echo", {"say": n}, backend="local_exact") for n in range(5)]
    results = {job.job_id(): job.result() for job in as_completed(jobs, timeout=60)}
    assert sorted(results.values()) == list(range(5))
