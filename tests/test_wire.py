from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime_widgets.wire import (
    BackendRecord,
    InstanceUsage,
    JobRecord,
    Metrics,
    Usage,
    parse_time,
    phase_of,
)

UTC = timezone.utc
JOB = {
    "id": "job-1",
    "backend": "ibm_x",
    "created": "2026-03-15T10:00:00.123Z",
    "program": {"id": "sampler"},
    "state": {"status": "Queued"},
    "status": "Queued",
    "cost": 300,
    "tags": ["a", "b"],
    "session_id": "s-1",
    "estimated_running_time_seconds": 2.5,
}


def record(**changes):
    return JobRecord.from_json({**JOB, **changes})


def test_a_job_is_read_as_it_came():
    job = record(private=True, runtime="image:tag")
    assert (job.id, job.status, job.backend, job.program_id) == (
        "job-1",
        "Queued",
        "ibm_x",
        "sampler",
    )
    assert job.created == datetime(2026, 3, 15, 10, 0, 0, 123000, UTC)
    assert (job.tags, job.session_id, job.cost, job.private) == (("a", "b"), "s-1", 300, True)
    assert (job.image, job.estimated_seconds, job.revision) == ("image:tag", 2.5, None)


def test_the_status_is_read_from_state_first_and_from_status_where_there_is_no_state():
    assert record(state={"status": "Running"}).status == "Running"
    assert record(state=None, status="Failed").status == "Failed"


@pytest.mark.parametrize("key", ["reason_code", "reasonCode"])
@pytest.mark.parametrize("code", [1305, "1305"])
def test_the_reason_code_is_read_in_both_spellings(key, code):
    job = record(state={"status": "Cancelled", "reason": "too long", key: code})
    assert job.reason_code == 1305
    assert job.state.label == "Ran too long"
    assert job.error is not None
    assert job.error.message == "too long"


def test_a_cancelled_job_has_an_error_only_where_the_service_gave_a_reason():
    assert record(state={"status": "Cancelled"}).error is None
    assert record(state={"status": "Cancelled", "reason": "budget"}).error.message == "budget"
    assert record(state={"status": "Failed"}).error.message
    assert record(state={"status": "Completed", "reason": "ok"}).error is None


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], "job", 7, {}, {"id": 5, "status": "Queued"}, {"id": "a"}),
        {"id": "a", "state": {"status": 3}},
    ],
)
def test_what_is_no_job_is_refused(data):
    with pytest.raises(ValueError, match=r"no (id|status)|not a job"):
        JobRecord.from_json(data)


@pytest.mark.parametrize(
    ("usage", "seconds", "complete"),
    [
        ({"qpu_charge_time_seconds": 2, "quantum_seconds": 9, "status": "complete"}, 2.0, True),
        ({"quantum_seconds": 3, "status": "completed"}, 3.0, True),
        ({"seconds": 4, "status": "pending"}, 4.0, False),
        ({"qpu_charge_time_seconds": None, "seconds": 1.5}, 1.5, False),
        ({"qpu_charge_time_seconds": "many"}, None, False),
        ({"qpu_charge_time_seconds": True}, None, False),
        (None, None, False),
        ([1], None, False),
    ],
)
def test_usage_is_read_in_the_order_of_the_api_s_generations(usage, seconds, complete):
    read = Usage.from_json(usage)
    assert (read.seconds, read.complete) == (seconds, complete)


def test_metrics_fill_in_what_the_list_did_not_carry_and_change_nothing_else():
    metrics = Metrics.from_json(
        {
            "timestamps": {"created": JOB["created"], "running": "2026-03-15T10:01:00Z"},
            "usage": {"qpu_charge_time_seconds": 1.5, "status": "pending"},
            "position_in_queue": "4",
            "estimated_start_time": "2026-03-15T10:02:00Z",
        }
    )
    merged = record().with_metrics(metrics)
    assert merged.started == datetime(2026, 3, 15, 10, 1, tzinfo=UTC)
    assert (merged.usage.seconds, merged.position) == (1.5, 4)
    assert merged.estimated_start == datetime(2026, 3, 15, 10, 2, tzinfo=UTC)
    assert record(position_in_queue=0).with_metrics(metrics).position == 0
    assert merged.status == "Queued"


def test_legacy_metrics_tell_usage_under_bss():
    metrics = Metrics.from_json({"bss": {"seconds": 7}})
    assert metrics.usage.seconds == 7.0
    assert metrics.raw == {"bss": {"seconds": 7}}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, 0, UTC)),
        ("2026-01-02T03:04:05.1Z", datetime(2026, 1, 2, 3, 4, 5, 100_000, UTC)),
        ("2026-01-02T03:04:05.123456789Z", datetime(2026, 1, 2, 3, 4, 5, 123_456, UTC)),
        ("2026-01-02T05:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, 0, UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, 0, UTC)),
        ("yesterday", None),
        ("", None),
        (12, None),
        (None, None),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("2026-01-02T03:04:05.", datetime(2026, 1, 2, 3, 4, 5, 0, UTC)),
    ],
)
def test_times_are_utc_whatever_they_were_written_in(text, time):
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("changes", "simulator", "word", "inferred"),
    [
        ({"status": "Queued"}, None, None, None),
        ({"status": "Running"}, False, "preparing", True),
        ({"status": "Running", "usage": {"seconds": 0}}, False, "preparing", True),
        ({"status": "Running", "usage": {"seconds": 1}}, False, "on the QPU", False),
        ({"status": "Running", "usage": {"seconds": 1}}, None, "on the QPU", False),
        ({"status": "Running", "usage": {"seconds": 1}}, True, "simulating", False),
        ({"status": "Completed", "usage": {"seconds": 1}}, False, "finishing the bill", False),
        ({"status": "Completed", "usage": {"seconds": 1, "status": "complete"}}, False, None, None),
        ({"status": "Completed"}, False, None, None),
        ({"status": "Paused"}, False, None, None),
    ],
)  # fmt: skip
def test_running_is_not_called_on_the_qpu_before_qpu_time_was_reported(
    changes, simulator, word, inferred
):
    phase = phase_of(record(**{"state": None, **changes}), simulator=simulator)
    assert (phase.word, phase.inferred) == (word, inferred) if word else phase is None


def test_a_device_is_read_with_its_waits_and_age():
    now = datetime.now(UTC)
    device = BackendRecord.from_json(
        {
            "name": "ibm_x",
            "status": {"name": "paused", "reason": "maintenance"},
            "queue_length": 12,
            "qubits": 127,
            "simulator": False,
            "wait_time_seconds": {"p50": 60, "p95": 3600.5},
        },
        as_of=now,
    )
    assert (device.status, device.message, device.queue_length) == ("paused", "maintenance", 12)
    assert (device.wait_p50_s, device.wait_p95_s, device.as_of) == (60.0, 3600.5, now)
    assert BackendRecord.from_json("ibm_y").name == "ibm_y"
    with pytest.raises(ValueError, match="no name"):
        BackendRecord.from_json({"status": "online"})


def test_a_bill_of_which_nothing_is_told_yet_is_pending():
    told = Metrics.from_json({"usage": {"status": "pending"}}).usage
    assert (told.seconds, told.complete, told.pending) == (None, False, True)


def test_an_instance_tells_its_usage_and_keeps_what_came():
    period = {"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-29T00:00:00Z"}
    raw = {"instance_id": "crn", "usage_consumed_seconds": 5, "usage_limit_reached": False, "x": 1}
    usage = InstanceUsage.from_json({**raw, "usage_period": "?"})
    assert (usage.period_start, usage.period_end) == (None, None)
    usage = InstanceUsage.from_json(raw := {**raw, "usage_period": period})
    assert (usage.period_start, usage.period_end) == (
        datetime(2026, 11, 1, tzinfo=timezone.utc),
        datetime(2026, 11, 29, tzinfo=timezone.utc),
    )
    assert (usage.instance, usage.used_seconds, usage.limit_reached) == ("crn", 5.0, False)
    assert usage.raw == raw
    with pytest.raises(ValueError, match="no JSON object"):
        InstanceUsage.from_json([])


@pytest.mark.parametrize(
    ("value", "number"),
    [("5", 5), ("-5", -5), ("--5", None), ("-", None), (2.9, 2), (True, None), (1e999, None)],
)
def test_a_number_that_is_none_is_not_known(value, number):
    assert record(position_in_queue=value).position == number


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from(["--5", "-", "٣", "1e999", "2026-13-40T99:99:99Z"]),
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3)
)
KEYS = st.sampled_from(
    [
        *JOB, "reason", "reason_code", "usage", "running", "ended", "revision", "position_in_queue",
        "queue_length", "interim_count", "estimated_start_time", "runtime", "private", "attempts",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=timedelta(seconds=5))
@given(st.dictionaries(KEYS, JSON), st.dictionaries(st.sampled_from(["status", "reason"]), JSON))
def test_a_hostile_job_is_a_record_or_a_value_error_and_nothing_else(changes, state):
    data = {**JOB, "state": state, **changes}
    try:
        job = JobRecord.from_json(data)
    except ValueError:
        assert not isinstance(data["id"], str) or not isinstance(
            (data["state"] if isinstance(data["state"], dict) else {}).get("status")
            or data.get("status"),
            str,
        )
        return
    assert job.state.key
    phase_of(job, simulator=None)
    assert job.position is None or isinstance(job.position, int)


@settings(max_examples=100, deadline=timedelta(seconds=5))
@given(st.dictionaries(st.text(max_size=12) | KEYS, JSON))
def test_hostile_metrics_are_read_without_harm(data):
    metrics = Metrics.from_json(data)
    assert metrics.raw.keys() == data.keys()
