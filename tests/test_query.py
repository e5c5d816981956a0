from __future__ import annotations

from datetime import datetime, timezone

import pytest

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.query import JobQuery
from runtime_widgets.wire import JobRecord

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)


def record(**more):
    fields = {"id": "j", "status": "Queued", "backend": "b", "program": {"id": "p"}}
    fields |= {"created": "2026-11-23T00:00:00Z", "session_id": "s", "tags": ["a", "b"]}
    return JobRecord.from_json({**fields, **more})


def test_a_query_asks_for_no_more_than_it_was_told():
    assert JobQuery().filters == {}
    query = JobQuery(pending=True, session_id="s", tags=["a"], limit=5)
    assert query.filters == {"pending": True, "session_id": "s", "tags": ("a",)}
    assert hash(query) == hash(JobQuery(pending=True, session_id="s", tags=("a",), limit=5))


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (JobQuery(), True),
        (JobQuery(pending=True), True),
        (JobQuery(pending=False), False),
        (JobQuery(session_id="s", program="p", backend="b", tags=("b",)), True),
        (JobQuery(session_id="other"), False),
        (JobQuery(program="other"), False),
        (JobQuery(backend="other"), False),
        (JobQuery(tags=("a", "c")), False),
        (JobQuery(created_after=MIDNIGHT, created_before=MIDNIGHT), True),
        (JobQuery(created_after=MIDNIGHT.replace(hour=1)), False),
        (JobQuery(created_before=MIDNIGHT.replace(year=2025)), False),
    ],
)
def test_a_record_is_meant_if_all_of_the_query_applies_to_it(query, meant):
    assert query.matches(record()) is meant


def test_a_job_of_unknown_age_is_in_no_span_of_time():
    assert not JobQuery(created_after=MIDNIGHT).matches(record(created=None))


def test_a_time_without_a_zone_is_local():
    assert JobQuery(created_after=datetime(2026, 11, 23)).created_after.tzinfo is not None  # noqa: DTZ001


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit": 0}, "limit is a number of jobs, at least 1, not 0; None for all."),
        ({"limit": -1}, "not -1;"),
        ({"limit": True}, "not True;"),
        ({"limit": "5"}, "not '5';"),
        ({"limit": 2.5}, "not 2.5;"),
        ({"tags": "a"}, "tags is a list of texts, not 'a'."),
        ({"tags": 5}, "tags is a list of texts, not 5."),
        ({"tags": ["a", 5]}, "tags is a list of texts"),
        ({"created_after": "yesterday"}, "created_after is a datetime, such as datetime.now() - "),
        ({"created_before": 5.0}, "created_before is a datetime"),
        ({"pending": "yes"}, "pending is True, False, or None for both, not 'yes'."),
        ({"backend": object()}, "backend is the name of a device, a text such as backend.name"),
        ({"session_id": 5}, "session_id is the id of a session or batch"),
        ({"program": 5}, "program is the name of a program"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(wrong, said):
    with pytest.raises(IBMInputValueError) as refused:
        JobQuery(**wrong)
    assert said in str(refused.value)


def test_a_number_of_numpy_is_a_number():
    numpy = pytest.importorskip("numpy")
    query = JobQuery(limit=numpy.int64(5))
    assert (query.limit, type(query.limit)) == (5, int)
