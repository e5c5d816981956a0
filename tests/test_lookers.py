"""A page that was lost, as in a crash, does not count as looking for ever."""

from __future__ import annotations

import pytest
from support.clocks import HandClock

from runtime_widgets.widgets import _live
from runtime_widgets.widgets._lookers import SILENT_S, Lookers
from runtime_widgets.widgets.monitor import JobMonitor


@pytest.fixture
def hands():
    return HandClock()


@pytest.fixture
def lookers(hands):
    return Lookers(hands.clock)


def test_a_page_that_is_silent_while_another_speaks_is_lost(hands, lookers):
    lookers.say(1, ["a"], hidden=False)
    hands.pass_(60.0)
    lookers.say(2, ["b"], hidden=True)
    hands.pass_(SILENT_S - 61)
    lookers.forget_lost()
    assert (lookers.hidden, lookers.job_ids()) == (False, {"a"})
    assert lookers.doubtful
    hands.pass_(1.0)
    lookers.forget_lost()
    assert (lookers.hidden, lookers.job_ids()) == (True, frozenset())
    assert not lookers.doubtful


def test_a_page_that_says_that_it_is_seen_is_not_lost(hands, lookers):
    lookers.say(2, [], hidden=True)
    for _ in range(20):
        hands.pass_(60.0)
        lookers.say(1, ["a"], hidden=False)
        lookers.forget_lost()
        assert not lookers.hidden


def test_a_kernel_that_hears_nobody_takes_nobody_for_lost(hands, lookers):
    lookers.say(2, [], hidden=True)
    lookers.say(1, ["a"], hidden=False)
    hands.pass_(100 * SILENT_S)
    lookers.forget_lost()
    assert lookers.job_ids() == {"a"}


def test_a_view_of_which_a_page_was_lost_is_hidden_with_the_others(jobs, show, hands, monkeypatch):
    view = show(JobMonitor(jobs(3)))
    later = []
    monkeypatch.setattr(_live, "post_later", lambda parcel, _delay_s: later.append(parcel))
    view._lookers = Lookers(hands.clock)
    first = view.jobs[0].job_id()
    (tracker,) = view.trackers()
    view.looked_at([first], hidden=False, page=1)  # of a browser that crashes
    hands.pass_(1.0)
    view.looked_at([], hidden=True, page=2)
    assert tracker._attentions.looked_at() == {first}
    assert len(later) == 1
    hands.pass_(SILENT_S)
    later.pop().deliver()
    assert view.hidden
    assert not tracker._attentions.looked_at()
    assert later == []
