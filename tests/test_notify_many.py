"""Notifications of many at once: none is lost where jobs end on two threads, or come later."""

from __future__ import annotations

import pytest
from support.tracking import look_again
from support.views import change
from support.waiting import until

from runtime_widgets._notify import Notification, notify
from runtime_widgets.service import QiskitRuntimeService


def words(notice):
    return sorted(job.job_id() for job in notice.jobs)


@pytest.fixture
def another(fake, calm):
    """A second service, with a tracker's thread of its own."""
    service = QiskitRuntimeService(params=fake.http.params())
    yield service
    service.close()


def test_of_two_that_end_at_once_none_is_lost(jobs, another):
    """The first is still at it, on its tracker's thread, when the last ends on another."""
    told = []
    first, theirs = jobs(2)
    second = another.job(theirs.job_id())
    assert first.tracker is not second.tracker
    notification = Notification(told.append, at_once=False, gather_s=0)
    notification.watch([first, second])
    following, undo = notification._open[first.job_id()]

    class Slow:
        def close(self):
            following.close()
            change(second, "Completed")

    notification._open[first.job_id()] = (Slow(), undo)
    change(first, "Completed")
    until(lambda: told, "the notice")
    assert [words(notice) for notice in told] == [["job-0000", "job-0001"]]


def test_one_that_had_ended_and_comes_later_waits_for_the_others(jobs):
    told = []
    first, second = jobs(2)
    notification = Notification(told.append, at_once=False)
    notification.watch([first])
    change(second, "Completed")
    notification.watch([second])
    assert notification._ended == [second]
    change(first, "Completed")
    until(lambda: told, "the notice")
    assert [words(notice) for notice in told] == [["job-0000", "job-0001"]]


def test_one_that_had_ended_is_told_of_with_the_last_where_each_is(jobs):
    told = []
    first, second, third = jobs(3)
    change(first, "Completed")
    notify([first, second, third], told.append, gather_s=0)
    change(second, "Completed")
    until(lambda: len(told) == 1, "the first notice")
    change(third, "Completed")
    until(lambda: len(told) == 2, "the last one")
    assert [words(notice) for notice in told] == [["job-0001"], ["job-0000", "job-0002"]]


def test_a_job_that_is_given_twice_is_followed_once(jobs):
    told = []
    first, second = jobs(2)
    notification = notify([first, first, second], told.append, when="all")
    notification.watch([first])
    assert notification.pending == 2
    change(first, "Completed")
    change(second, "Completed")
    until(lambda: told, "the notice")
    assert words(told[0]) == ["job-0000", "job-0001"]
    look_again(first.tracker)
    assert not first.tracker.follows("job-0000")
