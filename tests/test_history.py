"""The history of jobs: what it keeps, what it tells, and who of two memories is right."""

from __future__ import annotations

import csv
import io
import json
import stat
import sys
import threading
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_widgets import _history_file
from runtime_widgets._history_entry import merged
from runtime_widgets._jobs_text import HEADER as PIPED
from runtime_widgets._transitions import Transition
from runtime_widgets.errors import HistoryError, IBMInputValueError
from runtime_widgets.history import History, HistoryEntry
from runtime_widgets.job_state import JobState
from runtime_widgets.messages import Step
from runtime_widgets.widgets._export import COLUMNS as MONITORS
from runtime_widgets.wire import JobRecord, Usage

T0 = datetime(2025, 3, 1, 9, 0, tzinfo=timezone.utc)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def entry(job_id="j", status="Queued", seen=0.0, **more):
    given = {"device": "ibm_x", "program": "sampler", "created": T0, "noted": at(seen)}
    return HistoryEntry(job_id, "crn:1", "ibm", status=status, last_seen=at(seen), **given | more)


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    history = History(tmp_path / "data" / "history.sqlite3")
    yield history
    history.close()


# what is kept


def test_what_is_noted_is_listed_as_it_was(history):
    steps = (Transition("queued", at(0), told=True), Transition("preparing", at(2), inferred=True))
    noted = entry(
        status="Running",
        tags=("a", "größer"),
        session="s",
        started=at(2),
        reason_code=7,
        usage_seconds=1.5,
        transitions=steps,
        revision=4,
    )
    history.add(noted)
    assert history.list() == [noted]


def test_what_a_state_knows_is_noted_but_for_texts_of_errors(history):
    state = JobState("j")
    record = JobRecord(
        "j", "Failed", "ibm_x", "sampler", reason="token=abc", trace="token=abc", tags=("t",),
        usage=Usage(2.0, complete=True), reason_code=9999, created=T0, ended=at(5),
    )  # fmt: skip
    state.apply(record, simulator=None, now=at(6))
    history.note(state, "crn:1", "mine", kind="ibm")
    (found,) = history.list()
    assert (found.word, found.final, found.reason_code, found.label) == (
        "Failed",
        True,
        9999,
        "mine",
    )
    assert (found.usage_seconds, found.usage_complete, found.last_seen) == (2.0, True, at(6))
    assert [step.word for step in found.transitions][-1] == "failed"
    history.close()
    assert b"token" not in history.path.read_bytes()


def test_of_a_state_that_knows_nothing_nothing_is_noted(history):
    history.note(JobState("j"))
    assert history.list() == []
    assert not history.path.exists()


def test_nobody_else_may_read_it(history):
    history.add(entry())
    history.flush()
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.path.parent.stat().st_mode) == 0o700
    history.path.chmod(0o644)
    history.add(entry("k"))
    history.flush()
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600


def test_texts_that_no_database_takes_are_kept_as_well_as_may_be(history):
    odd = {"tags": ("\udc00", "x" * 5000), "reason_code": 2**70, "usage_seconds": float("inf")}
    history.add(entry(device="half \ud83d", **odd))
    history.set_label("j", "crn:1", "\ud800")
    (found,) = history.list()
    assert (found.device, found.label, found.reason_code) == ("half ?", "?", None)
    assert [len(tag) for tag in found.tags] == [1, 1000]
    assert found.usage_seconds is None
    history.export(io.StringIO(), "json")


def test_one_id_at_two_instances_is_two_jobs(history):
    history.add(entry())
    history.add(replace(entry(), instance="crn:2"))
    assert {e.instance for e in history.list()} == {"crn:1", "crn:2"}


def test_a_job_that_is_to_be_brought_up_to_date_only_is_not_added(history):
    history.add(entry("known"))
    history.flush()
    for job_id in ("known", "foreign"):
        history.add(entry(job_id, "Running", 1), new=False)
    assert [(e.id, e.status) for e in history.list()] == [("known", "Running")]


def test_what_concerns_no_known_job_makes_no_file(history):
    history.add(entry(), new=False)
    assert history.flush()
    assert not history.path.exists()


def test_many_notes_of_a_moment_are_one_transaction(history, monkeypatch):
    written = []
    write = _history_file.HistoryFile.write
    monkeypatch.setattr(
        _history_file.HistoryFile,
        "write",
        lambda self, *batch: written.append(len(batch[0])) or write(self, *batch),
    )
    for number in range(500):
        history.add(entry(f"j{number}"))
        history.add(entry(f"j{number}", "Running", 1))
    assert history.flush()
    assert sum(written) == 500
    assert len(written) <= 2
    assert history.count(pending=True) == 500


def test_the_writer_s_thread_ends_where_it_is_told_and_comes_back(history):
    for job_id in ("a", "b"):
        history.add(entry(job_id))
        history.close()
        assert not [t for t in threading.enumerate() if t.name == "runtime-widgets-history"]
    assert history.count() == 2


def test_a_process_that_is_ending_and_starts_no_threads_writes_all_the_same(history, monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    history.add(entry())
    assert history.flush()
    assert ids(history.list()) == ["j"]


def test_that_a_job_is_as_it_was_changes_nothing_but_its_age(history):
    history.add(entry("same"))
    history.add(entry("moved", "Running"))
    history.add(entry("ended", "Completed", final=True))
    history.flush()
    for job_id in ("same", "moved", "ended", "unknown"):
        history.seen(job_id, "crn:1", "Queued", at(60))
    history.seen("same", "crn:2", "Queued", at(90))
    assert {e.id: (e.status, e.last_seen) for e in history.list()} == {
        "same": ("Queued", at(60)),
        "moved": ("Running", at(0)),
        "ended": ("Completed", at(0)),
    }
    history.seen("same", "crn:1", "Queued", at(30))
    assert {e.last_seen for e in history.list() if e.id == "same"} == {at(60)}


# labels


def test_a_label_stays_whatever_else_becomes_known(history):
    history.add(entry())
    history.set_label("j", "crn:1", "ansatz 3")
    history.flush()
    history.add(entry(status="Completed", seen=5, final=True))
    assert [(e.label, e.word) for e in history.list()] == [("ansatz 3", "Done")]
    history.set_label("j", "crn:1", "")
    assert [e.label for e in history.list()] == [""]


def test_a_label_of_a_job_that_is_not_known_waits_for_it(history):
    history.set_label("j", "crn:1", "soon")
    assert [(e.label, e.word) for e in history.list()] == [("soon", "Not read yet")]
    history.add(entry())
    assert [(e.label, e.word) for e in history.list()] == [("soon", "Queued")]


def test_labels_of_many_jobs_are_told_at_once_also_unwritten_ones(history):
    for job_id in ("a", "b", "c"):
        history.set_label(job_id, "crn:1", f"label {job_id}")
    history.flush()
    history.set_label("b", "crn:1", "new")
    history.set_label("c", "crn:1", "")
    history.set_label("a", "crn:2", "another instance's")
    found = history.labels("crn:1", ["a", "b", "c", "d"])
    assert found == {"a": "label a", "b": "new"}


# which of two memories is right


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (entry(status="Queued"), entry(status="Running", seen=1), "Running"),
        (entry(status="Running"), entry(status="Queued", seen=1), "Running"),
        (entry(status="Completed", final=True), entry(status="Running", seen=1), "Completed"),
        (entry(status="Running"), entry(status="Odd", seen=1), "Odd"),
        (entry(status="Odd", final=True), entry(status="Running", seen=1), "Odd"),
        # the server's numbers are above all
        (entry(status="Running", revision=3), entry(status="Queued", revision=4), "Queued"),
        (entry(status="Queued", revision=4), entry(status="Running", revision=3), "Queued"),
        # that it was submitted says less than any word
        (entry(status=""), entry(status="Queued"), "Queued"),
        (entry(status="Running"), entry(status="", seen=9), "Running"),
    ],
)
def test_a_job_never_goes_backwards(old, new, status):
    assert merged(old, new).status == status


def test_an_older_memory_fills_in_what_the_newer_one_lacks():
    old = entry(status="Running", started=at(1), session="s", usage_seconds=1.0)
    new = entry(status="Completed", seen=9, final=True, ended=at(8), device="", created=None)
    found = merged(old, new)
    assert (found.started, found.ended, found.session) == (at(1), at(8), "s")
    assert (found.device, found.created, found.usage_seconds) == ("ibm_x", T0, 1.0)
    late = merged(new, old)
    assert replace(late, label="") == found


def test_a_bill_that_is_closed_stays_closed():
    closed = entry(status="Completed", final=True, usage_seconds=3.0, usage_complete=True)
    listed = entry(status="Completed", final=True, seen=5)
    found = merged(closed, listed)
    assert (found.usage_seconds, found.usage_complete, found.last_seen) == (3.0, True, at(5))


def test_a_job_that_was_put_back_has_not_started():
    ran = entry(status="Running", started=at(1), revision=2)
    again = entry(status="Queued", seen=5, revision=3)
    assert merged(ran, again).started is None


def test_of_the_same_state_the_later_look_decides():
    early, late = entry(tags=("a",), seen=1), entry(tags=("b",), seen=2)
    assert merged(early, late).tags == merged(late, early).tags == ("b",)


def test_a_server_that_forgets_a_job_is_believed_and_so_is_one_that_knows_it_again():
    gone = merged(entry(), entry(seen=1, gone=True))
    assert gone.gone
    assert merged(gone, entry()).gone
    assert not merged(gone, entry(seen=2)).gone


def test_when_it_was_first_noted_stays():
    assert merged(entry(seen=1), entry(seen=5)).noted == at(1)


def steps(*words, told=(), base=0.0):
    return tuple(Transition(w, at(base + n), told=w in told) for n, w in enumerate(words))


def test_who_was_there_from_the_start_knows_the_steps_and_the_server_s_times_win():
    followed = entry(
        status="Running", transitions=steps("queued", "preparing", "on the QPU", base=0.5)
    )
    late = entry(
        status="Completed",
        final=True,
        seen=9,
        transitions=steps(
            "created", "queued", "running", "done", told=("created", "queued", "done")
        ),
    )
    for found in (merged(followed, late), merged(late, followed)):
        words = [step.word for step in found.transitions]
        assert words == ["created", "queued", "preparing", "on the QPU", "done"]
        assert [s.at for s in found.transitions if s.word == "queued"] == [at(1)]


def test_of_two_memories_one_knew_that_the_device_is_a_simulator():
    guessed = entry(status="Running", transitions=steps("queued", "preparing", "on the QPU"))
    knew = entry(status="Running", seen=9, transitions=steps("queued", "simulating", base=4.0))
    for found in (merged(guessed, knew), merged(knew, guessed)):
        words = [step.word for step in found.transitions]
        assert words == ["queued", "preparing", "simulating"]


def test_a_job_that_was_queued_twice_has_two_such_steps():
    twice = entry(transitions=steps("queued", "running", "queued"), revision=3)
    once = entry(transitions=steps("queued"), revision=1)
    for found in (merged(twice, once), merged(once, twice)):
        assert [step.word for step in found.transitions] == ["queued", "running", "queued"]


# lists


@pytest.fixture
def filled(history):
    for number in range(6):
        done = number % 2 == 0
        history.add(
            entry(
                f"j{number}",
                "Completed" if done else "Queued",
                final=done,
                created=at(number * 60),
                device=f"d{number % 3}",
                program=("sampler", "estimator")[number // 3],
                tags=(f"t{number}", "all", 'quo"te,'),
                session="s" if number == 4 else None,
            )
        )
    history.flush()
    return history


def ids(entries):
    return [e.id for e in entries]


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({}, ["j5", "j4", "j3", "j2", "j1", "j0"]),
        ({"limit": 2}, ["j5", "j4"]),
        ({"pending": True}, ["j5", "j3", "j1"]),
        ({"pending": False}, ["j4", "j2", "j0"]),
        ({"device": "d1"}, ["j4", "j1"]),
        ({"program": "sampler"}, ["j2", "j1", "j0"]),
        ({"session": "s"}, ["j4"]),
        ({"instance": "crn:1", "kind": "ibm", "limit": 1}, ["j5"]),
        ({"instance": "crn:2"}, []),
        ({"tags": ["t2", "all"]}, ["j2"]),
        ({"tags": "t2"}, ["j2"]),
        ({"tags": ['quo"te,'], "limit": 1}, ["j5"]),
        ({"tags": ["te,"]}, []),
        ({"tags": ["al"]}, []),
        ({"since": at(240)}, ["j5", "j4"]),
        ({"before": at(60)}, ["j0"]),
        ({"since": timedelta(0)}, []),
    ],
)
def test_a_list_is_newest_first_and_narrowed(filled, narrowed, expected):
    assert ids(filled.list(**narrowed)) == expected
    limited = {k: v for k, v in narrowed.items() if k != "limit"}
    if limited == narrowed:
        assert filled.count(**limited) == len(expected)


def test_a_time_without_a_zone_is_local(filled):
    local = at(240).astimezone().replace(tzinfo=None)
    assert ids(filled.list(since=local)) == ["j5", "j4"]


def test_a_job_that_the_server_does_not_know_any_more_is_not_pending(history):
    history.add(entry(gone=True))
    assert history.list(pending=True) == []
    assert ids(history.list(pending=False)) == ["j"]


def test_where_there_is_no_file_there_are_no_jobs_and_none_is_made(history):
    assert history.list() == []
    assert history.count() == 0
    assert history.prune(keep=0) == 0
    assert history.labels("crn:1", ["j"]) == {}
    assert history.export(io.StringIO()) == 0
    assert not history.path.parent.exists()


@pytest.mark.parametrize(
    ("noted", "word"),
    [
        (entry(status="Queued"), "Queued"),
        (entry(status="Cancelled", reason_code=1305), "Ran too long"),
        (entry(status="Odd"), "Odd"),
        (entry(status=""), "Submitted"),
        (HistoryEntry("j"), "Not read yet"),
    ],
)
def test_a_job_s_word_is_that_of_the_views(noted, word):
    assert noted.word == word


# exports


def test_csv_has_a_line_a_job_and_no_formula(history):
    history.add(entry(device="=cmd()", tags=("+1", "b"), usage_seconds=-1.0))
    out = io.StringIO()
    assert history.export(out) == 1
    (row,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert row["device"] == "'=cmd()"
    assert row["tags"] == "'+1, b"
    assert (row["usage_s"], row["final"], row["ended"]) == ("-1.0", "false", "")
    assert row["created"] == "2025-03-01T09:00:00+00:00"


def test_json_has_all_of_it(filled, tmp_path):
    path = tmp_path / "jobs.json"
    assert filled.export(path, "json", pending=True) == 3
    found = json.loads(path.read_text(encoding="utf-8"))
    assert [job["id"] for job in found] == ["j5", "j3", "j1"]
    assert found[0]["word"] == "Queued"
    assert len(found[0]) == len(HistoryEntry.__dataclass_fields__) + 1  # the word


def test_the_files_of_the_history_and_of_a_monitor_call_one_thing_by_one_name(history):
    steps = (Transition("queued", at(0), told=True),)
    history.add(entry(status="Completed", final=True, usage_seconds=2.5, transitions=steps))
    csv_file, json_file = io.StringIO(), io.StringIO()
    history.export(csv_file)
    history.export(json_file, "json")
    (line,) = csv.DictReader(io.StringIO(csv_file.getvalue()))
    (record,) = json.loads(json_file.getvalue())
    names = {"id", "name", "word", "status", "program", "device", "tags", "session"}
    names |= {"created", "started", "ended", "usage_s", "usage_final", "gone"}
    assert names <= set(MONITORS)
    assert names <= set(line)
    assert {*names, "steps"} <= set(record)
    for other in ("label", "usage_seconds", "usage_complete", "transitions"):
        assert other not in {*line, *record, *PIPED}
    assert {"id", "name", "word", "program", "device", "tags", "created", "usage_s"} <= set(PIPED)
    assert record["steps"][0]["at"] == "2025-03-01T09:00:00+00:00"
    assert set(record["steps"][0]) == {field.name for field in fields(Step)}
    assert (line["usage_s"], line["status"], line["word"]) == ("2.5", "Completed", record["word"])


def test_json_of_no_job_is_an_empty_list(history):
    out = io.StringIO()
    history.export(out, "json")
    assert json.loads(out.getvalue()) == []


def test_a_format_that_there_is_not_is_refused(history):
    with pytest.raises(IBMInputValueError, match="csv"):
        history.export(io.StringIO(), "xlsx")


def test_a_format_that_there_is_not_leaves_the_file_as_it_was(filled, tmp_path):
    target = tmp_path / "jobs.xls"
    with pytest.raises(IBMInputValueError, match="not as 'xls'"):
        filled.export(target, "xls")
    assert not target.exists()
    target.write_text("what was there before")
    with pytest.raises(IBMInputValueError, match="not as 'xls'"):
        filled.export(target, "xls")
    assert target.read_text() == "what was there before"


@pytest.mark.parametrize("limit", [-1, 2.5, float("nan"), True, False, "5"])
def test_a_limit_that_is_no_number_of_jobs_is_refused(filled, limit, tmp_path):
    target = tmp_path / "jobs.csv"
    target.write_text("what was there before")
    for ask in (filled.list, filled.recent, lambda n: filled.export(target, limit=n)):
        with pytest.raises(IBMInputValueError, match="limit is a whole number of jobs"):
            ask(limit)
    assert target.read_text() == "what was there before"


def test_a_limit_may_be_of_numpy_or_more_than_can_be(filled):
    numpy = pytest.importorskip("numpy")
    assert ids(filled.list(numpy.int64(2))) == ["j5", "j4"]
    assert len(filled.list(2**70)) == 6
    assert filled.list(0) == []


@pytest.mark.parametrize("name", ["since", "before"])
@pytest.mark.parametrize("time", ["yesterday", 5, timedelta(days=-1)])
def test_a_time_that_is_none_is_refused(filled, name, time):
    for ask in (filled.list, filled.count, lambda **n: filled.export(io.StringIO(), **n)):
        with pytest.raises(IBMInputValueError, match=f"{name} is a datetime, or so long ago"):
            ask(**{name: time})


def test_a_file_that_cannot_be_written_is_the_file_s_error_and_not_the_history_s(filled):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        filled.export(Full())
    assert filled.count() == 6


# less of it


def test_old_jobs_are_pruned(filled):
    assert filled.prune(older_than=at(120)) == 2
    assert ids(filled.list()) == ["j5", "j4", "j3", "j2"]
    assert filled.prune(keep=1) == 3
    assert ids(filled.list()) == ["j5"]
    assert filled.prune(older_than=timedelta(0)) == 1


def test_what_is_old_goes_and_of_the_rest_all_but_the_newest(filled):
    assert filled.prune(older_than=at(60), keep=2) == 4
    assert ids(filled.list()) == ["j5", "j4"]
    assert filled.prune(keep=2**70) == 0


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ({}, "older_than=timedelta(days=90), or keep=1000"),
        ({"keep": -1}, "keep is a whole number of jobs, 0 or more, not -1."),
        ({"keep": 2.5}, "not 2.5."),
        ({"keep": float("nan")}, "not nan."),
        ({"keep": True}, "not True."),
        ({"keep": "5"}, "not '5'."),
        ({"older_than": timedelta(days=-90)}, "older_than is a datetime, or so long ago"),
        ({"older_than": 90}, "not 90."),
        ({"older_than": "90d", "keep": 1}, "not '90d'."),
        ({"older_than": timedelta(0), "keep": -1}, "not -1."),
    ],
    ids=str,
)
def test_nothing_is_deleted_by_a_mistake(filled, which, said):
    with pytest.raises(IBMInputValueError) as refused:
        filled.prune(**which)
    assert said in str(refused.value)
    assert filled.count() == 6


def test_what_is_cleared_is_gone_from_the_disk_too(history):
    history.add(entry(device="a-name-to-look-for"))
    assert history.clear() == 1
    history.close()
    assert all(b"a-name-to" not in p.read_bytes() for p in history.path.parent.iterdir())


def test_of_more_jobs_than_are_kept_the_oldest_go(history, monkeypatch):
    monkeypatch.setattr(_history_file, "MOST_JOBS", 10)
    for number in range(25):
        history.add(entry(f"j{number}", created=at(number)))
    history.flush()
    assert ids(history.list()) == [f"j{n}" for n in range(24, 14, -1)]


# on and off


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no", "false"])
def test_the_environment_switches_it_off(history, monkeypatch, word):
    history.add(entry("before"))
    history.flush()
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", word)
    assert not history.enabled
    history.add(entry("after"))
    history.set_label("after", "crn:1", "x")
    assert ids(history.list()) == ["before"]


def test_it_is_switched_off_for_all_processes_until_it_is_switched_on(history):
    other = History(history.path)
    other.disable()
    assert not history.enabled
    history.add(entry("meanwhile"))
    assert history.list() == []
    assert "switched off" in repr(history)
    history.enable()
    history.add(entry("after"))
    assert ids(history.list()) == ["after"]


def test_what_was_kept_stays_where_it_is_switched_off(filled):
    filled.disable()
    assert filled.count() == 6


def test_the_default_one_is_in_the_user_s_folder_and_is_one(monkeypatch, tmp_path):
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path))
    assert History.default().path == tmp_path / "data" / "history.sqlite3"
    assert History.default() is History.default()


@pytest.mark.skipif(sys.platform == "win32", reason="there is always a home there")
def test_without_a_home_folder_nothing_is_kept_and_no_folder_is_made(monkeypatch, tmp_path):
    history = History("~/.local/share/history.sqlite3")
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    monkeypatch.chdir(tmp_path)
    history.add(entry())
    assert not history.enabled
    assert history.list() == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_switched_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be switched off"):
        History(tmp_path / "file" / "history.sqlite3").disable()


# in whatever order several kernels tell of a job

STAGES = {
    "Queued": {},
    "Running": {"started": at(10)},
    "Completed": {"started": at(10), "ended": at(20), "final": True},
}
seen_once = st.builds(
    lambda status, seen, numbered, usage: entry(
        "j",
        status=status,
        seen=10 * list(STAGES).index(status) + seen,
        revision=list(STAGES).index(status) if numbered else None,
        usage_seconds=usage if status == "Completed" else None,
        usage_complete=usage is not None and status == "Completed",
        transitions=steps(*("queued", "preparing", "done")[: list(STAGES).index(status) + 1]),
        **STAGES[status],
    ),
    st.sampled_from(list(STAGES)),
    st.floats(0, 9.9),
    st.booleans(),
    st.sampled_from([None, 2.5]),
)


@given(st.lists(seen_once, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_several_memories_of_a_job_make_the_same_one_in_any_order(memories, random):
    def together(order):
        found = None
        for memory in order:
            found = memory if found is None else merged(found, memory)
        return found

    shuffled = list(memories)
    random.shuffle(shuffled)
    one, other = together(memories), together(shuffled)
    furthest = max((m.status for m in memories), key=list(STAGES).index)
    for found in (one, other):
        assert (found.status, found.final) == (furthest, furthest == "Completed")
        assert found.last_seen == max(m.last_seen for m in memories if m.status == furthest)
        assert found.noted == min(m.noted for m in memories)
        told = {m.usage_seconds for m in memories} - {None}
        assert found.usage_seconds == (told.pop() if told else None)
    assert replace(one, revision=None) == replace(other, revision=None)
