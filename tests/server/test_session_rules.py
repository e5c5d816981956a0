"""How sessions live, with a clock that only the test moves: turns, times, usage, crashes."""

from __future__ import annotations

import pytest
from server.world import World

from runtime_widgets.server.models import NewSession
from runtime_widgets.server.problems import Problem
from runtime_widgets.server.records import iso
from runtime_widgets.server.store import SessionFilter


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.close()


def opened(world, mode="dedicated", device="one", **times):
    return world.core.sessions.create(NewSession(mode=mode, backend=device, **times))["id"]


def look(world, session_id):
    return world.core.sessions.record(session_id)


def states(world, session_id):
    return [stamp["status"] for stamp in look(world, session_id)["timestamps"]]


def passes(world, seconds):
    world.now += seconds
    world.core.tick()


def started(world):
    return [order.job_id for order in world.pool.started]


def test_a_session_starts_with_its_first_job(world):
    session_id = opened(world)
    record = look(world, session_id)
    assert record["state"] == "open"
    assert record["started_at"] is record["activated_at"] is None
    assert record["active_ttl"] == record["max_ttl"] == 8 * 3600
    assert record["interactive_ttl"] == 60
    passes(world, 30)
    began = iso(world.now)
    job_id = world.submit(session_id=session_id)
    record = look(world, session_id)
    assert record["state"] == "active"
    assert record["started_at"] == record["activated_at"] == record["last_job_started"] == began
    assert record["last_job_completed"] is None
    world.run(job_id, 5.0)
    record = look(world, session_id)
    assert record["last_job_completed"] == iso(world.now)
    assert record["active_ttl"] == 8 * 3600 - 5


def test_the_device_belongs_to_a_dedicated_session_until_it_rests(world):
    session_id = opened(world)
    mine = world.submit(session_id=session_id)
    other = world.submit()
    next_ = world.submit(session_id=session_id)
    assert world.core.record(next_)["position_in_queue"] == 1
    assert world.core.record(other)["position_in_queue"] == 2
    world.run(mine, 1.0)
    world.run(next_, 1.0)
    assert world.status(other) == "Queued"
    passes(world, 59)
    assert world.status(other) == "Queued"
    late = world.submit(session_id=session_id)
    assert world.status(late) == "Running"
    world.run(late, 1.0)
    passes(world, 61)
    assert look(world, session_id)["state"] == "inactive"
    assert "60 s" in look(world, session_id)["state_reason"]
    assert world.status(other) == "Running"


def test_a_resting_session_is_active_again_once_its_next_job_had_its_turn(world):
    session_id = opened(world)
    world.run(world.submit(session_id=session_id), 1.0)
    passes(world, 61)
    other = world.submit()
    mine = world.submit(session_id=session_id)
    assert look(world, session_id)["state"] == "inactive"
    world.run(other, 1.0)
    assert world.status(mine) == "Running"
    assert states(world, session_id) == ["open", "active", "inactive", "active"]
    assert look(world, session_id)["activated_at"] == iso(world.now)


def test_a_batch_goes_first_but_keeps_no_device_from_others(world):
    batch = opened(world, "batch")
    jobs = [world.submit(session_id=batch), world.submit(), world.submit(session_id=batch)]
    for job_id in (jobs[0], jobs[2], jobs[1]):
        assert world.status(job_id) == "Running"
        world.run(job_id, 1.0)
    passes(world, 0)
    assert look(world, batch)["state"] == "inactive"
    assert look(world, batch)["interactive_ttl"] == 1


def test_the_next_job_of_a_batch_is_prepared_while_another_has_the_device(world):
    batch = opened(world, "batch")
    jobs = [world.submit(session_id=batch) for _ in range(4)]

    def prepared():
        return [order.job_id for order in world.pool.prepared]

    assert (started(world), prepared()) == (jobs[:1], jobs[1:2]), "one at a time"
    world.core.cancel(jobs[1])
    assert world.pool.stopped == [jobs[1]]
    assert prepared() == jobs[1:3]
    world.run(jobs[0], 1.0)
    assert (started(world), prepared()) == ([jobs[0], jobs[2]], jobs[1:4])
    assert world.pool.started[1] == world.pool.prepared[1]
    world.core.scheduler.release()
    assert world.pool.stopped[1:] == [jobs[2], jobs[3]]


def test_what_is_in_no_batch_is_not_prepared_ahead(world):
    session_id = opened(world, device="two")
    for _ in range(2):
        world.submit()
        world.submit("two", session_id=session_id)
    assert world.pool.prepared == []


def test_a_turn_that_was_prepared_teaches_nothing_of_the_turns_of_others(world):
    batch = opened(world, "batch")
    jobs = [world.submit(session_id=batch) for _ in range(2)]
    world.run(jobs[0], 4.0)
    world.run(jobs[1], 1.0)
    world.core.sessions.close(batch)
    running, queued = world.submit(), world.submit()
    record = world.core.record(queued)
    assert record["estimated_start_time"] == iso(world.now + 4)
    assert world.status(running) == "Running"


def test_only_one_session_at_a_time_has_a_device(world):
    batch, session_id = opened(world, "batch"), opened(world)
    world.run(world.submit(session_id=batch), 1.0)
    world.submit(session_id=session_id)
    assert (look(world, batch)["state"], look(world, session_id)["state"]) == ("inactive", "active")
    assert session_id in look(world, batch)["state_reason"]
    elsewhere = opened(world, device="two")
    world.submit("two", session_id=elsewhere)
    assert look(world, elsewhere)["state"] == look(world, session_id)["state"] == "active"


def test_who_waits_for_a_session_is_given_no_time_until_it_takes_no_more_jobs(world):
    world.run(world.submit(), 10.0)
    session_id = opened(world)
    world.submit(session_id=session_id)
    waiting, own = world.submit(), world.submit(session_id=session_id)
    assert "estimated_start_time" not in world.core.record(waiting)
    assert world.core.record(own)["estimated_start_time"] == iso(world.now + 10)
    world.core.sessions.accept_jobs(session_id, accepting=False)
    assert world.core.record(waiting)["estimated_start_time"] == iso(world.now + 20)


def test_the_longest_time_counts_from_the_first_job(world):
    session_id = opened(world, max_ttl=100)
    passes(world, 500)
    running = world.submit(session_id=session_id, cost=1000)
    queued = world.submit(session_id=session_id)
    passes(world, 99)
    assert look(world, session_id)["accepting_jobs"]
    passes(world, 1)
    assert (world.status(running), world.status(queued)) == ("Running", "Cancelled")
    state = world.core.record(queued)["state"]
    assert state["reason_code"] == 4001
    assert "100 s" in state["reason"]
    revision = look(world, session_id)["revision"]
    passes(world, 1)
    assert look(world, session_id)["revision"] == revision, "nothing happens twice"
    with pytest.raises(Problem) as refused:
        world.submit(session_id=session_id)
    assert refused.value.code == 4001
    world.run(running, 1.0)
    passes(world, 0)
    assert look(world, session_id)["closed_at"] == iso(world.now)
    assert look(world, session_id)["active_ttl"] == 0


def test_active_time_can_be_limited_too(world):
    session_id = opened(world, max_ttl=1000, active_ttl=100, interactive_ttl=10)
    world.run(world.submit(session_id=session_id), 70.0)
    passes(world, 10)
    assert look(world, session_id)["state"] == "inactive"
    assert look(world, session_id)["active_ttl"] == 20
    passes(world, 300)
    world.submit(session_id=session_id)
    passes(world, 20)
    assert not look(world, session_id)["accepting_jobs"]
    assert "active time" in look(world, session_id)["state_reason"]


def test_what_is_never_used_is_closed(world):
    unused, used = opened(world), opened(world, device="two")
    world.submit("two", cost=10_000)
    world.submit("two", session_id=used)
    passes(world, 1801)
    assert (look(world, unused)["state"], look(world, used)["state"]) == ("closed", "open")
    assert look(world, unused)["elapsed_time"] == 0.0


def test_usage_of_a_session_is_its_active_time_and_of_a_batch_that_of_its_jobs(world):
    session_id, batch = opened(world), opened(world, "batch", "two")
    for one, device in ((session_id, "one"), (batch, "two")):
        job_id = world.submit(device, session_id=one)
        world.now += 2.0  # it prepares
        world.run(job_id, 3.0)
        world.now += 4.0
    passes(world, 40.0)
    assert look(world, session_id)["elapsed_time"] == 58.0
    assert look(world, session_id)["jobs_usage_seconds"] == 3.0
    assert look(world, batch)["elapsed_time"] == look(world, batch)["jobs_usage_seconds"] == 3.0
    passes(world, 3600.0)
    assert look(world, session_id)["elapsed_time"] == 65.0, "not while it rests"


def test_usage_grows_while_a_job_of_a_batch_executes(world):
    batch = opened(world, "batch")
    world.report("executing", world.submit(session_id=batch))
    world.now += 2.5
    assert look(world, batch)["elapsed_time"] == 2.5


def test_a_session_closes_when_its_last_job_ends(world):
    batch = opened(world, "batch")
    job_id = world.submit(session_id=batch)
    world.core.sessions.accept_jobs(batch, accepting=False)
    assert look(world, batch)["state"] == "active"
    other = world.submit()
    world.run(job_id, 1.0)
    passes(world, 0)
    assert look(world, batch)["state"] == "closed"
    assert look(world, batch)["elapsed_time"] == 1.0
    assert world.status(other) == "Running"
    passes(world, 1000)
    assert look(world, batch)["elapsed_time"] == 1.0


def test_one_that_is_closed_while_it_rests_does_not_end_for_what_it_rested_for(world):
    session_id = opened(world)
    world.run(world.submit(session_id=session_id), 1.0)
    passes(world, 300)
    assert "No job of it was waiting" in look(world, session_id)["state_reason"]
    world.core.sessions.accept_jobs(session_id, accepting=False)
    assert look(world, session_id)["state"] == "closed"
    assert look(world, session_id)["state_reason"] is None


def test_a_session_can_take_jobs_again_as_long_as_it_lives(world):
    session_id = opened(world)
    world.submit(session_id=session_id)
    world.core.sessions.accept_jobs(session_id, accepting=False)
    world.core.sessions.accept_jobs(session_id, accepting=True)
    again = world.submit(session_id=session_id)
    assert world.core.record(again)["position_in_queue"] == 1


def test_closing_a_session_that_runs_frees_the_device_once_its_job_has_ended(world):
    session_id = opened(world)
    running, queued = world.submit(session_id=session_id), world.submit(session_id=session_id)
    other = world.submit()
    world.core.sessions.close(session_id)
    assert [world.status(one) for one in (running, queued, other)] == [
        "Running",
        "Cancelled",
        "Queued",
    ]
    with pytest.raises(Problem) as refused:
        world.core.sessions.accept_jobs(session_id, accepting=True)
    assert refused.value.status == 409
    world.run(running, 1.0)
    passes(world, 0)
    assert world.status(other) == "Running"
    assert look(world, session_id)["state_reason"] == "It was cancelled."
    world.core.sessions.close(session_id)
    assert states(world, session_id) == ["open", "active", "closed"]


def test_a_crash_changes_nothing_for_a_session(world):
    session_id = opened(world, max_ttl=600)
    running, queued = world.submit(session_id=session_id), world.submit(session_id=session_id)
    other = world.submit()
    world.crash()
    assert started(world) == [running]
    assert look(world, session_id)["state"] == "active"
    world.run(running, 1.0)
    world.run(queued, 1.0)
    assert world.status(other) == "Queued"
    passes(world, 61)
    assert world.status(other) == "Running"


def test_what_time_brought_while_no_server_ran_is_dated_back(world):
    idle, ended = opened(world), opened(world, device="two", max_ttl=100)
    world.run(world.submit(session_id=idle), 1.0)
    rested = iso(world.now + 60)
    end = iso(world.now + 100)
    queued = [world.submit("two", session_id=ended) for _ in range(2)]
    waiting = world.submit()
    world.now += 3600
    world.crash()
    assert look(world, idle)["timestamps"][-1] == {"status": "inactive", "timestamp": rested}
    assert look(world, idle)["elapsed_time"] == 61.0
    assert [world.status(job_id) for job_id in queued] == ["Cancelled", "Cancelled"]
    assert look(world, ended)["state"] == "closed"
    assert look(world, ended)["closed_at"] >= end
    assert started(world) == [waiting]


def test_a_clean_stop_takes_the_device_from_a_session(world):
    session_id = opened(world)
    job_id = world.submit(session_id=session_id)
    passes(world, 5)
    world.core.scheduler.release()
    world.now += 1000
    world.crash()
    assert started(world) == [job_id]
    assert states(world, session_id) == ["open", "active", "inactive", "active"]
    assert look(world, session_id)["elapsed_time"] == 5.0


def test_a_job_that_ended_with_the_server_has_ended_for_its_session_too(tmp_path):
    world = World(tmp_path, post_processing_seconds=0.3)
    session_id = opened(world)
    world.run(world.submit(session_id=session_id), 0.1)
    world.crash()
    assert look(world, session_id)["last_job_completed"] == iso(world.now)
    world.store.close()


def test_every_change_is_announced_once_and_numbered(world):
    session_id = opened(world)
    before = look(world, session_id)["revision"]
    for _ in range(5):
        look(world, session_id)
        passes(world, 1)
    assert look(world, session_id)["revision"] == before
    world.run(world.submit(session_id=session_id), 1.0)
    assert look(world, session_id)["revision"] == before + 2


def test_sessions_are_listed_with_filters_and_in_order(world):
    ids = []
    for mode, device in (("dedicated", "one"), ("batch", "one"), ("batch", "two")):
        ids.append(opened(world, mode, device))
        world.now += 1
    world.core.sessions.close(ids[1])

    def listed(limit=None, offset=0, ascending=True, **narrowed):
        narrowed = SessionFilter(**narrowed)
        page = {"limit": limit, "offset": offset, "ascending": ascending}
        records, count = world.core.sessions.page(narrowed, **page)
        return [ids.index(record["id"]) for record in records], count

    assert listed() == ([0, 1, 2], 3)
    assert listed(limit=1, offset=1, ascending=False) == ([1], 3)
    assert listed(mode="batch") == ([1, 2], 2)
    assert listed(backend="one") == ([0, 1], 2)
    assert listed(closed=True) == ([1], 1)
    assert listed(closed=False) == ([0, 2], 2)
    assert listed(created_after=world.now - 2.5) == ([1, 2], 2)
    assert listed(created_before=world.now - 2.5) == ([0], 1)
    assert listed(text=ids[2][5:15]) == ([2], 1)
    assert listed(text="%") == ([], 0)


@pytest.mark.parametrize("back_seconds", [300, 7200])
def test_a_clock_that_is_set_back_does_not_leave_a_device_with_a_session(world, back_seconds):
    session_id = opened(world)
    world.run(world.submit(session_id=session_id), 5.0)
    passes(world, -back_seconds)
    other = world.submit()
    passes(world, 59)
    assert world.status(other) == "Queued"
    passes(world, 2)
    assert world.status(other) == "Running"
    assert states(world, session_id) == ["open", "active", "inactive"]
    assert look(world, session_id)["elapsed_time"] <= 65.0


def test_closing_does_not_tell_for_each_job_who_has_moved(world):
    session_id = opened(world, "batch")
    others = [world.submit() for _ in range(5)]
    jobs = [world.submit(session_id=session_id) for _ in range(40)]
    world.announced.clear()
    world.core.sessions.close(session_id)
    assert {world.status(job_id) for job_id in jobs} == {"Cancelled"}
    moved = [*others[1:], *others[1:]]  # by the cancelling, and as the session gives up its turn
    assert sorted(world.announced) == sorted([*jobs, *moved])


def test_a_dedicated_session_is_billed_its_own_time_in_place_of_its_jobs(world):
    session_id = opened(world)
    world.run(world.submit(session_id=session_id), 4.0)
    passes(world, 30)  # it is open, has the device, and no job runs
    assert look(world, session_id)["elapsed_time"] == 34.0
    assert world.core.usage_seconds(0.0) == 34.0
    since = world.now - 10
    assert world.core.usage_seconds(since) == 10.0  # of one that began before the period
    passes(world, 60)  # it rested when it had been idle for a minute
    world.core.sessions.close(session_id)
    assert look(world, session_id)["elapsed_time"] == world.core.usage_seconds(0.0) == 64.0
    assert world.core.usage_seconds(world.now) == 0.0


def test_a_batch_and_jobs_alone_are_billed_what_the_jobs_used(world):
    world.run(world.submit(), 3.0)
    world.run(world.submit(session_id=opened(world, "batch")), 2.0)
    passes(world, 30)
    assert world.core.usage_seconds(0.0) == 5.0


def test_an_open_sessions_time_reaches_the_usage_limit(tmp_path):
    world = World(tmp_path, usage_limit_seconds=20)
    session_id = opened(world)
    world.run(world.submit(session_id=session_id), 1.0)
    passes(world, 18.5)
    world.run(world.submit(session_id=session_id), 1.0)
    with pytest.raises(Problem) as refused:
        world.submit(session_id=session_id)
    assert refused.value.status == 409
    world.store.close()
