"""The core without HTTP, without processes, and with a clock that only the test moves."""

from __future__ import annotations

import json

import pytest
from server.world import World

from runtime_widgets.server.problems import Problem
from runtime_widgets.server.store import JobFilter


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.close()


def test_jobs_of_a_device_run_one_after_the_other_in_order(world):
    ids = [world.submit() for _ in range(3)]
    assert [order.job_id for order in world.pool.started] == ids[:1]
    for job_id in ids:
        assert world.status(job_id) == "Running"
        world.run(job_id, 1.0)
        assert world.status(job_id) == "Completed"
    assert [order.job_id for order in world.pool.started] == ids


def test_devices_do_not_wait_for_each_other(world):
    ids = [world.submit("one"), world.submit("two")]
    assert {world.status(job_id) for job_id in ids} == {"Running"}


def test_usage_is_nothing_while_preparing_then_grows_then_is_what_was_measured(world):
    job_id = world.submit()

    def usage():
        return world.core.record(job_id)["usage"]

    world.now += 5
    assert usage() == {"qpu_charge_time_seconds": 0.0, "status": "pending"}
    world.report("executing", job_id)
    world.now += 2
    assert usage() == {"qpu_charge_time_seconds": 2.0, "status": "pending"}
    world.report("done", job_id, "1", 1.75)
    assert usage() == {"qpu_charge_time_seconds": 1.75, "status": "complete"}


def test_nothing_is_foreseen_before_something_was_measured(world):
    first, second = world.submit(), world.submit()
    record = world.core.record(second)
    assert record["position_in_queue"] == 1
    assert record["estimated_running_time_seconds"] is None
    assert "estimated_start_time" not in record
    world.run(first, 10.0)
    third = world.submit()
    assert world.core.record(second)["estimated_running_time_seconds"] is None, "it runs already"
    world.core.cancel(third)
    world.run(second, 10.0)
    running, queued, last = (world.submit() for _ in range(3))
    world.now += 4
    records = world.core.records_of([running, queued, last])
    assert records[running]["estimated_completion_time"].endswith(_clock(world, 6))
    assert records[queued]["estimated_start_time"].endswith(_clock(world, 6))
    assert records[last]["estimated_start_time"].endswith(_clock(world, 16))
    assert records[last]["estimated_completion_time"].endswith(_clock(world, 26))
    assert records[last]["estimated_running_time_seconds"] == pytest.approx(10.0)


def test_an_estimate_is_filled_in_while_a_job_waits(world):
    first, second, third = (world.submit() for _ in range(3))
    assert world.core.record(third)["estimated_running_time_seconds"] is None
    world.run(first, 10.0)
    assert world.core.record(third)["estimated_running_time_seconds"] == 10.0
    assert world.core.record(third)["estimate_basis"] == "measured: 1 job of sampler on one"
    assert world.status(second) == "Running"


def _clock(world, seconds):
    from runtime_widgets.server.records import iso

    return iso(world.now + seconds)[11:]


def test_of_a_job_that_is_late_nobody_knows_the_end(world):
    world.run(world.submit(), 1.0)
    running, queued = world.submit(), world.submit()
    assert world.core.record(queued)["estimated_start_time"].endswith(_clock(world, 1))
    world.now += 2
    assert "estimated_completion_time" not in world.core.record(running)
    assert world.core.record(queued)["estimated_start_time"].endswith(_clock(world, 0))
    world.now += 48
    assert "estimated_completion_time" not in world.core.record(running)
    assert "estimated_start_time" not in world.core.record(queued)
    assert world.core.record(queued)["position_in_queue"] == 1


def test_no_job_is_expected_to_end_after_its_maximum_execution_time(world):
    world.run(world.submit(), 20.0)
    running, queued = world.submit(cost=5), world.submit(cost=7)
    assert world.core.record(running)["estimated_completion_time"].endswith(_clock(world, 5))
    record = world.core.record(queued)
    assert record["estimated_start_time"].endswith(_clock(world, 5))
    assert record["estimated_completion_time"].endswith(_clock(world, 12))


def test_a_job_unlike_all_that_was_measured_is_given_no_estimate(world):
    world.run(world.submit(work=1000.0), 0.1)
    heavy = world.submit(work=3_000_000.0)
    assert world.core.record(heavy)["estimated_running_time_seconds"] is None
    assert "estimated_completion_time" not in world.core.record(heavy)
    behind = world.submit(work=1000.0)
    assert world.core.record(behind)["estimated_running_time_seconds"] == pytest.approx(0.1)
    assert "estimated_start_time" not in world.core.record(behind)
    world.run(heavy, 38.0)
    world.run(behind, 0.1)
    light = world.core.record(world.submit(work=1000.0))
    assert light["estimated_running_time_seconds"] == pytest.approx(0.1)
    world.crash()
    between = world.core.record(world.submit(work=1_500_000.0))
    assert between["estimated_running_time_seconds"] == pytest.approx(19.0, rel=0.05)


def test_the_shortest_time_running_is_kept_and_not_charged(tmp_path):
    world = World(tmp_path, post_processing_seconds=0.3)
    job_id, behind = world.submit(), world.submit()
    world.run(job_id, 0.1)
    assert (world.status(job_id), world.status(behind)) == ("Running", "Queued")
    world.core.tick()
    assert world.status(job_id) == "Running"
    world.now += 0.2
    world.core.tick()
    assert (world.status(job_id), world.status(behind)) == ("Completed", "Running")
    assert world.core.record(job_id)["usage"]["qpu_charge_time_seconds"] == 0.1
    world.store.close()


def test_a_result_is_safe_the_moment_it_is_reported(tmp_path):
    world = World(tmp_path, post_processing_seconds=0.3)
    job_id = world.submit()
    world.run(job_id, 0.1)
    world.crash()
    assert world.status(job_id) == "Completed"
    assert world.core.results(job_id) == '"result"'
    assert world.pool.started == []
    world.store.close()


def test_a_crash_puts_the_running_job_first(world):
    ids = [world.submit() for _ in range(3)]
    world.report("executing", ids[0])
    world.crash()
    assert [order.job_id for order in world.pool.started] == ids[:1]
    assert world.pool.started[0].attempt == 2
    assert world.core.record(ids[1])["position_in_queue"] == 1


def test_the_interim_results_of_a_lost_attempt_do_not_count_and_numbers_grow_on(world):
    job_id = world.submit()
    world.report("executing", job_id)
    for _ in range(3):
        world.report("interim", job_id, "0")
    assert world.core.record(job_id)["interim_count"] == 3
    world.crash()
    assert world.core.record(job_id)["interim_count"] == 0
    world.report("interim", job_id, "0")
    assert world.core.record(job_id)["interim_count"] == 1
    (line,) = world.core.interim(job_id, 0)
    assert json.loads(line["text"]) == {"seq": 4, "attempt": 2, "payload": 0}
    world.report("executing", job_id)
    world.crash()
    assert world.core.record(job_id)["interim_count"] == 0


def test_three_crashes_while_it_executes_are_enough(world):
    job_id = world.submit()
    for attempt in (1, 2, 3):
        assert world.core.job(job_id)["attempts"] == attempt
        world.report("executing", job_id)
        world.crash()
    job = world.core.job(job_id)
    assert job["status"] == "Failed"
    assert "3 attempts" in job["reason"]


def test_crashes_before_it_executes_do_not_count(world):
    job_id = world.submit()
    for _ in range(5):
        world.crash()
    assert world.core.job(job_id)["attempts"] == 1
    assert world.status(job_id) == "Running"


def test_a_clean_stop_does_not_count_either(world):
    job_id = world.submit()
    world.report("executing", job_id)
    world.core.scheduler.release()
    assert world.pool.stopped == [job_id]
    assert world.status(job_id) == "Queued"
    world.crash()
    assert world.core.job(job_id)["attempts"] == 1


def test_reports_of_a_lost_attempt_change_nothing(world):
    job_id = world.submit()
    world.report("executing", job_id)
    world.crash()
    before = dict(world.core.job(job_id))
    world.core.scheduler.done(job_id, 1, '"late"', 1.0)
    world.core.scheduler.died(job_id, 1, "late")
    world.core.scheduler.interim(job_id, 1, "0")
    world.core.scheduler.log(job_id, 1, "late")
    assert dict(world.core.job(job_id)) == before
    assert world.core.results(job_id) is None


def test_a_cancelled_job_ignores_what_its_worker_still_says(world):
    job_id, behind = world.submit(), world.submit()
    world.report("executing", job_id)
    world.now += 3
    world.core.cancel(job_id)
    assert world.pool.stopped == [job_id]
    world.core.scheduler.done(job_id, 1, '"late"', 1.0)
    assert (world.status(job_id), world.status(behind)) == ("Cancelled", "Running")
    assert world.core.record(job_id)["usage"]["qpu_charge_time_seconds"] == 3.0
    with pytest.raises(Problem) as refused:
        world.core.cancel(job_id)
    assert refused.value.status == 409


def test_a_job_may_be_cancelled_while_it_is_post_processed(tmp_path):
    world = World(tmp_path, post_processing_seconds=5.0)
    job_id = world.submit()
    world.run(job_id, 0.1)
    world.core.cancel(job_id)
    assert world.status(job_id) == "Cancelled"
    assert world.core.results(job_id) is None
    world.store.close()


def test_the_maximum_execution_time_counts_from_running(world):
    given, default = world.submit(cost=7), world.submit("two")
    world.now += 6.9
    world.core.tick()
    assert world.status(given) == "Running"
    world.now += 0.2
    world.core.tick()
    job = world.core.record(given)
    assert job["status"] == "Cancelled - Ran too long"
    assert job["state"]["reason_code"] == 1305
    world.now += 93.0
    world.core.tick()
    assert world.status(default) == "Cancelled"
    assert world.pool.stopped == [given, default]


def test_every_stored_change_raises_the_revision_by_one(world):
    job_id = world.submit()
    revisions = [world.core.job(job_id)["revision"]]
    for change in (
        lambda: world.report("executing", job_id),
        lambda: world.report("interim", job_id, '{"a": 1}'),
        lambda: world.core.set_tags(job_id, ["x"]),
        lambda: world.report("done", job_id, "1", 1.0),
    ):
        change()
        revisions.append(world.core.job(job_id)["revision"])
    assert revisions == [2, 3, 4, 5, 6]


def test_each_change_is_announced_and_the_queue_behind_it_too(world):
    first, second, third = (world.submit() for _ in range(3))
    world.announced.clear()
    world.run(first, 1.0)
    assert set(world.announced) == {first, second, third}
    world.announced.clear()
    world.core.cancel(third)
    assert set(world.announced) == {third}


def test_a_device_that_is_not_offered_keeps_its_jobs_waiting(world):
    world.submit("two")
    job_id = world.submit("two")
    world.options["programs"] = {}
    world.store.close()
    world.open()
    world.core.scheduler.devices = ("one",)
    record = world.core.record(job_id)
    assert record["state"]["status"] == "Queued"
    assert "estimated_start_time" not in record


def test_private_results_leave_no_second_copy(world):
    job_id = world.submit(private=True)
    world.report("interim", job_id, '{"a": 1}')
    world.run(job_id, 1.0)
    assert world.core.interim(job_id, 0) == []
    assert world.core.results(job_id) == '"result"'
    world.core.private.sent(job_id)
    world.core.private.settle(job_id, arrived=True)
    with pytest.raises(Problem) as refused:
        world.core.results(job_id)
    assert refused.value.status == 410
    assert world.store.result(job_id) is None
    assert world.store.params(job_id) is None


def test_a_private_result_is_lent_to_one_reader_and_kept_until_it_has_arrived(world):
    job_id = world.submit(private=True)
    world.run(job_id, 1.0)
    assert world.core.results(job_id) == '"result"'
    for sent, status in ((False, 409), (True, 410)):
        if sent:
            world.core.private.sent(job_id)
        with pytest.raises(Problem) as refused:
            world.core.results(job_id)
        assert refused.value.status == status
    world.core.private.settle(job_id, arrived=False)
    assert world.core.results(job_id) == '"result"'
    world.crash()
    assert world.core.results(job_id) == '"result"'


def test_a_key_finds_its_job_without_another_check(world):
    body = json.dumps({"program_id": "sampler", "backend": "one"}).encode()
    first = world.core.submit(body, "key")
    world.pool.check = None
    assert world.core.submit(body, "key")["id"] == first["id"]
    with pytest.raises(Problem) as refused:
        world.core.submit(body + b" ", "key")
    assert refused.value.status == 409


def test_usage_counts_since_a_time(world):
    world.run(world.submit(), 4.0)
    middle = world.now + 1
    world.now += 2
    world.run(world.submit(), 5.0)
    assert world.store.usage_seconds(0) == 9.0
    assert world.store.usage_seconds(middle) == 5.0


def test_lists_and_their_counts(world):
    ids = [world.submit(tags=["a"] if number % 2 else []) for number in range(5)]
    rows, count = world.core.list_jobs(JobFilter(tags=("a",)), limit=1, offset=0, ascending=True)
    assert [row["id"] for row in rows] == ids[1:2]
    assert count == 2
