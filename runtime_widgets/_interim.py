"""Interim results of a job, delivered to a callback."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runtime_widgets._waiting import SLICE_S, Watch
from runtime_widgets.codec import ResultDecoder
from runtime_widgets.errors import IBMApiError, IBMError
from runtime_widgets.stream import InterimStream

if TYPE_CHECKING:
    from runtime_widgets.client import RuntimeClient
    from runtime_widgets.job import RuntimeJob

__all__ = ["InterimReader"]

_log = logging.getLogger(__name__)


class InterimReader:
    """Calls a callback with each interim result of a job, then with the final one.

    A thread of its own, for a callback may take its time. Where a service has no such
    stream (IBM's has none since 2025) the final result is all that is delivered.
    """

    def __init__(
        self,
        job: RuntimeJob,
        callback: Callable[[str, Any], None],
        decoder: type[ResultDecoder],
    ) -> None:
        self._job = job
        self._callback = callback
        self._decoder = decoder
        self._stream = InterimStream(job._api_client, job.job_id())  # noqa: SLF001 (its part)
        self._thread = threading.Thread(
            target=self._run, name=f"runtime-widgets-interim-{job.job_id()}", daemon=True
        )

    @property
    def alive(self) -> bool:
        """Whether it is still delivering."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver nothing more; returns once the callback is not running any more."""
        self._stream.close()
        if self._thread is not threading.current_thread() and self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        forget = self._job.tracker.on_close(self._stream.close)
        try:
            self._deliver_all()
        finally:
            forget()

    def _deliver_all(self) -> None:
        try:
            for record in self._stream:
                self._deliver(record.payload, self._decoder)
        except IBMApiError as exc:
            _log.warning("Job %s has no interim results to stream: %s", self._job.job_id(), exc)
        try:
            if not self._ended():
                return
            final = self._job.result()
        except (IBMError, Exception) as exc:
            _log.info("Job %s ended without a result to stream: %s", self._job.job_id(), exc)
            return
        if not self._stream.closed:
            self._call(final)

    def _ended(self) -> bool:
        """Wait for the end of the job; False if the delivery was stopped before it."""
        tracker = self._job.tracker
        job_id = self._job.job_id()
        with tracker.follow(job_id) as state, tracker.waiting(job_id):
            watch = Watch(tracker, state)
            while not self._stream.closed:
                if state.wait(SLICE_S):
                    return True
                watch.check()
        return False

    def _deliver(self, payload: str, decoder: type[ResultDecoder]) -> None:
        try:
            value = decoder.decode(payload)
        except IBMError:
            _log.exception("An interim result of job %s is unreadable.", self._job.job_id())
            return
        self._call(value)

    def _call(self, value: Any) -> None:
        if self._stream.closed:
            return
        try:
            self._callback(self._job.job_id(), value)
        except Exception:
            _log.exception("The callback of job %s raised; it goes on.", self._job.job_id())

    @staticmethod
    def read_all(client: RuntimeClient, job_id: str, decoder: type[ResultDecoder]) -> list[Any]:
        """Read what has been published so far, decoded; numbered or bare."""
        text = client.job_interim_results(job_id)
        if not text:
            return []
        try:
            messages = json.loads(text)
        except ValueError:
            return [decoder.decode(text)]
        if not isinstance(messages, list):
            return [decoder.decode(text)]
        payloads = [m.get("payload", m) if isinstance(m, dict) else m for m in messages]
        return [decoder.decode(p if isinstance(p, str) else json.dumps(p)) for p in payloads]
