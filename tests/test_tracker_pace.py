"""When a tracker looks, by a clock that the test moves: pace, allowance, trouble, and sleep."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from support.scripted import Answer, html
from support.tracking import follow_all, pass_time, settle
from support.waiting import until

from runtime_widgets import _worker
from runtime_widgets.query import JobQuery
from runtime_widgets.wire import JobRecord

NINE_HOURS = 9 * 3600.0


def add(fake, *names, status="Queued", **more):
    for name in names:
        fake.add(name, status, **more)
    return list(names)


def looks(fake, timed, hands, seconds):
    """Return what was asked while so much time went by."""
    fake.forget_requests()
    pass_time(timed, hands, seconds)
    return [call for call in fake.asked() if call.startswith("GET /jobs")]


# how often


def test_a_young_job_is_asked_for_each_second_and_an_old_queue_each_half_minute(timed, fake, hands):
    follow_all(timed, add(fake, "j"))
    assert 8 <= len(looks(fake, timed, hands, 10)) <= 10
    pass_time(timed, hands, 1800, step_s=5)
    assert 1 <= len(looks(fake, timed, hands, 60)) <= 2


def test_what_begins_to_run_is_asked_for_each_second_again(timed, fake, hands):
    follow_all(timed, add(fake, "j"))
    pass_time(timed, hands, 3600, step_s=10)
    fake.say("j", "Running")
    pass_time(timed, hands, 40)
    assert timed.state("j").word == "Running"
    assert 8 <= len(looks(fake, timed, hands, 10)) <= 10


def test_news_from_elsewhere_change_the_pace_at_once(timed, fake, hands):
    follow_all(timed, add(fake, "j"))
    pass_time(timed, hands, 3600, step_s=10)
    fake.say("j", "Running")
    timed.offer(JobRecord("j", "Running"))
    assert 8 <= len(looks(fake, timed, hands, 10)) <= 10


def test_what_nobody_looks_at_is_asked_for_five_times_less_often(timed, fake, hands):
    attention = timed.attend()
    attention.look_at(["seen"])
    follow_all(timed, add(fake, "seen", "unseen"))
    asked = looks(fake, timed, hands, 20)
    assert 16 <= asked.count("GET /jobs/seen") <= 20
    assert 3 <= asked.count("GET /jobs/unseen") <= 4


def test_who_waits_for_a_job_need_not_look_at_it(timed, fake, hands):
    attention = timed.attend()
    follow_all(timed, add(fake, "j"))
    assert len(looks(fake, timed, hands, 10)) <= 2
    with timed.waiting("j"):
        assert len(looks(fake, timed, hands, 10)) >= 8
    attention.close()
    assert len(looks(fake, timed, hands, 10)) >= 8


def test_hidden_views_are_slow_and_a_shown_one_looks_at_once(timed, fake, hands):
    attention = timed.attend()
    attention.look_at(["j"])
    follow_all(timed, add(fake, "j"))
    attention.hide()
    pass_time(timed, hands, 300, step_s=1)
    assert len(looks(fake, timed, hands, 60)) <= 2
    fake.say("j", "Running")
    fake.forget_requests()
    attention.hide(False)
    settle(timed)
    assert timed.state("j").word == "Running"
    assert fake.asked()[0] == "GET /jobs/j"


def test_hiding_and_showing_again_and_again_asks_for_nothing_twice(timed, fake, hands):
    attention = timed.attend()
    attention.look_at(["j"])
    follow_all(timed, add(fake, "j"))
    fake.forget_requests()
    for hidden in (True, False) * 20:
        attention.hide(hidden)
        settle(timed)
    assert fake.asked() == []


def test_jobs_that_were_just_listed_are_not_asked_for_when_they_are_followed(timed, fake, hands):
    names = add(fake, *(f"j{n}" for n in range(300)))
    held = [timed.state(name) for name in names]
    timed.offer(*(JobRecord.from_json(fake.jobs[name]) for name in names))
    follow_all(timed, names)
    assert fake.asked() == ["GET /backends"]
    pass_time(timed, hands, 2)
    assert len(held) == 300
    assert fake.asked()[1:] == ["GET /jobs@0", "GET /jobs@200"]


def test_a_list_is_looked_at_less_often_where_nobody_submits(timed, fake, hands):
    add(fake, "old", status="Completed")
    with timed.follow_query(JobQuery()):
        settle(timed)
        assert 2 <= len(looks(fake, timed, hands, 10)) <= 4
        pass_time(timed, hands, 1800, step_s=5)
        assert len(looks(fake, timed, hands, 60)) <= 2
        add(fake, "new", created="2026-11-23T09:00:00Z", status="Completed")
        pass_time(timed, hands, 40)
        assert 2 <= len(looks(fake, timed, hands, 10)) <= 4


# the allowance


def test_no_more_is_asked_in_a_minute_than_is_allowed(timed, fake, hands):
    timed.requests_a_minute = 60.0
    follow_all(timed, add(fake, *(f"j{n}" for n in range(1000)), status="Running"))
    pass_time(timed, hands, 60)
    fake.forget_requests()
    pass_time(timed, hands, 120)
    assert 100 <= len(fake.asked()) <= 121
    assert timed.health.trouble is None


def test_a_look_that_waits_for_its_allowance_says_until_when_and_hears_what_comes(
    timed, fake, hands
):
    timed.requests_a_minute = 6.0
    names = add(fake, *(f"j{n}" for n in range(3000)), status="Running")
    held = [timed.follow(name) for name in names]
    until(lambda: len(fake.asked()) == 5, "what is saved is used")
    soon = datetime.fromtimestamp(hands.wall + 9.0, timezone.utc)
    until(lambda: (timed.health.next_look or soon) > soon, "the wait")
    assert timed.health.trouble is None
    timed.offer(JobRecord("j2999", "Completed"))
    assert timed.state("j2999").is_final
    for _ in range(3):
        hands.pass_(10.0)
        timed._do(lambda: None)
    until(lambda: len(fake.asked()) == 8, "three more")
    timed.requests_a_minute = 6000.0
    hands.pass_(1.0)
    timed._do(lambda: None)
    until(lambda: all(one.state.word for one in held), "all of it")


def test_closing_does_not_wait_for_the_allowance(timed, fake):
    timed.requests_a_minute = 1.0
    follow = [timed.follow(name) for name in add(fake, *(f"j{n}" for n in range(2000)))]
    until(lambda: len(fake.asked()) == 5, "what is saved is used")
    thread = timed._worker.thread
    timed.close()
    assert not thread.is_alive()
    assert len(follow) == 2000


# trouble


def test_in_trouble_it_is_asked_less_and_less_and_all_is_read_once_it_is_over(timed, fake, hands):
    follow_all(timed, add(fake, *(f"j{n}" for n in range(500))))
    pass_time(timed, hands, 600, step_s=5)
    fake.trouble = html(502)
    pass_time(timed, hands, 40)
    assert timed.health.kind == "server"
    assert all(timed.state(f"j{n}").stale_since for n in range(500))
    fake.forget_requests()
    pass_time(timed, hands, 300, step_s=1)
    assert 4 <= len(fake.asked()) <= 4 * 6
    fake.trouble = None
    fake.forget_requests()
    pass_time(timed, hands, 61)
    assert timed.health.trouble is None
    assert not any(timed.state(f"j{n}").stale_since for n in range(500))
    assert [call for call in fake.asked() if "@" in call][:3] == [
        "GET /jobs@0",
        "GET /jobs@200",
        "GET /jobs@400",
    ]


def test_retry_after_is_kept_to_whatever_users_do(timed, fake, hands):
    follow_all(timed, add(fake, "j"))
    fake.trouble = Answer(429, None, {"Retry-After": "120"})
    pass_time(timed, hands, 2)
    fake.forget_requests()
    attention = timed.attend()
    attention.look_at(["j"])
    timed.follow("k")
    timed.look_now()
    pass_time(timed, hands, 110)
    assert fake.asked() == []
    assert timed.health.kind == "rate"
    pass_time(timed, hands, 15)
    assert fake.asked()


def test_one_bad_job_is_asked_for_less_and_less_and_named_until_it_is_well(timed, fake, hands):
    follow_all(timed, add(fake, "good", "bad"))
    fake.trouble_at["/jobs/bad"] = Answer(500, {"errors": [{"code": 9999, "message": "no"}]})
    pass_time(timed, hands, 60)
    assert timed.health.trouble == "1 job could not be read: no"
    assert timed.state("bad").stale_since is not None
    assert timed.state("good").stale_since is None
    fake.forget_requests()
    pass_time(timed, hands, 120)
    assert fake.asked().count("GET /jobs/bad") <= 4
    assert fake.asked().count("GET /jobs/good") >= 20
    fake.trouble_at.clear()
    pass_time(timed, hands, 61)
    assert (timed.health.trouble, timed.health.stale_since) == (None, None)
    assert timed.state("bad").stale_since is None


# a machine that sleeps


def test_after_a_night_asleep_it_catches_up_once(timed, fake, hands, monkeypatch):
    monkeypatch.setattr(_worker, "STRETCH_S", 0.05)
    names = add(fake, *(f"j{n}" for n in range(100)))
    follow_all(timed, names)
    pass_time(timed, hands, 1800, step_s=5)
    for name in names:
        fake.say(name, "Completed")
    fake.forget_requests()
    hands.suspend(NINE_HOURS)
    until(lambda: all(timed.state(name).is_final for name in names), "the catch-up")
    settle(timed)
    assert len([call for call in fake.asked() if "jobs" in call]) <= 2


def test_sleep_ends_a_back_off_that_was_for_another_network(timed, fake, hands, monkeypatch):
    monkeypatch.setattr(_worker, "STRETCH_S", 0.05)
    follow_all(timed, add(fake, "j"))
    fake.trouble = Answer(429, None, {"Retry-After": "600"})
    pass_time(timed, hands, 5)
    assert timed.health.trouble is not None
    fake.trouble = None
    hands.suspend(NINE_HOURS)
    until(lambda: timed.health.trouble is None, "the end of the trouble")


def test_a_clock_that_somebody_sets_is_no_sleep(timed, fake, hands, monkeypatch):
    monkeypatch.setattr(_worker, "STRETCH_S", 0.05)
    follow_all(timed, add(fake, "j"))
    pass_time(timed, hands, 1800, step_s=5)
    fake.forget_requests()
    hands.wall += NINE_HOURS
    settle(timed)
    settle(timed)
    assert fake.asked() == []


# the end


def test_what_is_not_followed_any_more_ends_the_thread_at_once_in_its_time(
    timed, fake, hands, monkeypatch
):
    monkeypatch.setattr(_worker, "STRETCH_S", 0.05)
    (following,) = follow_all(timed, add(fake, "j"))
    pass_time(timed, hands, 1800, step_s=5)
    thread = timed._worker.thread
    following.close()
    settle(timed)
    assert timed.health.next_look is None
    hands.pass_(_worker.IDLE_S)
    until(lambda: not thread.is_alive(), "the end of the thread")


def test_what_has_ended_and_is_paid_for_ends_the_thread_in_its_time(
    timed, fake, hands, monkeypatch
):
    monkeypatch.setattr(_worker, "STRETCH_S", 0.05)
    follow_all(timed, add(fake, "j"))
    thread = timed._worker.thread
    timed.offer(JobRecord("j", "Completed"))
    settle(timed)
    assert timed.health.next_look is None
    hands.pass_(_worker.IDLE_S)
    until(lambda: not thread.is_alive(), "the end of the thread")


def test_a_bill_that_is_never_closed_is_asked_for_less_and_less_and_not_for_ever(
    timed, fake, hands
):
    usage = {"qpu_charge_time_seconds": 1, "status": "pending"}
    follow_all(timed, add(fake, "j", status="Completed", usage=usage))
    assert len(looks(fake, timed, hands, 60)) <= 12
    pass_time(timed, hands, 700, step_s=5)
    assert looks(fake, timed, hands, 60) == []


@pytest.mark.parametrize("hidden", [False, True])
def test_next_look_tells_when(timed, fake, hands, hidden):
    attention = timed.attend()
    attention.look_at(["j"])
    attention.hide(hidden)
    follow_all(timed, add(fake, "j"))
    told = timed.health.next_look
    wait = (told - datetime.fromtimestamp(hands.wall, timezone.utc)).total_seconds()
    assert wait == pytest.approx(5.5 if hidden else 1.1)


def test_a_clock_that_is_set_back_keeps_nothing_from_being_read(timed, fake, hands):
    follow_all(timed, add(fake, "a", "b", "c", status="Running", usage={"status": "pending"}))
    hands.wall -= 7200.0
    usage = {"qpu_charge_time_seconds": 4, "status": "pending"}
    for name in "abc":
        fake.jobs[name]["usage"] = usage
    pass_time(timed, hands, 2)
    assert [timed.state(name).usage_seconds for name in "abc"] == [4, 4, 4]
    following = timed.follow("a")
    pass_time(timed, hands, 2)
    assert following.state.checked_at.timestamp() > hands.wall - 2.0


def test_a_job_that_somebody_comes_to_want_does_not_wait_for_thousands_of_others(
    timed, fake, hands
):
    timed.requests_a_minute = 6.0
    follow = [timed.follow(name) for name in add(fake, *(f"j{n}" for n in range(3000)))]
    until(lambda: len(fake.asked()) == 5, "what is saved is used")
    add(fake, "wanted", status="Running")
    with timed.follow("wanted") as state:
        hands.pass_(20.0)
        timed._do(lambda: None)
        until(lambda: state.word == "Running", "it")
    assert len(fake.asked()) <= 7
    assert not all(one.state.word for one in follow)
