"""Budgets: what counts is what the server reported, and nothing else."""

from __future__ import annotations

import threading
import warnings
from functools import partial

import pytest
from support import budgets
from support.budgets import bill, busy, cancelled, look
from support.scripted import html
from support.waiting import until

from runtime_widgets.budget import Budget, BudgetWarning, open_budgets
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.session import Session

PENDING = {"status": "pending"}


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


def events_of():
    """Return a list, and a callback that fills it."""
    told = []
    return told, lambda budget, event: told.append((event.kind, event.used_s, budget.state))


# what counts


def test_a_job_that_says_running_for_an_hour_has_used_nothing(fake, theirs, jobs, make):
    told, callback = events_of()
    running, queued = jobs(2)
    fake.say("j0", "Running")
    budget = make(0.001, callback, jobs=[running, queued])
    for _ in range(5):
        look(theirs)
    assert running.state.word == "Running"
    assert (budget.used_s, budget.state, told) == (0, "ok", [])
    assert not any("cancel" in call for call in fake.asked())


def test_usage_counts_as_it_is_reported_also_while_a_job_runs(fake, theirs, jobs, make):
    told, callback = events_of()
    budget = make(10, callback, jobs=jobs(2))
    bill(fake, "j0", 4, "pending", "Running")
    look(theirs)
    assert (budget.used_s, budget.state) == (4, "ok")
    bill(fake, "j0", 8.5, "pending", "Running")
    look(theirs)
    assert budget.state == "near"
    until(lambda: told == [("near", 8.5, "near")], "what is told")
    bill(fake, "j0", 9)
    bill(fake, "j1", 2)
    look(theirs)
    assert (budget.used_s, budget.remaining_s, budget.state) == (11, 0, "spent")
    until(lambda: told[1:] == [("spent", 11.0, "spent")], "what is told")


def test_a_bill_that_comes_after_the_end_counts(fake, theirs, jobs, make):
    budget = make(10, lambda *_: None, jobs=jobs(1))
    fake.metrics["j0"] = {"usage": PENDING, "timestamps": {}}
    fake.say("j0", "Running")
    look(theirs)
    look(theirs)
    fake.say("j0", "Completed")
    look(theirs)
    assert (budget.jobs[0].state.is_final, budget.used_s) == (True, 0)
    bill(fake, "j0", 12)
    look(theirs)
    assert (budget.used_s, budget.state) == (12, "spent")


def test_the_bill_of_a_job_that_was_never_seen_running_is_read(fake, theirs, jobs, make):
    budget = make(10, lambda *_: None, jobs=jobs(1))
    look(theirs)
    fake.say("j0", "Completed")
    fake.metrics["j0"] = {"usage": {"qpu_charge_time_seconds": 12, "status": "complete"}}
    look(theirs)
    until(lambda: budget.used_s == 12, "the bill", patience_s=1.0)


def test_a_figure_that_cannot_be_read_once_is_not_forgotten(fake, theirs, jobs, make):
    budget = make(10, jobs=jobs(1))
    fake.say("j0", "Running")
    fake.metrics["j0"] = {"usage": {"qpu_charge_time_seconds": 5, "status": "pending"}}
    look(theirs)
    look(theirs)
    assert budget.used_s == 5
    fake.trouble_at["/jobs/j0/metrics"] = html(502)
    look(theirs)
    assert budget.used_s == 5


def test_jobs_that_were_billed_before_count_from_the_start(fake, jobs, make):
    billed = jobs(1)
    bill(fake, "j0", 5)
    billed[0].status()
    budget = make(10, jobs=billed)
    assert budget.used_s == 5
    assert "5 of 10 QPU seconds used by 1 job: ok" in repr(budget)


def test_each_job_counts_once(fake, theirs, jobs, make):
    (job,) = jobs(1)
    bill(fake, "j0", 5)
    budget = make(10, jobs=[job, job])
    budget.add(job)
    look(theirs)
    until(lambda: budget.used_s == 5, "the bill")
    assert budget.covers == "1 job"


def test_a_bill_that_is_corrected_is_told_as_corrected(fake, theirs, jobs, make):
    told, callback = events_of()
    budget = make(10, callback, jobs=jobs(1))
    bill(fake, "j0", 12, "pending")
    look(theirs)
    assert budget.state == "spent"
    bill(fake, "j0", 3)
    look(theirs)
    assert (budget.used_s, budget.state) == (3, "ok")
    until(lambda: len(told) == 1, "what is told, once")


def test_only_what_may_run_up_a_bill_costs_requests_of_its_own(fake, theirs, jobs, make):
    make(10, jobs=jobs(50))
    look(theirs)
    fake.forget_requests()
    look(theirs)
    assert fake.asked() == ["GET /jobs@0"]
    fake.say("j7", "Running")
    look(theirs)
    look(theirs)
    fake.forget_requests()
    look(theirs)
    assert fake.asked() == ["GET /jobs@0", "GET /jobs/j7/metrics"]


def test_once_all_bills_are_closed_nothing_is_asked_any_more(fake, theirs, jobs, make):
    budget = make(100, jobs=jobs(2))
    for job_id in ("j0", "j1"):
        bill(fake, job_id, 1)
    look(theirs)
    until(lambda: budget.used_s == 2, "the bills")
    fake.forget_requests()
    look(theirs)
    assert fake.asked() == []
    assert not theirs._tracker.follows("j0")


def test_a_closed_budget_guards_nothing(fake, theirs, jobs, make):
    told, callback = events_of()
    budget = make(1, callback, jobs=jobs(1))
    budget.close()
    budget.close()
    bill(fake, "j0", 5)
    look(theirs)
    assert told == []
    assert budget not in open_budgets()


# what it does


def test_a_warning_says_what_the_service_reports(fake, theirs, jobs, make):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make(10, jobs=jobs(2))
        bill(fake, "j0", 12)
        look(theirs)
        until(lambda: caught, "the warning")
    assert caught[0].category is BudgetWarning
    assert str(caught[0].message) == (
        "The budget of 10 QPU seconds is spent: the service reports 12 s used by 2 jobs."
    )


def test_a_callback_runs_on_a_thread_of_its_own_and_may_raise(fake, theirs, jobs, make, caplog):
    threads = []

    def callback(_budget, event):
        threads.append((threading.current_thread().name, event.kind))
        raise RuntimeError("no")

    budget = make(10, callback, jobs=jobs(1))
    bill(fake, "j0", 9, "pending", "Running")
    look(theirs)
    until(lambda: threads == [("runtime-widgets-budget", "near")], "the first event")
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: len(threads) == 2, "the second one")
    until(lambda: not busy(), "the end of it")
    assert caplog.text.count("What a budget was to do raised an exception.") == 2
    assert budget.state == "spent"


def test_spent_is_never_told_before_near(fake, theirs, jobs, make):
    told, go_on = [], threading.Event()

    def slow(_budget, event):
        if event.kind == "near":
            go_on.wait(20)
        told.append(event.kind)

    budget = make(10, slow, jobs=jobs(1))
    bill(fake, "j0", 9, "pending", "Running")
    look(theirs)
    until(lambda: budget.state == "near", "the first event")
    bill(fake, "j0", 12)
    look(theirs)
    until(lambda: len(busy()) == 2, "the second one, which waits")
    assert told == []
    go_on.set()
    until(lambda: told == ["near", "spent"], "both, in their order")


# of a block, a session, an instance


def test_jobs_that_are_submitted_in_its_block_count_and_later_ones_do_not(service):
    with Budget(1000) as budget:
        first = service.run("echo", {}, backend="local_exact")
        with Budget(1000) as inner:
            second = service.run("echo", {}, backend="local_exact")
    third = service.run("echo", {}, backend="local_exact")
    try:
        for job in (first, second, third):
            job.wait_for_final_state(60)
        assert [job.job_id() for job in budget.jobs] == [first.job_id(), second.job_id()]
        assert [job.job_id() for job in inner.jobs] == [second.job_id()]
        total = first.usage() + second.usage()
        until(lambda: budget.used_s == pytest.approx(total), "the bills")
        assert budget.used_s > 0
    finally:
        budget.close()
        inner.close()


def test_a_session_s_own_usage_counts_where_it_is_more_than_its_jobs(fake, theirs, make):
    fake.add_session("s1", "active", elapsed_time=30)
    fake.add("a", session_id="s1", usage={"qpu_charge_time_seconds": 2, "status": "complete"})
    fake.say("a", "Completed")
    fake.add("b", session_id="s1", usage={})
    fake.add("other", usage={})
    session = Session.from_id("s1", theirs)
    budget = make(25, "cancel queued", session=session)
    until(lambda: budget.outcomes, "the outcome")
    assert (budget.used_s, budget.state) == (30, "spent")
    assert budget.covers == "session s1"
    until(lambda: {job.job_id() for job in budget.jobs} >= {"a", "b"}, "its jobs")
    assert cancelled(fake) == ["b"]
    assert {r.method for r in fake.http.seen} == {"GET", "POST"}
    assert not any(r.method == "POST" and "sessions" in r.path for r in fake.http.seen)


def test_an_instance_s_usage_counts_where_that_is_asked_for(fake, theirs, make):
    fake.usage = {"usage_consumed_seconds": 500, "usage_limit_seconds": 600}
    fake.add("mine", usage={})
    told, callback = events_of()
    budget = make(600, callback, service=theirs)
    until(lambda: told == [("near", 500.0, "near")], "what is told")
    assert (budget.jobs, budget.covers) == ([], "the instance, in this period")
    assert budget.remaining_s == 100


def test_without_a_figure_of_the_instance_nothing_is_done(fake, theirs, make):
    told, callback = events_of()
    budget = make(1, callback, service=theirs)
    usage = theirs._tracker.account.usage
    until(lambda: usage.trouble is not None, "the refusal")
    assert (budget.used_s, told) == (0, [])


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "60", None, True])
def test_what_is_no_amount_is_refused(wrong):
    with pytest.raises(IBMInputValueError, match="seconds above 0"):
        Budget(wrong)


def test_what_makes_no_sense_is_refused(jobs, make, theirs):
    with pytest.raises(IBMInputValueError, match="or a function"):
        Budget(1, "cancel everything")
    with pytest.raises(IBMInputValueError, match="two arguments, the budget and the event"):
        Budget(1, [].append)
    with pytest.raises(IBMInputValueError, match="two arguments, the budget and the event"):
        Budget(1, lambda event: event)
    with pytest.raises(IBMInputValueError, match="give one of them"):
        Budget(1, jobs=[], service=theirs)
    with pytest.raises(IBMInputValueError, match="is no job"):
        Budget(1, jobs=["j0"])
    with pytest.raises(IBMInputValueError, match="decides which jobs count"):
        make(1, service=theirs).add(*jobs(1))


def test_what_can_be_called_with_two_is_an_action_and_what_does_not_say_so_too(make):
    class Told:
        def __call__(self, budget, event, *more, word="spent"):
            pass

    for action in (Told(), lambda *given: given, partial(print, "spent"), max, dict):
        assert make(1, action).action is action


def test_a_budget_makes_no_other_job_wait_once_its_own_are_billed(fake, theirs, jobs, make):
    budget = make(100, jobs=jobs(2))
    attentions = theirs._tracker._attentions
    assert attentions.looked_at() == {"j0", "j1"}
    for job_id in ("j0", "j1"):
        bill(fake, job_id, 1)
    look(theirs)
    until(lambda: budget.used_s == 2, "the bills")
    until(lambda: attentions.looked_at() is None, "the end of its attention")
