from __future__ import annotations

import itertools
import logging
import threading
from datetime import datetime, timezone

import pytest
from qiskit.providers import JobStatus

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job_state import JobState
from runtime_widgets.session_state import SessionState
from runtime_widgets.wire import JobRecord

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)


def record(status="Queued", **changes):
    return JobRecord.from_json({"id": "j", "status": status, "backend": "b", **changes})


@pytest.fixture
def state():
    return JobState("j")


def apply(state, status, **changes):
    state.apply(record(status, **changes), simulator=False, now=NOW)


def test_before_anything_was_read_it_says_so(state):
    assert state.status is None
    assert not state.is_final
    assert "not read yet" in repr(state)


def test_each_trait_says_what_the_record_says(state):
    apply(
        state,
        "Queued",
        position_in_queue=3,
        estimated_start_time="2026-11-23T01:00:00Z",
        estimated_running_time_seconds=2.5,
        usage={"qpu_charge_time_seconds": 0, "status": "pending"},
        tags=["a"],
        interim_count=2,
    )
    assert state.status is JobStatus.QUEUED
    assert (state.word, state.queue_position, state.tags) == ("Queued", 3, ("a",))
    assert state.estimated_start == datetime(2026, 11, 23, 1, tzinfo=timezone.utc)
    assert (state.usage_estimate_seconds, state.usage_seconds) == (2.5, 0.0)
    assert (state.usage_complete, state.interim_seen, state.updated_at) == (False, 2, NOW)


def test_the_reason_of_a_failure_is_observable(state):
    reason = {"status": "Failed", "reason": "r", "reason_code": 1517, "reason_solution": "s"}
    state.apply(record(state=reason, trace="t"), simulator=None, now=NOW)
    error = state.error
    assert (error.message, error.code, error.solution, error.trace) == ("r", 1517, "s", "t")
    assert state.status is JobStatus.ERROR


def test_the_queue_position_is_gone_once_the_job_runs(state):
    apply(state, "Queued", position_in_queue=1)
    apply(state, "Running", position_in_queue=1)
    assert state.queue_position is None


@pytest.mark.parametrize("final", ["Completed", "Failed", "Cancelled", "Cancelled - Ran too long"])
@pytest.mark.parametrize("stale", ["Queued", "Running", "Completed", "Failed", "Weird"])
def test_a_stale_record_never_moves_a_job_backwards(state, final, stale):
    apply(state, final)
    apply(state, stale)
    assert state.word == final
    assert state.is_final


def test_where_the_server_numbers_its_changes_the_number_decides(state):
    apply(state, "Running", revision=5)
    apply(state, "Completed", revision=4)
    assert state.word == "Running"
    apply(state, "Queued", revision=6)  # after a crash the server starts it again
    assert state.status is JobStatus.QUEUED


def test_events_in_any_order_end_with_the_newest_record():
    records = [
        record("Queued", revision=1),
        record("Running", revision=2),
        record("Running", revision=3, interim_count=1),
        record("Completed", revision=4),
    ]
    for order in itertools.permutations(records):
        state = JobState("j")
        for one in order:
            state.apply(one, simulator=None, now=NOW)
        assert state.status is JobStatus.DONE
        assert state.record is records[-1]


def test_the_bill_may_come_after_the_end(state):
    apply(state, "Completed", usage={"qpu_charge_time_seconds": 1, "status": "pending"})
    assert state.phase == "finishing the bill"
    apply(state, "Completed", usage={"qpu_charge_time_seconds": 2, "status": "complete"})
    assert (state.usage_seconds, state.usage_complete, state.phase) == (2.0, True, None)


def test_an_unknown_word_is_shown_as_it_came_and_is_not_final(state):
    apply(state, "Hibernating")
    assert (state.status, state.word) == ("Hibernating", "Hibernating")
    assert not state.is_final
    apply(state, "Completed")
    assert state.status is JobStatus.DONE


def test_an_unknown_word_is_final_where_the_server_says_when_it_ended(state):
    state.apply(record("Evaporated"), simulator=None, now=NOW, ended=True)
    assert state.is_final
    assert state.wait(0)


def test_one_change_of_the_record_is_one_notification_of_it(state):
    seen = []
    state.observe(lambda change: seen.append(change.name))
    apply(state, "Queued", position_in_queue=2)
    assert seen.count("record") == 1
    assert set(seen) >= {"record", "status", "word", "queue_position", "updated_at"}
    seen.clear()
    apply(state, "Queued", position_in_queue=2)
    assert seen == []


def test_handlers_see_the_whole_of_the_new_record(state):
    seen = []
    state.observe(lambda _: seen.append((state.word, state.queue_position)), "status")
    apply(state, "Queued", position_in_queue=2)
    apply(state, "Running")
    assert seen == [("Queued", 2), ("Running", None)]


def test_a_handler_that_raises_stops_no_other(state, caplog):
    seen = []

    def bad(_change):
        raise RuntimeError("mine")

    state.observe(bad, "status")
    state.observe(lambda change: seen.append(change.new), "status")
    with caplog.at_level(logging.ERROR):
        apply(state, "Running")
    assert seen == [JobStatus.RUNNING]
    assert "mine" in caplog.text
    assert "A handler of the status of job j raised" in caplog.text


@pytest.mark.parametrize("names", ["stauts", ["record", "stauts"]])
@pytest.mark.parametrize("kind", [JobState, SessionState])
def test_a_name_that_is_none_is_refused_with_those_there_are(kind, names):
    with pytest.raises(IBMInputValueError, match=r"no 'stauts'.* 'status'.*record, .*usage_sec"):
        kind("j").observe(print, names)


def test_what_cannot_be_called_is_no_handler(state):
    with pytest.raises(IBMInputValueError, match="'status' cannot be called"):
        state.observe("status", print)


def test_several_names_and_all_of_them_are_taken(state):
    some, every = [], []
    state.observe(lambda change: some.append(change.name), ["status", "tags"])
    state.observe(lambda change: every.append(change.name))
    apply(state, "Running")
    assert some == ["status"]
    assert {"status", "word", "record"} <= set(every)


def test_a_handler_that_is_taken_away_is_not_called(state):
    seen = []

    def handler(change):
        seen.append(change)

    state.observe(handler, "status")
    state.unobserve(handler, "status")
    apply(state, "Running")
    assert seen == []


def test_nobody_but_the_tracker_writes(state):
    with pytest.raises(Exception, match="read-only"):
        state.status = JobStatus.DONE


def test_final_callbacks_are_called_once_whether_they_came_before_or_after(state, caplog):
    seen = []

    def bad():
        raise RuntimeError("mine")

    state.on_final(bad)
    state.on_final(lambda: seen.append("before"))
    apply(state, "Running")
    assert seen == []
    apply(state, "Completed")
    apply(state, "Completed", usage={"seconds": 1})
    state.on_final(lambda: seen.append("after"))
    assert seen == ["before", "after"]
    assert "mine" in caplog.text
    assert "A callback for the end of job j raised" in caplog.text


def test_a_waiter_is_woken_before_slow_handlers_are_done(state):
    entered, release, woken = threading.Event(), threading.Event(), threading.Event()

    def slow(_change):
        entered.set()
        release.wait(20)

    state.observe(slow, "status")
    waiter = threading.Thread(target=lambda: state.wait(20) and woken.set())
    waiter.start()
    writer = threading.Thread(target=lambda: apply(state, "Completed"))
    writer.start()
    try:
        assert entered.wait(20)
        assert woken.wait(20)
    finally:
        release.set()
        writer.join(20)
        waiter.join(20)


def test_a_job_that_the_server_does_not_know_any_more_is_final(state):
    apply(state, "Running")
    state.set(now=NOW, gone=True)
    assert state.is_final
    assert state.status is JobStatus.RUNNING


def test_staleness_ends_with_any_record_and_is_no_change_of_the_record(state):
    apply(state, "Queued")
    later = datetime(2026, 11, 24, tzinfo=timezone.utc)
    state.set(now=later, stale_since=NOW)
    assert (state.stale_since, state.updated_at) == (NOW, NOW)
    state.apply(record("Queued"), simulator=None, now=later)
    assert state.stale_since is None


def test_a_cancel_that_was_asked_for_is_forgotten_at_the_end(state):
    apply(state, "Running")
    state.set(now=NOW, cancel_asked=NOW)
    apply(state, "Running", usage={"seconds": 1})
    assert state.cancel_asked == NOW
    apply(state, "Cancelled")
    assert state.cancel_asked is None


def test_a_job_that_is_run_again_shows_the_interim_results_of_this_attempt(state):
    apply(state, "Running", revision=3, interim_count=5)
    apply(state, "Running", revision=4, interim_count=1)
    assert state.interim_seen == 1
