"""How well the services of a view are heard, in a few words for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import cast

from runtime_widgets.messages import Health, Trouble
from runtime_widgets.tracker import Tracker, TrackerHealth

__all__ = ["health_of", "is_news"]


def health_of(trackers: Sequence[Tracker], *, tells_looks: bool) -> Health:
    """Sum up how well the servers are heard: the worst counts, and the next look at any.

    Its times are by the clock of the first server.

    Parameters
    ----------
    trackers : sequence of Tracker
        Who listens to them.
    tells_looks : bool
        Whether to say when the next look is and what one costs, while nothing is wrong.
    """
    if not trackers:
        return Health(server_now=datetime.now(timezone.utc).timestamp())
    # All by one clock, which must not be another's when the trouble is: times would jump.
    clock = trackers[0].client
    silent = min(trackers, key=lambda tracker: _stale_since(tracker.health))
    worst = silent.health
    well = worst.stale_since is None
    next_look = min((tracker.health for tracker in trackers), key=_next_look) if well else worst
    told = tells_looks or not well
    ahead_s = clock.clock_ahead_s()
    return Health(
        server_now=clock.server_time(),
        stale_since=_epoch(worst.stale_since, ahead_s),
        trouble=worst.trouble,
        next_look=_epoch(next_look.next_look, ahead_s) if told else None,
        push=all(tracker.health.push for tracker in trackers),
        requests_per_look=next_look.requests_per_look if told else 0,
        trouble_kind=_kind(worst, silent),
    )


def _kind(health: TrackerHealth, tracker: Tracker) -> Trouble:
    """Return what kind of trouble it is: of our own machine no network is between, and no key."""
    if tracker.client.params.is_local:
        own: dict[str, Trouble] = {"network": "local", "auth": "local auth"}
        return own.get(health.kind, cast("Trouble", health.kind))
    return cast("Trouble", health.kind)


def is_news(old: Health | None, new: Health) -> bool:
    """Whether a page has to hear of it: that the clock went on is no news."""
    return old is None or replace(old, server_now=0.0) != replace(new, server_now=0.0)


def _stale_since(health: TrackerHealth) -> float:
    """Order by trouble: who has not been heard for longest comes first."""
    return float("inf") if health.stale_since is None else health.stale_since.timestamp()


def _next_look(health: TrackerHealth) -> float:
    """Order by the next look: who has none, because nothing of it can change, comes last."""
    return float("inf") if health.next_look is None else health.next_look.timestamp()


def _epoch(time: datetime | None, ahead_s: float) -> float | None:
    return None if time is None else time.timestamp() + ahead_s
