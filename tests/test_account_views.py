"""What surrounds the jobs in a view: usage, budgets and sessions, and what that costs."""

from __future__ import annotations

import json

import pytest
from support.scripted import html
from support.tracking import look_again, settle
from support.views import change
from support.waiting import until

from runtime_widgets.budget import Budget
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.widgets._instance_usage import instance_name, usage_html, usage_sentences
from runtime_widgets.widgets.monitor import JobMonitor
from runtime_widgets.widgets.usage_meter import UsageMeter

pytestmark = pytest.mark.usefixtures("kernel")

READ = "GET /instances/usage"
SCRIPT = "<script>alert(1)</script>"


def told(view, member):
    """Return a member of the context, as a page has it now."""
    view.wake()
    view.deliver()
    return view.snapshot()["context"][member]


@pytest.fixture
def instance(fake):
    fake.usage = {
        "usage_consumed_seconds": 312,
        "usage_limit_seconds": 600,
        "usage_limit_reached": False,
        "usage_period": {"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-29T00:00:00Z"},
    }
    return fake


@pytest.fixture
def soon(monkeypatch):
    """What happens is a reason to ask within a moment."""
    monkeypatch.setattr("runtime_widgets._errand.SOON_S", 0.3)
    monkeypatch.setattr("runtime_widgets._errand.LEAST_S", 0.0)


# usage


def test_a_monitor_tells_what_its_instance_has_used(instance, jobs, show):
    view = show(JobMonitor(jobs(2)))
    until(lambda: told(view, "usage")[0]["used_s"] == 312, "the usage")
    (usage,) = told(view, "usage")
    assert (usage["limit_s"], usage["reached"], usage["trouble"]) == (600, False, None)
    assert usage["instance"] == "instance 0000…"
    assert usage["period_end"] > usage["period_start"]
    assert usage["estimated_s"] is None
    assert instance.asked().count(READ) == 1
    assert "GET /workloads" not in instance.asked()
    json.dumps(usage, allow_nan=False)


def test_once_all_jobs_have_ended_it_is_read_once_more_and_no_more(instance, jobs, show, soon):
    (job,) = jobs(1)
    view = show(JobMonitor([job]))
    usage = job.tracker.account
    until(lambda: instance.asked().count(READ) == 1, "the first look")
    told(view, "usage")
    assert usage.wanted
    instance.usage["usage_consumed_seconds"] = 320
    instance.say("job-0000", "Completed")
    look_again(job.tracker)
    until(lambda: told(view, "usage")[0]["used_s"] == 320, "the last look")
    until(lambda: told(view, "usage") and not usage.wanted, "the end of it")


def test_a_monitor_of_ended_jobs_asks_once(instance, jobs, show):
    (job,) = jobs(1)
    change(job, "Completed")
    view = show(JobMonitor([job]))
    until(lambda: told(view, "usage")[0]["used_s"] == 312, "the usage")
    told(view, "usage")
    assert not job.tracker.account.wanted


def test_a_view_that_nobody_sees_asks_for_nothing(instance, jobs, show, ask):
    view = show(JobMonitor(jobs(1)))
    account = view.jobs[0].tracker.account
    until(lambda: told(view, "usage")[0]["used_s"] == 312, "the usage")
    view.looked_at([], hidden=True)
    told(view, "usage")
    assert not account.wanted
    view.looked_at([], hidden=False)
    told(view, "usage")
    assert account.wanted


def test_the_last_figure_is_read_also_where_nobody_saw_the_last_job_end(instance, jobs, show, soon):
    (job,) = jobs(1)
    view = show(JobMonitor([job]))
    until(lambda: instance.asked().count(READ) == 1, "the first look")
    view.looked_at([], hidden=True)
    told(view, "usage")
    assert not job.tracker.account.wanted
    instance.usage["usage_consumed_seconds"] = 320
    instance.say("job-0000", "Completed")
    look_again(job.tracker)
    until(lambda: told(view, "usage")[0]["used_s"] == 320, "the last look")
    until(lambda: told(view, "usage") and not job.tracker.account.wanted, "the end of it")
    assert instance.asked().count(READ) == 2


def test_a_closed_view_asks_for_nothing(instance, jobs, show):
    view = show(JobMonitor(jobs(1)))
    account = view.jobs[0].tracker.account
    assert account.wanted
    view.close()
    assert not account.wanted


def test_a_service_that_refuses_is_quoted_and_not_asked_again(fake, jobs, show):
    fake.trouble_at["/instances/usage"] = html(403)
    view = show(JobMonitor(jobs(1)))
    words = "This account may not read the instance's usage."
    until(lambda: told(view, "usage")[0]["trouble"] == words, "the refusal")
    assert told(view, "usage")[0]["used_s"] is None
    for _ in range(3):
        look_again(view.jobs[0].tracker)
    assert fake.asked().count(READ) == 1


def test_an_instance_is_never_named_by_its_crn(instance, theirs):
    assert instance_name(theirs.client) == "instance 0000…"


def test_a_saved_notebook_says_what_was_used_as_of_when(instance, theirs):
    with theirs._tracker.account.follow_usage(forecast=True) as usage:
        until(lambda: usage.pending_jobs is not None, "the usage")
    said = " ".join(usage_sentences(usage, f"QPU time of {SCRIPT}"))
    assert f"QPU time of {SCRIPT}: 5 min 12 s used of 10 min. 4 min 48 s are left." in said
    assert "As of 2" in said
    assert SCRIPT not in usage_html(usage, SCRIPT)


# the meter on its own


def test_a_meter_tells_what_is_used_and_what_is_to_come(instance, theirs, show):
    instance.add("a", estimated_running_time_seconds=8, usage={})
    view = show(UsageMeter(theirs))
    until(lambda: told(view, "usage")[0]["pending_jobs"] == 1, "the usage")
    (usage,) = told(view, "usage")
    assert (usage["used_s"], usage["estimated_s"], usage["estimated_jobs"]) == (312, 8, 1)
    assert instance.asked() == [READ, "GET /jobs@0"]
    assert repr(view).startswith("<UsageMeter: QPU time of instance 0000…: 5 min 12 s used of")
    assert view.snapshot()["jobs"] == []


def test_a_meter_out_of_sight_asks_for_nothing(instance, theirs, show):
    view = show(UsageMeter(theirs))
    until(lambda: told(view, "usage")[0]["used_s"] == 312, "the usage")
    view.looked_at([], hidden=True)
    told(view, "usage")
    assert not theirs._tracker.account.wanted
    view.looked_at([], hidden=False)
    told(view, "usage")
    assert theirs._tracker.account.wanted
    view.close()
    assert not theirs._tracker.account.wanted


def test_a_saved_meter_says_what_was_known(instance, theirs, show):
    view = show(UsageMeter(theirs))
    data, _ = view._repr_mimebundle_()
    assert "5 min 12 s used of 10 min." in data["text/plain"]
    assert "4 min 48 s are left." in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_meter_of_nothing_is_refused():
    with pytest.raises(IBMInputValueError, match="takes a service"):
        UsageMeter("open-plan")


# budgets


def test_the_budget_of_another_session_is_no_matter_of_these_jobs(fake, theirs, show):
    for name in ("s1", "s2"):
        fake.add_session(name, "active")
    (mine,) = in_session(fake, theirs, "s1", "Queued")
    in_session(fake, theirs, "s2", "Queued")
    view, account = show(JobMonitor([mine])), show(JobMonitor(service=theirs, limit=10))
    with Budget(60, session=theirs.session("s1")) as one, Budget(5, session=theirs.session("s2")):
        until(lambda: [b["qpu_seconds"] for b in told(view, "budgets")] == [60], "that of its own")
        until(lambda: len(told(account, "budgets")) == 2, "those of the account")
        one.close()


def test_a_view_shows_the_budgets_of_its_jobs_and_no_others(instance, jobs, show):
    first, second = jobs(2)
    view = show(JobMonitor([first]))
    assert told(view, "budgets") == []
    with Budget(60):
        pass
    mine, other = Budget(60, jobs=[first, second]), Budget(60, jobs=[second])
    whole = Budget(600, service=first.service)
    try:
        found = told(view, "budgets")
        assert [one["covers"] for one in found] == ["2 jobs", "the instance, in this period"]
        assert found[0] == {
            "key": found[0]["key"],
            "covers": "2 jobs",
            "qpu_seconds": 60.0,
            "used_s": 2.0,
            "state": "ok",
            "action": "warn",
            "note": "",
            "acted_at": None,
        }
        mine.close()
        assert [one["qpu_seconds"] for one in told(view, "budgets")] == [600]
    finally:
        for budget in (mine, other, whole):
            budget.close()


# sessions


def in_session(fake, theirs, session_id, *statuses):
    """Make jobs of a session."""
    ids = [f"{session_id}-{number}" for number in range(len(statuses))]
    for job_id, status in zip(ids, statuses, strict=True):
        fake.add(job_id, status, session_id=session_id)
    return [job for job in theirs.jobs(limit=None) if job.job_id() in ids]


def asked_of(fake):
    return [call for call in fake.asked() if "sessions" in call or "workloads" in call]


def test_a_session_with_a_job_that_waits_is_shown_and_only_read(fake, theirs, show):
    fake.add_session("s1", "active", started_at="2026-11-23T00:00:00Z", elapsed_time=12)
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Queued", "Completed")))
    until(lambda: told(view, "sessions"), "the session")
    (session,) = told(view, "sessions")
    assert (session["id"], session["label"], session["usage_s"]) == ("s1", "Active", 12)
    assert session["closes_at"] is not None
    assert set(asked_of(fake)) == {"GET /sessions/s1"}
    assert {request.method for request in fake.http.seen} <= {"GET", "POST"}
    assert [r.path for r in fake.http.seen if r.method == "POST"] == ["/identity/token"]


def test_one_that_was_forgotten_open_is_found(fake, theirs, show):
    times = {
        "last_job_started": "2026-11-23T00:00:00Z",
        "last_job_completed": "2026-11-23T00:01:00Z",
    }
    fake.add_session("s1", "active", **times)
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Completed")))
    until(lambda: told(view, "sessions"), "the session")
    (session,) = told(view, "sessions")
    assert session["note"].endswith("although no job of it runs.")
    assert session["idle_since"] is not None


def test_closed_sessions_of_ended_jobs_are_not_shown_and_read_once(fake, theirs, show):
    fake.add_session("s1", "closed")
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Completed")))
    until(lambda: asked_of(fake) == ["GET /sessions/s1"], "the one look")
    tracker = view.jobs[0].tracker
    for _ in range(3):
        look_again(tracker)
        assert told(view, "sessions") == []
    assert asked_of(fake) == ["GET /sessions/s1"]


def test_of_many_the_list_tells_which_are_open(fake, theirs, show):
    found = []
    for number in range(30):
        fake.add_session(f"s{number}", "closed")
        found += in_session(fake, theirs, f"s{number}", "Completed")
    fake.sessions["s7"]["state"] = "inactive"
    fake.workloads = [{"id": "s7", "mode": "session", "status": "in_progress"}]
    fake.forget_requests()
    view = show(JobMonitor(found))
    until(lambda: [one["label"] for one in told(view, "sessions")] == ["Idle"], "the open one")
    assert asked_of(fake) == ["GET /workloads", "GET /workloads", "GET /sessions/s7"]
    assert told(view, "sessions")
    # Once the list has told, it is not needed any more.
    assert view.jobs[0].tracker.account._sessions.errand.wanted is False


def test_where_there_is_no_such_list_a_few_are_read_one_by_one(fake, theirs, show):
    fake.trouble_at["/workloads"] = html(404)
    found = []
    for number in range(30):
        fake.add_session(f"s{number}", "closed")
        found += in_session(fake, theirs, f"s{number}", "Completed")
    view = show(JobMonitor(found))
    tracker = view.jobs[0].tracker
    until(lambda: tracker.account._sessions.state.trouble is not None, "the refusal")
    told(view, "sessions")
    settle(tracker)
    look_again(tracker)
    read = [call for call in asked_of(fake) if call.startswith("GET /sessions/")]
    assert 0 < len(read) == len(set(read)) <= 30


def test_a_session_that_closes_while_it_is_shown_stays_and_says_so(fake, theirs, show):
    fake.add_session("s1", "active")
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Queued")))
    until(lambda: told(view, "sessions"), "the session")
    fake.sessions["s1"] |= {"state": "closed", "state_reason": "It was cancelled."}
    look_again(view.jobs[0].tracker)
    until(lambda: told(view, "sessions")[0]["final"], "its end")
    assert told(view, "sessions")[0]["note"] == "It was cancelled."


def test_a_state_that_nobody_knows_is_shown_as_it_came(fake, theirs, show):
    fake.add_session("s1", SCRIPT)
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Queued")))
    until(lambda: told(view, "sessions"), "the session")
    (session,) = told(view, "sessions")
    assert (session["label"], session["final"], session["billing"]) == (SCRIPT, False, None)


def test_a_page_closes_a_session_that_is_shown_and_no_other(fake, theirs, show, ask):
    fake.add_session("s1", "active")
    fake.add_session("hidden", "active")
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Queued")))
    until(lambda: told(view, "sessions"), "the session")
    reply = ask(view, kind="session", id=7, session_id="s1", action="close")
    assert reply["ok"]
    assert reply["outcomes"][0]["message"].startswith("It takes no more jobs")
    assert fake.sessions["s1"]["accepting_jobs"] is False
    until(lambda: told(view, "sessions")[0]["label"] == "Closing", "what the service says")
    for wrong in (
        {"session_id": "hidden", "action": "close"},
        {"session_id": "s1", "action": "extend"},
        {"session_id": ["s1"], "action": "close"},
        {"action": "close"},
    ):
        assert not ask(view, kind="session", id=8, **wrong)["ok"]
    changes = [r.method + " " + r.path for r in fake.http.seen if r.method not in ("GET", "POST")]
    assert changes == ["PATCH /api/v1/sessions/s1"]


def test_a_page_cancels_a_session_and_hears_why_not(fake, theirs, show, ask):
    fake.add_session("s1", "active")
    view = show(JobMonitor(in_session(fake, theirs, "s1", "Queued")))
    until(lambda: told(view, "sessions"), "the session")
    fake.trouble_at["/sessions/s1/close"] = html(403)
    reply = ask(view, kind="session", id=7, session_id="s1", action="cancel")
    assert not reply["ok"]
    assert reply["outcomes"][0]["job_id"] == "s1"
    fake.trouble_at.clear()
    assert ask(view, kind="session", id=8, session_id="s1", action="cancel")["ok"]
    changes = [r.method + " " + r.path for r in fake.http.seen if r.method not in ("GET", "POST")]
    assert changes == ["DELETE /api/v1/sessions/s1/close"] * 2


def test_a_job_that_leaves_the_view_takes_its_session_s_interest_along(fake, theirs, show):
    fake.add_session("s1", "active")
    found = in_session(fake, theirs, "s1", "Queued")
    view = show(JobMonitor(found))
    until(lambda: told(view, "sessions"), "the session")
    view.remove(*found)
    assert isinstance(found[0], RuntimeJob)
    view.deliver()
    assert view.snapshot()["context"]["sessions"] == []
    assert found[0].tracker._sessions.open() == []


def test_a_monitor_of_an_account_shows_its_open_sessions_without_any_job(fake, theirs, show):
    fake.add_session("s1", "open")
    fake.workloads = [{"id": "s1", "mode": "session", "status": "pending"}]
    view = show(JobMonitor(service=theirs))
    until(lambda: told(view, "sessions"), "the session")
    (session,) = told(view, "sessions")
    assert (session["id"], session["label"], session["billing"]) == ("s1", "Open", False)
    assert session["note"] == "No job of it has started yet: nothing is reserved."
    until(lambda: "GET /sessions/s1" in asked_of(fake), "what it says of itself")
    assert asked_of(fake).count("GET /workloads") == 2
    assert {request.method for request in fake.http.seen if "sessions" in request.path} == {"GET"}
