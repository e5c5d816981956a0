"""One attempt of a job in a worker process: its messages become reports to the listener."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from runtime_widgets.server.pool import Listener, WorkOrder
from runtime_widgets.server.worker import Worker

__all__ = ["Attempt"]

Message = tuple[dict[str, Any], bytes]


class Attempt:
    """Turns the messages of one attempt into reports.

    Before its turn nothing is reported: what it logs is kept, and if it ends it is lost, to be
    begun anew.

    Parameters
    ----------
    release
        Called with the worker and the job's id when the attempt is over.
    ahead
        Whether its turn has not come.
    """

    def __init__(
        self,
        worker: Worker,
        order: WorkOrder,
        listener: Listener,
        release: Callable[[Worker, str], None],
        *,
        ahead: bool,
    ) -> None:
        self._worker = worker
        self._job_id, self._attempt = order.job_id, order.attempt
        self._listener = listener
        self._release = release
        self._lock = threading.Lock()  # never held while something is reported
        self._ahead = ahead
        self._prepared = False
        self._lost = False
        self._kept: list[Message] = []

    def turn_comes(self) -> bool:
        """Let it execute as soon as it is prepared; False if it was lost."""
        with self._lock:
            if self._lost:
                return False
            self._ahead = False
            prepared, kept = self._prepared, self._kept
        for header, blob in kept:
            self._report(header, blob)
        if prepared:
            self._worker.proceed()
        return True

    # -- on the worker's thread ---------------------------------------------------------------

    def message(self, header: dict[str, Any], blob: bytes) -> bool:
        """Take one message; True when the attempt is over."""
        over = header["kind"] in ("done", "failed")
        with self._lock:
            if self._ahead:
                self._prepared |= header["kind"] == "prepared"
                self._lost |= over
                if not over and header["kind"] != "prepared":
                    self._kept.append((header, blob))
            silent = self._ahead
        if over:
            # First of all: the listener may start the next job at once, on this very process.
            self._release(self._worker, self._job_id)
        if not silent:
            self._report(header, blob)
        return over

    def ended(self, how: str) -> None:
        """The process is gone in the middle of the attempt."""
        with self._lock:
            self._lost = silent = self._ahead
        self._release(self._worker, self._job_id)
        if not silent:
            self._listener.died(self._job_id, self._attempt, how)

    def _report(self, header: dict[str, Any], blob: bytes) -> None:
        job_id, attempt, listener = self._job_id, self._attempt, self._listener
        match header["kind"]:
            case "prepared":
                self._worker.proceed()
            case "executing":
                listener.executing(job_id, attempt)
            case "interim":
                listener.interim(job_id, attempt, blob.decode())
            case "log":
                listener.log(job_id, attempt, blob.decode())
            case "done":
                listener.done(job_id, attempt, blob.decode(), float(header["seconds"]))
            case "failed":
                listener.failed(job_id, attempt, header["reason"], float(header["seconds"]))
