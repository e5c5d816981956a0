"""What surrounds the jobs: usage and the list of open sessions, and what reading them costs."""

from __future__ import annotations

import threading
from datetime import datetime, timezone

import pytest
from support.scripted import Answer, html
from support.service import FakeService
from support.tracking import settle
from support.waiting import until

from runtime_widgets import _pace
from runtime_widgets._account_watch import AccountWatch
from runtime_widgets._errand import LEAST_S, LOOK_S, RARELY_S, SOON_S
from runtime_widgets._session_watch import SessionWatch
from runtime_widgets.client import RuntimeClient
from runtime_widgets.tracker import Tracker

USAGE = {
    "instance_id": "crn:v1:x",
    "usage_consumed_seconds": 312,
    "usage_limit_seconds": 600,
    "usage_allocation_seconds": 1200,
    "usage_limit_reached": False,
    "usage_period": {"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-29T00:00:00Z"},
}
READ = "GET /instances/usage"


class World:
    """An account, whose watch is run by hand."""

    def __init__(self, scripted):
        self.fake = FakeService(scripted)
        self.fake.usage = dict(USAGE)
        self.now = 1000.0
        self.client = RuntimeClient(scripted.params(read_timeout_s=5.0))
        once = self.client.once()
        self.sessions = SessionWatch(once, lambda: datetime.now(timezone.utc))
        self.watch = AccountWatch(
            once,
            wake=lambda: None,
            session_of=self.sessions.state,
            apply=self.sessions.apply,
            clock=lambda: self.now,
        )

    def runs(self, seconds=0.0):
        """Let time go by in steps, run what is due at each, and return what was asked."""
        self.fake.forget_requests()
        end = self.now + seconds
        while True:
            if self.watch.due <= self.now:
                before = len(self.fake.asked())
                # Each request waits for its allowance.
                steps = len(list(self.watch.run()))
                assert steps == len(self.fake.asked()) - before
            if self.now >= end:
                return self.fake.asked()
            self.now = min(self.now + 1.0, end)

    def ended(self):
        """A job has ended."""
        self.watch.heard(type("State", (), {"is_final": True})())


@pytest.fixture
def world(scripted):
    world = World(scripted)
    yield world
    world.client.close()


def test_nobody_looks_so_nothing_is_asked(world):
    assert world.runs(10 * LOOK_S) == []
    assert world.watch.usage.used_seconds is None
    assert "not read yet" in repr(world.watch.usage)


def test_usage_is_read_once_a_minute_however_many_look(world):
    with world.watch.follow_usage() as usage, world.watch.follow_usage():
        assert world.runs() == [READ]
        assert (usage.used_seconds, usage.limit_seconds, usage.reached) == (312, 600, False)
        assert (usage.allocation_seconds, usage.remaining_seconds) == (1200, 288)
        assert (usage.period_start.day, usage.period_end.day) == (1, 29)
        assert len(world.runs(10 * LOOK_S)) in (9, 10)
    assert world.runs(10 * LOOK_S) == []


def test_who_looks_again_within_a_minute_asks_nothing_anew(world):
    for _ in range(5):
        with world.watch.follow_usage():
            world.runs(5.0)
    world.fake.forget_requests()
    with world.watch.follow_usage():
        assert world.runs() == []


def test_a_job_that_ended_is_a_reason_to_look_once_more_soon(world):
    with world.watch.follow_usage():
        world.runs(30.0)
        world.ended()
        assert world.runs(SOON_S - 1) == []
        assert world.runs(2.0) == [READ]
        assert world.runs(LOOK_S - 5) == []


def test_many_jobs_that_end_one_after_the_other_are_gathered(world):
    with world.watch.follow_usage():
        world.runs()
        asked = []
        for _ in range(120):
            world.ended()
            asked += world.runs(1.0)
        assert 2 <= len(asked) <= 120 / LEAST_S + 1


def test_a_server_of_this_machine_is_asked_within_a_second_of_what_happens(world):
    world.watch._usage.errand.near = True
    with world.watch.follow_usage():
        world.runs(5.0)
        world.ended()
        assert world.runs(1.0) == [READ]
        world.ended()
        assert world.runs(1.0) == []
        assert world.runs(2.0) == [READ]
        assert len(world.runs(60.0)) in (5, 6)


def test_who_refuses_is_asked_rarely_and_it_is_said_in_words(world):
    for status, words in [
        (403, "This account may not read the instance's usage."),
        (404, "This service does not tell the instance's usage."),
    ]:
        world.fake.trouble_at["/instances/usage"] = html(status)
        with world.watch.follow_usage() as usage:
            world.now += RARELY_S * 2
            assert world.runs() == [READ]
            assert usage.trouble == words
            world.ended()
            assert world.runs(RARELY_S - 1) == []
    assert usage.used_seconds is None


def test_what_fails_is_asked_less_and_less_often_and_what_was_known_stays(world):
    with world.watch.follow_usage() as usage:
        world.runs()
        world.fake.trouble_at["/instances/usage"] = html(502)
        assert 2 <= len(world.runs(10 * LOOK_S)) <= 5
        assert usage.trouble.startswith("The instance's usage could not be read: ")
        assert usage.used_seconds == 312
        assert usage.stale_since == usage.checked_at
        world.fake.trouble_at.clear()
        world.runs(RARELY_S * 1.2)
        assert (usage.trouble, usage.stale_since) == (None, None)


def test_a_service_that_asks_for_patience_gets_it(world):
    busy = Answer(429, {"errors": [{"code": 1202, "message": "Slow."}]}, {"Retry-After": "400"})
    world.fake.trouble_at["/instances/usage"] = busy
    with world.watch.follow_usage():
        assert world.runs() == [READ]
        assert world.runs(399) == []
        assert world.runs(60) == [READ]


def test_what_is_still_to_come_costs_one_request_more_and_only_where_it_is_wanted(world):
    world.fake.add("a", "Running", estimated_running_time_seconds=8)
    world.fake.jobs["a"]["usage"] = {"qpu_charge_time_seconds": 3, "status": "pending"}
    world.fake.add("b", "Queued", estimated_running_time_seconds=4, usage={})
    world.fake.add("c", "Queued", usage={})
    world.fake.add("d", "Completed", estimated_running_time_seconds=100)
    with world.watch.follow_usage() as usage:
        assert world.runs() == [READ]
        assert usage.pending_jobs is None
        with world.watch.follow_usage(forecast=True):
            assert world.runs(LEAST_S) == [READ, "GET /jobs@0"]
            assert (usage.expected_seconds, usage.expected_jobs, usage.pending_jobs) == (9, 2, 3)


def test_an_instance_without_a_limit_has_none(world):
    world.fake.usage = {"usage_consumed_seconds": 0.5}
    with world.watch.follow_usage() as usage:
        world.runs()
        assert (usage.used_seconds, usage.limit_seconds, usage.remaining_seconds) == (
            0.5,
            None,
            None,
        )
        assert repr(usage) == "<UsageState 0.5 s used of no limit>"


def workload(session_id, mode="session", status="in_progress"):
    return {"id": session_id, "mode": mode, "status": status, "backend": "ibm_x"}


def test_open_sessions_are_listed_by_gets_alone_and_closed_ones_leave(world):
    world.fake.workloads = [
        workload("s1"),
        workload("s2", status="closed"),
        workload("b1", "batch", "pending"),
    ]
    with world.watch.follow_sessions() as listed:
        assert world.runs() == ["GET /workloads", "GET /workloads"]
        assert sorted(listed.session_ids) == ["b1", "s1"]
        assert world.sessions.state("s1").word == "in_progress"
        world.fake.workloads = [workload("s1")]
        world.runs(LOOK_S * 1.2)
        assert listed.session_ids == ("s1",)
    assert {request.method for request in world.fake.http.seen} == {"GET"}


def test_a_service_without_the_list_says_so_and_is_asked_rarely(world):
    world.fake.trouble_at["/workloads"] = html(404)
    with world.watch.follow_sessions() as listed:
        assert world.runs(LOOK_S * 5) == ["GET /workloads"]
        assert listed.trouble == "This service does not tell the account's open sessions."


# with the tracker


@pytest.fixture
def tracker(scripted, monkeypatch):
    monkeypatch.setattr(_pace, "interval_s", lambda _age_s, *, running: 1000.0)
    client = RuntimeClient(scripted.params(read_timeout_s=5.0))
    tracker = Tracker(client)
    yield tracker
    tracker.close()
    client.close()


@pytest.fixture
def fake(scripted):
    fake = FakeService(scripted)
    fake.usage = dict(USAGE)
    return fake


def test_the_tracker_s_own_thread_reads_it(fake, tracker):
    threads = []
    tracker.account.usage.observe(
        lambda _change: threads.append(threading.current_thread().name), "used_seconds"
    )
    with tracker.account.follow_usage() as usage:
        until(lambda: usage.used_seconds == 312, "the usage")
    assert threads == ["runtime-widgets-tracker"]
    assert fake.asked() == [READ]


def test_trouble_with_the_usage_is_no_trouble_with_the_jobs(fake, tracker):
    fake.add("j")
    fake.trouble_at["/instances/usage"] = html(500)
    with tracker.follow("j") as state, tracker.account.follow_usage() as usage:
        until(lambda: usage.trouble is not None, "the trouble")
        until(lambda: state.word == "Queued", "the job")
        settle(tracker)
        assert tracker.health.trouble is None


def test_while_the_service_is_silent_nothing_else_is_asked(fake, tracker):
    fake.add("j")
    with tracker.follow("j") as state:
        until(lambda: state.word == "Queued", "the job")
        fake.trouble = html(502)
        tracker.look_now()
        until(lambda: tracker.health.trouble is not None, "the trouble")
        fake.forget_requests()
        with tracker.account.follow_usage():
            settle(tracker)
            settle(tracker)
            assert READ not in fake.asked()


def test_a_closed_service_says_since_when_the_usage_is_old(fake, tracker):
    with tracker.account.follow_usage() as usage:
        until(lambda: usage.used_seconds == 312, "the usage")
        tracker.close()
        assert usage.stale_since is not None
