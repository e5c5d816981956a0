"""What a program does with a monitor: which jobs it shows, their end, what is selected."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta, timezone

import pytest
from support.scripted import Answer, scripted_server
from support.service import FakeService
from support.tracking import look, look_again, settle
from support.views import change, page_of
from support.waiting import until

from runtime_widgets.errors import IBMInputValueError, RuntimeJobTimeoutError
from runtime_widgets.query import JobQuery
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.widgets._feed import words_of
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


@pytest.fixture
def account(fake, theirs, show):
    """Open a monitor of the account, which has read its list."""

    def account_(**which):
        view = show(JobMonitor(service=theirs, **which))
        until(lambda: all(feed._state.complete for feed in view._feeds), "the list")
        view.deliver()
        return view

    return account_


def ids(view):
    return [job.job_id() for job in view.jobs]


# which jobs


def test_an_account_s_jobs_come_with_a_few_requests_and_new_ones_by_themselves(
    fake, theirs, account
):
    for number in range(450):
        fake.add(f"job-{number:04}")
    fake.forget_requests()
    view = account(pending=True)
    assert len(view.jobs) == 450
    pages = [call for call in fake.asked() if call.startswith("GET /jobs@")]
    assert pages[:3] == ["GET /jobs@0", "GET /jobs@200", "GET /jobs@400"]
    assert len(pages) <= 6
    # Three that are asked where they stand, until it is clear that the service does not say.
    around = [call for call in fake.asked() if call in ("GET /instances/usage", "GET /workloads")]
    assert len(around) <= 3
    assert len(fake.asked()) - len(pages) - len(around) <= 4
    fake.add("job-0450")
    look_again(view._feeds[0].tracker)
    look(view._feeds[0].tracker)
    view.deliver()
    assert "job-0450" in ids(view)
    snapshot = view.snapshot()
    assert snapshot["context"]["source"]["words"] == "your jobs that have not ended"
    assert snapshot["context"]["source"]["total"] == 451
    assert not snapshot["context"]["source"]["loading"]


def test_a_job_that_ends_stays_and_one_that_falls_out_of_the_newest_goes(fake, account):
    for number in range(3):
        fake.add(f"job-{number}", created=f"2026-11-23T00:00:0{number}Z")
    view = account(limit=3)
    assert sorted(ids(view)) == ["job-0", "job-1", "job-2"]
    fake.say("job-2", "Completed")
    fake.add("job-3", created="2026-11-23T00:00:03Z")
    tracker = view._feeds[0].tracker
    tracker._queries.hurry()
    look_again(tracker)
    view.deliver()
    assert sorted(ids(view)) == ["job-1", "job-2", "job-3"]
    assert "job-0" in [i for m in view.comm.contents("changes") for i in m["gone"]]


def test_a_job_that_was_removed_does_not_come_back_by_itself(fake, account, theirs):
    for number in range(3):
        fake.add(f"job-{number}")
    view = account()
    gone = view.jobs[0]
    view.remove(gone)
    tracker = view._feeds[0].tracker
    tracker._queries.hurry()
    look_again(tracker)
    view.deliver()
    assert gone.job_id() not in ids(view)
    view.add(gone)
    assert gone.job_id() in ids(view)


def test_jobs_of_two_services_say_whose_they_are(jobs, theirs, show):
    with scripted_server() as other:
        fake = FakeService(other)
        fake.add("theirs")
        second = QiskitRuntimeService(params=other.params())
        view = show(JobMonitor([*jobs(2), second.job("theirs")]))
        assert len(view.services()) == len(view.trackers()) == 2
        keys = {row["service"] for row in page_of(view).values()}
        assert len(keys) == 2
        assert None not in keys
        view.close()
        second.close()


def test_several_accounts_are_followed_at_once(fake, theirs, show):
    fake.add("mine")
    with scripted_server() as other:
        FakeService(other).add("theirs")
        second = QiskitRuntimeService(params=other.params())
        view = show(JobMonitor(service=[theirs, second], pending=True))
        until(lambda: view._take_feeds() or len(view.jobs) == 2, "both")
        assert "2 services" in view.snapshot()["context"]["source"]["words"]
        view.close()
        second.close()


def test_closing_follows_no_account_any_more(fake, theirs):
    view = JobMonitor(service=theirs, pending=True)
    tracker = view._feeds[0].tracker
    view.close()
    view.close()
    settle(tracker)
    assert tracker._queries.open() == []
    assert view.trackers() == []
    assert tracker._attentions.looked_at() is None


def test_more_new_rows_than_a_message_should_hold_are_a_snapshot_by_columns(fake, account):
    for number in range(501):
        fake.add(f"job-{number:04}")
    view = account(limit=600)
    assert all(len(m["jobs"]) <= 500 for m in view.comm.contents("changes"))
    (table,) = [state["_snapshot"]["table"] for state in view.comm.states()] or [
        view.snapshot()["table"]
    ]
    assert table["count"] == 501
    assert view.snapshot()["jobs"] == []


def test_an_account_that_cannot_be_read_is_trouble_in_the_view_and_no_error(
    fake, theirs, show, monkeypatch
):
    error = {"code": 1200, "message": "No.", "solution": "Log in."}
    fake.trouble = Answer(401, {"errors": [error]})
    fake.add("job-1")
    view = show(JobMonitor(service=theirs, pending=True))
    until(lambda: view.snapshot()["health"]["trouble"], "the trouble")
    snapshot = view.snapshot()
    assert snapshot["health"]["trouble_kind"] == "auth"
    monkeypatch.setattr(type(theirs.client.params), "is_local", True)
    assert view.snapshot()["health"]["trouble_kind"] == "local auth"
    assert snapshot["health"]["stale_since"] is not None
    assert snapshot["context"]["source"]["loading"]
    data = view._repr_mimebundle_()[0]
    for text in (data["text/html"], data["text/plain"]):
        assert "Not all had been read of your jobs that have not ended. No." in text
        assert "monitor.add" not in text
    for wait in (view.wait, view.as_completed):
        with pytest.raises(
            RuntimeJobTimeoutError, match=r"not read within 0 s\. .*: No\. Log in\."
        ):
            wait(timeout=0)
    fake.trouble = None
    look_again(view._feeds[0].tracker)
    view.deliver()
    assert ids(view) == ["job-1"]
    assert view.snapshot()["health"]["trouble"] is None


def test_a_service_that_is_closed_is_said_to_be(fake, theirs, show):
    fake.add("job-1")
    view = show(JobMonitor(service=theirs))
    theirs.close()
    view.deliver()
    assert view.comm.contents("changes")[-1]["health"]["trouble_kind"] == "closed"


def test_a_page_that_is_there_at_once_is_told_what_is_being_read(fake, theirs, show):
    fake.trouble = Answer(503)
    view = JobMonitor(service=theirs, limit=5)
    first = view.comm.opened_with["state"]["_snapshot"]
    assert first["context"]["source"]["words"] == "your 5 newest jobs"
    assert first["context"]["source"]["loading"]
    show(view)


def test_a_bare_monitor_is_empty_and_takes_jobs(jobs, show):
    view = show(JobMonitor())
    assert view.jobs == []
    assert view.snapshot()["context"]["source"] is None
    assert "monitor.add(job)" in view._repr_mimebundle_()[0]["text/html"]
    view.add(*jobs(2))
    assert len(view.jobs) == 2


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"backend_name": "x"}, TypeError, "Did you mean backend=?"),
        ({"pendign": True}, TypeError, "Did you mean pending=?"),
        ({"zzz": 1}, TypeError, "It takes jobs, service, pending"),
        ({"pending": True}, IBMInputValueError, "add service="),
        ({"service": "local"}, TypeError, "QiskitRuntimeService"),
        ({"service": [1]}, TypeError, "QiskitRuntimeService"),
        ({"service": 5}, TypeError, "QiskitRuntimeService"),
    ],
)
def test_what_a_monitor_cannot_be_made_with_is_refused_with_the_way_to_go(wrong, error, words):
    with pytest.raises(error) as caught:
        JobMonitor(**wrong)
    assert words in str(caught.value)


def test_a_service_in_the_place_of_jobs_is_told_where_it_goes(theirs):
    with pytest.raises(TypeError, match=r"JobMonitor\(service=service\)"):
        JobMonitor(theirs)
    with pytest.raises(IBMInputValueError, match="limit"):
        JobMonitor(service=theirs, limit=0)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (JobQuery(), "your jobs"),
        (JobQuery(limit=1), "your newest job"),
        (JobQuery(limit=5000), "your 5,000 newest jobs"),
        (JobQuery(pending=False, backend="ibm_x"), "your jobs that have ended, on ibm_x"),
        (JobQuery(session_id="s1", program="sampler"), "your jobs, in session s1, of the program"),
        (
            JobQuery(created_after=datetime(2026, 1, 2, tzinfo=timezone.utc)),
            "your jobs, created after 2026-01-0",
        ),
    ],
)
def test_what_is_followed_is_said_in_words(query, words):
    assert words_of(query).startswith(words)


# their end


def test_waiting_ends_with_the_last_job(jobs, show):
    view = show(JobMonitor(jobs(2)))
    with pytest.raises(RuntimeJobTimeoutError, match=r"2 of 2 jobs did not end within 0\.01 s\.$"):
        view.wait(0.01)
    for job in view.jobs:
        change(job, "Failed")
    view.wait(20)


@pytest.mark.parametrize("timeout", ["1", -1, float("nan")])
def test_what_is_no_time_to_wait_is_refused(jobs, show, timeout):
    with pytest.raises(IBMInputValueError, match="timeout is a number of seconds, 0 or more"):
        show(JobMonitor(jobs(1))).wait(timeout)


def test_a_time_that_is_none_is_refused_in_a_sentence(theirs):
    with pytest.raises(IBMInputValueError, match="created_after is a datetime"):
        JobMonitor(service=theirs, created_after="yesterday")


def test_waiting_for_an_account_waits_for_its_list_first(fake, theirs, show):
    fake.trouble = Answer(503)
    fake.add("job-1", "Completed")
    view = show(JobMonitor(service=theirs))
    with pytest.raises(RuntimeJobTimeoutError, match="list"):
        view.wait(0.05)
    fake.trouble = None
    look_again(view._feeds[0].tracker)
    assert [job.job_id() for job in view.as_completed(20)] == ["job-1"]


def test_jobs_come_in_the_order_of_their_end(jobs, show):
    view = show(JobMonitor(jobs(3)))
    first, second, third = view.jobs
    order = iter(view.as_completed(20))
    for job in (second, third, first):
        change(job, "Completed")
        assert next(order) is job


async def test_jobs_are_awaited_in_a_loop(jobs, show):
    view = show(JobMonitor(jobs(2)))
    for job in view.jobs:
        change(job, "Completed")
    found = {job.job_id() async for job in view}
    assert found == set(ids(view))
    assert asyncio.get_running_loop().is_running()


def test_who_wants_to_hear_of_an_end_hears_of_each_once(jobs, show, caplog):
    over, first, later, left = jobs(4)
    change(over, "Completed")
    view = show(JobMonitor([over, first, left]))
    heard, threads = [], []

    def note(job):
        heard.append(job)
        threads.append(threading.current_thread().name)
        raise RuntimeError("mine")

    undo = view.on_done(note)
    view.add(later)
    view.remove(left)
    for job in (first, later, left):
        change(job, "Completed")
        change(job, "Completed")
    assert heard == [first, later]
    assert set(threads) == {"runtime-widgets-tracker"}
    assert "mine" in caplog.text
    undo()


def test_a_job_that_was_over_before_it_could_be_shown_is_told_of_too(jobs, show):
    first, old, quick = jobs(3)
    view, heard = show(JobMonitor([first])), []
    view.on_done(heard.append)
    soon = datetime.now(timezone.utc) + timedelta(seconds=60)
    for job, created in ((old, soon - timedelta(days=1)), (quick, soon)):
        change(job, "Completed", created=created.isoformat())
        view.add(job)
        view.add(job)
    assert heard == [quick]


# what is done with them


def test_a_program_cancels_tags_and_deletes_with_an_outcome_for_each(jobs, show, fake):
    view = show(JobMonitor(jobs(3)))
    first, second, _ = view.jobs
    assert [o.ok for o in view.cancel(first, second)] == [True, True]
    view.tag(first, add=["new"])
    assert first.tags == ["new"]
    change(first, "Completed")
    outcomes = view.delete(first, second)
    assert [o.ok for o in outcomes] == [True, False]
    assert first not in view.jobs
    assert second in view.jobs
    assert view.cancel() == []
    with pytest.raises(TypeError):
        view.cancel("an-id")


def test_a_monitor_that_is_closed_tells_of_no_end(jobs, show):
    (job,) = jobs(1)
    other = show(JobMonitor([job]))
    view, heard = show(JobMonitor([job])), []
    view.on_done(heard.append)
    view.close()
    change(job, "Completed")
    assert heard == []
    assert other.jobs == [job]


def test_a_state_for_another_page_swallows_no_new_row(jobs, show):
    first, second = jobs(2)
    view = show(JobMonitor([first]))
    view.add(second)
    view.remove(first)
    view.add(first)
    _ = view.get_state()
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert {row["id"] for row in message["jobs"]} == {first.job_id(), second.job_id()}
    assert all("status" in row for row in message["jobs"])
