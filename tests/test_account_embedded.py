"""Usage, budgets and sessions of a true runtime: what it says is what is told."""

from __future__ import annotations

import pytest
from support.embedded import own_programs
from support.waiting import until

from runtime_widgets import _errand
from runtime_widgets.budget import Budget
from runtime_widgets.errors import IBMApiError, IBMConflictError
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.session import Session


@pytest.fixture(scope="module")
def small():
    """A runtime of which a second may be used in a month."""
    with own_programs("--usage-limit-seconds", "1") as runtime:
        yield runtime


@pytest.fixture
def spender(small):
    service = QiskitRuntimeService(params=small.params())
    yield service
    service.close()


def refused(service):
    """Say whether the runtime refuses a job."""
    try:
        service.run("echo", {}, backend="local_exact")
    except IBMConflictError:
        return True
    return False


def test_a_limit_that_is_reached_is_told_before_a_job_is_refused(spender, monkeypatch):
    monkeypatch.setattr(_errand, "LEAST_S", 0.0)
    told = []
    budget = Budget(1, lambda _budget, event: told.append(event.kind), service=spender)
    with spender._tracker.account.follow_usage() as usage:
        until(lambda: usage.used_seconds == 0, "the first look")
        assert (usage.limit_seconds, usage.reached, usage.remaining_seconds) == (1, False, 1)
        assert usage.period_start < usage.as_of < usage.period_end
        # Whole seconds are counted where there is a limit.
        spender.run("echo", {}, backend="local_exact").wait_for_final_state(60)
        spender._tracker.account._usage.errand.hurry(0.0)
        until(lambda: usage.used_seconds == 1, "the look after the end")
        assert usage.reached == (usage.remaining_seconds == 0 and refused(spender))
    until(lambda: told == ["spent"], "what the budget says")
    budget.close()


def test_the_jobs_of_a_session_end_its_budget_s_queue(service, flag):
    session = Session(service.backend("local_exact"), max_time="10m")
    running = session.run("hold", {"until": str(flag)})
    waiting = [session.run("echo", {}) for _ in range(3)]
    budget = Budget(0.2, "cancel queued", session=session)
    try:
        until(lambda: len(budget.outcomes) == 3, "the outcomes")
        assert all(one.ok for one in budget.outcomes)
        assert {one.job_id for one in budget.outcomes} == {job.job_id() for job in waiting}
        for job in waiting:
            job.wait_for_final_state(60)
        assert [job.state.word for job in waiting] == ["Cancelled"] * 3
        assert running.state.word != "Cancelled"
        assert budget.used_s >= 0.2
    finally:
        flag.touch()
        budget.close()
        session.close()
    running.wait_for_final_state(60)


def test_looking_at_a_session_changes_nothing_of_it(service):
    session = Session(service.backend("local_exact"), max_time="10m")
    try:
        before = session.details()
        with service._tracker.account.follow_sessions() as listed:
            until(lambda: session.session_id in listed.session_ids, "the list")
        with pytest.raises(IBMApiError):
            service.session("no-such-session")
        assert session.details() == before
    finally:
        session.cancel()
