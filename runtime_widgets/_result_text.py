"""A job's encoded result, read; a private one is kept."""

from __future__ import annotations

import threading

from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, RuntimeInvalidStateError

__all__ = ["ResultText"]


class ResultText:
    """Reads the result of one job, still encoded.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    job_id : str
        The job.
    """

    def __init__(self, client: RuntimeClient, job_id: str) -> None:
        self._client = client
        self._job_id = job_id
        self._kept: str | None = None
        self._lock = threading.Lock()

    def read(self, *, private: bool) -> str:
        """Return the encoded result; a private one is kept, for it can be read once only.

        Raises
        ------
        RuntimeInvalidStateError
            If there is none (any more).
        IBMApiError
            If the server could not be asked.
        """
        if not private:
            return self._read()
        # One at a time: of two threads that read it at once, one would get nothing.
        with self._lock:
            if self._kept is None:
                self._kept = self._read()
            return self._kept

    def _read(self) -> str:
        try:
            text = self._client.job_results(self._job_id)
        except IBMApiError as exc:
            if exc.status_code != 410:
                raise
            msg = f"Job {self._job_id} has no result any more: {exc.message}"
            raise RuntimeInvalidStateError(msg) from exc
        if text is None:
            msg = f"Job {self._job_id} has no result (a private one can be read once only)."
            raise RuntimeInvalidStateError(msg)
        return text
