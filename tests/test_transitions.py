from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from runtime_widgets._transitions import grown
from runtime_widgets.job_state import JobState
from runtime_widgets.wire import JobRecord, phase_of

CREATED = datetime(2026, 11, 23, tzinfo=timezone.utc)


def at(seconds):
    return CREATED + timedelta(seconds=seconds)


def record(status, **more):
    return JobRecord.from_json(
        {"id": "j", "status": status, "created": CREATED.isoformat(), **more}
    )


def run(*seen):
    """Return what is known after some records, each seen so many seconds after the creation."""
    steps = ()
    for seconds, one in seen:
        steps = grown(steps, one, phase_of(one, simulator=False), at(seconds))
    return steps


def words(steps):
    return [step.word for step in steps]


USED = {"qpu_charge_time_seconds": 1.5, "status": "pending"}
PAID = {"qpu_charge_time_seconds": 2.0, "status": "complete"}


def test_a_whole_life_that_was_watched():
    steps = run(
        (1, record("Queued")),
        (10, record("Running")),
        (20, record("Running", usage=USED)),
        (30, record("Completed", usage=USED)),
        (40, record("Completed", usage=PAID)),
    )
    assert words(steps) == [
        "created",
        "queued",
        "preparing",
        "on the QPU",
        "done",
        "finishing",
    ]
    assert [step.at for step in steps] == [at(s) for s in (0, 0, 10, 20, 30, 30)]
    assert [step.told for step in steps] == [True, True, False, False, False, False]
    assert [step.inferred for step in steps] == [False, False, True, False, False, False]


def test_a_better_time_takes_the_place_of_ours():
    first = run((1, record("Queued")), (10, record("Running")), (30, record("Completed")))
    told = record("Completed", running=at(8).isoformat(), ended=at(25).isoformat())
    steps = grown(first, told, None, at(31))
    assert [(s.word, s.at, s.told) for s in steps[2:]] == [
        ("preparing", at(8), True),
        ("done", at(25), True),
    ]


def test_what_was_seen_late_cannot_have_begun_after_what_came_next():
    steps = run(
        (1, record("Queued")),
        (10, record("Running")),
        (26, record("Running", usage=USED)),
        (30, record("Completed", usage=PAID, ended=at(25).isoformat())),
    )
    assert [(s.word, s.at) for s in steps[3:]] == [("on the QPU", at(25)), ("done", at(25))]


def test_of_a_job_that_is_seen_after_its_end_nothing_is_made_up():
    assert words(run((50, record("Completed")))) == ["created", "done"]
    told = record("Failed", running=at(8).isoformat(), ended=at(25).isoformat())
    steps = run((50, told))
    assert [(s.word, s.at, s.told) for s in steps] == [
        ("created", CREATED, True),
        ("running", at(8), True),
        ("failed", at(25), True),
    ]


def test_the_metrics_of_a_job_that_has_ended_say_when_it_ran():
    steps = run(
        (50, record("Completed")),
        (51, record("Completed", running=at(8).isoformat(), ended=at(25).isoformat())),
    )
    assert [(s.word, s.at) for s in steps] == [
        ("created", CREATED),
        ("running", at(8)),
        ("done", at(25)),
    ]


def test_a_job_that_is_started_again_was_queued_twice():
    steps = run(
        (1, record("Queued")),
        (5, record("Running", running=at(4).isoformat())),
        (9, record("Queued")),
        (12, record("Running", running=at(11).isoformat())),
    )
    assert [(s.word, s.at, s.told) for s in steps] == [
        ("created", CREATED, True),
        ("queued", CREATED, True),
        ("preparing", at(4), True),
        ("queued", at(9), False),
        ("preparing", at(11), True),
    ]


def test_a_word_that_nobody_knows_is_kept_as_it_came():
    steps = run((1, record("Queued")), (2, record("Hibernating")), (3, record("Hibernating")))
    assert words(steps) == ["created", "queued", "Hibernating"]


def test_what_changes_nothing_makes_nothing_new():
    steps = run((1, record("Queued")))
    assert grown(steps, record("Queued"), None, at(9)) is steps


def test_a_state_tells_them_with_its_record():
    state = JobState("j")
    seen = []
    state.observe(lambda change: seen.append(words(change.new)), "transitions")
    for seconds, word in ((1, "Queued"), (2, "Queued"), (3, "Running"), (4, "Cancelled")):
        state.apply(record(word), simulator=False, now=at(seconds))
    assert seen == [
        ["created", "queued"],
        ["created", "queued", "preparing"],
        ["created", "queued", "preparing", "cancelled"],
    ]
    assert state.transitions[-1].at == at(4)


@pytest.mark.parametrize("known_by", ["the devices", "the next record"])
def test_a_simulator_s_work_is_never_left_as_that_of_a_qpu(known_by):
    state = JobState("j")
    seen = []
    state.observe(lambda change: seen.append(words(change.new)), "transitions")
    # Listed by somebody before any device was read.
    state.apply(record("Running", usage=USED), simulator=None, now=at(5))
    if known_by == "the devices":
        assert state.device_known(simulator=True, now=at(9))
        assert (state.phase, state.checked_at) == ("simulating", at(5))
        assert not state.device_known(simulator=True, now=at(9))
    state.apply(record("Running", usage=USED), simulator=True, now=at(9))
    assert (state.phase, words(state.transitions)) == ("simulating", ["created", "simulating"])
    assert state.transitions[-1].at == at(5)
    state.apply(record("Completed", usage=PAID), simulator=True, now=at(20))
    assert words(state.transitions) == ["created", "simulating", "done"]
    assert len(seen) == 3


def test_a_job_that_had_ended_before_its_device_was_known_is_corrected_too():
    state = JobState("j")
    state.apply(record("Running", usage=USED), simulator=None, now=at(5))
    state.apply(record("Completed", usage=PAID), simulator=None, now=at(9))
    assert state.device_known(simulator=True, now=at(10))
    assert words(state.transitions) == ["created", "simulating", "done"]
    assert state.is_final


def test_a_device_that_is_a_qpu_changes_no_step():
    state = JobState("j")
    state.apply(record("Running", usage=USED), simulator=None, now=at(5))
    assert not state.device_known(simulator=False, now=at(9))
    assert words(state.transitions) == ["created", "on the QPU"]
