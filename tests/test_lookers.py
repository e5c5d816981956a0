"""A page that was lost, as in a crash or a closed laptop, does not count as looking for ever."""

from __future__ import annotations

import pytest
from support.clocks import HandClock

from runtime_widgets.widgets import _live
from runtime_widgets.widgets._lookers import SILENT_S, Lookers
from runtime_widgets.widgets._rest import Rest
from runtime_widgets.widgets.monitor import JobMonitor


@pytest.fixture
def hands():
    return HandClock()


@pytest.fixture
def shell(monkeypatch):
    """A shell of IPython's, as far as cells go."""
    shell = Shell()
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    return shell


class Shell:
    """Has cells begin and end."""

    def __init__(self):
        self.events, self._heard = self, {}

    def register(self, name, callback):
        assert name not in self._heard, "registered twice"
        self._heard[name] = callback

    def begins(self):
        self._heard["pre_run_cell"](None)

    def ends(self):
        self._heard["post_run_cell"](None)


@pytest.fixture
def rests(hands, shell):
    rest = Rest(hands.clock)
    rest.listen()
    rest.listen()
    return rest


@pytest.fixture
def lookers(hands, rests):
    return Lookers(hands.clock, rests.lasts_s)


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


def test_the_only_page_is_lost_when_no_cell_has_kept_the_kernel_from_hearing_it(
    hands, lookers, shell
):
    lookers.say(1, ["a"], hidden=False)
    for _ in range(3):
        shell.begins()
        hands.pass_(SILENT_S)
        lookers.forget_lost()
        assert lookers.job_ids() == {"a"}, "a cell was running"
        shell.ends()
        hands.pass_(SILENT_S - 1)
        lookers.forget_lost()
        assert not lookers.hidden
    hands.pass_(1.0)
    lookers.forget_lost()
    assert (lookers.hidden, lookers.job_ids()) == (True, frozenset())
    lookers.say(1, ["a"], hidden=False)
    assert (lookers.hidden, lookers.job_ids()) == (False, {"a"})


def test_a_view_that_no_page_shows_is_not_taken_to_be_seen_for_ever(hands, lookers, shell):
    shell.ends()
    hands.pass_(SILENT_S - 1)
    lookers.forget_lost()
    assert (lookers.hidden, lookers.job_ids()) == (False, None)
    hands.pass_(1.0)
    lookers.forget_lost()
    assert (lookers.hidden, lookers.job_ids()) == (True, frozenset())


def test_where_cells_are_not_heard_of_nobody_is_lost_by_silence(hands):
    lookers = Lookers(hands.clock, Rest(hands.clock).lasts_s)
    hands.pass_(100 * SILENT_S)
    lookers.forget_lost()
    assert lookers.job_ids() is None
    lookers.say(1, ["a"], hidden=False)
    hands.pass_(100 * SILENT_S)
    lookers.forget_lost()
    assert lookers.job_ids() == {"a"}


def test_a_view_of_which_a_page_was_lost_is_hidden_with_the_others(jobs, show, hands, monkeypatch):
    view = show(JobMonitor(jobs(3)))
    later = []
    monkeypatch.setattr(_live, "post_later", lambda parcel, _delay_s: later.append(parcel))
    view._lookers, view._doubts = Lookers(hands.clock), False
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
