"""SessionCalls: the endpoints of sessions and batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from runtime_widgets._calls import may_be_done, part, readable
from runtime_widgets._connection import Connection
from runtime_widgets.errors import IBMAnswerError, IBMNetworkError, IBMServerError
from runtime_widgets.session_record import SessionRecord

__all__ = ["WORKLOADS_PAGE", "SessionCalls"]

WORKLOADS_PAGE = 50
"""Most workloads that one list request may ask for."""

_WORKLOADS = {True: ["pending", "in_progress"], False: ["completed", "canceled", "failed"]}
"""The statuses of workloads that are under way, and of those that are not."""


class SessionCalls(Connection):
    """The part of a client that is about sessions and batches."""

    def session_create(
        self, backend: str, *, mode: str = "dedicated", max_ttl_s: int | None = None
    ) -> SessionRecord:
        """Open a session (``"dedicated"``) or a batch on a device. Not sent twice.

        Raises
        ------
        IBMApiError
            If it was refused; or its answer was lost, and then the error says where to look,
            for a session that nobody knows of costs like any other.
        """
        wanted = {
            "mode": mode,
            "backend": backend,
            "instance": self.params.instance,
            "max_ttl": max_ttl_s,
        }
        body = {k: v for k, v in wanted.items() if v is not None}
        try:
            return self._session_record("POST", "/sessions", json=body)
        except (IBMNetworkError, IBMAnswerError, IBMServerError) as exc:
            if may_be_done(exc):
                exc.solution = "It may be open all the same: service.sessions() lists them."
            raise

    def session_get(self, session_id: str) -> SessionRecord:
        """Return a session as it is now."""
        return self._session_record("GET", f"/sessions/{part(session_id)}")

    def session_close(self, session_id: str) -> None:
        """Have a session take no more jobs; it closes once those that it has are done."""
        body = {"accepting_jobs": False}
        self._send("PATCH", f"/sessions/{part(session_id)}", json=body, retry=True)

    def session_cancel(self, session_id: str) -> None:
        """Close a session at once: its queued jobs are cancelled, a running one may end."""
        self._send("DELETE", f"/sessions/{part(session_id)}/close")

    def sessions_get(
        self,
        mode: str,
        *,
        limit: int = WORKLOADS_PAGE,
        after: str | None = None,
        backend: str | None = None,
        pending: bool | None = None,
    ) -> tuple[list[SessionRecord], str | None]:
        """Return one page of ``GET /workloads``, newest first, and where the next one begins.

        Parameters
        ----------
        mode : str
            ``"dedicated"`` or ``"batch"``.
        limit : int
            At most 50.
        after : str, optional
            Where the page before said that this one begins.
        backend : str, optional
            Only on this device.
        pending : bool, optional
            Only those that are not closed, or that are.
        """
        query = {
            "mode": "session" if mode == "dedicated" else mode,
            "sort": "-createdAt",
            "limit": limit,
            "next": after,
            "backend": backend,
            "status": None if pending is None else _WORKLOADS[pending],
        }
        body = self._object("/workloads", params=query)
        rows = body.get("workloads")
        if not isinstance(rows, list):
            msg = "The list of workloads holds no workloads."
            raise IBMAnswerError(msg, request="GET /workloads")
        return readable(SessionRecord.from_json, rows), _cursor(body.get("next"))

    def _session_record(self, method: str, path: str, **kwargs: Any) -> SessionRecord:
        answer = self._json(method, path, **kwargs)
        return self._record(SessionRecord.from_json, answer, f"{method} {path}")


def _cursor(entry: object) -> str | None:
    """Read where the next page begins: ``{"href": "...?next=..."}``."""
    href = entry.get("href") if isinstance(entry, Mapping) else None
    found = parse_qs(urlsplit(href).query).get("next") if isinstance(href, str) else None
    return found[0] if found else None
