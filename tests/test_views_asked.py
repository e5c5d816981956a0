"""What a page may ask of a view, and what it is answered."""

from __future__ import annotations

import gzip
import logging

import pytest
from support.pages import Comm
from support.scripted import Answer
from support.views import settle
from support.waiting import until

from runtime_widgets.widgets import _answers, _control
from runtime_widgets.widgets.card import JobCard
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


def test_a_cancel_from_a_page_reaches_the_server_and_is_answered(jobs, show, ask, fake):
    view = show(JobMonitor(jobs(2)))
    ids = [job.job_id() for job in view.jobs]
    reply = ask(view, kind="cancel", id=7, job_ids=ids)
    assert (reply["kind"], reply["id"], reply["ok"]) == ("reply", 7, True)
    accepted = {"ok": True, "message": "The service accepted the cancel.", "code": None}
    accepted |= {"already": False, "asked": True}
    assert reply["outcomes"] == [{"job_id": i, **accepted} for i in ids]
    cancels = [call for call in fake.asked() if call.endswith("cancel")]
    assert sorted(cancels) == sorted(f"POST /jobs/{i}/cancel" for i in ids)
    settle(view)
    view.deliver()
    rows = [row for m in view.comm.contents("changes") for row in m["jobs"]]
    assert {row["id"] for row in rows if row.get("cancel_asked")} == set(ids)
    assert not any(row.get("state") == "cancelled" for row in rows)


def test_a_cancel_of_what_has_ended_is_no_failure_and_costs_a_look(jobs, show, ask, fake):
    view = show(JobCard(jobs(1)[0]))
    job_id = view.shown.job_id()
    fake.say(job_id, "Completed")
    fake.forget_requests()
    reply = ask(view, kind="cancel", id=1, job_ids=[job_id])
    (outcome,) = reply["outcomes"]
    assert (reply["ok"], outcome["ok"], outcome["already"]) == (True, True, True)
    assert outcome["message"] == "It had ended before: done."
    assert fake.asked()[:2] == [f"POST /jobs/{job_id}/cancel", f"GET /jobs/{job_id}"]
    fake.forget_requests()
    assert ask(view, kind="cancel", id=2, job_ids=[job_id])["outcomes"][0]["already"]
    assert f"POST /jobs/{job_id}/cancel" not in fake.asked()


def test_a_cancel_that_is_refused_says_why(jobs, show, ask, fake):
    view = show(JobCard(jobs(1)[0]))
    job_id = view.shown.job_id()
    body = {"errors": [{"code": 1228, "message": "Not now.", "solution": "Wait."}]}
    fake.trouble_at[f"/jobs/{job_id}/cancel"] = Answer(409, body)
    reply = ask(view, kind="cancel", id=1, job_ids=[job_id])
    assert not reply["ok"]
    assert reply["outcomes"][0]["message"] == "Not now. What to do: Wait."
    assert reply["outcomes"][0]["code"] == 1228


def test_a_page_reaches_only_the_jobs_of_its_view(jobs, show, ask, fake):
    first, second = jobs(2)
    view = show(JobCard(first))
    fake.forget_requests()
    for request in (
        {"kind": "cancel", "job_ids": [second.job_id()]},
        {"kind": "tags", "job_id": second.job_id(), "tags": ["x"]},
        {"kind": "logs", "job_id": second.job_id()},
    ):
        reply = ask(view, id=1, **request)
        assert not reply["ok"]
        assert "does not show" in reply["outcomes"][0]["message"]
    assert fake.asked() == []


def test_tags_and_logs_are_asked_for_by_a_page(jobs, show, ask, fake):
    view = show(JobCard(jobs(1)[0]))
    job_id = view.shown.job_id()
    fake.jobs[job_id]["tags"] = ["new"]
    reply = ask(view, kind="tags", id=2, job_id=job_id, tags=["new"])
    assert reply["ok"]
    assert f"PUT /jobs/{job_id}/tags" in fake.asked()
    settle(view)
    view.deliver()
    assert view.comm.contents("changes")[-1]["jobs"][0]["tags"] == ["new"]
    reply = ask(view, kind="logs", id=3, job_id=job_id)
    assert (reply["ok"], reply["text"], reply["id"]) == (True, "logged", 3)


def test_the_view_s_own_messages_are_answered_too(jobs, show):
    view = show(JobCard(jobs(1)[0]))
    view._handle_custom_msg({"kind": "logs", "id": 5, "job_id": view.shown.job_id()}, [])
    until(lambda: view.comm.contents("reply"), "the reply")
    assert view.comm.contents("reply")[0]["text"] == "logged"
    view._handle_custom_msg({"kind": "resync", "id": 6}, [])
    assert "_snapshot" in view.comm.states()[-1]
    name = view._chunks[-1]["name"]
    view._handle_custom_msg({"kind": "asset", "id": 7, "name": name}, [])
    data, buffers = view.comm.sent[-1]
    assert data["content"]["id"] == 7
    assert gzip.decompress(buffers[0])
    for nonsense in (None, 5, "x", [1]):
        view._handle_custom_msg(nonsense, [])


HOSTILE = [
    {},
    {"kind": None},
    {"kind": "boom", "id": 1},
    {"kind": ["cancel"], "id": 1},
    {"kind": {"a": 1}, "id": 1},
    {"kind": "cancel"},
    {"kind": "cancel", "id": "1"},
    {"kind": "cancel", "id": 1},
    {"kind": "cancel", "id": 1, "job_ids": "job-0000"},
    {"kind": "cancel", "id": 1, "job_ids": [None]},
    {"kind": "cancel", "id": 1, "job_ids": [["job-0000"]]},
    {"kind": "cancel", "id": 1, "job_ids": {"job-0000": 1}},
    {"kind": "tags", "id": 1},
    {"kind": "tags", "id": 1, "job_id": "job-0000"},
    {"kind": "tags", "id": 1, "job_id": "job-0000", "tags": "text"},
    {"kind": "tags", "id": 1, "job_id": "job-0000", "tags": [None]},
    {"kind": "tags", "id": 1, "job_id": "job-0000", "tags": ["x"] * 9},
    {"kind": "tags", "id": 1, "job_id": "job-0000", "tags": {"a": 1}},
    {"kind": "logs", "id": 1, "job_id": 5},
    {"kind": "__class__", "id": 1},
    {"kind": "logs", "id": 1e300, "job_id": "job-0000"},
]


@pytest.mark.parametrize("request_", HOSTILE, ids=repr)
def test_nonsense_from_a_page_gets_a_reply_and_does_nothing(jobs, show, ask, fake, request_):
    view = show(JobCard(jobs(1)[0]))
    fake.forget_requests()
    reply = ask(view, **request_)
    assert reply["kind"] == "reply"
    assert not reply["ok"]
    assert all(len(o["message"]) > 10 for o in reply["outcomes"])
    assert fake.asked() == []


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_a_message_that_is_no_object_gets_a_reply(kernel, jobs, show, data):
    show(JobCard(jobs(1)[0]))
    channel = Comm()
    kernel.targets[_control.TARGET](channel, None)
    channel.says(data)
    assert channel.sent[0][0]["ok"] is False


def test_a_view_that_was_closed_is_not_reached(kernel, jobs, ask):
    view = JobCard(jobs(1)[0])
    job_id = view.shown.job_id()
    view.close()
    reply = ask(view, kind="cancel", id=1, job_ids=[job_id])
    assert not reply["ok"]


def test_an_error_of_our_own_is_a_reply_too(jobs, show, ask, caplog, monkeypatch):
    (job,) = jobs(1)

    def bug():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(job, "logs", bug)
    view = show(JobCard(job))
    with caplog.at_level(logging.ERROR):
        reply = ask(view, kind="logs", id=1, job_id=job.job_id())
    assert not reply["ok"]
    assert "ZeroDivisionError" in reply["outcomes"][0]["message"]
    assert "a bug" in caplog.text


def test_an_unreachable_service_is_a_reply_with_its_reason(jobs, show, ask, fake):
    view = show(JobCard(jobs(1)[0]))
    fake.trouble = Answer(
        401, {"errors": [{"code": 1200, "message": "No.", "solution": "Log in."}]}
    )
    reply = ask(view, kind="cancel", id=1, job_ids=[view.shown.job_id()])
    (outcome,) = reply["outcomes"]
    assert (outcome["ok"], outcome["code"]) == (False, 1200)
    assert outcome["message"] == "No. What to do: Log in."


def test_endless_logs_are_cut_and_said_to_be(jobs, show, ask, monkeypatch):
    (job,) = jobs(1)
    view = show(JobCard(job))
    longest = 1000
    monkeypatch.setattr(_answers, "LONGEST_LOGS", longest)
    monkeypatch.setattr(job, "logs", lambda: "x" * (longest + 5))
    reply = ask(view, kind="logs", id=1, job_id=job.job_id())
    assert len(reply["text"]) == longest
    assert "last 1,000 of 1,005" in reply["outcomes"][0]["message"]
    monkeypatch.setattr(job, "logs", lambda: "")
    reply = ask(view, kind="logs", id=2, job_id=job.job_id())
    assert "nothing" in reply["outcomes"][0]["message"]


def test_a_service_that_was_closed_is_not_said_to_be_asked(jobs, show, theirs, ask):
    view = show(JobMonitor(jobs(1)))
    theirs.close()
    reply = ask(view, kind="refresh", id=3)
    assert not reply["ok"]
    assert "closed" in reply["outcomes"][0]["message"]
