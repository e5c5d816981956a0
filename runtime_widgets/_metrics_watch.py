"""MetricsWatch: metrics, of the jobs that somebody looks at, for the tracker.

A request for each job: the dearest thing that there is to know, and so the last to be read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from runtime_widgets._allowance import Allowance
from runtime_widgets._following import BILL_S, Followed
from runtime_widgets._health import concerns_all
from runtime_widgets._intake import Intake
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError
from runtime_widgets.wire import JobRecord, Metrics

__all__ = ["MetricsWatch"]

EACH_S = 5.0
"""The metrics of one job are read so often at most, while it runs."""
QUEUED_S = 15.0
LONGEST_S = 60.0
A_LOOK = 10
"""So many are read in one look at most: the jobs themselves come first."""
SHARE = 1 / 3
"""So much of the allowance is for metrics at most."""
_SILENT_ENOUGH = 3
"""After so many queued jobs of which a service tells no position, it is not asked for others."""
_FINAL_ENOUGH = 2
"""So often the metrics of a job whose bill is not said to be open are read after its end."""


class MetricsWatch:
    """Reads metrics where they tell what is not known: times, QPU time, a place in the queue.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    intake : Intake
        Where records to which metrics were added come in.
    allowance : Allowance
        How many requests may be made in a minute.
    """

    def __init__(
        self,
        client: RuntimeClient,
        intake: Intake,
        allowance: Allowance,
    ) -> None:
        self._client = client
        self._intake = intake
        self._allowance = allowance
        self._queue_silent: float = 0

    def wanted(self, shown: list[Followed], now: float) -> list[Followed]:
        """Return those of the jobs that are looked at of which metrics tell something new."""
        return [followed for followed in shown if self._wants(followed, now)]

    def read(self, wanted: list[Followed], now: float) -> Iterator[None]:
        """Read those whose turn has come, never read ones first; stops before each request.

        Raises
        ------
        IBMApiError
            If that says something of the whole service.
        """
        due = [followed for followed in wanted if followed.metrics_due <= now]
        due.sort(key=lambda followed: (followed.metrics_asked > 0, followed.metrics_due))
        pause_s = max(EACH_S, len(wanted) * 60.0 / (self._allowance.a_minute * SHARE))
        for followed in due[:A_LOOK]:
            if self._wants(followed, now):
                yield
                self._read_one(followed)
                followed.metrics_due = now + _pause_s(followed, pause_s)

    def _wants(self, followed: Followed, now: float) -> bool:
        """Whether there is something to be learnt."""
        record = followed.state.record
        if record is None or record.revision is not None or followed.state.gone:
            return False
        first = followed.metrics_asked == 0
        if record.state.key == "queued":
            told = first or record.position is not None
            return told and self._queue_silent < _SILENT_ENOUGH
        if not record.state.final:
            return True
        if record.usage.complete:
            return first and record.ended is None
        if record.usage.pending:
            return first or followed.ended is None or now - followed.ended < BILL_S
        return followed.metrics_asked < _FINAL_ENOUGH

    def _read_one(self, followed: Followed) -> None:
        followed.metrics_asked += 1
        try:
            metrics = self._client.job_metrics(followed.key)
        except IBMApiError as exc:
            if concerns_all(exc):
                raise
            return
        # As it is by now: something may have overtaken the answer.
        record = followed.state.record
        if record is None:
            return
        if record.state.key == "queued":
            told = metrics.position is not None or metrics.estimated_start is not None
            self._queue_silent = -math.inf if told else self._queue_silent + 1
        self._intake.apply(_merged(record, metrics), whole=True)


def _merged(record: JobRecord, metrics: Metrics) -> JobRecord:
    """Add metrics to a record; what changes by the minute is as the metrics have it."""
    return replace(
        record.with_metrics(metrics),
        position=metrics.position,
        estimated_start=metrics.estimated_start,
        estimated_end=metrics.estimated_end,
    )


def _pause_s(followed: Followed, pause_s: float) -> float:
    """Return when the metrics of a job are worth another request."""
    if followed.state.is_final:
        return min(pause_s * 2.0 ** min(followed.metrics_asked - 1, 10), max(LONGEST_S, pause_s))
    if followed.state.queue_position is not None:
        return max(QUEUED_S, pause_s)
    return pause_s
