"""What watching many jobs costs, counted at the server: pages, single requests, metrics."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
from support.scripted import Answer, html
from support.tracking import follow_all, look, look_again, pass_time, settle

from runtime_widgets.query import JobQuery
from runtime_widgets.wire import JobRecord

MIDNIGHT = datetime(2026, 11, 23, tzinfo=timezone.utc)


def when(seconds):
    return (MIDNIGHT + timedelta(seconds=seconds)).isoformat()


def add(fake, names, *, at=0, status="Queued", **more):
    for number, name in enumerate(names):
        fake.add(name, status, created=when(at + number), **more)
    return list(names)


def lists(fake):
    return [call for call in fake.asked() if call.startswith("GET /jobs@")]


def singles(fake):
    return [call for call in fake.asked() if call.startswith("GET /jobs/")]


def asked_lists(fake):
    """Return what the lists were narrowed by."""
    plain = {"limit", "offset", "sort", "exclude_params"}
    pages = [r for r in fake.http.seen if r.path.endswith("/jobs")]
    return [set(page.query) - plain for page in pages]


# where nothing changes


def test_a_thousand_jobs_cost_five_pages_a_tick(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(1000)])
    follow_all(tracker, mine)
    for _ in range(3):
        fake.forget_requests()
        look(tracker)
        assert len(fake.asked()) == 5
        assert len(lists(fake)) == 5
    assert tracker.health.requests_per_look == 5


def test_they_cost_no_more_where_many_look_on(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(1000)])
    holding = [follow_all(tracker, mine), follow_all(tracker, mine)]
    query = tracker.follow_query(JobQuery(pending=True))
    settle(tracker)
    fake.forget_requests()
    look(tracker)
    assert len(fake.asked()) <= 6
    assert all(holding)
    assert len(query.state.job_ids) == 1000


def test_jobs_that_left_cost_a_request_each_or_a_page_for_many(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(400)])
    follow_all(tracker, mine)
    for name in mine[10:13]:
        fake.say(name, "Completed")
    fake.forget_requests()
    look(tracker)
    assert [len(lists(fake)), len(singles(fake))] == [2, 3]
    for name in mine[20:120]:
        fake.say(name, "Completed")
    fake.forget_requests()
    look(tracker)
    assert [len(lists(fake)), len(singles(fake))] == [3, 0]
    assert sum(tracker.state(name).is_final for name in mine) == 103


def test_why_a_job_failed_is_asked_for_where_a_list_does_not_tell(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(20)])
    follow_all(tracker, mine)
    for name in mine:
        fake.say(name, "Completed")
    fake.say("j3", "Failed", reason="")
    fake.forget_requests()
    look(tracker)
    assert singles(fake) == ["GET /jobs/j3"]


# jobs of others


def test_pages_of_others_are_left_out_by_the_time_of_ours(tracker, fake):
    add(fake, [f"old{n}" for n in range(2500)])
    mine = add(fake, [f"mine{n}" for n in range(50)], at=10_000)
    add(fake, [f"new{n}" for n in range(2500)], at=20_000)
    follow_all(tracker, mine)
    for _ in range(2):
        fake.forget_requests()
        look(tracker)
    assert fake.asked() == ["GET /jobs@0"]
    assert asked_lists(fake) == [{"pending", "created_after", "created_before"}]
    assert all(tracker.state(name).word == "Queued" for name in mine)
    assert not any(name.startswith(("old", "new")) for name in tracker._intake)


@pytest.mark.parametrize("shared", [{"session_id": "s"}, {"tags": ["a", "b"]}])
def test_pages_of_others_are_left_out_by_what_ours_have_in_common(tracker, fake, shared):
    mine = [f"mine{n}" for n in range(50)]
    for number in range(3000):
        add(fake, [f"other{number}"], at=number)
        if number % 60 == 0:
            add(fake, [mine[number // 60]], at=number, **shared)
    follow_all(tracker, mine)
    for _ in range(2):
        fake.forget_requests()
        look(tracker)
    assert fake.asked() == ["GET /jobs@0"]
    assert asked_lists(fake)[0] >= set(shared)


def test_a_few_among_thousands_of_others_are_asked_for_one_by_one(tracker, fake):
    mine = [f"mine{n}" for n in range(10)]
    for number in range(5000):
        add(fake, [f"other{number}"], at=number)
        if number % 500 == 0:
            add(fake, [mine[number // 500]], at=number)
    follow_all(tracker, mine)
    look(tracker)
    fake.forget_requests()
    look(tracker)
    assert sorted(fake.asked()) == sorted(f"GET /jobs/{name}" for name in mine)


def test_only_those_whose_turn_has_come_are_asked_for(timed, fake, hands):
    mine = add(fake, [f"j{n}" for n in range(300)])
    running = add(fake, ["r0", "r1"], at=1000, status="Running")
    follow_all(timed, mine)
    pass_time(timed, hands, 1000, step_s=5)
    follow_all(timed, running)
    fake.forget_requests()
    pass_time(timed, hands, 10)
    assert set(fake.asked()) <= {"GET /jobs/r0", "GET /jobs/r1", "GET /jobs@0", "GET /jobs@200"}
    assert len(singles(fake)) >= 12
    assert len(lists(fake)) <= 2


# servers that list less


def test_a_server_that_knows_no_pending_lists_all_and_is_understood(tracker, fake):
    answer = fake._answer

    def script(request):
        request.query.pop("pending", None)
        return answer(request)

    fake.http.script = script
    mine = add(fake, [f"j{n}" for n in range(30)])
    follow_all(tracker, mine)
    for name in mine[:9]:
        fake.say(name, "Completed")
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs@0"]
    assert sum(tracker.state(name).is_final for name in mine) == 9


@pytest.mark.parametrize("refusal", [Answer(400), Answer(403), Answer(404), Answer(405)])
def test_where_there_is_no_list_jobs_are_asked_for_one_by_one(tracker, fake, refusal):
    mine = add(fake, [f"j{n}" for n in range(30)])
    fake.trouble_at["/jobs"] = refusal
    follow_all(tracker, mine)
    assert all(tracker.state(name).word == "Queued" for name in mine)
    assert tracker.health.trouble is None
    fake.forget_requests()
    look(tracker)
    assert lists(fake) == []
    assert len(singles(fake)) == 30


def test_a_list_that_is_too_narrow_for_a_server_is_asked_for_plainly(tracker, fake):
    answer = fake._answer

    def script(request):
        if "created_after" in request.query:
            return Answer(400, {"errors": [{"code": 1, "message": "no such filter"}]})
        return answer(request)

    fake.http.script = script
    add(fake, [f"old{n}" for n in range(1000)])
    mine = add(fake, [f"mine{n}" for n in range(50)], at=10_000)
    follow_all(tracker, mine)
    look(tracker)
    fake.forget_requests()
    look(tracker)
    assert lists(fake) == ["GET /jobs@0"]
    assert all(tracker.state(name).checked_at for name in mine)


def test_a_list_without_fields_is_completed_once_a_job(tracker, fake):
    answer = fake._answer

    def script(request):
        reply = answer(request)
        if request.path.endswith("/jobs"):
            keep = ("id", "state")
            rows = [{k: job[k] for k in keep} for job in reply.body["jobs"]]
            return Answer(200, {**reply.body, "jobs": rows})
        return reply

    fake.http.script = script
    mine = add(fake, [f"j{n}" for n in range(10)], tags=["t"])
    follow_all(tracker, mine)
    assert len(singles(fake)) == 10
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs@0"]
    record = tracker.state("j3").record
    assert (record.backend, record.program_id) == ("ibm_x", "sampler")
    assert record.created == MIDNIGHT + timedelta(seconds=3)


def test_a_broken_list_is_no_reason_to_ask_a_broken_server_for_each_job(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(500)])
    follow_all(tracker, mine)
    fake.forget_requests()
    fake.trouble = Answer(500)
    look(tracker)
    assert len(fake.asked()) <= 4
    assert tracker.health.kind == "server"
    fake.trouble = None
    look_again(tracker)
    assert tracker.health.trouble is None
    assert all(tracker.state(name).stale_since is None for name in mine)
    fake.forget_requests()
    look(tracker)
    assert len(fake.asked()) == 3


def test_a_portal_that_has_no_such_page_is_not_asked_for_each_job(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(50)])
    follow_all(tracker, mine)
    fake.trouble = html(404)
    for _ in range(3):
        fake.forget_requests()
        look_again(tracker)
        assert len(fake.asked()) <= 4
    assert tracker.health.kind == "answer"
    assert not any(tracker.state(name).gone for name in mine)
    fake.trouble = None
    look_again(tracker)
    assert tracker.health.trouble is None


def test_a_server_whose_list_alone_is_broken_is_watched_all_the_same(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(5)])
    fake.trouble_at["/jobs"] = Answer(500)
    follow_all(tracker, mine)
    assert all(tracker.state(name).word == "Queued" for name in mine)
    assert tracker.health.trouble is None


def test_a_server_that_does_not_count_is_read_page_by_page(tracker, fake):
    answer = fake._answer

    def script(request):
        reply = answer(request)
        if request.path.endswith("/jobs"):
            del reply.body["count"]
        return reply

    fake.http.script = script
    mine = add(fake, [f"j{n}" for n in range(450)])
    follow_all(tracker, mine)
    assert lists(fake)[:3] == ["GET /jobs@0", "GET /jobs@200", "GET /jobs@400"]
    assert singles(fake) == []


# the order of records


def test_a_page_that_was_overtaken_moves_no_job_backwards(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(5)])
    follow_all(tracker, mine)
    answer, told = fake._answer, []
    usage = {"qpu_charge_time_seconds": 7, "status": "pending"}

    def script(request):
        reply = answer(request)
        if request.path.endswith("/jobs") and not told:
            told.append(reply)
            # While this page is on its way, the user's own calls learn more.
            news = [JobRecord("j0", "Completed"), JobRecord("j1", "Running")]
            data = {"id": "j2", "status": "Running", "usage": usage}
            news.append(JobRecord.from_json(data))
            thread = threading.Thread(target=tracker.offer, args=news)
            thread.start()
            script.thread = thread
        return reply

    fake.say("j2", "Running")
    look(tracker)
    fake.http.script = script
    look(tracker)
    script.thread.join(20)
    assert [tracker.state(name).word for name in mine[:3]] == ["Completed", "Running", "Running"]
    assert tracker.state("j2").usage_seconds == 7


def test_what_metrics_told_is_not_lost_with_the_next_page(tracker, fake):
    mine = add(fake, [f"j{n}" for n in range(5)], status="Running", usage={})
    fake.metrics["j0"] = {
        "timestamps": {"running": when(60)},
        "usage": {"qpu_charge_time_seconds": 3, "status": "pending"},
    }
    attention = tracker.attend()
    attention.look_at(["j0"])
    follow_all(tracker, mine)
    assert tracker.state("j0").usage_seconds == 3
    attention.look_at([])
    look(tracker)
    state = tracker.state("j0")
    assert (state.usage_seconds, state.phase) == (3, "on the QPU")
    assert state.record.started == MIDNIGHT + timedelta(seconds=60)


# metrics


def test_metrics_are_for_few_in_a_look_and_for_a_third_of_the_allowance(timed, fake, hands):
    timed.requests_a_minute = 120.0
    mine = add(fake, [f"j{n}" for n in range(40)], status="Running", usage={})
    attention = timed.attend()
    attention.look_at(mine)
    follow_all(timed, mine)
    assert sum("metrics" in call for call in fake.asked()) == 10
    pass_time(timed, hands, 20)
    seen = {call for call in fake.asked() if "metrics" in call}
    assert len(seen) == 40
    fake.forget_requests()
    pass_time(timed, hands, 120)
    assert 60 <= sum("metrics" in call for call in fake.asked()) <= 90


def test_a_job_that_ended_before_it_was_shown_is_asked_for_its_times_once(tracker, fake):
    mine = add(fake, ["a", "b"], status="Completed")
    fake.metrics["a"] = {
        "timestamps": {"running": when(5), "finished": when(9)},
        "usage": {"qpu_charge_time_seconds": 1, "status": "complete"},
    }
    follow_all(tracker, mine)
    fake.forget_requests()
    attention = tracker.attend()
    attention.look_at(["a"])
    settle(tracker)
    assert fake.asked() == ["GET /jobs/a/metrics"]
    assert tracker.state("a").record.ended == MIDNIGHT + timedelta(seconds=9)
    attention.look_at(["a", "b"])
    attention.look_at(["a"])
    settle(tracker)
    look(tracker)
    assert fake.asked().count("GET /jobs/a/metrics") == 1
