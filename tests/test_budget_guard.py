"""The guard of a budget: what is queued is cancelled, once, whatever the service is like."""

from __future__ import annotations

import logging
import threading
from functools import partial

import pytest
from support import budgets
from support.budgets import bill, busy, cancelled, look
from support.scripted import Answer, html
from support.waiting import until

from runtime_widgets import _budget_guard
from runtime_widgets._budget_cancel import Pass, cancel_queued
from runtime_widgets._budget_guard import Guard
from runtime_widgets._budget_meters import JobsMeter


@pytest.fixture
def fake(scripted, monkeypatch):
    return budgets.quiet_service(scripted, monkeypatch)


@pytest.fixture
def theirs(fake):
    yield from budgets.connected(fake)


@pytest.fixture
def make(theirs):
    yield from budgets.making()


@pytest.fixture
def jobs(fake, theirs):
    return partial(budgets.queued, fake, theirs)


def test_queued_jobs_are_cancelled_once_and_running_ones_are_left_alone(
    fake, theirs, jobs, make, caplog
):
    caplog.set_level(logging.WARNING)
    budget = make(10, "cancel queued", jobs=jobs(5))
    fake.say("j1", "Running")
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: len(budget.outcomes) == 3, "the outcomes")
    assert {one.job_id: (one.ok, one.already) for one in budget.outcomes} == {
        f"j{n}": (True, False) for n in (2, 3, 4)
    }
    look(theirs)
    look(theirs)
    until(lambda: not busy(), "the end of it")
    assert cancelled(fake) == ["j2", "j3", "j4"]
    info = budget.info()
    assert (info.state, info.note) == ("spent", "3 jobs asked to be cancelled.")
    assert info.acted_at is not None
    assert "3 jobs asked to be cancelled" in caplog.text


def test_what_began_to_run_since_the_last_look_is_left_alone(fake, theirs, jobs, make):
    first, second = jobs(2)
    budget = make(10, "cancel queued", jobs=[first, second])
    bill(fake, "j0", 12)
    fake.say("j1", "Running")
    assert second.state.word == "Queued"
    first.status()
    until(lambda: budget.info().note == "Nothing was queued any more.", "what it did")
    assert cancelled(fake) == []
    assert second.state.word == "Running"


def test_others_jobs_are_left_alone(fake, theirs, jobs, make):
    mine = jobs(2)
    fake.add("theirs", usage={})
    budget = make(10, "cancel queued", jobs=mine)
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: budget.outcomes, "the outcome")
    assert cancelled(fake) == ["j1"]


def test_one_that_cannot_be_cancelled_stops_no_other(fake, theirs, jobs, make):
    budget = make(10, "cancel queued", jobs=jobs(4))
    fake.trouble_at["/jobs/j2/cancel"] = html(403)
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: len(budget.outcomes) == 3, "the outcomes")
    assert [one.job_id for one in budget.outcomes if not one.ok] == ["j2"]
    assert budget.info().note == "2 jobs asked to be cancelled; 1 job could not be cancelled."


def test_a_service_that_is_silent_just_then_is_asked_again(fake, theirs, jobs, make, caplog):
    caplog.set_level(logging.WARNING)
    first, _second = jobs(2)
    budget = make(10, "cancel queued", jobs=[first, _second])
    bill(fake, "j0", 12)
    fake.trouble_at["/jobs"] = html(502)
    first.status()
    until(lambda: "could not be read" in budget.info().note, "the failure, in words")
    assert budget.outcomes == []
    fake.trouble_at.clear()
    until(lambda: budget.outcomes, "the outcome")
    assert cancelled(fake) == ["j1"]


def test_a_job_that_is_added_when_all_is_spent_is_cancelled_too(fake, theirs, jobs, make):
    first, *_ = jobs(1)
    bill(fake, "j0", 12)
    budget = make(10, "cancel queued", jobs=[first])
    look(theirs)
    until(lambda: budget.info().note == "Nothing was queued any more.", "the first look")
    fake.add("late", usage={})
    budget.add(theirs.job("late"))
    until(lambda: budget.outcomes, "the outcome")
    assert cancelled(fake) == ["late"]


# outages


def test_an_outage_in_the_middle_is_outlasted(fake, theirs, jobs, make):
    budget = make(10, "cancel queued", jobs=jobs(4))
    for number in (1, 2, 3):
        fake.trouble_at[f"/jobs/j{number}/cancel"] = html(502)
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: "it tries again" in budget.info().note, "the failure, in words", patience_s=20)
    assert not any(one.ok for one in budget.outcomes)
    fake.trouble_at.clear()
    until(lambda: not busy(), "the end of it", patience_s=20)
    assert {one.job_id: one.ok for one in budget.outcomes} == dict.fromkeys(
        ("j1", "j2", "j3"), True
    )
    assert budget.info().note == "3 jobs asked to be cancelled."


def test_an_outage_of_any_length_is_outlasted(fake, theirs, jobs, make, monkeypatch, caplog):
    caplog.set_level(logging.WARNING)
    failures = []
    monkeypatch.setattr(_budget_guard, "back_off_s", lambda n: failures.append(n) or 0.0)
    first, second = jobs(2)
    budget = make(10, "cancel queued", jobs=[first, second])
    bill(fake, "j0", 12)
    fake.trouble_at["/jobs"] = Answer(401, {"errors": [{"message": "Not now."}]})
    first.status()
    until(lambda: len(failures) > 12, "more failures than one would wait for", patience_s=20)
    assert failures[:12] == list(range(1, 13))
    assert budget.info().note.endswith("It tries again.")
    fake.trouble_at.clear()
    until(lambda: budget.outcomes, "the outcome")
    assert cancelled(fake) == ["j1"]
    assert caplog.text.count("It tries again.") == 1


def test_few_requests_are_sent_to_a_service_that_does_not_answer(fake, theirs, jobs):
    many = jobs(12)
    for job in many:
        fake.trouble_at[f"/jobs/{job.job_id()}/cancel"] = Answer(401, {})
    found = one_pass(many)
    assert len(found.outcomes) == 3
    assert len(found.unanswered) == 12
    # The next pass begins with those that were not asked.
    asked = {one.job_id for one in found.outcomes}
    fake.trouble_at.clear()
    fake.forget_requests()
    one_pass(many, later=asked)
    order = [call.split("/")[2] for call in fake.asked() if call.endswith("/cancel")]
    assert set(order[-3:]) == asked


def one_pass(jobs, later=()):
    meter = JobsMeter(lambda: None)
    meter.add(jobs)
    try:
        return cancel_queued(meter, (), later)
    finally:
        meter.close()


def test_one_without_an_answer_that_has_left_the_queue_is_not_asked_again(fake, theirs, jobs, make):
    budget = make(10, "cancel queued", jobs=jobs(2))
    fake.trouble_at["/jobs/j1/cancel"] = Answer(401, {})
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: budget.outcomes, "the failure")
    fake.say("j1", "Running")
    until(lambda: not busy(), "the end of it")
    (outcome,) = budget.outcomes
    assert (outcome.ok, outcome.already) == (True, True)
    assert "again" not in budget.info().note


def test_nothing_is_cancelled_any_more_once_a_bill_was_corrected(fake, theirs, jobs, make):
    budget = make(10, "cancel queued", jobs=jobs(2))
    bill(fake, "j0", 12, "pending")
    fake.trouble_at["/jobs/j1/cancel"] = Answer(401, {})
    look(theirs)
    until(lambda: budget.outcomes, "the failure")
    bill(fake, "j0", 3)
    budget.jobs[0].usage()
    budget.jobs[0].status()
    look(theirs)
    until(lambda: budget.state == "ok", "the correction")
    until(lambda: not busy(), "the end of it")
    assert "again" not in budget.info().note


def test_a_budget_that_is_closed_tries_nothing_again(fake, theirs, jobs, make, monkeypatch):
    monkeypatch.setattr(_budget_guard, "back_off_s", lambda _failures: 1000.0)
    budget = make(10, "cancel queued", jobs=jobs(2))
    fake.trouble_at["/jobs/j1/cancel"] = Answer(401, {})
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: budget.outcomes, "the failure")
    budget.close()
    until(lambda: not busy(), "the end of it")
    assert budget.info().note == "0 jobs asked to be cancelled; 1 job could not be cancelled."


def test_jobs_that_move_over_the_border_of_a_page_are_cancelled(fake, theirs, monkeypatch):
    """Of 30 jobs, 10 a page, those before the border end while the list is read."""
    fake.longest_page = 10
    many = budgets.queued(fake, theirs, 30)
    real = theirs.client.jobs_get

    def ending(**query):
        page = real(**query)
        if query["offset"] and fake.jobs["j0"]["state"]["status"] == "Queued":
            for number in range(7):
                fake.say(f"j{number}", "Completed")
        return page

    monkeypatch.setattr(theirs.client, "jobs_get", ending)
    found = one_pass(many)
    assert {one.job_id for one in found.outcomes if one.ok and not one.already} == {
        f"j{number}" for number in range(7, 30)
    }


def test_each_answer_is_known_as_it_comes(fake, theirs, jobs):
    heard = []
    meter = JobsMeter(lambda: None)
    meter.add(jobs(3))
    fake.trouble_at["/jobs/j1/cancel"] = Answer(401, {})
    cancel_queued(meter, (), (), heard.append)
    meter.close()
    assert [one.job_id for one in heard] == ["j0", "j2"]


def test_of_a_service_that_was_closed_it_is_said_that_nothing_can_be_cancelled(
    fake, theirs, jobs, make
):
    budget = make(10, "cancel queued", jobs=jobs(2))
    fake.trouble_at["/jobs/j1/cancel"] = Answer(401, {})
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: budget.outcomes, "the failure")
    theirs.close()
    until(lambda: not busy(), "the end of it")
    assert not any(one.ok for one in budget.outcomes)
    assert budget.info().note.endswith("nothing can be cancelled there any more.")
    assert "Nothing was queued" not in budget.info().note


# one at a time


def test_whoever_comes_while_one_ends_is_the_only_one(monkeypatch):
    """The one that ends must not take the turn from the one that has just begun."""
    at_it, most, threads = [], [], []
    meter = JobsMeter(lambda: None)
    guard = Guard(meter, wanted=lambda: True, tell=lambda: None)
    entered, go_on = threading.Event(), threading.Event()

    def one_pass_():
        at_it.append(1)
        most.append(len(at_it))
        if threading.current_thread().name == "B":
            entered.set()
            go_on.wait(20)
        at_it.pop()
        return Pass()

    real = guard._goes_on

    def goes_on():
        more = real()
        if not more and not threads:
            threads.append(threading.Thread(target=guard.run, name="B"))
            threads[0].start()
            entered.wait(20)
        return more

    monkeypatch.setattr(guard, "_pass", one_pass_)
    monkeypatch.setattr(guard, "_goes_on", goes_on)
    guard.run()
    guard.run()  # hands over to B, which is at it
    assert len(most) == 2
    go_on.set()
    threads[0].join(20)
    assert most == [1, 1, 1]


# of an instance


def read_usage(service, fake, seconds):
    """Have the tracker read what the instance has used."""
    fake.usage = {"usage_consumed_seconds": seconds, "usage_limit_seconds": 600}
    usage = service._tracker.account._usage
    before = usage.state.as_of
    usage.errand._least = float("-inf")
    usage.errand.hurry(0.0)
    look(service)
    until(lambda: usage.state.as_of != before, "the figure")


def test_jobs_that_come_while_an_instance_s_budget_is_spent_are_cancelled(fake, theirs, make):
    fake.usage = {"usage_consumed_seconds": 700, "usage_limit_seconds": 600}
    fake.add("mine", usage={})
    budget = make(600, "cancel queued", service=theirs)
    until(lambda: budget.outcomes, "the first outcome")
    until(lambda: not busy(), "the end of it")
    fake.add("late", usage={})
    read_usage(theirs, fake, 700)
    until(lambda: len(budget.outcomes) == 2, "the second one")
    assert cancelled(fake) == ["late", "mine"]


def test_in_the_next_period_an_instance_s_budget_begins_anew(fake, theirs, make):
    told = []
    fake.usage = {"usage_consumed_seconds": 700, "usage_limit_seconds": 600}
    make(600, lambda _budget, event: told.append((event.kind, event.used_s)), service=theirs)
    until(lambda: told == [("spent", 700.0)], "what is told")
    fake.add("mine", usage={})
    guarding = make(600, "cancel queued", service=theirs)
    until(lambda: guarding.outcomes, "the outcome")
    until(lambda: not busy(), "the end of it")
    read_usage(theirs, fake, 0)
    info = guarding.info()
    assert (info.state, info.note, info.acted_at) == ("ok", "", None)
    fake.add("next", usage={})
    fake.forget_requests()
    read_usage(theirs, fake, 650)
    until(lambda: told[1:] == [("spent", 650.0)], "what is told in the next period")
    until(lambda: len(guarding.outcomes) == 2, "the outcome in the next period")
    assert cancelled(fake) == ["next"]
