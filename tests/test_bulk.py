"""One thing done for many jobs: an outcome for each, at the pace of the service."""

from __future__ import annotations

import threading

import pytest
from support.clocks import HandClock
from support.pages import Comm
from support.scripted import Answer
from support.tracking import settle
from support.views import change, replies
from support.waiting import until

from runtime_widgets.errors import IBMRateLimitError, IBMServerError
from runtime_widgets.widgets import _actions, _bulk, _bulk_requests, _control, _gate
from runtime_widgets.widgets._bulk import AT_ONCE, Bulk
from runtime_widgets.widgets._gate import Gate
from runtime_widgets.widgets.card import JobCard
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")

LIMIT = Answer(429, {"errors": [{"code": 1202, "message": "Slow down."}]}, {"Retry-After": "7"})
BROKEN = Answer(503, {"errors": [{"code": 9999, "message": "Not well."}]})


@pytest.fixture
def hand(theirs, monkeypatch):
    """A gate whose time is moved by its pauses."""
    clock = HandClock()
    gate = Gate(clock.clock)
    monkeypatch.setattr(_bulk, "gate_of", lambda _tracker: gate)
    monkeypatch.setattr(_gate, "back_off_s", float)
    return clock


def run(jobs, action):
    """Do it; return the outcomes, and what was told before them."""
    told = []
    rest = Bulk([(job.job_id(), job) for job in jobs], action).run(
        lambda *what: told.append(what), every_s=0.01
    )
    return [outcome for _, some, _ in told for outcome in some] + rest, told


def sometimes(fake, answers):
    """Have the next requests that change something answered so, and the later ones rightly."""
    rightly, left, lock = fake.http.script, list(answers), threading.Lock()

    def script(request):
        with lock:
            if request.method != "GET" and request.path != "/identity/token" and left:
                return left.pop(0)
        return rightly(request)

    fake.http.script = script


def changing(fake):
    return [call for call in fake.asked() if not call.startswith("GET")]


# what is done


def test_each_job_has_its_outcome_in_their_order(jobs, hand, fake):
    some = jobs(30)
    fake.trouble_at["/jobs/job-0007/cancel"] = Answer(
        400, {"errors": [{"code": 5, "message": "Never."}]}
    )
    outcomes, _ = run(some, _actions.cancel)
    assert [o.job_id for o in outcomes] == [job.job_id() for job in some]
    (refused,) = (o for o in outcomes if not o.ok)
    assert (refused.job_id, refused.message, refused.code) == ("job-0007", "Never.", 5)
    assert sorted(changing(fake)) == sorted(f"POST /jobs/{job.job_id()}/cancel" for job in some)
    assert hand.pauses == []


def test_a_few_are_asked_for_at_once_and_no_more(jobs, hand, monkeypatch):
    some, now, most = jobs(20), [], []
    full = threading.Event()

    def slow(job):
        now.append(job)
        most.append(len(now))
        if len(now) == AT_ONCE:
            full.set()
        assert full.wait(20)
        now.remove(job)
        return _actions.Done("Done.")

    outcomes, _ = run(some, slow)
    assert len(outcomes) == 20
    assert max(most) == AT_ONCE


def test_what_is_over_already_costs_no_request_and_is_no_failure(jobs, hand, fake):
    some = jobs(3)
    for job in some:
        change(job, "Completed")
    fake.forget_requests()
    outcomes, _ = run(some, _actions.cancel)
    assert all(o.ok and o.already for o in outcomes)
    assert changing(fake) == []


def test_what_runs_is_cancelled_last_so_that_nothing_begins_in_its_place(jobs, show, fake, hand):
    some = jobs(12)
    view = show(JobMonitor(some))
    for job in some[:2]:
        change(job, "Running")
    outcomes = view.cancel(*some)
    assert [o.job_id for o in outcomes] == [job.job_id() for job in some]
    assert all(o.ok for o in outcomes)
    asked = [call.split("/")[2] for call in changing(fake)]
    assert not set(asked[:8]) & {job.job_id() for job in some[:2]}


def test_twice_is_as_once(jobs, hand, fake):
    some = jobs(4)
    run(some, _actions.tag(["new"], []))
    assert len(changing(fake)) == 4
    for job in some:
        fake.jobs[job.job_id()]["tags"] = ["new"]
    outcomes, _ = run(some, _actions.tag(["new"], []))
    assert all(o.ok and o.already for o in outcomes)
    assert len(changing(fake)) == 4
    for job in some:
        change(job, "Completed")
        job.state.set(now=job.state.updated_at, gone=True)
    outcomes, _ = run(some, _actions.delete)
    assert all(o.ok and o.already for o in outcomes)


def test_tags_are_added_and_taken_away_and_the_others_stay(theirs, hand, fake):
    fake.add("a", tags=["keep", "old"])
    fake.add("b", tags=["keep"])
    some = theirs.jobs()
    outcomes, _ = run(some, _actions.tag(["new", "keep"], ["old"]))
    assert all(o.ok for o in outcomes)
    sent = {tuple(body["tags"]) for body in fake.bodies if "tags" in body}
    assert sent == {("keep", "new")}
    assert {job.state.tags for job in some} == {("keep", "new")}


def test_a_job_that_would_have_too_many_tags_is_an_outcome_of_its_own(jobs, hand, fake):
    (job,) = jobs(1)
    fake.jobs[job.job_id()]["tags"] = [f"t{n}" for n in range(8)]
    outcomes, _ = run([job], _actions.tag(["ninth"], []))
    assert not outcomes[0].ok
    assert "at most 8" in outcomes[0].message
    assert changing(fake) == []


def test_tags_that_may_be_old_are_read_before_they_are_replaced(jobs, hand, fake):
    (job,) = jobs(1)
    job.state.checked_at = job.state.checked_at.replace(year=2020)
    fake.jobs["job-0000"]["tags"] = ["of-somebody-else"]
    run([job], _actions.tag(["mine"], []))
    assert fake.bodies[-1]["tags"] == ["of-somebody-else", "mine"]


def test_only_what_has_ended_is_deleted(jobs, hand, fake):
    ended, running, lost = jobs(3)
    change(ended, "Completed")
    change(lost, "Failed")
    del fake.jobs[lost.job_id()]
    outcomes, _ = run([ended, running, lost], _actions.delete)
    assert [(o.ok, o.already) for o in outcomes] == [(True, False), (False, False), (True, True)]
    assert "cancel it before" in outcomes[1].message
    deleted = [f"DELETE /jobs/{job.job_id()}" for job in (ended, lost)]
    assert sorted(changing(fake)) == sorted(deleted)
    assert ended.job_id() not in fake.jobs
    settle(ended.tracker)
    assert ended.state.gone


# its pace


def test_a_limit_is_waited_for_as_long_as_the_service_asks_and_said(jobs, hand, fake):
    some = jobs(6)
    sometimes(fake, [LIMIT])
    outcomes, told = run(some, _actions.cancel)
    assert all(o.ok for o in outcomes)
    assert sum(hand.pauses) >= 7
    notes = {note for _, _, note in told}
    assert notes <= {None, "Waits 7 s: the service limits requests."}


def test_a_limit_stops_nobody_for_ever(jobs, hand, fake):
    some = jobs(8)
    fake.trouble = LIMIT
    outcomes, _ = run(some, _actions.cancel)
    assert not any(o.ok for o in outcomes)
    assert {o.message for o in outcomes} == {"Slow down."}
    # After two minutes without an answer the rest is not asked for.
    assert 120 < sum(hand.pauses) < 200 * AT_ONCE
    assert len(changing(fake)) < 20 * AT_ONCE


def test_a_fault_is_met_with_patience_and_then_it_is_an_outcome(jobs, hand, fake):
    some = jobs(2)
    sometimes(fake, [BROKEN, BROKEN])
    outcomes, _ = run(some, _actions.cancel)
    assert all(o.ok for o in outcomes)
    fake.trouble_at["/jobs/job-0001/cancel"] = BROKEN
    fake.forget_requests()
    outcomes, _ = run(some, _actions.cancel)
    assert [o.job_id for o in outcomes if not o.ok] == ["job-0001"]
    assert changing(fake).count("POST /jobs/job-0001/cancel") == 3


def test_a_refused_token_is_asked_with_no_more(jobs, hand, fake):
    some = jobs(40)
    fake.trouble = Answer(
        401, {"errors": [{"code": 1200, "message": "No.", "solution": "Log in."}]}
    )
    fake.forget_requests()
    outcomes, _ = run(some, _actions.cancel)
    assert {o.message for o in outcomes} == {"No. What to do: Log in."}
    assert len(outcomes) == 40
    assert len(changing(fake)) <= 2 * AT_ONCE


def test_an_error_of_our_own_stops_no_other(jobs, hand, caplog):
    def bug(job):
        if job.job_id() == "job-0001":
            raise ZeroDivisionError
        return _actions.Done("Done.")

    outcomes, _ = run(jobs(3), bug)
    assert sorted(o.ok for o in outcomes) == [False, True, True]
    assert "ZeroDivisionError" in "".join(o.message for o in outcomes)


def test_a_gate_says_what_is_waited_for():
    clock = HandClock()
    gate = Gate(clock.clock)
    error = IBMRateLimitError("Slow.")
    error.retry_after_s = 30.0
    gate.ill(error)
    assert gate.note == "Waits 30 s: the service limits requests."
    gate.ill(error)  # of a request that left before the first was answered
    gate.wait(lambda: False)
    assert sum(clock.pauses) == 30
    gate.ill(IBMServerError("It fell over."))
    assert "It fell over." in gate.note
    gate.wait(lambda: False)
    gate.well()
    assert gate.note is None


def test_an_answer_that_was_under_way_ends_no_wait_that_was_asked_for():
    """A hand was told to wait, then another's answer comes, which was asked for before that."""
    clock = HandClock()
    gate = Gate(clock.clock)
    gate.ill(IBMRateLimitError("Slow."))
    gate.well()
    assert "the service limits requests" in gate.note
    gate.wait(lambda: False)
    first_s = sum(clock.pauses)
    gate.ill(IBMRateLimitError("Slow."))
    gate.well()
    gate.wait(lambda: False)
    assert sum(clock.pauses) - first_s > first_s  # the second time it is longer
    gate.well()
    assert gate.note is None


def test_a_retry_after_of_nothing_is_no_hurry():
    clock = HandClock()
    gate = Gate(clock.clock)
    error = IBMRateLimitError("Slow.")
    error.retry_after_s = 0.0
    gate.ill(error)
    gate.wait(lambda: False)
    assert sum(clock.pauses) >= 0.5


def test_what_is_stopped_asks_for_no_more_and_says_of_each_what_became_of_it(jobs, hand, fake):
    some, stopped, asked = jobs(40), threading.Event(), []
    held = threading.Barrier(AT_ONCE)

    def cancel(job):
        asked.append(job.job_id())
        held.wait(20)
        stopped.set()
        return _actions.cancel(job)

    bulk = Bulk([(job.job_id(), job) for job in some], cancel, stopped)
    outcomes = bulk.run(lambda *_: None)
    assert sorted(o.job_id for o in outcomes if o.asked) == sorted(asked)
    assert all(o.ok for o in outcomes if o.asked)
    assert [o.job_id for o in outcomes] == [job.job_id() for job in some]
    assert len(asked) == len(changing(fake)) == AT_ONCE
    assert {(o.ok, o.message) for o in outcomes if not o.asked} == {
        (False, "Not asked: it was stopped before.")
    }


def test_one_that_is_stopped_while_it_waits_says_what_it_waited_for(jobs, hand, fake):
    (job,), stopped = jobs(1), threading.Event()
    sometimes(fake, [LIMIT])

    def cancel(job):
        stopped.set()
        return _actions.cancel(job)

    (outcome,) = Bulk([(job.job_id(), job)], cancel, stopped).run(lambda *_: None)
    assert (outcome.ok, outcome.asked) == (False, True)
    assert "Slow down." in outcome.message


# what a page hears


@pytest.fixture
def ask_all(kernel):
    """Ask over the control channel; returns all that comes back."""

    def ask_(view, **request):
        channel = Comm()
        kernel.targets[_control.TARGET](channel, None)
        channel.says({"view": view._view_id, **request})
        until(lambda: replies(channel), "the reply")
        return [data for data, _ in channel.sent]

    return ask_


def test_a_page_hears_how_far_it_is_and_each_outcome_once(
    jobs, show, ask_all, fake, hand, monkeypatch
):
    some = jobs(60)
    view = show(JobMonitor(some))
    told, asked = threading.Event(), []
    do, make = _actions.cancel, _bulk_requests.Progress

    def slow(job):
        asked.append(job)
        if len(asked) == 30:
            assert told.wait(20)
        return do(job)

    def tell(*args):
        told.set()
        return make(*args)

    monkeypatch.setattr(_actions, "cancel", slow)
    monkeypatch.setattr(_bulk_requests, "Progress", tell)
    *progress, reply = ask_all(view, kind="cancel", id=9, job_ids=[j.job_id() for j in some])
    assert progress
    assert {m["kind"] for m in progress} == {"progress"}
    assert {m["id"] for m in [*progress, reply]} == {9}
    assert {m["total"] for m in progress} == {60}
    heard = [o["job_id"] for m in [*progress, reply] for o in m["outcomes"]]
    assert heard == [job.job_id() for job in some]
    assert reply["ok"]


def test_outcomes_of_very_many_come_in_messages_of_a_bounded_size(
    jobs, show, ask_all, hand, monkeypatch
):
    some = jobs(5)
    monkeypatch.setattr(_bulk_requests, "MOST_TOLD", 2)
    view = show(JobMonitor(some))
    messages = ask_all(view, kind="cancel", id=9, job_ids=[j.job_id() for j in some])
    assert max(len(m["outcomes"]) for m in messages) <= 2
    assert sum(len(m["outcomes"]) for m in messages) == 5


def test_what_was_asked_for_goes_on_though_the_page_is_gone(jobs, show, hand, fake, kernel):
    some = jobs(40)
    view = show(JobMonitor(some))
    gone = Comm()
    kernel.targets[_control.TARGET](gone, None)

    def broken(*_args, **_kwargs):
        raise OSError("gone")

    gone.send = broken
    ids = [job.job_id() for job in some]
    gone.says({"view": view._view_id, "kind": "cancel", "id": 1, "job_ids": ids})
    until(lambda: len(changing(fake)) == 40, "all cancels")


@pytest.mark.parametrize("early", [False, True])
def test_a_page_stops_its_own_request_and_no_other_view_s(
    jobs, show, hand, fake, kernel, monkeypatch, early
):
    some, going = jobs(30), threading.Event()
    view, other = show(JobMonitor(some)), show(JobMonitor(some))
    channel, do = Comm(), _actions.cancel
    kernel.targets[_control.TARGET](channel, None)

    def slow(job):
        assert going.wait(20)
        return do(job)

    monkeypatch.setattr(_actions, "cancel", slow)
    ids = [job.job_id() for job in some]
    cancel = {"kind": "cancel", "id": 9, "job_ids": ids}
    words = [
        {"view": view._view_id, **cancel},
        {"view": other._view_id, "kind": "stop", "id": 10, "of": 9},
        {"view": view._view_id, "kind": "stop", "id": 11, "of": "9"},
        {"view": view._view_id, "kind": "stop", "id": 12, "of": 9},
    ]
    for word in reversed(words) if early else words:
        channel.says(word)
    going.set()
    until(lambda: replies(channel), "the reply")
    outcomes = [o for data, _ in channel.sent for o in data["outcomes"]]
    assert [o["job_id"] for o in outcomes] == ids
    asked = [o for o in outcomes if o["asked"]]
    assert len(asked) == len(changing(fake)) <= AT_ONCE
    assert not replies(channel)[0]["ok"]


def test_a_failure_among_many_is_a_failed_reply_with_all_the_others_done(
    jobs, show, ask_all, hand, fake
):
    some = jobs(3)
    view = show(JobMonitor(some))
    ids = [some[0].job_id(), "of-another-view", some[2].job_id()]
    *_, reply = ask_all(view, kind="cancel", id=9, job_ids=ids)
    assert not reply["ok"]
    assert len(changing(fake)) == 2


def test_a_page_adds_tags_and_deletes(jobs, show, ask_all, hand, fake):
    some = jobs(2)
    view = show(JobMonitor(some))
    ids = [job.job_id() for job in some]
    *_, reply = ask_all(view, kind="tag", id=1, job_ids=ids, add=["x"], remove=[])
    assert reply["ok"]
    assert [body["tags"] for body in fake.bodies if "tags" in body] == [["x"], ["x"]]
    for job in some:
        change(job, "Completed")
    *_, reply = ask_all(view, kind="delete", id=2, job_ids=ids)
    assert reply["ok"]
    assert fake.jobs == {}


@pytest.mark.parametrize(
    "request_",
    [
        {"kind": "cancel", "job_ids": []},
        {"kind": "delete"},
        {"kind": "delete", "job_ids": [5]},
        {"kind": "tag", "job_ids": ["job-0000"], "add": ["x"] * 9, "remove": []},
        {"kind": "tag", "job_ids": ["job-0000"], "add": [""], "remove": []},
        {"kind": "tag", "job_ids": ["job-0000"], "add": [], "remove": []},
        {"kind": "tag", "job_ids": ["job-0000"], "add": ["x"]},
    ],
)
def test_what_cannot_be_right_is_refused_and_asks_for_nothing(
    jobs, show, ask_all, fake, hand, request_
):
    view = show(JobCard(jobs(1)[0]))
    fake.forget_requests()
    (reply,) = ask_all(view, id=1, **request_)
    assert not reply["ok"]
    assert len(reply["outcomes"][0]["message"]) > 10
    assert fake.asked() == []


def test_many_cancels_are_looked_after_once(jobs, hand, fake):
    some = jobs(50)
    for job in some:
        job.observe(lambda _change: None, "status")
    settle(some[0].tracker)
    fake.forget_requests()
    run(some, _actions.cancel)
    settle(some[0].tracker)
    looks = [call for call in fake.asked() if call.startswith("GET /jobs@")]
    assert len(looks) <= 2
    assert all(job.state.cancel_asked is not None for job in some)


def test_the_tags_that_another_kernel_has_just_set_stay(jobs, show, fake):
    (job,) = jobs(1)
    view = show(JobMonitor([job]))
    fake.jobs[job.job_id()]["tags"] = ["theirs"]
    view.tag(job, add=["mine"])
    assert set(fake.bodies[-1]["tags"]) == {"theirs", "mine"}
    fake.jobs[job.job_id()]["tags"] = ["draft"]
    (outcome,) = view.tag(job, remove=["draft"])
    assert not outcome.already
    assert fake.bodies[-1]["tags"] == []
