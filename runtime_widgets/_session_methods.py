"""What a service knows of its sessions and batches."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from runtime_widgets._session_calls import WORKLOADS_PAGE
from runtime_widgets.batch import Batch
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMInputValueError, IBMNotFoundError
from runtime_widgets.session import Session
from runtime_widgets.session_record import SessionRecord

__all__ = ["SessionMethods"]

_NO_SUCH_ROUTE = (404, 405, 501)
_MOST_PAGES = 5
"""So many pages of jobs are looked through where there is no list of sessions."""


class SessionMethods:
    """The part of a service that is about sessions and batches."""

    _client: RuntimeClient

    def session(self, session_id: str) -> Session:
        """Return a session or a batch that exists. Reading it changes nothing.

        Raises
        ------
        IBMNotFoundError
            If the service does not know it.
        """
        return self._session(self._client.session_get(session_id))

    def sessions(
        self,
        limit: int | None = 10,
        *,
        mode: str | None = None,
        backend_name: str | None = None,
        pending: bool | None = None,
    ) -> list[Session]:
        """Return sessions and batches, newest first, with what the list says of them.

        That is less than each says of itself: what is missing is read with
        :meth:`Session.details`. Looking opens and prolongs nothing. Where a service has no such
        list, they are those of its newest thousand jobs.

        Parameters
        ----------
        limit : int or None
            At most so many; None for all.
        mode : str, optional
            Only ``"dedicated"`` sessions, or only a ``"batch"``; both by default.
        backend_name : str, optional
            Only those on this device.
        pending : bool, optional
            Only those that are not closed, or that are.

        Raises
        ------
        IBMInputValueError
            If a value cannot be right.
        """
        if mode not in (None, "dedicated", "batch") or (limit is not None and limit < 0):
            msg = 'mode is "dedicated" or "batch", limit a number of sessions.'
            raise IBMInputValueError(msg)
        found: list[SessionRecord] = []
        try:
            for one in ("dedicated", "batch") if mode is None else (mode,):
                found += self._listed(one, limit, backend_name, pending)
        except IBMApiError as exc:
            if exc.status_code not in _NO_SUCH_ROUTE:
                raise
            found = self._of_jobs(limit, mode, backend_name, pending)
        oldest = datetime.min.replace(tzinfo=timezone.utc)
        found.sort(key=lambda record: record.created or oldest, reverse=True)
        return [self._session(record) for record in found[:limit]]

    def _listed(
        self, mode: str, limit: int | None, backend_name: str | None, pending: bool | None
    ) -> list[SessionRecord]:
        """Read pages of the list until there are enough."""
        found: list[SessionRecord] = []
        after: str | None = None
        begun: set[str] = set()
        while limit is None or len(found) < limit:
            size = WORKLOADS_PAGE if limit is None else min(WORKLOADS_PAGE, limit - len(found))
            page, following = self._client.sessions_get(
                mode, limit=size, after=after, backend=backend_name, pending=pending
            )
            found += page
            if not page or following is None or following in begun:
                break  # the end, or a page again that was read before
            begun.add(following)
            after = following
        return found

    def _of_jobs(
        self, limit: int | None, mode: str | None, backend_name: str | None, pending: bool | None
    ) -> list[SessionRecord]:
        """Read the sessions that jobs were in, each by itself, until there are enough."""
        found: list[SessionRecord] = []
        known: set[str] = set()
        offset = 0
        for _ in range(_MOST_PAGES):
            jobs, count = self._client.jobs_get(backend=backend_name, offset=offset)
            for session_id in dict.fromkeys(job.session_id for job in jobs):
                if len(found) == limit:
                    return found
                if session_id is None or session_id in known:
                    continue
                known.add(session_id)
                with suppress(IBMNotFoundError):
                    record = self._client.session_get(session_id)
                    if mode in (None, record.mode) and pending in (None, not record.state.final):
                        found.append(record)
            offset += len(jobs)
            if offset >= count or not jobs or len(found) == limit:
                break
        return found

    def _session(self, record: SessionRecord) -> Session:
        kind = Batch if record.mode == "batch" else Session
        service: Any = self
        return kind._of(service, record)  # noqa: SLF001 (it is one of us)
