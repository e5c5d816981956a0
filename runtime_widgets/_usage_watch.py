"""UsageWatch: keeps the usage of an instance up to date, for the tracker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

from runtime_widgets._errand import Errand, words_of
from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.errors import IBMError
from runtime_widgets.job_state import JobState
from runtime_widgets.usage_state import UsageState
from runtime_widgets.wire import JobRecord

__all__ = ["UsageWatch"]


class UsageWatch:
    """Asks for the usage: one request, and one more where somebody wants what is to come.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(
        self, client: RuntimeClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self.state = UsageState()
        near = client.params.is_local
        self.errand = Errand(self._ask, self._failed, clock=clock, near=near)
        self._forecasts = 0

    def renew(self) -> None:
        """Start over in a forked process."""
        self._forecasts = 0
        self.errand.renew()

    # from any thread

    def join(self, *, forecast: bool) -> None:
        """Note that somebody looks; with `forecast`, also at what unfinished jobs will use."""
        self.errand.join()
        if forecast:
            self._forecasts += 1
            if self.state.pending_jobs is None:
                self.errand.hurry(0.0)

    def leave(self, *, forecast: bool) -> None:
        """Undo one :meth:`join` with the same argument."""
        self.errand.leave()
        self._forecasts -= forecast

    # on the tracker's thread

    def heard(self, state: JobState) -> None:
        """Take note of a job: when it has ended, or its bill has come, the usage is another.

        What is still to come is another with each change, where a reading costs nothing.
        """
        if state.is_final or (self._forecasts > 0 and self.errand.near):
            self.errand.hurry()

    def _ask(self) -> Iterator[None]:
        yield
        usage = self._client.instance_usage()
        now = datetime.now(timezone.utc)
        self.state.checked_at = now
        self.state.set(
            now=now,
            used_seconds=usage.used_seconds,
            limit_seconds=usage.limit_seconds,
            allocation_seconds=usage.allocation_seconds,
            reached=usage.limit_reached,
            period_start=usage.period_start,
            period_end=usage.period_end,
            as_of=now,
            trouble=None,
            stale_since=None,
        )
        if self._forecasts > 0:
            yield
            records, count = self._client.jobs_get(pending=True, limit=PAGE)
            self.state.set(now=now, **_forecast(records, count))

    def _failed(self, error: IBMError) -> None:
        now = datetime.now(timezone.utc)
        since = self.state.stale_since or self.state.checked_at or now
        trouble = words_of(error, "the instance's usage")
        self.state.set(now=now, trouble=trouble, stale_since=since)


def _forecast(records: list[JobRecord], count: int) -> dict[str, Any]:
    """Sum up what is still to come. A job that has used more than its estimate says nothing."""
    estimates = [
        max(record.estimated_seconds - (record.usage.seconds or 0.0), 0.0)
        for record in records
        if record.estimated_seconds is not None and not record.state.final
    ]
    return {
        "expected_seconds": sum(estimates),
        "expected_jobs": len(estimates),
        "pending_jobs": count,
    }
