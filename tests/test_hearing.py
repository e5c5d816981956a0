"""What the foot of a view of several services says of how they are heard."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

from runtime_widgets.tracker import TrackerHealth
from runtime_widgets.widgets._hearing import health_of

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def listener(ahead_s=0.0, *, is_local=False, **health):
    """One who listens to a service whose clock is so far ahead."""
    client = SimpleNamespace(
        clock_ahead_s=lambda: ahead_s,
        server_time=lambda: NOW.timestamp() + ahead_s,
        params=SimpleNamespace(is_local=is_local),
    )
    return SimpleNamespace(health=TrackerHealth(**health), client=client)


def seen(*listeners, tells_looks=True):
    return health_of(listeners, tells_looks=tells_looks)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


def test_where_all_of_the_first_service_has_ended_the_looks_at_the_second_are_told():
    ended, live = listener(), listener(next_look=after(1), requests_per_look=3)
    for health in (seen(ended, live), seen(live, ended)):
        assert health.next_look == NOW.timestamp() + 1
        assert health.requests_per_look == 3
    assert seen(ended, listener()).next_look is None


def test_of_several_looks_the_next_one_is_told_with_what_it_costs():
    slow = listener(next_look=after(30), requests_per_look=7)
    quick = listener(next_look=after(1), requests_per_look=2)
    health = seen(slow, quick)
    assert (health.next_look, health.requests_per_look) == (NOW.timestamp() + 1, 2)
    assert seen(slow, quick, tells_looks=False).next_look is None


def test_of_trouble_the_next_attempt_is_told_and_not_another_s_look():
    away = listener(stale_since=after(-60), trouble="No answer.", next_look=after(30))
    health = seen(listener(next_look=after(1)), away, tells_looks=False)
    assert health.trouble == "No answer."
    assert health.next_look == NOW.timestamp() + 30


def test_a_trouble_of_one_service_moves_no_time_to_its_clock():
    first, away = listener(), listener(ahead_s=500.0, stale_since=after(-60), trouble="No answer.")
    health = seen(first, away)
    assert health.server_now == NOW.timestamp()
    assert health.stale_since == NOW.timestamp() - 60


def test_between_us_and_our_own_machine_is_no_network():
    kinds = {
        (kind, is_local): seen(
            listener(is_local=is_local, stale_since=after(-60), trouble="No.", kind=kind)
        ).trouble_kind
        for kind in ("network", "auth", "server")
        for is_local in (False, True)
    }
    assert {kind: kinds[kind, False] for kind, _ in kinds} == {
        "network": "network",
        "auth": "auth",
        "server": "server",
    }
    assert kinds["network", True] == "local"
    assert kinds["auth", True] == "local auth"
    assert kinds["server", True] == "server"
