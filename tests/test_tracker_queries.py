"""Lists of jobs that are followed: new jobs appear by themselves, and few requests do it."""

from __future__ import annotations

import pytest
from support.scripted import Answer
from support.tracking import look, settle
from support.waiting import until

from runtime_widgets.query import JobQuery
from runtime_widgets.states import state_of


def created(number):
    return f"2026-11-23T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def add(fake, *numbers, status="Queued", **more):
    for number in numbers:
        fake.add(f"j{number}", status, created=created(number), **more)


def follow(tracker, query):
    following = tracker.follow_query(query)
    settle(tracker)
    return following


def test_new_jobs_appear_newest_first_and_jobs_that_ended_stay(tracker, fake):
    add(fake, 1, 2, 3)
    state = follow(tracker, JobQuery(pending=True)).state
    assert (state.job_ids, state.total, state.complete) == (("j3", "j2", "j1"), 3, True)
    fake.say("j2", "Completed")
    add(fake, 4)
    look(tracker)
    assert state.job_ids == ("j4", "j3", "j2", "j1")
    assert state.total == 3
    look(tracker)
    assert tracker.state("j2").word == "Completed"


def test_a_job_is_known_before_its_id_appears_and_is_kept_up_to_date(tracker, fake):
    add(fake, 1)
    state = follow(tracker, JobQuery()).state
    words = []
    state.observe(
        lambda change: words.append([tracker.state(i).word for i in change.new]), "job_ids"
    )
    add(fake, 2, status="Running")
    look(tracker)
    assert words == [["Running", "Queued"]]
    fake.say("j1", "Completed")
    look(tracker)
    assert tracker.state("j1").word == "Completed"
    assert not tracker.follows("j1")


def test_a_job_that_was_submitted_here_is_in_a_list_of_pending_ones_though_it_was_quick(
    tracker, fake
):
    add(fake, 1)
    state = follow(tracker, JobQuery(pending=True, tags=("mine",))).state
    add(fake, 2, 3, status="Completed", tags=["mine"])
    add(fake, 4, status="Completed", tags=["other"])
    for job_id in ("j2", "j4"):
        tracker.submitted(job_id)
    settle(tracker)
    until(lambda: state.job_ids == ("j2",), "the job that was submitted")
    until(lambda: tracker.state("j4").record is None or "j4" not in tracker._roll, "the other")
    assert tracker.state("j2").word == "Completed"
    look(tracker)
    assert state.job_ids == ("j2",)


def test_each_filter_is_the_servers_to_apply(tracker, fake):
    add(fake, 1, 2, session_id="mine", tags=["a", "b"])
    add(fake, 3, session_id="other", tags=["a"])
    query = JobQuery(session_id="mine", tags=("a", "b"))
    assert follow(tracker, query).state.job_ids == ("j2", "j1")
    asked = next(r for r in fake.http.seen if r.path.endswith("/jobs"))
    assert asked.query["session_id"] == ["mine"]
    assert asked.query["tags"] == ["a", "b"]


def test_a_long_list_is_read_to_its_end_once_and_then_from_its_head(tracker, fake):
    add(fake, *range(650), status="Completed")
    state = follow(tracker, JobQuery()).state
    assert len(state.job_ids) == 650
    assert [call for call in fake.asked() if call.startswith("GET /jobs@")] == [
        "GET /jobs@0",
        "GET /jobs@200",
        "GET /jobs@400",
        "GET /jobs@600",
    ]
    fake.forget_requests()
    add(fake, 700, status="Completed")
    look(tracker)
    assert state.job_ids[0] == "j700"
    assert [call for call in fake.asked() if call.startswith("GET /jobs@")] == ["GET /jobs@0"]


def test_more_new_jobs_than_a_page_holds_are_all_found(tracker, fake):
    add(fake, 1)
    state = follow(tracker, JobQuery()).state
    add(fake, *range(2, 502))
    look(tracker)
    assert len(state.job_ids) == 501


def test_a_limit_is_of_the_newest_and_what_falls_out_is_let_go(tracker, fake):
    add(fake, *range(10))
    state = follow(tracker, JobQuery(limit=3)).state
    assert (state.job_ids, state.total, state.complete) == (("j9", "j8", "j7"), 10, True)
    add(fake, 10)
    look(tracker)
    assert state.job_ids == ("j10", "j9", "j8")
    assert sorted(tracker._roll) == ["j10", "j8", "j9"]


def test_two_who_follow_the_same_list_share_it_and_the_last_ends_it(tracker, fake):
    add(fake, 1)
    first = follow(tracker, JobQuery())
    second = follow(tracker, JobQuery())
    assert first.state is second.state
    first.close()
    first.close()
    assert tracker._roll
    second.close()
    assert not tracker._roll
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == []


def test_a_list_that_cannot_be_read_is_said_so_and_hides_no_job(tracker, fake):
    add(fake, 1, 2)
    state = follow(tracker, JobQuery(backend="ibm_x")).state
    kept = tracker.follow("j1")
    fake.trouble_at["/jobs"] = Answer(400, {"errors": [{"code": 1, "message": "no lists"}]})
    fake.say("j1", "Completed")
    look(tracker)
    assert state.stale_since is not None
    assert kept.state.word == "Completed"
    assert tracker.health.trouble == "1 list could not be read: no lists"
    fake.trouble_at.clear()
    look(tracker)
    assert state.stale_since is None
    assert tracker.health.trouble is None


@pytest.mark.parametrize("pending", [None, True])
def test_a_job_that_another_client_submits_appears_by_push(service, runtime, flag, pending):
    tracker = service._tracker
    query = JobQuery(pending=pending, backend="local_exact")
    with tracker.follow_query(query) as state:
        until(lambda: tracker.health.push and state.complete, "the stream")
        other = type(service)(params=runtime.params())
        job_id = other.run("hold", {"until": str(flag)}, backend="local_exact").job_id()
        until(lambda: job_id in state.job_ids, "the new job")
        until(lambda: state_of(tracker.state(job_id).word).key == "running", "its run")
        flag.touch()
        until(lambda: tracker.state(job_id).is_final, "its end")
        assert job_id in state.job_ids
        other.close()


def test_jobs_of_the_same_moment_are_in_the_servers_order(tracker, fake):
    for number in range(5):
        fake.add(f"j{number}", created=created(7))
    state = follow(tracker, JobQuery()).state
    assert state.job_ids == ("j4", "j3", "j2", "j1", "j0")
    fake.add("newer", created=created(8))
    fake.add("older", created=created(6))
    look(tracker)
    assert state.job_ids == ("newer", "j4", "j3", "j2", "j1", "j0", "older")
