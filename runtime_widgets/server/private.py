"""The results of private jobs: read once, and not lost on the way.

A result is lent to one reader at a time and deleted once it has arrived. If the reader breaks
off, or the server dies, it is still there.
"""

from __future__ import annotations

from runtime_widgets.server import problems
from runtime_widgets.server.context import Context
from runtime_widgets.server.problems import Problem

__all__ = ["PrivateResults"]


class PrivateResults:
    """Who reads which private result."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lent: dict[str, bool] = {}  # job id -> whether all of it was sent

    def lend(self, job_id: str) -> str:
        """Return the result of a completed private job to its one reader.

        Raises
        ------
        Problem
            410 if it was read; 409 while another reader has it.
        """
        with self._context.lock:
            sent = self._lent.get(job_id)
            text = None if sent is not None else self._context.store.result(job_id)
            if sent is False:
                raise problems.conflict(
                    f"The results of the private job {job_id} are being read by another request.",
                    "If that one breaks off, they can be read again.",
                )
            if text is None:
                raise Problem(
                    410, 41000, f"The results of the private job {job_id} were already read.",
                    "The results of a private job can be read once.",
                )  # fmt: skip
            self._lent[job_id] = False
            return text

    def lent(self, job_id: str) -> bool:
        """Say whether a result is on its way to a reader."""
        return self._lent.get(job_id) is False

    def sent(self, job_id: str) -> None:
        """Note that all of a result was sent: it is read, unless the client now breaks off."""
        self._lent[job_id] = True

    def settle(self, job_id: str, *, arrived: bool) -> None:
        """Delete a result that has arrived, with all else that shows it; keep one that has not."""
        with self._context.lock:
            if arrived:
                self._context.store.drop_result(job_id)
                self._context.hub.publish([job_id])
            self._lent.pop(job_id, None)
