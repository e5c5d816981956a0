"""The views' kernel side, without a kernel: what is sent, and what is answered."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from datetime import datetime, timezone

import anywidget
import comm
import pytest
from support.pages import Comm, Manager
from support.scripted import TOKEN, Answer
from support.service import FakeService
from support.waiting import until

from runtime_widgets import tracker as tracker_module
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import JobRow
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.widgets import _assets, _control, _courier, _view, card
from runtime_widgets.widgets._courier import _Courier
from runtime_widgets.widgets._requests import LONGEST_LOGS, answer
from runtime_widgets.widgets._rows import changed_fields, link_of, row_of
from runtime_widgets.widgets._static_html import as_html, as_text
from runtime_widgets.widgets.card import JobCard
from runtime_widgets.widgets.monitor import JobMonitor
from runtime_widgets.wire import JobRecord

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def kernel(monkeypatch):
    """A kernel of our own: comms are recorded, and the courier comes when it is called."""
    manager = Manager()
    monkeypatch.setattr(comm, "create_comm", Comm)
    monkeypatch.setattr(comm, "get_comm_manager", lambda: manager)
    monkeypatch.setattr(_assets, "_made", {})
    monkeypatch.setattr(_control, "_managers", [])
    monkeypatch.setattr(_view, "post", lambda _view: None)
    monkeypatch.setattr(_view, "post_later", lambda _view, _delay_s: None)
    return manager


@pytest.fixture
def fake(scripted, monkeypatch):
    monkeypatch.setattr(tracker_module, "interval_s", lambda _age_s, *, running: 1000.0)
    return FakeService(scripted)


@pytest.fixture
def theirs(fake):
    service = QiskitRuntimeService(params=fake.http.params())
    yield service
    service.close()


@pytest.fixture
def jobs(fake, theirs):
    """Make so many queued jobs."""

    def jobs_(count):
        for number in range(count):
            fake.add(f"job-{number:04}")
        return theirs.jobs(limit=count, descending=False)[::-1]

    return jobs_


@pytest.fixture
def show():
    """Open views; they are closed at the end."""
    made = []

    def show_(view):
        made.append(view)
        settle(view)
        view.deliver()
        view.comm.sent.clear()
        return view

    yield show_
    for view in made:
        view.close()


def settle(view):
    """Wait until the trackers have done all that they were told."""
    for tracker in list(view._trackers):
        done = threading.Event()
        tracker._do(done.set)
        assert done.wait(20)


def change(job, status, **more):
    """Have a newer record of a job arrive."""
    old = job.state.record
    data = {"id": old.id, "status": status, "backend": "ibm_x", "program_id": "sampler", **more}
    data.setdefault("created", "2026-11-23T00:00:00Z")
    data.setdefault("usage", {"qpu_charge_time_seconds": 1, "status": "complete"})
    job.tracker.offer(JobRecord.from_json(data))


# what is sent


def test_a_page_gets_everything_once_in_the_model_s_state(jobs, show):
    view = JobMonitor(jobs(3))
    show(view)
    snapshot = view.get_state()["_snapshot"]
    assert snapshot["kind"] == "snapshot"
    assert [row["id"] for row in snapshot["jobs"]] == [j.job_id() for j in view.jobs]
    assert set(snapshot["jobs"][0]) == set(JobRow.__dataclass_fields__)
    assert {row["state"] for row in snapshot["jobs"]} == {"queued"}
    json.dumps(snapshot, allow_nan=False)


def test_only_the_fields_that_changed_of_the_jobs_that_changed_are_sent(jobs, show):
    view = show(JobMonitor(jobs(3)))
    job = view.jobs[1]
    change(job, "Running", running="2026-11-23T00:01:00Z")
    view.deliver()
    (message,) = view.comm.contents()
    (row,) = message["jobs"]
    assert row["id"] == job.job_id()
    assert row["state"] == "running"
    assert not row.keys() - {
        *("id", "status", "state", "label", "started", "phase", "phase_inferred", "updated"),
        *("queue_note", "device_queue", "device_as_of", "device_wait_p50_s", "device_wait_p95_s"),
    }
    assert message["gone"] == []


def test_nothing_is_sent_where_nothing_changed(jobs, show):
    view = show(JobMonitor(jobs(2)))
    view.deliver()
    change(view.jobs[0], "Queued")
    view.deliver()
    assert view.comm.sent == []


def test_messages_are_numbered_without_a_gap(jobs, show):
    view = show(JobMonitor(jobs(3)))
    first = view.snapshot()["seq"]
    for status in ("Running", "Completed"):
        for job in view.jobs:
            change(job, status)
        view.deliver()
    assert [m["seq"] for m in view.comm.contents("changes")] == [first + 1, first + 2]
    assert len(view.comm.contents("changes")[0]["jobs"]) == 3


def test_what_happens_between_two_messages_is_one(jobs, show):
    view = show(JobCard(jobs(1)[0]))
    for status in ("Running", "Completed"):
        change(view.shown, status)
    view.deliver()
    (message,) = view.comm.contents()
    assert [row["state"] for row in message["jobs"]] == ["done"]


def test_the_snapshot_for_one_page_swallows_nothing_for_the_others(jobs, show):
    view = show(JobMonitor(jobs(2)))
    before = view.snapshot()
    change(view.jobs[0], "Running")
    view.resync()
    _ = view.get_state()
    late = view.comm.contents("snapshot")[-1]
    assert late["jobs"] == before["jobs"]
    assert late["seq"] == before["seq"]
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert message["jobs"][0]["state"] == "running"
    assert message["seq"] == late["seq"] + 1


def test_snapshot_and_changes_add_up_to_the_truth(jobs, show):
    view = show(JobMonitor(jobs(4)))
    page = {row["id"]: row for row in view.snapshot()["jobs"]}
    for number, status in enumerate(["Running", "Completed", "Failed", "Cancelled"]):
        change(view.jobs[number], status)
        view.deliver()
    for message in view.comm.contents("changes"):
        for row in message["jobs"]:
            page[row["id"]].update(row)
    assert page == {job.job_id(): row_of(job) for job in view.jobs}


def test_an_update_costs_as_many_bytes_with_500_jobs_as_with_10(jobs, show):
    sizes = []
    for count in (10, 500):
        view = show(JobMonitor(jobs(count)))
        change(view.jobs[5], "Running", running="2026-11-23T00:01:00Z")
        view.deliver()
        (message,) = view.comm.contents("changes")
        for row in message["jobs"]:
            row["updated"] = 0
        for name in ("server_now", "next_look"):
            message["health"][name] = 0
        message["health"]["requests_per_look"] = 0
        sizes.append(len(json.dumps(message)))
        change(view.jobs[5], "Queued")
        view.close()
        # The second round sees the same jobs afresh.
    assert abs(sizes[0] - sizes[1]) <= 8
    assert sizes[0] < 1200


def test_jobs_come_and_go_in_the_messages(jobs, show):
    first, second, third = jobs(3)
    view = show(JobMonitor([first]))
    view.add(second, third, first)
    settle(view)
    view.deliver()
    rows = {row["id"]: row for m in view.comm.contents("changes") for row in m["jobs"]}
    assert set(rows[second.job_id()]) == set(JobRow.__dataclass_fields__)
    assert view.jobs == [first, second, third]
    view.comm.sent.clear()
    view.remove(first, first)
    view.deliver()
    assert [m["gone"] for m in view.comm.contents("changes")] == [[first.job_id()]]
    assert first.job_id() not in first.tracker._followed
    assert view.job(first.job_id()) is None
    change(first, "Completed")
    view.comm.sent.clear()
    view.deliver()
    assert view.comm.sent == []


def test_a_job_shown_by_two_views_is_followed_until_both_are_closed(jobs, show):
    (job,) = jobs(1)
    one, two = show(JobCard(job)), show(JobMonitor([job]))
    one.close()
    assert job.job_id() in job.tracker._followed
    change(job, "Running")
    two.deliver()
    assert two.comm.contents("changes")
    two.close()
    assert job.job_id() not in job.tracker._followed


def test_closing_lets_go_of_everything(jobs):
    (job,) = jobs(1)
    view = JobCard(job)
    channel = view.comm
    view.close()
    view.close()
    assert channel.closed
    assert job.job_id() not in job.tracker._followed
    assert not job.tracker._board._listeners
    assert job.tracker._attentions.looked_at() is None
    sent = len(channel.sent)
    change(job, "Running")
    view.deliver()
    view.send_again()
    assert len(channel.sent) == sent


def test_trouble_is_told_once_and_its_end_too(jobs, fake, show, monkeypatch):
    monkeypatch.setattr(tracker_module, "back_off_s", lambda _failures: 1000.0)
    view = show(JobCard(jobs(1)[0]))
    fake.trouble = Answer(503)
    view.shown.tracker.look_now()
    settle(view)
    view.deliver()
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert message["health"]["stale_since"] is not None
    assert "503" in message["health"]["trouble"]
    assert message["health"]["next_look"] > message["health"]["stale_since"]
    fake.trouble = None
    view.comm.sent.clear()
    view.shown.tracker._do(lambda: setattr(view.shown.tracker, "_due", 0.0))
    settle(view)
    view.deliver()
    assert view.comm.contents("changes")[-1]["health"]["trouble"] is None


def test_a_view_tells_the_server_s_clock_and_no_other(jobs, show, scripted):
    view = show(JobCard(jobs(1)[0]))
    view.shown.tracker.client._ahead_s[0] = -5000.0
    offset = view.snapshot()["health"]["server_now"] - datetime.now(timezone.utc).timestamp()
    assert -5010 < offset < -4990


def test_a_view_that_nobody_heard_brings_the_model_up_to_date(jobs, show):
    view = show(JobCard(jobs(1)[0]))
    _ = view.get_state()
    view.send_again()
    assert view.comm.states() == []
    change(view.shown, "Running")
    view.deliver()
    view.send_again()
    (state,) = view.comm.states()
    assert state["_snapshot"]["jobs"][0]["state"] == "running"


def test_a_true_job_s_whole_life_reaches_the_page_without_the_main_thread(
    service, flag, monkeypatch
):
    monkeypatch.setattr(_view, "post", _courier.post)
    running = service.run("hold", {"until": str(flag)}, backend="local_exact")
    waiting = service.run("echo", {}, backend="local_exact", tags=["t"])
    view = JobMonitor([running, waiting])
    page = {row["id"]: row for row in view.snapshot()["jobs"]}

    def read():
        for message in view.comm.contents("changes"):
            for row in message["jobs"]:
                page[row["id"]].update(row)
        return page

    def known():
        rows = {job.job_id(): row_of(job) for job in (running, waiting)}
        # When it last changed is only news where something else did.
        return [{k: v for k, v in r.items() if k != "updated"} for r in rows.values()]

    def shown():
        return [{k: v for k, v in r.items() if k != "updated"} for r in read().values()]

    until(lambda: read()[running.job_id()]["state"] == "running", "Running")
    until(lambda: read()[waiting.job_id()]["queue_position"] == 1, "the place in the queue")
    flag.touch()
    until(lambda: all(row["final"] for row in read().values()), "the end of both")
    until(lambda: shown() == known(), "the same on both sides")
    assert [m["seq"] for m in view.comm.contents("changes")] == list(range(1, view._seq + 1))
    view.close()


# what a page may ask for


@pytest.fixture
def ask(kernel, fake):
    """Ask a view over the control channel; returns the reply."""

    def ask_(view, **request):
        channel = Comm()
        kernel.targets[_control.TARGET](channel, None)
        channel.says({"view": view._view_id, **request})
        until(lambda: channel.sent, "the reply")
        return channel.sent[0][0]

    return ask_


def test_a_cancel_from_a_page_reaches_the_server_and_is_answered(jobs, show, ask, fake):
    view = show(JobMonitor(jobs(2)))
    ids = [job.job_id() for job in view.jobs]
    reply = ask(view, kind="cancel", id=7, job_ids=ids)
    assert (reply["kind"], reply["id"], reply["ok"]) == ("reply", 7, True)
    accepted = {"ok": True, "message": "The service accepted the cancel.", "code": None}
    assert reply["outcomes"] == [{"job_id": i, **accepted, "already": False} for i in ids]
    assert [c for c in fake.asked() if c.endswith("cancel")] == [
        f"POST /jobs/{i}/cancel" for i in ids
    ]
    settle(view)
    view.deliver()
    rows = [row for m in view.comm.contents("changes") for row in m["jobs"]]
    assert {row["id"] for row in rows if row.get("cancel_asked")} == set(ids)
    assert not any(row.get("state") == "cancelled" for row in rows)


def test_a_cancel_that_is_refused_says_why(jobs, show, ask, fake):
    view = show(JobCard(jobs(1)[0]))
    fake.say(view.shown.job_id(), "Completed")
    reply = ask(view, kind="cancel", id=1, job_ids=[view.shown.job_id()])
    assert not reply["ok"]
    assert "any more" in reply["outcomes"][0]["message"]
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
    assert view.comm.contents("snapshot")
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


def test_an_error_of_our_own_is_a_reply_too(jobs, caplog, monkeypatch):
    (job,) = jobs(1)

    def bug():
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(job, "cancel", bug)
    with caplog.at_level(logging.ERROR):
        reply = answer({"kind": "cancel", "id": 1, "job_ids": ["x"]}, lambda _id: job)
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


def test_endless_logs_are_cut_and_said_to_be(jobs, monkeypatch):
    (job,) = jobs(1)
    monkeypatch.setattr(job, "logs", lambda: "x" * (LONGEST_LOGS + 5))
    reply = answer({"kind": "logs", "id": 1, "job_id": "x"}, lambda _id: job)
    assert len(reply["text"]) == LONGEST_LOGS
    assert "last" in reply["outcomes"][0]["message"]
    monkeypatch.setattr(job, "logs", lambda: "")
    reply = answer({"kind": "logs", "id": 1, "job_id": "x"}, lambda _id: job)
    assert "nothing" in reply["outcomes"][0]["message"]


# what a notebook keeps


def hostile_job(fake, theirs):
    fake.add(
        "bad",
        backend=SCRIPT,
        program={"id": SCRIPT},
        tags=[SCRIPT],
        state={"status": "Failed", "reason": SCRIPT, "reason_solution": SCRIPT},
    )
    return theirs.job("bad")


def test_text_of_a_server_is_never_html_in_a_saved_notebook(fake, theirs, show):
    view = show(JobCard(hostile_job(fake, theirs)))
    data, _ = view._repr_mimebundle_()
    assert "<script" not in data["text/html"]
    assert "&lt;script&gt;" in data["text/html"]
    assert data["text/plain"]


def test_an_unknown_word_is_shown_as_it_came_and_escaped(fake, theirs, show):
    fake.add("odd", SCRIPT)
    view = show(JobCard(theirs.job("odd")))
    (row,) = view.snapshot()["jobs"]
    assert (row["label"], row["state"], row["final"]) == (SCRIPT, "unknown", False)
    assert "<script" not in view._repr_mimebundle_()[0]["text/html"]


def test_a_saved_notebook_says_what_was_true_and_when(jobs, show):
    view = show(JobMonitor(jobs(2)))
    change(view.jobs[0], "Completed", tags=["tagged"])
    data, _ = view._repr_mimebundle_()
    for text in (data["text/html"], data["text/plain"]):
        assert "2 runtime jobs, as of 20" in text
        assert all(job.job_id() in text for job in view.jobs)
        assert "Done" in text
        assert "Queued" in text
    assert "tagged" in data["text/html"]
    assert "1 s" in data["text/html"]


def test_what_was_true_then_is_not_said_to_be_true_now(jobs, show):
    view = show(JobMonitor(jobs(2)))
    change(view.jobs[0], "Running")
    change(view.jobs[1], "Completed")
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    for job in view.jobs:
        job.state.set(now=datetime.now(timezone.utc), stale_since=since)
    data, _ = view._repr_mimebundle_()
    for text in (data["text/html"], data["text/plain"]):
        assert f"as of {since.astimezone():%Y-%m-%d %H:%M:%S}" in text
    assert f"Running, as of {since.astimezone():%H:%M:%S}>" in repr(view.jobs[0])
    assert repr(view.jobs[1]).endswith("Done>")


def test_the_fallback_of_nothing_is_a_table_too():
    assert "0 runtime jobs" in as_text([], NOW)
    assert "<table" in as_html([], NOW)


def test_a_job_that_was_never_read_says_so(theirs, show, fake, monkeypatch):
    monkeypatch.setattr(_view, "FIRST_READ_S", 0.0)
    fake.trouble = Answer(503)
    client = theirs.client
    job = RuntimeJob(None, client, client.params, "unread", "sampler", theirs, tags=["t"])
    view = show(JobCard(job))
    (row,) = view.snapshot()["jobs"]
    assert (row["label"], row["state"], row["tags"]) == ("not read yet", "unknown", ["t"])
    assert "not read yet" in view._repr_mimebundle_()[0]["text/html"]


def test_no_token_is_in_anything_that_a_page_or_a_file_gets(jobs, show, ask, caplog):
    caplog.set_level(logging.DEBUG)
    view = show(JobMonitor(jobs(2)))
    change(view.jobs[0], "Failed")
    view.deliver()
    reply = ask(view, kind="logs", id=1, job_id=view.jobs[0].job_id())
    state = view.get_state()
    everything = [
        json.dumps({k: v for k, v in state.items() if not isinstance(v, bytes)}, default=str),
        json.dumps(view.comm.opened_with, default=str),
        json.dumps(view.comm.sent, default=str),
        json.dumps(view._repr_mimebundle_()),
        json.dumps(reply),
        repr(view),
        repr(view.jobs),
        caplog.text,
        str({name: getattr(view, name) for name in view.trait_names()}),
    ]
    for text in everything:
        assert TOKEN not in text
        assert "bearer-of-a-test" not in text


def test_a_bare_job_is_text_where_no_kernel_runs_and_a_card_where_one_does(jobs, monkeypatch, show):
    (job,) = jobs(1)
    assert job._repr_mimebundle_() == {"text/plain": repr(job)}
    monkeypatch.setattr(card, "_in_a_kernel", lambda: True)
    data, _ = job._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert job.job_id() in data["text/html"]


@pytest.mark.parametrize("nothing", ["j", None, 5, ["j"]])
def test_what_is_no_job_is_refused_with_the_way_to_one(nothing):
    words = r"is no job; QiskitRuntimeService\(\.\.\.\)\.job\(id\)"
    with pytest.raises(TypeError, match=words):
        JobCard(nothing)
    with pytest.raises(TypeError, match=words):
        JobMonitor([nothing])


def test_the_views_code_is_sent_once_for_all_views(jobs, show):
    one, two = (show(JobCard(job)) for job in jobs(2))
    assert one._chunks == two._chunks
    assert {frozenset(part) for part in one._chunks} == {frozenset({"name", "sha", "model_id"})}
    table = show(JobMonitor(jobs(2)))
    assert {part["model_id"] for part in table._chunks} > {
        part["model_id"] for part in one._chunks[:-1]
    }
    esm = one.get_state()["_esm"]
    assert len(esm) < 20_000


# rows


def test_a_link_is_made_for_ibm_s_service_alone(jobs, theirs, monkeypatch):
    (job,) = jobs(1)
    assert link_of(job) is None

    class Params:
        url = "https://eu-de.quantum.cloud.ibm.com"

    monkeypatch.setattr(theirs.client, "params", Params)
    assert link_of(job) == "https://quantum.cloud.ibm.com/workloads/job-0000"
    Params.url = "https://quantum.cloud.ibm.com.evil.example"
    assert link_of(job) is None


def test_a_queue_position_is_shown_only_where_the_server_gives_one(jobs, fake):
    (job,) = jobs(1)
    with job.tracker.follow(job.job_id()):
        job.tracker.look_now()
        until(lambda: job.tracker.device("ibm_x"), "the devices")
        row = row_of(job)
        assert row["queue_position"] is None
        assert row["queue_note"]
        assert row["device_queue"] == 9
        assert row["device_as_of"] is not None
        change(job, "Queued", position_in_queue=3, queue_length=7)
        row = row_of(job)
        assert (row["queue_position"], row["queue_length"], row["queue_note"]) == (3, 7, None)
        change(job, "Running")
        row = row_of(job)
        assert row["queue_position"] is row["device_queue"] is row["queue_length"] is None


def test_that_time_went_on_is_no_change():
    assert changed_fields({"id": "a", "updated": 1.0}, {"id": "a", "updated": 2.0}) is None
    changed = changed_fields({"id": "a", "x": 1}, {"id": "a", "x": 2})
    assert changed == {"id": "a", "x": 2}


# the courier


class Parcel:
    def __init__(self, courier=None):
        self.delivered = threading.Semaphore(0)
        self.count = 0

    def deliver(self):
        self.count += 1
        self.delivered.release()


def test_parcels_are_gathered_and_one_that_raises_stops_no_other(monkeypatch, caplog):
    monkeypatch.setattr(_courier, "INTERVAL_S", 0.2)

    class Bad(Parcel):
        def deliver(self):
            super().deliver()
            raise RuntimeError("mine")

    courier = _Courier()
    bad, good = Bad(), Parcel()
    courier.post(bad)
    courier.post(good)
    assert bad.delivered.acquire(timeout=20)
    assert good.delivered.acquire(timeout=20)
    for _ in range(1000):
        courier.post(good)
    assert good.delivered.acquire(timeout=20)
    assert good.count <= 4
    assert "mine" in caplog.text


def test_a_parcel_for_later_is_delivered_and_does_not_hold_up_the_others():
    courier = _Courier()
    late, now = Parcel(), Parcel()
    courier.post_later(late, 0.05)
    courier.post_later(Parcel(), 1000.0)
    courier.post(now)
    assert now.delivered.acquire(timeout=20)
    assert late.delivered.acquire(timeout=20)


@pytest.mark.parametrize("jobs", ["an-id", ["an-id"], 5, [None]])
def test_a_monitor_of_what_is_no_job_is_refused(jobs):
    with pytest.raises(TypeError, match=r"jobs|job\(id\)"):
        JobMonitor(jobs)


def test_what_changes_while_a_view_is_being_made_is_sent_too(jobs, monkeypatch):
    (job,) = jobs(1)
    posted_live = []
    monkeypatch.setattr(_view, "post", lambda view: posted_live.append(view._live))
    make = anywidget.AnyWidget.__init__

    def make_and_change(self, **kwargs):
        make(self, **kwargs)
        change(job, "Running")

    monkeypatch.setattr(anywidget.AnyWidget, "__init__", make_and_change)
    view = JobCard(job)
    assert posted_live[-1]
    view.comm.sent.clear()
    view.deliver()
    sent = json.dumps(view.comm.sent, default=str)
    view.close()
    assert '"Running"' in sent
