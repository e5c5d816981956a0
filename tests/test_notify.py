"""Notifications: gathered, of facts, on threads of their own, and without a secret anywhere."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback

import pytest
from support.scripted import Answer, scripted_server
from support.tracking import look_again
from support.views import change
from support.waiting import until

from runtime_widgets import errors
from runtime_widgets._notify import Notifier, notice_of, notify
from runtime_widgets.widgets.monitor import JobMonitor

SECRET = "p4ssw0rd-of-a-test"


@pytest.fixture(autouse=True)
def _ended():
    yield
    until(lambda: not _busy(), "the end of the notifications' threads")


def _busy():
    return [t for t in threading.enumerate() if t.name == "runtime-widgets-notify"]


def failed(job, **state):
    change(job, "Failed", state={"status": "Failed", "reason": "It broke.", **state})


# what is said


def test_one_job_is_told_of_at_once_and_by_name(jobs):
    told = []
    (job,) = jobs(1)
    notification = notify(job, told.append)
    assert "1 job, <Notifier by" in repr(notification)
    change(job, "Completed", usage={"qpu_charge_time_seconds": 3.14159, "status": "complete"})
    until(lambda: told, "the notice")
    assert told[0].title == "sampler on ibm_x: done"
    assert told[0].text == "sampler on ibm_x, job-0000: done, 3.14 s of usage"
    assert str(told[0]) == f"{told[0].title}\n{told[0].text}"
    assert told[0].jobs == (job,)
    assert notification.pending == 0
    assert not job.tracker.follows("job-0000")


def test_jobs_that_end_together_are_told_of_in_one_notice(jobs):
    told = []
    many = jobs(30)
    notify(many, told.append, gather_s=1000)
    for job in many[:28]:
        change(job, "Completed", usage={})
    failed(many[28], reason_code=1517)
    assert told == []
    change(many[29], "Cancelled", usage={})
    until(lambda: told, "the notice")
    assert len(told) == 1
    assert told[0].title == "30 jobs ended: 28 done, 1 failed, 1 cancelled"
    assert told[0].text.count("\n") == 20
    assert told[0].text.endswith("and 10 more")


def test_those_that_end_apart_are_told_of_apart(jobs):
    told = []
    first, second = jobs(2)
    notify([first, second], told.append, gather_s=0)
    change(first, "Completed")
    until(lambda: len(told) == 1, "the first notice")
    change(second, "Completed")
    until(lambda: len(told) == 2, "the second one")


def test_all_of_them_are_told_of_once_when_the_last_has_ended(jobs):
    told = []
    first, second, third = jobs(3)
    change(first, "Completed")
    notify([first, second, third], told.append, when="all", gather_s=0)
    change(second, "Completed")
    assert told == []
    change(third, "Failed")
    until(lambda: told, "the notice")
    assert told[0].title == "3 jobs ended: 2 done, 1 failed"


def test_jobs_that_had_ended_before_are_told_of_at_once(jobs):
    told = []
    (job,) = jobs(1)
    change(job, "Completed")
    notify(job, told.append, gather_s=1000)
    until(lambda: told, "the notice")


def test_why_a_job_failed_is_one_line_whatever_the_service_says(jobs):
    (job,) = jobs(1)
    failed(job, reason="It\r\nbroke\x1b[31m " + "x" * 500, reason_code=1517)
    text = notice_of([job]).text
    assert text.splitlines() == [text]
    assert "It broke [31m xxx" in text
    assert text.endswith("… (code 1517)")


def test_a_job_that_is_gone_is_told_of_so(jobs):
    told = []
    (job,) = jobs(1)
    notify(job, told.append)
    job.tracker.job_gone(job.job_id())
    until(lambda: told, "the notice")
    assert told[0].title == "sampler on ibm_x: not known to the service any more"


def test_what_was_closed_tells_nothing(jobs):
    told = []
    (job,) = jobs(1)
    notification = notify(job, told.append, gather_s=0)
    notification.close()
    change(job, "Completed")
    assert (told, _busy()) == ([], [])
    assert not job.tracker.follows("job-0000")


def test_a_job_tells_by_itself(jobs):
    told = []
    (job,) = jobs(1)
    job.notify(told.append)
    change(job, "Completed")
    until(lambda: told, "the notice")


# who is told


def test_whoever_raises_hurts_neither_the_tracker_nor_others(jobs, caplog):
    told = []

    def broken(_notice):
        raise RuntimeError(SECRET)

    first, second = jobs(2)
    notify([first, second], [broken, told.append], gather_s=0)
    change(first, "Completed")
    until(lambda: len(told) == 1, "the notice")
    change(second, "Completed")
    until(lambda: len(told) == 2, "the other one")
    assert "could not be sent: RuntimeError." in caplog.text
    assert SECRET not in caplog.text


def test_who_is_slow_holds_up_nobody(fake, jobs):
    held = threading.Event()
    names = []

    def slow(_notice):
        names.append(threading.current_thread().name)
        assert held.wait(20)

    first, second = jobs(2)
    notify([first, second], slow, gather_s=0)
    change(first, "Completed")
    until(lambda: names, "the slow one")
    fake.say(second.job_id(), "Running")
    look_again(second.tracker)
    until(lambda: second.state.word == "Running", "what the tracker reads meanwhile")
    held.set()
    assert names == ["runtime-widgets-notify"]


def test_a_monitor_tells_of_the_jobs_that_end_while_it_shows_them(jobs, show):
    told = []
    before, after, later = jobs(3)
    change(before, "Completed")
    view = show(JobMonitor([before, after], notify=told.append))
    view.add(later)
    view.deliver()
    change(after, "Completed")
    change(later, "Completed")
    view._notifier.flush()
    until(lambda: told, "the notice")
    assert told[0].jobs == (after, later)


@pytest.mark.parametrize(
    ("to", "words"),
    [
        (7, "not to a int"),
        ([], "Say to whom"),
        ("me@example.org", "begins with mailto://"),
        (f"nosuch://user:{SECRET}@host", "does not understand this nosuch:// address"),
        (["json://127.0.0.1:9", 7], "not to a int"),
    ],
)
def test_who_cannot_be_told_is_refused_without_being_shown(to, words):
    with pytest.raises(errors.IBMInputValueError, match=words) as caught:
        notify([], to)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_time_or_thing_is_refused():
    with pytest.raises(errors.IBMInputValueError, match='"each" or "all"'):
        notify([], print, when="never")
    with pytest.raises(errors.IBMInputValueError, match="are of jobs"):
        notify(["job-0000"], print)


def test_without_apprise_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ImportError, match=r"runtime-widgets\[notify\]") as caught:
        notify([], f"mailto://user:{SECRET}@example.org")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


# by apprise, to a server of our own


def address(server):
    return f"json://user:{SECRET}@127.0.0.1:{server.url.rpartition(':')[2]}/{SECRET}"


def test_an_address_is_told_by_apprise(jobs):
    (job,) = jobs(1)
    with scripted_server(lambda _request: Answer(200)) as server:
        notify(job, address(server))
        change(job, "Completed", usage={})
        until(lambda: server.seen, "the notice")
        body = json.loads(server.seen[0].body)
    assert body["title"] == "sampler on ibm_x: done"
    assert body["message"] == "sampler on ibm_x, job-0000: done, 1 s of usage"
    assert SECRET not in server.seen[0].body.decode()


def test_a_secret_is_nowhere_but_where_it_belongs(jobs, caplog, show):
    caplog.set_level(logging.DEBUG)
    first, second = jobs(2)
    with scripted_server(lambda _request: Answer(500)) as server:
        to = address(server)
        caplog.clear()
        notification = notify(first, [to])
        view = show(JobMonitor([second], notify=to))
        notifier = Notifier(to)
        change(first, "Completed")
        until(lambda: "could not be sent" in caplog.text, "the failure")
        until(lambda: not _busy(), "the end of it")
    shown = [caplog.text, repr(notification), repr(notifier), repr(view), repr(view.get_state())]
    shown += [repr(vars(notifier)), json.dumps(view.snapshot()), repr(notifier._senders)]
    assert not [text for text in shown if SECRET in text]
    assert "A notification by json could not be sent." in caplog.text


def test_an_interactive_traceback_shows_no_address():
    from IPython.core.ultratb import VerboseTB

    to = [f"nosuch://user:{SECRET}@host"]
    try:
        Notifier(to)
    except errors.IBMInputValueError:
        kind, error, trace = sys.exc_info()
        # Without the frame of the test, which is the user's own.
        text = "\n".join(
            VerboseTB(theme_name="nocolor").structured_traceback(kind, error, trace.tb_next)
        )
    assert "does not understand" in text
    assert SECRET not in text
