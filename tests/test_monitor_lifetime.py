"""A monitor's jobs come and go on several threads, and nothing of it is left once it is closed."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest
from support import tracking
from support.tracking import look_again
from support.views import change, settle
from support.waiting import until

from runtime_widgets.widgets._endings import Endings
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


def test_a_monitor_that_is_closed_is_kept_by_nothing(jobs):
    view = JobMonitor(jobs(2))
    settle(view)
    view.deliver()
    gone = weakref.ref(view)
    view.close()
    del view
    gc.collect()
    assert gone() is None


# who hears of their end


def test_jobs_that_are_being_taken_in_are_told_of_too(jobs, show, monkeypatch):
    """A monitor of an account asks to hear of ends while the courier takes in its first page."""
    found = jobs(6)
    view = show(JobMonitor())
    told = []
    meet = JobMonitor._meet

    def half_way(self, job):
        if job is found[3]:
            view.on_done(lambda job: told.append(job.job_id()))
        meet(self, job)

    monkeypatch.setattr(JobMonitor, "_meet", half_way)
    view.add(*found)
    for job in found:
        change(job, "Completed")
    settle(view)
    assert sorted(told) == sorted(job.job_id() for job in found)


def test_a_job_that_two_threads_meet_is_told_of_once(jobs):
    (job,) = jobs(1)
    endings = Endings()
    told = []
    endings.add(told.append, list)
    on_final = job.state.on_final

    def beside(callback):
        other = threading.Thread(target=endings.meet, args=([job],))
        other.start()
        other.join(10)
        return on_final(callback)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job.state, "on_final", beside)
        endings.meet([job])
    change(job, "Completed")
    tracking.settle(job.tracker)
    assert told == [job]


# several threads


def test_a_job_that_two_threads_bring_is_one(jobs, show, monkeypatch):
    """`add` in a cell, and the courier that takes the same job from an account's list."""
    (job,) = jobs(1)
    view = show(JobMonitor())
    threads = []
    twice = threading.Event()
    meet = JobMonitor._meet

    def beside(self, met):
        if not threads:
            threads.append(threading.Thread(target=view.add, args=(job,)))
            threads[0].start()
            twice.wait(0.2)  # as long as it takes where nothing holds the other up
        else:
            twice.set()
        meet(self, met)

    monkeypatch.setattr(JobMonitor, "_meet", beside)
    view._take([job])
    threads[0].join(10)
    assert not twice.is_set()
    view.remove(job)
    assert not view._uses
    assert not job.tracker.follows(job.job_id())


def test_what_is_taken_in_while_a_monitor_closes_is_let_go(fake, theirs, show, monkeypatch):
    fake.add("job-0000")
    view = show(JobMonitor(service=theirs))
    until(lambda: view._feeds[0]._state.complete, "the list")
    view.deliver()
    (tracker,) = view.trackers()
    fake.add("job-0001")
    until(lambda: look_again(tracker) or tracker.state("job-0001").record, "the new job")
    closing = []
    meet = JobMonitor._meet

    def beside(self, met):
        closing.append(threading.Thread(target=view.close))
        closing[0].start()
        closing[0].join(0.2)
        meet(self, met)

    monkeypatch.setattr(JobMonitor, "_meet", beside)
    view.deliver()
    closing[0].join(10)
    assert view.jobs == []
    assert not view._uses
    assert not tracker.follows("job-0001")
