"""Which jobs come into the history: those that this machine submitted, and those it followed."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest
from support.tracking import follow_all, look, settle
from support.waiting import our_threads, until

from runtime_widgets._history_notes import Recorder, kind_of
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError
from runtime_widgets.history import History
from runtime_widgets.params import ClientParameters
from runtime_widgets.query import JobQuery
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.wire import JobRecord


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    monkeypatch.setenv("RUNTIME_WIDGETS_LOCAL_DIR", str(tmp_path))
    history = History.default()
    yield history
    history.close()


@pytest.fixture
def recorded(history, tracker):
    """A tracker of which the history hears, as every service's is."""
    client = tracker._user_client()
    tracker.recorder = Recorder(tracker, client)
    return tracker


@pytest.fixture
def notes(history, monkeypatch):
    """All that the history was told."""
    told = []
    add = History.add
    monkeypatch.setattr(
        History, "add", lambda self, entry, **how: told.append(entry) or add(self, entry, **how)
    )
    return told


def words(history):
    return {e.id: e.word for e in history.list(None)}


def test_a_job_that_somebody_follows_is_kept_from_its_first_record_to_its_end(
    recorded, fake, history
):
    fake.add("j", session_id="s", tags=["t"])
    (following,) = follow_all(recorded, ["j"])
    look(recorded)
    assert words(history) == {"j": "Queued"}
    fake.say("j", "Running")
    look(recorded)
    fake.say("j", "Completed")
    look(recorded)
    (found,) = history.list()
    assert (found.word, found.final, found.kind) == ("Done", True, "other")
    assert (found.device, found.program, found.tags, found.session) == (
        "ibm_x",
        "sampler",
        ("t",),
        "s",
    )
    assert [step.word for step in found.transitions][-1] == "done"
    following.close()


def test_a_job_of_a_list_is_not_kept(recorded, fake, history):
    fake.add("foreign")
    query = recorded.follow_query(JobQuery(pending=True))
    settle(recorded)
    look(recorded)
    assert query.state.job_ids == ("foreign",)
    state = recorded.state("read by a call")
    recorded.offer(JobRecord("read by a call", "Completed"))
    assert state.word == "Completed"
    assert words(history) == {}
    query.close()


def test_a_job_that_is_known_is_brought_up_to_date_by_any_list(recorded, history):
    state = recorded.state("j")
    history.add(history_entry("j", recorded))
    recorded.offer(JobRecord("j", "Completed"))
    assert state.is_final
    assert words(history) == {"j": "Done"}


def history_entry(job_id, tracker):
    from runtime_widgets.history import HistoryEntry

    return HistoryEntry(job_id, tracker.client.params.instance or "", device="d")


def test_a_look_at_a_job_that_has_ended_counts_however_short_it_is(recorded, history):
    state = recorded.state("j")
    recorded.offer(JobRecord("j", "Completed"))
    assert words(history) == {}
    recorded.follow("j").close()
    settle(recorded)
    assert state.is_final
    assert words(history) == {"j": "Done"}


def test_a_job_that_the_server_forgets_is_kept_as_gone(recorded, fake, history):
    fake.add("j")
    follow_all(recorded, ["j"])
    look(recorded)
    recorded.job_gone("j")
    settle(recorded)
    (found,) = history.list()
    assert (found.gone, found.word, found.final) == (True, "Queued", False)


def test_a_place_in_a_queue_is_no_reason_to_write(recorded, history, notes):
    state = recorded.state("j")
    following = recorded.follow("j")
    for place in range(9, 0, -1):
        recorded.offer(JobRecord("j", "Queued", revision=10 - place, position=place))
    assert state.queue_position == 1
    assert len(notes) == 1
    recorded.offer(JobRecord("j", "Running", revision=11))
    assert len(notes) == 2
    following.close()


def test_how_lately_a_waiting_job_was_seen_is_noted_at_the_end(recorded, fake, history):
    fake.add("j")
    follow_all(recorded, ["j"])
    look(recorded)
    (first,) = history.list()
    state = recorded.state("j")
    state.checked_at += timedelta(minutes=7)  # it was looked at all the while, and did not change
    history.flush()
    (found,) = history.list()
    assert found.last_seen - first.last_seen == timedelta(minutes=7)
    assert found.noted == first.noted


def test_jobs_that_come_after_all_others_have_ended_are_seen_to_as_well(recorded, fake, history):
    fake.add("first", "Completed")
    follow_all(recorded, ["first"])
    history.flush()
    fake.add("second")
    follow_all(recorded, ["second"])
    look(recorded)
    history.flush()
    recorded.state("second").checked_at += timedelta(minutes=7)
    seen = {e.id: e.last_seen for e in history.list()}
    assert seen["second"] == recorded.state("second").checked_at


def test_a_history_holds_no_tracker_that_nobody_else_holds(recorded, fake, history):
    fake.add("j")
    follow_all(recorded, ["j"])
    look(recorded)
    assert len(history._writer._sweeps) == 1
    del recorded.recorder
    recorded._followers._listeners.clear()
    recorded._intake.records._listeners.clear()
    gc.collect()
    history.flush()
    assert history._writer._sweeps == []


def test_where_it_is_switched_off_nothing_is_told(recorded, fake, history, notes, monkeypatch):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "off")
    fake.add("j")
    follow_all(recorded, ["j"])
    look(recorded)
    assert notes == []
    assert not history.path.exists()


def test_a_history_that_fails_harms_no_tracker(recorded, fake, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise RuntimeError("mine")

    monkeypatch.setattr(History, "add", broken)
    fake.add("j", "Completed")
    follow_all(recorded, ["j"])
    look(recorded)
    assert recorded.state("j").is_final
    assert "listener raised" in caplog.text


# with a true service


@pytest.fixture
def service(history, runtime):
    before = our_threads()
    service = QiskitRuntimeService(params=runtime.params())
    yield service
    service.close()
    until(lambda: not (our_threads() - before), "the end of the service's threads")


def test_a_job_is_kept_as_soon_as_the_service_has_taken_it(service, history, flag):
    job = service.run("hold", {"until": str(flag)}, backend="local_exact", tags=["mine"])
    (found,) = history.list()
    assert (found.id, found.word, found.device, found.tags) == (
        job.job_id(), "Submitted", "local_exact", ("mine",),
    )  # fmt: skip
    assert (found.instance, found.created, found.last_seen) == (job.instance, None, None)
    assert history.list(pending=True) == [found]
    flag.touch()
    job.result(60)
    (found,) = history.list()
    assert (found.word, found.usage_complete) == ("Done", True)
    assert found.last_seen is not None
    assert history.list(pending=True) == []


def test_a_job_that_is_refused_is_not_kept(service, history):
    with pytest.raises(IBMApiError):
        service.run("no such program", {}, backend="local_exact")
    assert history.list() == []


def test_jobs_that_another_kernel_submitted_are_kept_when_they_are_waited_for(
    service, history, monkeypatch
):
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "off")
    job = service.run("echo", {"say": 1}, backend="local_exact")
    job.result(60)
    monkeypatch.setenv("RUNTIME_WIDGETS_HISTORY", "on")
    other = QiskitRuntimeService(params=service.client.params)
    found = other.job(job.job_id())
    assert other.jobs(limit=5)
    assert history.list() == []
    found.result(60)
    assert words(history) == {job.job_id(): "Done"}
    other.close()


def test_a_submission_outlives_a_history_that_fails(service, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise RuntimeError("mine")

    monkeypatch.setattr(History, "add", broken)
    assert service.run("echo", {"say": 2}, backend="local_exact").result(60) == 2
    assert "the job does not suffer" in caplog.text


@pytest.mark.parametrize(
    ("channel", "url", "kind"),
    [
        ("ibm_quantum_platform", "https://cloud.ibm.com", "ibm"),
        ("ibm_cloud", "https://us-east.quantum-computing.cloud.ibm.com", "ibm"),
        ("ibm_quantum_platform", "https://cloud.ibm.com.evil.example", "other"),
        ("local", "http://127.0.0.1:1", "other"),
    ],
)
def test_where_a_job_is_is_told_by_the_address(channel, url, kind):
    client = RuntimeClient(ClientParameters(channel, "t", url, "crn:1"))
    assert kind_of(client) == kind
    client.close()


def test_the_user_s_own_runtime_is_known_by_that_it_can_be_brought_back():
    params = ClientParameters("local", "t", "http://127.0.0.1:1", "crn:1")
    client = RuntimeClient(params, whereabouts=lambda **_how: params)
    assert kind_of(client) == "local"
    client.close()
