"""What a view leaves in a saved notebook, and that no token is in it."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from support.scripted import TOKEN, Answer
from support.views import change, settle

from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import JobRow
from runtime_widgets.widgets import _live, _view, card
from runtime_widgets.widgets._packed import pack
from runtime_widgets.widgets._static_html import MOST_LINES, MOST_ROWS, as_html, as_text
from runtime_widgets.widgets.card import JobCard
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
SCRIPT = "<script>alert(1)</script>"


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


def test_text_of_a_server_is_no_command_to_a_terminal(fake, theirs, show):
    command = "\x1b]0;mine\x07\x1b[2J\x9b2J\u202e"
    fake.add(
        f"bad{command}",
        backend=command,
        program={"id": command},
        state={"status": command, "reason": f"{command}one\ntwo"},
    )
    view = show(JobCard(theirs.jobs(limit=1)[0]))
    text = view._repr_mimebundle_()[0]["text/plain"]
    assert all(char.isprintable() for line in text.split("\n") for char in line)
    assert len(text.split("\n")) == 2
    assert "]0;mine" in text
    assert repr(view.shown).isprintable()


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


def test_what_is_kept_of_an_account_has_its_jobs_with_their_names_and_tags(
    fake, theirs, show, monkeypatch
):
    """They come from a file, on another thread: that is waited for, as the list is."""
    fake.add("mine", tags=["ghz", "step-1"])
    held = threading.Event()

    def bring(tracker, job_ids):
        held.wait(20)
        tracker.set_labels(dict.fromkeys(job_ids, "ghz-5"))

    monkeypatch.setattr(_view, "bring_labels", bring)
    monkeypatch.setattr(_view, "FIRST_READ_S", 20.0)
    view = show(JobMonitor(service=theirs))
    threading.Timer(0.2, held.set).start()
    data, _ = view._repr_mimebundle_()
    assert "1 runtime job, as of" in data["text/html"]
    assert "ghz-5<br><code>mine</code>" in data["text/html"]
    assert "ghz, step-1" in data["text/html"]
    assert "mine 'ghz-5'  sampler on ibm_x  [ghz, step-1]" in data["text/plain"]


def test_what_is_kept_of_an_account_without_jobs_says_when_there_were_none(theirs, show):
    data, _ = show(JobMonitor(service=theirs))._repr_mimebundle_()
    for text in (data["text/html"], data["text/plain"]):
        assert "It follows your 200 newest jobs: when it was shown there were none." in text
        assert "monitor.add" not in text


def test_names_that_do_not_come_hold_up_no_view(jobs, show, monkeypatch):
    held = threading.Event()
    monkeypatch.setattr(_view, "bring_labels", lambda _tracker, _job_ids: held.wait(20))
    monkeypatch.setattr(_view, "FIRST_READ_S", 0.05)
    try:
        view = show(JobMonitor(jobs(1)))
        assert "job-0000" in view._repr_mimebundle_()[0]["text/plain"]
        assert not held.is_set()
    finally:
        held.set()


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


def test_a_saved_table_is_as_old_as_the_oldest_answer_in_it(jobs, show):
    """An old queue is asked now and then only: what is kept of it is not true as of now."""
    view = show(JobMonitor(jobs(3)))
    change(view.jobs[0], "Completed")
    settle(view)
    ages = [datetime(2026, 1, 2, 3, minute, 5, tzinfo=timezone.utc) for minute in (1, 4, 9)]
    for job, age in zip(view.jobs, ages, strict=True):
        job.state.checked_at = age
    data, _ = view._repr_mimebundle_()
    # What the one said that has ended holds for good.
    assert f"as of {ages[1].astimezone():%Y-%m-%d %H:%M:%S}" in data["text/plain"]
    view.jobs[1].tracker._board.change(push=True)
    data, _ = view._repr_mimebundle_()
    assert "as of 2026-01-02" not in data["text/plain"]


def test_the_fallback_of_nothing_says_what_to_do():
    for text in (as_text([], NOW), as_html([], NOW)):
        assert "0 runtime jobs" in text
        assert "monitor.add(job)" in text


def test_a_saved_notebook_holds_a_bounded_table_that_says_so():
    row = JobRow("an-id", "sampler", "ibm_x", "Completed", "done", "Done", final=True)
    rows = [replace(row, id=f"d{number:019}") for number in range(4850)]
    rows[7] = replace(rows[7], state="queued", label="Queued", name="<b>mine</b>")
    html = as_html(rows, NOW)
    assert html.count("<code>d0") == MOST_ROWS
    assert "and 4,800 more jobs" in html
    assert "4,850 runtime jobs" in html
    assert "4,849 Done, 1 Queued" in html
    assert "&lt;b&gt;mine" in html
    assert len(html) < 40_000
    text = as_text(rows, NOW)
    assert len(text.splitlines()) == MOST_LINES + 2
    assert "and 4,830 more jobs" in text


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


def test_of_very_many_jobs_a_notebook_keeps_a_part_once_the_page_has_them_all(
    jobs, show, monkeypatch
):
    monkeypatch.setattr(_view, "MOST_KEPT", 30)
    later = []
    monkeypatch.setattr(_live, "post_later", lambda parcel, _delay_s: later.append(parcel))
    view = show(JobMonitor(jobs(40)))
    later.clear()
    whole = view.get_state()["_snapshot"]
    assert (whole["table"]["count"], whole["left_out"]) == (40, 0)
    for _ in range(2):
        view._handle_custom_msg({"kind": "look", "id": 1, "job_ids": [], "hidden": False}, [])
    for parcel in later:
        parcel.deliver()
    (state,) = view.comm.states()
    assert (state["_snapshot"]["table"]["count"], state["_snapshot"]["left_out"]) == (30, 10)
    # A view that finds only a part asks for the rest, and gets it.
    later.clear()
    view._handle_custom_msg({"kind": "resync", "id": 2}, [])
    assert view.comm.states()[-1]["_snapshot"]["left_out"] == 0
    later[0].deliver()
    assert view.comm.states()[-1]["_snapshot"]["left_out"] == 10
    view.close()
    later[0].deliver()


def test_two_thousand_rows_are_a_quarter_of_a_megabyte_in_a_file():
    row = JobRow("", "sampler", "ibm_torino", "Completed", "done", "Done", final=True)
    times = {"created": 1.76e9, "started": 1.76e9, "ended": 1.76e9, "updated": 1.76e9}
    rows = [
        replace(row, id=f"d{n:019}", usage_s=n / 7, tags=[f"t{n // 50}"], **times)
        for n in range(_view.MOST_KEPT)
    ]
    columns = pack(rows)["columns"].values()
    assert sum(len(column["data"]) for column in columns) * 4 / 3 < 250_000


def test_rows_that_have_no_job_are_shown_kept_and_exported(jobs, show, tmp_path):
    row = JobRow("", "sampler", "ibm_x", "Completed", "done", "Done", final=True)
    view = show(JobMonitor(jobs(1)))
    view.show_rows(replace(row, id=f"old-{n}") for n in range(3))
    view.deliver()
    (message,) = view.comm.contents("changes")
    assert [each["id"] for each in message["jobs"]] == ["old-0", "old-1", "old-2"]
    assert len(view.snapshot()["jobs"]) == 4
    assert "old-2" in view._repr_mimebundle_()[0]["text/html"]
    view.to_csv(tmp_path / "jobs.csv")
    assert "old-1" in (tmp_path / "jobs.csv").read_text()
    # Very many are no message, but all of the rows anew.
    view.comm.sent.clear()
    view.show_rows(replace(row, id=f"older-{n}") for n in range(501))
    view.deliver()
    assert view.comm.contents("changes") == []
    assert view.comm.states()[-1]["_snapshot"]["table"]["count"] == 505
