"""What a monitor sends, in bytes: that is what a slow connection feels."""

from __future__ import annotations

import pytest
from support.tables import described, fail, known_jobs, snapshot_of, weight, without_clocks

from runtime_widgets.tracker import tracker_of
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = pytest.mark.usefixtures("kernel")


@pytest.fixture
def monitor_of(fake, theirs, show):
    tracker_of(theirs.client).requests_a_minute = 1e9

    def monitor_of_(count):
        listed = [described(number, sessions=False) for number in range(count)]
        fake.jobs = {each["id"]: each for each in listed}
        return show(JobMonitor(known_jobs(theirs, listed)))

    return monitor_of_


def sent_by(view):
    """Deliver, and return the messages that left, each with its bytes."""
    view.comm.sent.clear()
    view.deliver()
    return [(data, weight(without_clocks(data), buffers)) for data, buffers in view.comm.sent]


def bytes_of_changes(view, count):
    """Have so many queued jobs fail; returns the bytes of the one message that tells it."""
    jobs = [job for job in view.jobs if job.state.record.status == "Queued"][:count]
    fail(jobs)
    ((data, size),) = sent_by(view)
    assert [row["id"] for row in data["content"]["jobs"]] == [job.job_id() for job in jobs]
    return size


def test_a_change_is_as_many_bytes_whatever_the_number_of_rows(monitor_of):
    sizes = []
    for count in (100, 3000):
        view = monitor_of(count)
        # Of the second view's jobs one has ended in the first: the next of the same kind fails.
        sizes.append((bytes_of_changes(view, 1), bytes_of_changes(view, 5)))
    assert sizes[0] == sizes[1]
    one, five = sizes[0]
    assert one < 600
    # What comes with each message is there once.
    assert five < 5 * one


def test_the_first_snapshot_is_columns_and_no_row_is_sent_twice(monitor_of):
    view = monitor_of(3000)
    snapshot, places, buffers = snapshot_of(view)
    assert snapshot["jobs"] == []
    assert len(places) == len(buffers) > 0
    assert 0 < weight(snapshot, buffers) < 130 * 3000
    assert sent_by(view) == []


def test_what_has_not_changed_is_not_sent(monitor_of):
    view = monitor_of(100)
    bytes_of_changes(view, 5)
    assert sent_by(view) == []
