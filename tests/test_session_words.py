"""What a session does just now, in words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from runtime_widgets._session_words import session_info
from runtime_widgets.session_record import SessionRecord

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)

CLOSING = (
    "It takes no more jobs, and closes once those that it has are done. "
    "The QPU is reserved for it, and that time is billed until then."
)


def record(word, mode="dedicated", **more):
    times = {name: NOW - timedelta(seconds=ago) for name, ago in more.pop("ago", {}).items()}
    return SessionRecord("s1", word, mode=mode, backend="ibm_x", **times, **more)


def info(session, *, simulator=False, unfinished=0, **more):
    return session_info(session, simulator=simulator, unfinished=unfinished, read_at=NOW, **more)


@pytest.mark.parametrize(
    ("session", "label", "billing", "note"),
    [
        (record("open"), "Open", False, "No job of it has started yet: nothing is reserved."),
        (
            record("pending", mode="batch"),
            "Open",
            False,
            "No job of it has started yet: nothing is reserved.",
        ),
        (record("active"), "Active", True, "The QPU is reserved for it, and that time is billed."),
        (
            record("in_progress"),
            "Active",
            True,
            "The QPU is reserved for it, and that time is billed.",
        ),
        (
            record("active", mode="batch"),
            "Active",
            False,
            "Only the QPU time of its jobs is billed; between them nothing is reserved.",
        ),
        (
            record("inactive"),
            "Idle",
            False,
            "Nothing is reserved. Its next job waits in the queue like any other.",
        ),
        (
            record("active", accepting_jobs=False),
            "Closing",
            True,
            CLOSING,
        ),
        (record("closed", reason="It was cancelled."), "Closed", False, "It was cancelled."),
        (
            record("hibernating"),
            "hibernating",
            None,
            "The service says “hibernating”, which this version does not know.",
        ),
        (record("active", mode="hyper"), "Active", None, None),
    ],
)
def test_each_state_has_a_word_and_a_sentence(session, label, billing, note):
    told = info(session)
    assert (told.label, told.billing) == (label, billing)
    assert note is None or told.note == note
    assert told.state == session.word


def test_on_a_simulator_nothing_is_billed():
    told = info(record("active"), simulator=True)
    assert told.note == "The device is reserved for it, and that time counts as usage."


def test_a_session_without_a_job_says_since_when_and_until_when():
    session = record(
        "active",
        ago={"started": 600, "last_job_started": 200, "last_job_completed": 20},
        max_ttl_s=3600,
        interactive_ttl_s=60,
    )
    told = info(session)
    assert told.idle_since == (NOW - timedelta(seconds=20)).timestamp()
    assert told.rests_at == (NOW + timedelta(seconds=40)).timestamp()
    assert told.closes_at == (NOW + timedelta(seconds=3000)).timestamp()
    assert told.note == (
        "The QPU is reserved for it, and that time is billed, although no job of it runs."
    )


def test_one_with_a_job_that_runs_or_waits_is_not_idle():
    running = record("active", ago={"last_job_started": 10, "last_job_completed": 20})
    waiting = record("active", ago={"last_job_started": 30, "last_job_completed": 20})
    assert info(running).idle_since is None
    assert info(waiting, unfinished=1).idle_since is None
    assert info(waiting).idle_since is not None


def test_its_end_does_not_flicker_with_what_is_left_of_its_time():
    fixed = record("active", ago={"started": 600}, max_ttl_s=3600, active_ttl_s=2999)
    sooner = record("active", ago={"started": 600}, max_ttl_s=3600, active_ttl_s=100)
    assert info(fixed).closes_at == (NOW + timedelta(seconds=3000)).timestamp()
    assert info(sooner).closes_at == (NOW + timedelta(seconds=100)).timestamp()


def test_where_the_service_tells_no_times_none_are_invented():
    told = info(record("active"))
    assert (told.closes_at, told.rests_at, told.idle_since, told.started) == (None,) * 4
    assert info(record("open", max_ttl_s=3600)).closes_at is None


def test_what_is_closed_or_gone_has_nothing_ahead():
    closed = record("closed", ago={"started": 600}, max_ttl_s=3600)
    assert (info(closed).final, info(closed).closes_at) == (True, None)
    gone = info(record("active"), gone=True)
    assert (gone.final, gone.label, gone.note) == (
        True,
        "Gone",
        "The service does not know it any more.",
    )


def test_what_this_machine_s_clock_noted_is_told_by_the_service_s():
    told = info(record("active"), ahead_s=100.0, stale_since=NOW)
    assert told.as_of == told.stale_since == NOW.timestamp() + 100
