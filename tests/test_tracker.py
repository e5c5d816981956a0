from __future__ import annotations

import logging
import socket
import threading
from datetime import datetime, timezone

import pytest
from qiskit.providers import JobStatus
from support.embedded import own_programs
from support.scripted import Answer, html
from support.tracking import NEVER_S, follow_all, look, look_again, pass_time, settle
from support.waiting import our_threads, until

from runtime_widgets import _pace, _worker, errors
from runtime_widgets._transport import Transport
from runtime_widgets.client import RuntimeClient
from runtime_widgets.query import JobQuery
from runtime_widgets.service import QiskitRuntimeService
from runtime_widgets.tracker import tracker_of
from runtime_widgets.wire import JobRecord

# what it costs


def test_nobody_follows_so_nothing_is_asked(tracker, fake):
    fake.add("j")
    tracker.state("j")
    tracker.offer(JobRecord("j", "Queued"))
    tracker.look_now()
    settle(tracker)
    assert fake.asked() == []


def test_one_list_covers_many_jobs(tracker, fake):
    for number in range(300):
        fake.add(f"j{number}")
    follow_all(tracker, fake.jobs)
    assert all(tracker.state(j).word == "Queued" for j in fake.jobs)
    for _ in range(3):
        fake.forget_requests()
        look(tracker)
        assert fake.asked() == ["GET /jobs@0", "GET /jobs@200"]
    assert tracker.health.requests_per_look == 2


def test_positions_that_a_service_does_not_tell_are_not_asked_for_again_and_again(tracker, fake):
    for number in range(300):
        fake.add(f"j{number}")
    attention = tracker.attend()
    attention.look_at(fake.jobs)
    follow_all(tracker, fake.jobs)
    assert sum("metrics" in call for call in fake.asked()) == 3


def test_a_position_that_only_the_metrics_tell_is_shown(tracker, fake):
    fake.add("j")
    fake.metrics["j"] = {"position_in_queue": 4, "estimated_start_time": "2026-11-23T01:00:00Z"}
    attention = tracker.attend()
    attention.look_at(["j"])
    follow_all(tracker, ["j"])
    assert tracker.state("j").queue_position == 4
    fake.metrics["j"] = {"position_in_queue": 3}
    look(tracker)
    assert tracker.state("j").queue_position == 3


def test_each_job_that_left_the_list_costs_one_request_once(tracker, fake):
    for number in range(20):
        fake.add(f"j{number}")
    follow_all(tracker, fake.jobs)
    for gone in ("j3", "j7"):
        fake.say(gone, "Completed")
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs@0", "GET /jobs/j3", "GET /jobs/j7"]
    assert tracker.state("j3").status is JobStatus.DONE
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs@0"]


def test_a_page_is_not_read_once_all_that_is_followed_was_found(tracker, fake):
    for number in range(500):
        fake.add(f"j{number}")
    follow_all(tracker, ["j499", "j498", "j497"])
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs@0"]


def test_one_or_two_jobs_are_asked_for_by_name(tracker, fake):
    for number in range(50):
        fake.add(f"other{number}")
    fake.add("mine")
    follow_all(tracker, ["mine"])
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs/mine"]


def test_a_job_that_has_ended_and_is_paid_for_is_never_asked_for_again(tracker, fake):
    fake.add("j", "Completed")
    follow_all(tracker, ["j"])
    fake.forget_requests()
    look(tracker)
    look(tracker)
    assert fake.asked() == []


def test_a_job_that_has_ended_is_followed_until_its_bill_is_closed(tracker, fake):
    attention = tracker.attend()
    attention.look_at(["j"])
    fake.add("j", "Completed", usage={"qpu_charge_time_seconds": 1, "status": "pending"})
    follow_all(tracker, ["j"])
    assert tracker.state("j").is_final
    fake.metrics["j"] = {"usage": {"qpu_charge_time_seconds": 3, "status": "complete"}}
    look(tracker)
    assert tracker.state("j").usage_seconds == 3.0
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == []


def test_jobs_of_others_change_nothing(tracker, fake):
    for number in range(3):
        fake.add(f"mine{number}")
    follow_all(tracker, list(fake.jobs))
    changes = []
    for state in map(tracker.state, list(fake.jobs)):
        state.observe(changes.append)
    for number in range(100):
        fake.add(f"theirs{number}")
    look(tracker)
    assert changes == []
    assert all(not job_id.startswith("theirs") for job_id in tracker._intake)


def test_two_who_follow_the_same_job_cost_as_much_as_one(tracker, fake):
    fake.add("j")
    first, second = follow_all(tracker, ["j", "j"])
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs/j"]
    first.close()
    first.close()
    look(tracker)
    second.close()
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == []


def test_a_job_that_was_last_heard_of_long_ago_is_looked_at_when_somebody_follows(tracker, fake):
    for job_id in ("a", "b"):
        fake.add(job_id)
    follow_all(tracker, ["a"])
    listed = tracker.state("b")
    tracker.offer(JobRecord("b", "Queued"))
    fake.say("b", "Completed")
    follow_all(tracker, ["b"])
    assert listed.word == "Queued"
    listed.checked_at = datetime(2020, 1, 1, tzinfo=timezone.utc)
    follow_all(tracker, ["b"])
    assert listed.word == "Completed"
    fake.forget_requests()
    listed.checked_at = datetime(2020, 1, 1, tzinfo=timezone.utc)
    follow_all(tracker, ["b"])
    assert fake.asked() == []


def test_following_what_has_ended_costs_neither_a_request_nor_a_stream(scripted, make):
    tracker = make("local")
    tracker.offer(JobRecord("j", "Completed"))
    held = tracker.state("j")
    tracker.offer(JobRecord("j", "Completed"))
    follow_all(tracker, ["j"])
    assert held.is_final
    assert scripted.seen == []


def test_the_queue_of_the_device_is_read_where_there_is_no_position_and_not_each_time(
    tracker, fake
):
    fake.add("j")
    follow_all(tracker, ["j"])
    for _ in range(5):
        look(tracker)
    assert fake.asked().count("GET /backends") == 1
    assert tracker.device("ibm_x").queue_length == 9


def test_what_was_said_before_a_device_was_known_is_corrected_once_it_is(tracker, fake):
    fake.devices = [{"name": "ibm_x", "status": {"name": "online"}, "is_simulator": True}]
    used = {"qpu_charge_time_seconds": 1, "status": "complete"}
    ended = tracker.state("ended")  # nobody follows it: no list and no look brings it again
    told = []
    tracker.on_record(lambda state: told.append((state.job_id, state.phase)))
    for word in ("Running", "Completed"):
        state = {"id": "ended", "backend": "ibm_x", "status": word, "usage": used}
        tracker.offer(JobRecord.from_json(state))
    assert [step.word for step in ended.transitions] == ["on the QPU", "done"]
    told.clear()
    fake.add("j")
    follow_all(tracker, ["j"])
    assert [step.word for step in ended.transitions] == ["simulating", "done"]
    assert ("ended", None) in told


def test_devices_that_an_outage_hid_are_read_soon_after_it(timed, fake, hands):
    fake.devices = [{"name": "ibm_x", "status": {"name": "online"}, "is_simulator": True}]
    used = {"qpu_charge_time_seconds": 1, "status": "pending"}
    fake.add("j", "Running", usage=used)
    fake.trouble_at["/backends"] = Answer(429)
    timed.follow("j")
    pass_time(timed, hands, 4)
    # The devices' trouble is not in the way of the jobs.
    assert timed.state("j").word == "Running"
    del fake.trouble_at["/backends"]
    pass_time(timed, hands, 12)
    assert timed.state("j").phase == "simulating"
    assert "on the QPU" not in [step.word for step in timed.state("j").transitions]


# what goes wrong


def test_a_server_in_trouble_is_said_so_and_asked_less_and_less(tracker, fake, monkeypatch):
    fake.add("j")
    follow_all(tracker, ["j"])
    healths, waits = [], []
    tracker.on_health(healths.append)
    monkeypatch.setattr(_pace, "back_off_s", lambda n: waits.append(n) or NEVER_S)
    fake.trouble = html(502)
    state = tracker.state("j")
    look(tracker)
    assert state.stale_since is not None
    assert state.word == "Queued"
    assert "502" in tracker.health.trouble
    assert isinstance(tracker.last_error, errors.IBMServerError)
    for _ in range(3):
        look_again(tracker)
    assert waits == [1, 2, 3, 4]
    assert tracker.health.next_look > datetime.now(timezone.utc)
    assert len({h.stale_since for h in healths}) == 1


def test_it_recovers_by_itself(tracker, fake, monkeypatch):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 0.01)
    fake.add("j")
    follow_all(tracker, ["j"])
    fake.trouble = Answer(fault="reset")
    look(tracker)
    assert tracker.health.stale_since is not None
    fake.say("j", "Completed")
    fake.trouble = None
    until(lambda: tracker.state("j").is_final, "the end of the job")
    until(lambda: tracker.health.trouble is None, "the end of the trouble")
    assert tracker.state("j").stale_since is None
    assert tracker.last_error is None


@pytest.mark.parametrize(
    "trouble",
    [Answer(500), Answer(401), Answer(200, b"<html>"), Answer(200, [1]), Answer(fault="reset")],
)
def test_no_kind_of_trouble_ends_the_thread(tracker, fake, monkeypatch, trouble):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 0.01)
    fake.add("j")
    following = follow_all(tracker, ["j"])
    fake.trouble = trouble
    look(tracker)
    until(lambda: tracker.health.trouble is not None, "the trouble")
    fake.trouble = None
    fake.say("j", "Failed", reason="r")
    until(lambda: tracker.state("j").is_final, "the end of the job")
    assert following[0].state is tracker.state("j")


def test_retry_after_is_a_floor_for_the_next_look(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    fake.trouble = Answer(429, None, {"Retry-After": "500"})
    look(tracker)
    wait = tracker.health.next_look - datetime.now(timezone.utc)
    assert wait.total_seconds() > 400


def test_nobody_is_made_blind_for_a_day(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    fake.trouble = Answer(429, None, {"Retry-After": "86400"})
    look(tracker)
    wait = tracker.health.next_look - datetime.now(timezone.utc)
    assert 400 < wait.total_seconds() <= 600


def test_somebody_new_who_follows_does_not_undo_the_back_off(tracker, fake, monkeypatch):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: NEVER_S)
    fake.add("j")
    follow_all(tracker, ["j"])
    fake.trouble = Answer(503)
    look(tracker)
    fake.forget_requests()
    follow_all(tracker, ["a", "b", "c"])
    assert fake.asked() == []


def test_trouble_that_nobody_waits_for_is_over_for_the_next_who_follows(tracker, fake, monkeypatch):
    monkeypatch.setattr(_pace, "back_off_s", lambda _failures: 0.01)
    fake.add("j")
    (following,) = follow_all(tracker, ["j"])
    fake.trouble = Answer(503)
    look(tracker)
    following.close()
    until(lambda: tracker.health.trouble is None, "the end of the looks")
    fake.trouble = None
    fake.add("k")
    follow_all(tracker, ["k"])
    assert tracker.state("k").word == "Queued"


def test_a_job_that_the_server_does_not_know_is_gone_and_the_others_go_on(tracker, fake):
    for job_id in ("a", "b", "c", "d"):
        fake.add(job_id)
    follow_all(tracker, ["a", "b", "c", "d", "never-was"])
    look_again(tracker)
    assert tracker.state("never-was").gone
    assert tracker.state("never-was").is_final
    assert tracker.state("a").word == "Queued"
    fake.forget_requests()
    look(tracker)
    assert fake.asked() == ["GET /jobs@0"]


def test_a_404_is_believed_when_the_service_itself_says_it_twice(tracker, fake):
    for job_id in ("a", "b", "c"):
        fake.add(job_id)
    follow_all(tracker, ["a", "b", "c"])
    state = tracker.state("b")
    del fake.jobs["b"]
    look(tracker)
    assert not state.gone
    assert state.stale_since is not None
    assert tracker.state("a").stale_since is None
    look_again(tracker)
    assert state.gone
    look_again(tracker)
    assert tracker.health.trouble is None


def test_a_404_of_a_proxy_never_makes_a_job_final(tracker, fake):
    for job_id in ("a", "b", "c"):
        fake.add(job_id)
    follow_all(tracker, ["a", "b", "c"])
    fake.say("b", "Completed")
    fake.trouble_at["/jobs/b"] = html(404)
    for _ in range(5):
        look_again(tracker)
    assert not tracker.state("b").is_final
    assert tracker.state("b").stale_since is not None
    fake.trouble_at.clear()
    look_again(tracker)
    assert tracker.state("b").status is JobStatus.DONE
    assert tracker.state("b").stale_since is None


def test_two_404s_with_an_answer_between_them_are_not_twice_in_a_row(tracker, fake):
    fake.add("a")
    kept = fake.jobs["a"]
    follow_all(tracker, ["a"])
    for _ in range(3):
        del fake.jobs["a"]
        look_again(tracker)
        fake.jobs["a"] = kept
        look_again(tracker)
    assert not tracker.state("a").gone


@pytest.mark.parametrize("trouble", [Answer(500), Answer(400), Answer(200, b"<html>")])
def test_a_job_that_cannot_be_read_hides_no_other_and_is_said_so(tracker, fake, trouble):
    ids = [f"j{n}" for n in range(5)]
    for job_id in ids:
        fake.add(job_id)
    follow_all(tracker, ids)
    for job_id in ids:
        fake.say(job_id, "Completed")
    fake.trouble_at["/jobs/j1"] = trouble
    look(tracker)
    assert [tracker.state(j).is_final for j in ids] == [True, False, True, True, True]
    assert tracker.state("j1").stale_since is not None
    assert tracker.state("j2").stale_since is None
    assert tracker.health.trouble.startswith("1 job could not be read")
    wait = tracker.health.next_look - datetime.now(timezone.utc)
    assert wait.total_seconds() <= 5
    fake.trouble_at.clear()
    look_again(tracker)
    assert tracker.state("j1").is_final
    assert tracker.health.trouble is None


def test_what_concerns_all_is_not_asked_job_by_job(tracker, fake):
    ids = [f"j{n}" for n in range(5)]
    for job_id in ids:
        fake.add(job_id)
    follow_all(tracker, ids)
    for job_id in ids:
        fake.say(job_id, "Completed")
        fake.trouble_at[f"/jobs/{job_id}"] = Answer(429, None, {"Retry-After": "500"})
    fake.forget_requests()
    look(tracker)
    assert len(fake.asked()) == 2
    wait = tracker.health.next_look - datetime.now(timezone.utc)
    assert wait.total_seconds() > 400


def test_metrics_that_cannot_be_read_do_not_hide_the_job(tracker, fake):
    fake.add("j", "Running", usage=None)
    fake.trouble_at["/jobs/j/metrics"] = Answer(500)
    follow_all(tracker, ["j"])
    assert tracker.state("j").status is JobStatus.RUNNING
    assert tracker.health.trouble is None


def test_a_bill_that_is_open_and_empty_is_asked_for_again(tracker, fake):
    attention = tracker.attend()
    attention.look_at(["j"])
    fake.add("j", "Completed", usage={"status": "pending"})
    fake.metrics["j"] = {"usage": {"status": "pending"}}
    follow_all(tracker, ["j"])
    assert tracker.state("j").is_final
    fake.metrics["j"] = {"usage": {"qpu_charge_time_seconds": 3, "status": "complete"}}
    look(tracker)
    assert (tracker.state("j").usage_seconds, tracker.state("j").usage_complete) == (3.0, True)


def test_a_record_that_is_offered_is_taken_in_during_a_long_look(tracker, fake):
    ids = [f"j{n}" for n in range(4)]
    for job_id in ids:
        fake.add(job_id)
    follow_all(tracker, ids)
    other = tracker.state("other")
    answer = fake._answer
    seen = []

    def offer():
        tracker.offer(JobRecord("other", "Running"))

    def slowly(request):
        if request.path.endswith("/j1"):
            # While the look waits for this job, another thread has news.
            threading.Thread(target=offer).start()
            until(lambda: not tracker._worker._inbox.empty(), "the news")
            seen.append(other.word)
        if request.path.endswith("/j2"):
            seen.append(other.word)
        return answer(request)

    for job_id in ids:
        fake.say(job_id, "Completed")
    fake.http.script = slowly
    look(tracker)
    assert seen == ["", "Running"]


def test_after_closing_nothing_looks_as_if_it_were_watched(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    healths = []
    tracker.on_health(healths.append)
    tracker.close()
    assert tracker.state("j").stale_since is not None
    assert "closed" in tracker.health.trouble
    assert healths[-1] == tracker.health


def test_one_record_that_cannot_be_read_does_not_hide_the_others(tracker, fake):
    fake.add("bad")
    fake.add("good")
    follow_all(tracker, ["bad", "good"])
    fake.jobs["bad"] = {"id": "bad"}
    fake.say("good", "Completed")
    look(tracker)
    assert tracker.state("good").is_final
    assert "status" in tracker.health.trouble


def test_a_list_of_devices_that_cannot_be_read_does_not_hide_the_jobs(tracker, fake):
    fake.devices = "none"
    fake.add("j")
    follow_all(tracker, ["j"])
    assert tracker.state("j").word == "Queued"


def test_an_unknown_word_neither_hangs_nor_crashes(tracker, fake):
    for job_id in ("a", "b", "c"):
        fake.add(job_id, "Hibernating")
    follow_all(tracker, fake.jobs)
    assert tracker.state("a").status == "Hibernating"
    fake.say("a", "Completed")
    look(tracker)
    assert tracker.state("a").status is JobStatus.DONE


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Answer(fault="reset"), "network"),
        (Answer(429), "rate"),
        (Answer(401), "auth"),
        (html(502), "server"),
        (Answer(200, b"<html>"), "answer"),
    ],
)
def test_trouble_has_a_kind_by_which_a_view_can_say_what_to_do(tracker, fake, trouble, kind):
    fake.add("j")
    follow_all(tracker, ["j"])
    fake.trouble = trouble
    look(tracker)
    assert tracker.health.kind == kind
    fake.trouble = None
    look_again(tracker)
    assert tracker.health.kind == ""
    tracker.close()
    assert tracker.health.kind == "closed"


# attention: what somebody looks at


def test_metrics_are_read_only_for_what_somebody_looks_at_and_never_once_complete(tracker, fake):
    open_bill = {"qpu_charge_time_seconds": 1, "status": "pending"}
    for job_id in ("seen", "unseen", "other"):
        fake.add(job_id, "Running", usage=open_bill)
    attention = tracker.attend()
    attention.look_at(["seen"])
    follow_all(tracker, fake.jobs)
    metrics = [call for call in fake.asked() if "metrics" in call]
    assert metrics == ["GET /jobs/seen/metrics"]
    paid = {"qpu_charge_time_seconds": 3, "status": "complete"}
    fake.say("seen", "Completed")
    fake.metrics["seen"] = {"usage": paid, "timestamps": {"finished": "2026-11-23T00:01:00Z"}}
    look(tracker)
    assert tracker.state("seen").usage_complete
    fake.forget_requests()
    look(tracker)
    look(tracker)
    assert not [call for call in fake.asked() if "seen" in call.split("/")]


def test_hidden_views_cost_no_metrics_and_what_is_shown_again_is_read_at_once(tracker, fake):
    for number in range(4):
        fake.add(f"j{number}", "Running", usage={})
    following = follow_all(tracker, fake.jobs)
    attention = tracker.attend()
    attention.look_at(fake.jobs)
    attention.hide()
    settle(tracker)
    fake.forget_requests()
    look(tracker)
    assert not [call for call in fake.asked() if "metrics" in call]
    for one in following:
        one.state.checked_at = datetime(2020, 1, 1, tzinfo=timezone.utc)
    attention.hide(False)
    settle(tracker)
    assert [call for call in fake.asked() if "metrics" in call]


def test_an_attention_that_is_dropped_or_closed_counts_no_more(tracker):
    dropped, closed = tracker.attend(), tracker.attend()
    dropped.look_at(["a"])
    closed.look_at(["b"])
    assert tracker._attentions.looked_at() == {"a", "b"}
    del dropped
    closed.close()
    closed.look_at(["c"])
    assert tracker._attentions.looked_at() is None


def test_who_listens_for_records_hears_of_each_change_once(tracker, fake):
    heard = []
    undo = tracker.on_record(lambda state: heard.append((state.job_id, state.word, state.gone)))
    fake.add("j")
    follow_all(tracker, ["j"])
    look(tracker)
    assert heard == [("j", "Queued", False)]
    fake.say("j", "Running")
    look(tracker)
    tracker.job_gone("j")
    settle(tracker)
    assert heard[1:] == [("j", "Running", False), ("j", "Running", True)]
    assert tracker.follows("j")
    undo()
    tracker.offer(JobRecord("j", "Completed"))
    assert len(heard) == 3


def test_who_begins_to_follow_is_heard_of_also_where_that_is_over_at_once(tracker):
    held = tracker.state("j")
    tracker.offer(JobRecord("j", "Completed"))
    heard = []
    undo = tracker.on_follow(heard.append)
    tracker.follow("j").close()
    settle(tracker)
    undo()
    tracker.follow("j").close()
    settle(tracker)
    assert heard == [held]


# threads and handlers


def test_handlers_run_on_the_tracker_s_thread(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    names = []
    tracker.state("j").observe(lambda _: names.append(threading.current_thread().name), "status")
    fake.say("j", "Running")
    look(tracker)
    tracker.offer(JobRecord("j", "Completed"))
    assert names == ["runtime-widgets-tracker"] * 2


def test_a_handler_that_raises_stops_nothing(tracker, fake, caplog):
    fake.add("j")
    follow_all(tracker, ["j"])

    def bad(_change):
        raise RuntimeError("mine")

    tracker.state("j").observe(bad)
    undo = tracker.on_health(bad)
    fake.trouble = Answer(503)
    look(tracker)
    fake.trouble = None
    fake.say("j", "Completed")
    look_again(tracker)
    assert tracker.state("j").is_final
    assert "mine" in caplog.text
    undo()
    undo()


def test_an_error_of_its_own_does_not_end_the_thread(tracker, fake, caplog):
    def bug():
        raise ZeroDivisionError("a bug")

    with caplog.at_level(logging.ERROR):
        tracker._do(bug)
        settle(tracker)
    assert "a bug" in caplog.text
    fake.add("j")
    follow_all(tracker, ["j"])
    look(tracker)
    assert tracker.state("j").word == "Queued"


def test_a_handler_may_call_back_into_the_tracker(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    seen = []

    def handler(_change):
        with tracker.follow("j"):
            tracker.offer(JobRecord("k", "Queued"))
            seen.append(tracker.state("k"))

    tracker.state("j").observe(handler, "status")
    fake.say("j", "Running")
    look(tracker)
    assert len(seen) == 1


def test_a_hanging_handler_does_not_hang_who_offers_a_record(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    release = threading.Event()
    tracker.state("j").observe(lambda _: release.wait(20), "status")
    offers = threading.Thread(target=lambda: tracker.offer(JobRecord("j", "Running")))
    offers.start()
    try:
        offers.join(15)
        assert not offers.is_alive()
    finally:
        release.set()


def test_shorter_pages_than_were_asked_for_lose_no_job(tracker, fake):
    fake.longest_page = 2
    ids = [f"j{number}" for number in range(7)]
    for job_id in ids:
        fake.add(job_id, "Running")
    follow_all(tracker, ids)
    look(tracker)
    assert fake.asked().count("GET /jobs@6") >= 1
    assert not [
        call for call in fake.asked() if call.startswith("GET /jobs/j") and call.count("/") == 2
    ]


def test_a_page_of_jobs_waits_once_for_a_tracker_that_waits_for_its_answer(
    scripted, fake, monkeypatch
):
    for number in range(5):
        fake.add(f"j{number}")
    asked, release, answer = threading.Event(), threading.Event(), scripted.script

    def slow(request):
        if request.path.endswith("/jobs/j0"):
            asked.set()
            release.wait(20)
        return answer(request)

    scripted.script = slow
    service = QiskitRuntimeService(params=scripted.params())
    waits = []
    wait = threading.Event.wait
    try:
        with tracker_of(service.client).follow("j0"):
            assert asked.wait(20)
            monkeypatch.setattr(
                threading.Event, "wait", lambda self, s=None: waits.append(s) or wait(self, s)
            )
            found = service.jobs(limit=5)
            monkeypatch.undo()
            assert len(found) == 5
            assert waits.count(1.0) == 1
    finally:
        release.set()
        service.close()


def test_the_thread_ends_when_nobody_has_followed_for_a_while(tracker, fake, monkeypatch):
    monkeypatch.setattr(_worker, "IDLE_S", 0.05)
    fake.add("j")
    (following,) = follow_all(tracker, ["j"])
    thread = tracker._worker.thread
    following.close()
    settle(tracker)
    until(lambda: not thread.is_alive(), "the end of the thread")
    fake.say("j", "Running")
    follow_all(tracker, ["j"])
    look(tracker)
    assert tracker.state("j").status is JobStatus.RUNNING


def test_closing_ends_the_thread_and_following_after_that_starts_none(tracker, fake):
    fake.add("j")
    follow_all(tracker, ["j"])
    thread = tracker._worker.thread
    tracker.close()
    assert not thread.is_alive()
    tracker.follow("j").close()
    tracker.look_now()
    tracker.close()
    assert tracker._worker.thread is thread


def test_many_who_read_after_closing_are_taken_in_one_after_the_other(tracker):
    state = tracker.state("j")
    tracker.close()
    seen = []
    state.observe(lambda change: seen.append(change.new.revision), "record")
    records = [JobRecord("j", "Running", revision=n, position=n) for n in range(200)]
    threads = [
        threading.Thread(target=lambda part=n: [tracker.offer(r) for r in records[part::8]])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert seen == sorted(seen)
    assert state.record.revision == 199


def test_what_is_read_after_closing_is_taken_in_all_the_same(tracker):
    state = tracker.state("j")
    tracker.close()
    tracker.offer(JobRecord("j", "Running"))
    assert state.status is JobStatus.RUNNING


def test_a_client_has_one_tracker_and_keeps_no_state_that_nobody_holds(scripted):
    client = RuntimeClient(scripted.params())
    assert tracker_of(client) is tracker_of(client)
    tracker = tracker_of(client)
    assert tracker.state("j") is not None
    assert len(tracker._intake) == 0
    tracker.close()
    client.close()


# pushes, by the true server


@pytest.fixture
def requests_made(monkeypatch):
    """Collect method and path of each request that any client makes."""
    made = []
    send = Transport.send

    def sending(self, call, *args):
        made.append(call.name)
        return send(self, call, *args)

    monkeypatch.setattr(Transport, "send", sending)
    return made


def test_pushed_changes_reach_the_state_without_being_asked_for(service, requests_made, flag):
    jobs = [
        service.run("hold", {"until": str(flag)}, backend=name)
        for name in ("local_exact", "local_noisy", "local_exact", "local_exact")
    ]
    following = [job.tracker.follow(job.job_id()) for job in jobs]
    until(lambda: jobs[0].state.status is JobStatus.RUNNING, "Running")
    until(lambda: jobs[0].tracker.health.push, "the stream")
    settle(service._tracker)
    requests_made.clear()
    seen = []
    for job in jobs:
        job.state.observe(lambda change: seen.append(change.owner.job_id), "status")
    flag.touch()
    for job in jobs:
        assert job.state.wait(40)
        assert job.state.status is JobStatus.DONE
    for one in following:
        one.close()
    assert {job.job_id() for job in jobs} <= set(seen)
    assert requests_made == []


def test_while_the_server_tells_by_itself_an_hour_costs_a_few_looks(
    runtime, flag, hands, requests_made
):
    direct = QiskitRuntimeService(params=runtime.params())
    job = direct.run("hold", {"until": str(flag)}, backend="local_exact")
    client = RuntimeClient(runtime.params(), clock=hands.clock)
    tracker = tracker_of(client)
    try:
        with tracker.follow(job.job_id()) as state, tracker.follow_query(JobQuery(pending=True)):
            until(lambda: tracker.health.push, "the stream")
            pass_time(tracker, hands, 60, step_s=1)
            requests_made.clear()
            pass_time(tracker, hands, 3600, step_s=5)
            # A minute apart at first, five minutes in the end; one list serves it and its jobs.
            assert 8 <= len(requests_made) <= 20
            assert not state.is_final
            requests_made.clear()
            flag.touch()
            until(lambda: state.is_final, "the end, pushed")
            assert requests_made == []
    finally:
        tracker.close()
        client.close()
        direct.close()


def test_the_tags_that_another_client_sets_are_pushed(service, runtime, flag):
    job = service.run("hold", {"until": str(flag)}, backend="local_exact")
    with job.tracker.follow(job.job_id()) as state:
        until(lambda: job.tracker.health.push, "the stream")
        other = RuntimeClient(runtime.params())
        other.job_update_tags(job.job_id(), ["from", "elsewhere"])
        until(lambda: state.tags == ("from", "elsewhere"), "the tags")
        other.job_cancel(job.job_id())
        until(lambda: state.status is JobStatus.CANCELLED, "the cancel")
        other.job_delete(job.job_id())
        until(lambda: state.gone, "the deletion")
        other.close()


def test_no_thread_is_left_after_a_service_is_closed(runtime):
    before = our_threads()
    for _ in range(3):
        service = QiskitRuntimeService(params=runtime.params())
        job = service.run("echo", {"say": 1}, backend="local_exact")
        job.wait_for_final_state(40)
        service.close()
    until(lambda: our_threads() <= before, "the end of all threads")


def test_a_server_that_comes_back_is_found_and_its_jobs_end(tmp_path):
    """The server is killed while one job runs and others wait; the client waits through it."""
    flag = tmp_path / "go"
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    first = own_programs("--port", str(port), data=tmp_path / "data").start()
    service = QiskitRuntimeService(params=first.params())
    second = None
    try:
        inputs = {"until": str(flag), "first": "begun"}
        job = service.run("hold", inputs, backend="local_exact")
        rest = [service.run("echo", {"say": n}, backend="local_exact") for n in range(3)]
        healths = []
        job.tracker.on_health(healths.append)
        following = [j.tracker.follow(j.job_id()) for j in (job, *rest)]
        until(lambda: job.state.interim_seen == 1, "its beginning")
        first.kill()
        until(lambda: job.state.stale_since is not None, "staleness")
        assert job.state.status is JobStatus.RUNNING
        assert any(h.trouble for h in healths)
        flag.touch()
        second = own_programs("--port", str(port), data=tmp_path / "data").start()
        assert job.result(timeout=60) == "held"
        assert [j.result(timeout=60) for j in rest] == [0, 1, 2]
        until(lambda: job.tracker.health.trouble is None, "the end of the trouble")
        until(lambda: all(j.state.stale_since is None for j in (job, *rest)), "freshness")
        assert job.state.record.attempts == 2
        for one in following:
            one.close()
    finally:
        service.close()
        first.stop()
        if second is not None:
            second.stop()
