"""Records of sessions, and the state that is made of them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_widgets.session_record import SessionRecord
from runtime_widgets.session_state import SessionState
from runtime_widgets.states import SESSION_STATES, UNKNOWN_SESSION, session_word

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
# The members are those of IBM's published description of GET /sessions/{id}.
SESSION = {
    "id": "s1",
    "backend_name": "ibm_x",
    "mode": "batch",
    "state": "active",
    "state_reason": "because",
    "accepting_jobs": True,
    "interactive_ttl": 1,
    "active_ttl": 28000,
    "max_ttl": 28800,
    "elapsed_time": 12.5,
    "started_at": "2026-11-23T10:00:00Z",
    "activated_at": "2026-11-23T11:00:00.5Z",
    "closed_at": None,
    "last_job_started": "2026-11-23T11:00:01Z",
    "last_job_completed": "2026-11-23T11:00:02Z",
    "timestamps": [
        {"status": "open", "timestamp": "2026-11-23T09:00:00Z"},
        {"status": "active", "timestamp": "2026-11-23T10:00:00Z"},
        {"status": "odd"},
        "odd",
    ],
    "user_id": "me",
}


def at(hour, minute=0, second=0, micro=0):
    return datetime(2026, 11, 23, hour, minute, second, micro, timezone.utc)


def test_a_session_is_read_as_it_came():
    record = SessionRecord.from_json(SESSION)
    assert (record.id, record.backend, record.mode, record.word) == (
        "s1",
        "ibm_x",
        "batch",
        "active",
    )
    assert (record.reason, record.accepting_jobs, record.usage_seconds) == ("because", True, 12.5)
    assert (record.max_ttl_s, record.active_ttl_s, record.interactive_ttl_s) == (28800, 28000, 1)
    assert (record.started, record.activated) == (at(10), at(11, micro=500_000))
    assert (record.last_job_started, record.last_job_completed) == (at(11, 0, 1), at(11, 0, 2))
    assert record.closed is None
    assert record.timestamps == (("open", at(9)), ("active", at(10)))
    assert record.created == at(9)
    assert record.revision is record.jobs_usage_seconds is None


def test_a_workload_tells_less_of_it():
    row = {"id": "s1", "mode": "session", "status": "completed", "backend": "ibm_x"}
    row |= {"created": "2026-11-23T09:00:00Z", "ended": "2026-11-23T12:00:00Z"}
    record = SessionRecord.from_json({**row, "usage": {"qpu_charge_time_seconds": 3}})
    assert (record.mode, record.word, record.backend) == ("dedicated", "completed", "ibm_x")
    assert (record.created, record.closed, record.usage_seconds) == (at(9), at(12), 3.0)
    assert record.state.final
    assert record.status == "Closed"
    assert SessionRecord.from_json({**row, "usage_seconds": 4}).usage_seconds == 4.0


@given(
    st.dictionaries(
        st.sampled_from([*SESSION, "usage", "created"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.none() | st.text()),
    )
)
def test_whatever_comes_is_read_or_refused(data):
    if isinstance(data.get("id"), str):
        record = SessionRecord.from_json(data)
        assert isinstance(record.status, str)
    else:
        with pytest.raises(ValueError, match="not a session"):
            SessionRecord.from_json(data)


@pytest.mark.parametrize("data", [None, [], "s1", 7])
def test_what_is_no_object_is_refused(data):
    with pytest.raises(ValueError, match="not a session"):
        SessionRecord.from_json(data)


def test_no_word_stands_in_two_rows():
    words = [word for state in SESSION_STATES for word in state.words]
    assert len(words) == len(set(words))
    assert all(session_word(f" {word.upper()} ").words.count(word) == 1 for word in words)
    assert session_word("hibernating") is UNKNOWN_SESSION


def state_of(*records, **more):
    state = SessionState("s1")
    for record in records:
        state.apply(SessionRecord.from_json({**SESSION, **more, **record}), now=NOW)
    return state


def test_what_is_closed_stays_closed():
    state = state_of({"state": "closed"}, {"state": "active"})
    assert state.word == "closed"
    assert state.is_final


def test_the_number_of_a_change_decides_where_there_is_one():
    newer, older = {"revision": 5, "state": "inactive"}, {"revision": 4, "state": "active"}
    assert state_of(newer, older).word == "inactive"
    assert state_of(older, newer).word == "inactive"


def test_a_session_may_rest_and_be_active_again():
    words = []
    state = SessionState("s1")
    state.observe(lambda change: words.append(change.new), "word")
    for word in ("open", "active", "active", "inactive", "active", "closed"):
        state.apply(SessionRecord.from_json({**SESSION, "state": word}), now=NOW)
    assert words == ["open", "active", "inactive", "active", "closed"]


def test_one_notification_for_each_change():
    changes = []
    state = state_of({})
    state.observe(changes.append, "record")
    for _ in range(3):
        state.apply(SessionRecord.from_json({**SESSION, "elapsed_time": 13}), now=NOW)
    assert len(changes) == 1
    assert state.usage_seconds == 13.0
