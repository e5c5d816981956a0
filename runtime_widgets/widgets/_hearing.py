"""How well the services of a view are heard, in a few words for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import cast

from runtime_widgets.messages import Health, Trouble
from runtime_widgets.tracker import Tracker

__all__ = ["health_of", "is_news"]


def health_of(trackers: Sequence[Tracker], *, tells_looks: bool) -> Health:
    """Sum up how well the servers are heard: the worst counts.

    Parameters
    ----------
    trackers : sequence of Tracker
        Who listens to them.
    tells_looks : bool
        Whether to say when the next look is and what one costs, while nothing is wrong.
    """
    if not trackers:
        return Health(server_now=datetime.now(timezone.utc).timestamp())
    worst = min(trackers, key=_stale_since)
    health, ahead_s = worst.health, worst.client.clock_ahead_s()
    told = tells_looks or health.stale_since is not None
    costs = sum(tracker.health.requests_per_look for tracker in trackers)
    return Health(
        server_now=worst.client.server_time(),
        stale_since=_epoch(health.stale_since, ahead_s),
        trouble=health.trouble,
        next_look=_epoch(health.next_look, ahead_s) if told else None,
        push=all(tracker.health.push for tracker in trackers),
        requests_per_look=costs if told else 0,
        trouble_kind=cast("Trouble", health.kind),
    )


def is_news(old: Health | None, new: Health) -> bool:
    """Whether a page has to hear of it: that the clock went on is no news."""
    return old is None or replace(old, server_now=0.0) != replace(new, server_now=0.0)


def _stale_since(tracker: Tracker) -> float:
    """Order trackers by trouble: who has not been heard for longest comes first."""
    since = tracker.health.stale_since
    return float("inf") if since is None else since.timestamp()


def _epoch(time: datetime | None, ahead_s: float) -> float | None:
    return None if time is None else time.timestamp() + ahead_s
