"""JobReader: one look at all the jobs that are followed, in as few requests as may be."""

from __future__ import annotations

import time
from collections.abc import Callable

from runtime_widgets._following import Followed
from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.errors import (
    IBMApiError,
    IBMAuthError,
    IBMNetworkError,
    IBMRateLimitError,
    RuntimeJobNotFound,
)
from runtime_widgets.job_state import JobState
from runtime_widgets.wire import BackendRecord, JobRecord

__all__ = ["DENIALS", "JobReader", "concerns_all"]

FEW = 2
"""Up to so many open jobs are asked for one by one: as cheap as a list, and never paged."""

DENIALS = 2
"""So often in a row a service must say that it does not know something before that is believed."""

_DEVICES_AGE_S = 60.0
_SILENT_ENOUGH = 3
"""After so many queued jobs of which a service tells no position, it is not asked for others."""
_NEVER = 2**31


class JobReader:
    """Asks for jobs, for the tracker and on its thread.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    apply : callable
        Called with each record that was read.
    drain : callable
        Called between two requests, to take in what came meanwhile.
    looked_at : callable
        Returns the jobs of which somebody wants to see the metrics.
    gone : callable
        Called with the state of each job that the service does not know (any more).
    """

    def __init__(
        self,
        client: RuntimeClient,
        apply: Callable[[JobRecord], None],
        drain: Callable[[], None],
        looked_at: Callable[[], frozenset[str] | None],
        gone: Callable[[JobState], None],
    ) -> None:
        self._client = client
        self._gone = gone
        self._looked_at = looked_at
        self._apply = apply
        self._drain = drain
        self.devices: dict[str, BackendRecord] = {}
        self.requests = 0
        """How many requests were made."""
        self._devices_as_of = float("-inf")
        self._queue_silent = 0

    def read(self, open_jobs: list[Followed]) -> dict[str, IBMApiError]:
        """Read all open jobs; return what was wrong with those that could not be read."""
        self._read_devices(open_jobs)
        missing = {f.state.job_id: f for f in open_jobs}
        if len(missing) > FEW:
            self._read_pages(missing)
        unread: dict[str, IBMApiError] = {}
        for job_id, followed in missing.items():
            self._drain()
            try:
                self.requests += 1
                self._apply(self._enrich(self._client.job_get(job_id), followed))
                followed.denied = 0
            except RuntimeJobNotFound as exc:
                self._deny(followed, exc, unread)
            except IBMApiError as exc:
                if concerns_all(exc):
                    raise
                # One job that cannot be read must not hide the others.
                unread[job_id] = exc
        return unread

    def _deny(
        self, followed: Followed, error: RuntimeJobNotFound, unread: dict[str, IBMApiError]
    ) -> None:
        """Take in a 404: it is believed when the service itself says so, twice."""
        followed.denied += 1
        if error.code is not None and followed.denied >= DENIALS:
            self._gone(followed.state)
        else:
            unread[followed.state.job_id] = error

    def _read_pages(self, missing: dict[str, Followed]) -> None:
        """Take what the pages of pending jobs hold out of `missing`."""
        offset = 0
        while missing:
            self.requests += 1
            records, count = self._client.jobs_get(pending=True, limit=PAGE, offset=offset)
            for record in records:
                followed = missing.pop(record.id, None)
                if followed is not None:
                    self._apply(self._enrich(record, followed))
            offset += len(records)
            if offset >= count or not records:
                return

    def _enrich(self, record: JobRecord, followed: Followed) -> JobRecord:
        """Add the metrics, where the server's records do not carry what they say."""
        state = record.state
        complete = state.final and record.usage.complete
        if record.revision is not None or complete:
            return record
        if record.id not in (self._looked_at() or ()):
            return record
        if state.key == "queued":
            if self._queue_silent >= _SILENT_ENOUGH:
                return record
            old = followed.state.record
            if followed.asked_metrics and (old is None or old.position is None):
                return record
        followed.asked_metrics = True
        try:
            self.requests += 1
            merged = record.with_metrics(self._client.job_metrics(record.id))
        except IBMApiError as exc:
            if concerns_all(exc):
                raise
            return record
        if state.key == "queued":
            told = merged.position is not None or merged.estimated_start is not None
            self._queue_silent = -_NEVER if told else self._queue_silent + 1
        return merged

    def _read_devices(self, open_jobs: list[Followed]) -> None:
        """Read the devices' queues where a view needs them, once a minute at most."""
        records = [f.state.record for f in open_jobs if f.state.record is not None]
        unknown = any(r.backend and r.backend not in self.devices for r in records)
        blind = any(r.state.key == "queued" and r.position is None for r in records)
        age_s = time.monotonic() - self._devices_as_of
        first = self._devices_as_of == float("-inf")
        if first or ((unknown or blind) and age_s > _DEVICES_AGE_S):
            self._devices_as_of = time.monotonic()
            self.requests += 1
            try:
                self.devices.update({d.name: d for d in self._client.backends()})
            except IBMApiError as exc:
                # A device's queue is a help, and no reason to lose sight of the jobs.
                if concerns_all(exc):
                    raise


def concerns_all(error: IBMApiError) -> bool:
    """Whether an error says something of the whole service, and not of one thing asked for."""
    if isinstance(error, IBMAuthError):
        return error.status_code == 401
    return isinstance(error, (IBMNetworkError, IBMRateLimitError))
