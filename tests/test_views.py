"""The views' kernel side, without a kernel: what is sent, and what is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import anywidget
import pytest
from support.scripted import Answer
from support.tracking import look_again
from support.views import change, page_of, settle
from support.waiting import until

from runtime_widgets import _pace
from runtime_widgets.messages import JobRow
from runtime_widgets.widgets import _courier, _live, _view
from runtime_widgets.widgets._rows import as_json, changed_fields, link_of, row_of
from runtime_widgets.widgets.card import JobCard
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


def shown(job):
    """Return a job's row as a page has it."""
    return as_json(row_of(job), whole=True)


# what is sent


def test_a_page_gets_everything_once_in_the_model_s_state(jobs, show):
    view = JobMonitor(jobs(3))
    show(view)
    snapshot = view.get_state()["_snapshot"]
    assert snapshot["kind"] == "snapshot"
    assert [row["id"] for row in snapshot["jobs"]] == [j.job_id() for j in view.jobs]
    assert set(page_of(view)[view.jobs[0].job_id()]) == set(JobRow.__dataclass_fields__)
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
        *("queue_note", "steps"),
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
    late = view.comm.states()[-1]["_snapshot"]
    assert late["jobs"] == before["jobs"]
    assert late["seq"] == before["seq"]
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert message["jobs"][0]["state"] == "running"
    assert message["seq"] == late["seq"] + 1


def test_snapshot_and_changes_add_up_to_the_truth(jobs, show):
    view = show(JobMonitor(jobs(4)))
    page = page_of(view)
    for number, status in enumerate(["Running", "Completed", "Failed", "Cancelled"]):
        change(view.jobs[number], status)
        view.deliver()
    for message in view.comm.contents("changes"):
        for row in message["jobs"]:
            page[row["id"]].update(row)
    assert page == {job.job_id(): shown(job) for job in view.jobs}


def test_jobs_come_and_go_in_the_messages(jobs, show):
    first, second, third = jobs(3)
    view = show(JobMonitor([first]))
    view.add(second, third, first)
    settle(view)
    view.deliver()
    rows = {row["id"]: row for m in view.comm.contents("changes") for row in m["jobs"]}
    assert set(rows) == {second.job_id(), third.job_id()}
    assert rows[second.job_id()].keys() >= {"program", "device", "status", "state", "label"}
    assert None not in rows[second.job_id()].values()
    assert view.jobs == [first, second, third]
    view.comm.sent.clear()
    view.remove(first, first)
    view.deliver()
    assert [m["gone"] for m in view.comm.contents("changes")] == [[first.job_id()]]
    assert first.job_id() not in first.tracker._roll
    assert view.job(first.job_id()) is None
    change(first, "Completed")
    view.comm.sent.clear()
    view.deliver()
    assert view.comm.sent == []


def test_a_job_shown_by_two_views_is_followed_until_both_are_closed(jobs, show):
    (job,) = jobs(1)
    one, two = show(JobCard(job)), show(JobMonitor([job]))
    one.close()
    assert job.job_id() in job.tracker._roll
    change(job, "Running")
    two.deliver()
    assert two.comm.contents("changes")
    two.close()
    assert job.job_id() not in job.tracker._roll


def test_closing_lets_go_of_everything(jobs):
    (job,) = jobs(1)
    view = JobCard(job)
    channel = view.comm
    view.close()
    view.close()
    assert channel.closed
    assert job.job_id() not in job.tracker._roll
    assert not job.tracker._board._listeners
    assert job.tracker._attentions.looked_at() is None
    sent = len(channel.sent)
    change(job, "Running")
    view.deliver()
    view.send_again()
    assert len(channel.sent) == sent


def test_trouble_is_told_once_and_its_end_too(jobs, fake, show, monkeypatch):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 1000.0)
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
    look_again(view.shown.tracker)
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


def looks(view, seq):
    look = {"kind": "look", "id": 1, "job_ids": [], "hidden": False, "page": 7, "seq": seq}
    view._handle_custom_msg(look, [])


def test_a_page_that_has_missed_a_message_is_sent_a_number_that_tells_it_so(jobs, show):
    view = show(JobCard(jobs(1)[0]))
    seq = view.get_state()["_snapshot"]["seq"]
    looks(view, seq)
    view.deliver()
    assert view.comm.contents("changes") == []
    change(view.shown, "Running")
    view.deliver()
    looks(view, seq)
    view.deliver()
    first, second = view.comm.contents("changes")
    assert (first["seq"], second["seq"]) == (seq + 1, seq + 2)
    assert (second["jobs"], second["context"]) == ([], {})
    looks(view, seq + 2)
    view.deliver()
    assert len(view.comm.contents("changes")) == 2


def test_a_table_whose_page_says_what_it_has_had_is_not_sent_twice(jobs, show):
    view = show(JobMonitor(jobs(30)))
    seq = view.get_state()["_snapshot"]["seq"]
    looks(view, seq)
    change(view.jobs[0], "Running")
    view.deliver()
    view.send_again()
    assert view.comm.states() == []
    assert len(view.comm.contents("changes")) == 1


def test_a_true_job_s_whole_life_reaches_the_page_without_the_main_thread(
    service, flag, monkeypatch
):
    monkeypatch.setattr(_view, "post", _courier.post)
    monkeypatch.setattr(_live, "post", _courier.post)
    running = service.run("hold", {"until": str(flag)}, backend="local_exact")
    waiting = service.run("echo", {}, backend="local_exact", tags=["t"])
    view = JobMonitor([running, waiting])
    page = page_of(view)

    def read():
        for message in view.comm.contents("changes"):
            for row in message["jobs"]:
                page[row["id"]].update(row)
        return page

    def known():
        rows = {job.job_id(): as_json(row_of(job), whole=True) for job in (running, waiting)}
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


# rows


def test_a_link_is_made_for_ibm_s_service_alone(jobs, theirs, monkeypatch):
    (job,) = jobs(1)
    assert link_of(job) is None

    class Params:
        url = "https://eu-de.quantum.cloud.ibm.com"

    monkeypatch.setattr(theirs.client, "params", Params)
    assert link_of(job) == "https://quantum.cloud.ibm.com/workloads/{id}"
    Params.url = "https://quantum.cloud.ibm.com.evil.example"
    assert link_of(job) is None


def test_a_queue_position_is_shown_only_where_the_server_gives_one(jobs):
    (job,) = jobs(1)
    row = row_of(job)
    assert row.queue_position is None
    assert row.queue_note
    change(job, "Queued", position_in_queue=3, queue_length=7)
    row = row_of(job)
    assert (row.queue_position, row.queue_length, row.queue_note) == (3, 7, None)
    change(job, "Running")
    row = row_of(job)
    assert row.queue_position is row.queue_length is row.queue_note is None


def test_a_device_is_told_of_once_however_many_jobs_it_has(jobs, show, fake):
    fake.devices[0] |= {"qubits": 156, "wait_time_seconds": {"p50": 60, "p95": 900}}
    view = show(JobMonitor(jobs(30)))
    (tracker,) = view.trackers()
    tracker.look_now()
    settle(view)
    view.deliver()
    (device,) = view.snapshot()["context"]["devices"]
    assert (device["name"], device["queue"], device["qubits"]) == ("ibm_x", 9, 156)
    assert (device["wait_p50_s"], device["wait_p95_s"]) == (60, 900)
    assert device["as_of"] is not None
    view.comm.sent.clear()
    change(view.jobs[0], "Running")
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert message["context"] == {}


def test_the_queue_of_a_device_is_not_told_beside_the_places_that_a_server_tells(
    jobs, show, fake, monkeypatch
):
    view = show(JobMonitor(jobs(1)))
    (tracker,) = view.trackers()
    monkeypatch.setattr(type(tracker.client.params), "is_local", True)
    tracker.look_now()
    settle(view)
    view.wake()
    view.deliver()
    (device,) = view.snapshot()["context"]["devices"]
    assert (device["name"], device["queue"], device["wait_p50_s"]) == ("ibm_x", None, None)


def steps(job):
    return [step.word for step in row_of(job).steps or []]


def test_the_steps_of_a_life_are_told_where_they_say_more_than_three_times_do(fake, theirs):
    fake.add("over", "Completed")
    assert steps(theirs.job("over")) == []
    fake.add("lives", usage={})
    job = theirs.job("lives")
    assert steps(job) == []
    change(job, "Running", running="2026-11-23T00:01:00Z", usage={})
    assert steps(job) == []
    change(job, "Running", running="2026-11-23T00:01:00Z")
    assert steps(job) == ["created", "queued", "preparing", "on the QPU"]
    assert [step.told for step in row_of(job).steps] == [True, True, True, False]
    assert [step.inferred for step in row_of(job).steps] == [False, False, True, False]


def test_that_time_went_on_is_no_change():
    row = JobRow("a", "sampler", "ibm_x", "Queued", "queued", "Queued", final=False, updated=1.0)
    later = replace(row, updated=2.0)
    assert changed_fields(row, later) is None
    changed = changed_fields(row, replace(later, tags=["x"]))
    assert changed == {"id": "a", "tags": ["x"], "updated": 2.0}


@pytest.mark.parametrize("jobs", ["an-id", ["an-id"], 5, [None]])
def test_a_monitor_of_what_is_no_job_is_refused(jobs):
    with pytest.raises(TypeError, match=r"jobs|job\(id\)"):
        JobMonitor(jobs)


def test_what_changes_while_a_view_is_being_made_is_sent_too(jobs, monkeypatch):
    (job,) = jobs(1)
    posted_live = []
    monkeypatch.setattr(_live, "post", lambda view: posted_live.append(view._live))
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
