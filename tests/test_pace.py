from __future__ import annotations

import pytest
from support.clocks import HandClock

from runtime_widgets import _pace
from runtime_widgets._allowance import Allowance
from runtime_widgets.errors import IBMInputValueError


def test_old_queues_are_looked_at_less_often_than_what_runs():
    assert _pace.interval_s(0, running=False) == 1.0
    assert _pace.interval_s(120, running=True) == 1.0
    assert _pace.interval_s(3600, running=True) == 10.0
    assert _pace.interval_s(3600, running=False) == 30.0


def test_what_nobody_looks_at_is_five_times_slower_and_half_a_minute_at_most():
    assert [_pace.unseen_s(s) for s in (1.0, 5.0, 10.0, 30.0)] == [5.0, 25.0, 30.0, 30.0]


def test_sessions_and_lists_are_asked_for_less_and_less():
    assert [_pace.session_interval_s(s) for s in (0, 3600)] == [2.0, 30.0]
    assert [_pace.list_interval_s(s) for s in (0, 3600)] == [3.0, 30.0]


def test_an_open_bill_is_no_hurry():
    assert [_pace.bill_interval_s(s) for s in (0, 40, 400)] == [3.0, 10.0, 30.0]


def test_while_the_server_tells_by_itself_it_is_asked_less_and_less():
    assert [_pace.safety_s(s) for s in (0, 30, 60, 120, 1e6)] == [30.0, 30.0, 60.0, 120.0, 300.0]


def test_a_look_of_many_requests_leaves_a_pause():
    assert [_pace.polite_s(n) for n in (1, 5, 20, 5000)] == [0.2, 1.0, 4.0, 10.0]


def test_pauses_in_trouble_double_up_to_a_minute():
    assert [_pace.back_off_s(n) for n in (1, 2, 5, 6, 1000)] == [2.0, 4.0, 32.0, 60.0, 60.0]


# the allowance


@pytest.fixture
def hands():
    return HandClock()


def take_all(allowance):
    """Make all requests that may be made now, and return how many those were."""
    made = 0
    while allowance.wait_s() <= 0:
        allowance.take()
        made += 1
    return made


def test_a_minute_holds_so_many_requests_and_half_of_them_are_saved(hands):
    allowance = Allowance(60.0, hands.clock.monotonic)
    assert take_all(allowance) == 30
    assert allowance.wait_s() == 1.0
    made = 0
    for _ in range(480):
        hands.pass_(0.125)
        made += take_all(allowance)
    assert made == 60
    hands.pass_(1e6)
    assert take_all(allowance) == 30


def test_the_least_is_enough_for_a_look(hands):
    allowance = Allowance(1.0, hands.clock.monotonic)
    assert take_all(allowance) == 5
    assert allowance.wait_s() == 60.0


def test_more_may_be_allowed_meanwhile(hands):
    allowance = Allowance(6.0, hands.clock.monotonic)
    take_all(allowance)
    assert allowance.wait_s() == 10.0
    allowance.a_minute = 600.0
    assert allowance.a_minute == 600.0
    assert allowance.wait_s() == pytest.approx(0.1)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
def test_what_is_no_rate_is_refused(hands, wrong):
    with pytest.raises(IBMInputValueError):
        Allowance(wrong, hands.clock.monotonic)
    allowance = Allowance(1.0, hands.clock.monotonic)
    with pytest.raises(IBMInputValueError):
        allowance.a_minute = wrong
