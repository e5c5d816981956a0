"""A tracker that looks when a test says so, at a service of which the test writes each record."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from runtime_widgets import _pace
from runtime_widgets._clock import CLOCK
from runtime_widgets.client import RuntimeClient
from runtime_widgets.tracker import Following, Tracker
from support.clocks import HandClock
from support.service import FakeService

NEVER_S = 1000.0


@pytest.fixture
def fake(scripted):
    return FakeService(scripted)


@pytest.fixture
def calm(monkeypatch):
    """Look only when a test says so."""
    monkeypatch.setattr(_pace, "interval_s", lambda _age_s, *, running: NEVER_S)
    monkeypatch.setattr(_pace, "bill_interval_s", lambda _age_s: NEVER_S)


@pytest.fixture
def make(scripted) -> Iterator[Any]:
    made = []

    def make_(channel="ibm_quantum_platform", clock=CLOCK):
        client = RuntimeClient(scripted.params(channel, read_timeout_s=5.0), clock=clock)
        tracker = Tracker(client)
        tracker.requests_a_minute = 1e9
        made.append((client, tracker))
        return tracker

    yield make_
    for client, tracker in made:
        tracker.close()
        client.close()


@pytest.fixture
def tracker(fake, calm, make) -> Tracker:
    return make()


@pytest.fixture
def hands() -> HandClock:
    return HandClock()


@pytest.fixture
def timed(fake, make, hands) -> Tracker:
    """A tracker of which a test moves the clock."""
    return make(clock=hands.clock)


def pass_time(tracker: Tracker, hands: HandClock, seconds: float, step_s: float = 0.25) -> None:
    """Let time go by, step by step, with all the looks that are due in it."""
    for _ in range(round(seconds / step_s)):
        hands.pass_(step_s)
        settle(tracker)


def settle(tracker: Tracker) -> None:
    """Wait until the tracker has done all that it was told so far."""
    done = threading.Event()

    def ask() -> None:
        worker = tracker._worker
        looks = worker.looking or worker.due <= tracker._clock.monotonic()
        looks = looks and tracker._allowance.wait_s() <= 0
        # It goes to the end of what waits: a look comes first.
        tracker._do(ask) if looks else done.set()

    tracker._do(ask)
    assert done.wait(20)


def look(tracker: Tracker) -> None:
    tracker.look_now()
    settle(tracker)


def look_again(tracker: Tracker) -> None:
    """Make the next look now, although the tracker backs off."""

    def now() -> None:
        tracker._looker.look_at_all()
        tracker._worker.due = 0.0

    tracker._do(now)
    settle(tracker)


def follow_all(tracker: Tracker, ids: Iterable[str]) -> list[Following[Any]]:
    """Follow jobs so that the first look finds them all."""
    held = threading.Event()
    tracker._do(lambda: held.wait(20))
    following = [tracker.follow(job_id) for job_id in ids]
    held.set()
    settle(tracker)
    return following
