"""BaseRuntimeJob: what every job that can be watched has in common."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from typing import Any

from qiskit.providers import JobStatus
from typing_extensions import Self

from runtime_widgets._waiting import SLICE_S, Watch
from runtime_widgets._watched import Watched
from runtime_widgets.job_state import JobState
from runtime_widgets.tracker import Tracker

__all__ = ["BaseRuntimeJob"]


class BaseRuntimeJob(Watched[JobState], ABC):
    """The part of a runtime job that needs nothing but its status and its observable state.

    A subclass calls :meth:`_watch_job` when it is made, and says how to ask for the status and
    the result.
    """

    JOB_FINAL_STATES: tuple[Any, ...] = (JobStatus.DONE, JobStatus.CANCELLED, JobStatus.ERROR)
    """The states that a job does not leave."""

    ERROR: Any = JobStatus.ERROR.value
    """What a failed job's status is called."""

    def _watch_job(self, tracker: Tracker, job_id: str) -> None:
        """Say who keeps the state up to date."""
        self._watch(tracker, tracker.state(job_id), partial(tracker.follow, job_id))

    @abstractmethod
    def status(self) -> Any:
        """Return the job's status, as the server says it now."""

    def done(self) -> bool:
        """Return whether the job ended well."""
        return bool(self.status() == JobStatus.DONE)

    def cancelled(self) -> bool:
        """Return whether the job was cancelled."""
        return bool(self.status() == JobStatus.CANCELLED)

    def errored(self) -> bool:
        """Return whether the job failed."""
        return bool(self.status() == JobStatus.ERROR)

    def running(self) -> bool:
        """Return whether the job is running."""
        return bool(self.status() == JobStatus.RUNNING)

    def in_final_state(self) -> bool:
        """Return whether the job has ended, in whichever way."""
        return self.status() in self.JOB_FINAL_STATES

    @abstractmethod
    def result(self) -> Any:
        """Wait for the end, and return the result."""

    def add_done_callback(self, callback: Callable[[Self], Any]) -> None:
        """Call `callback` with this job once it has ended, in whichever way.

        On the tracker's thread; at once, on this one, if it has ended already. If it
        raises, that is logged and stops nothing. It must not wait for another job: that
        raises :class:`RuntimeInvalidStateError`, for nothing could end such a wait.
        """
        following = self._tracker.follow(self._state.job_id)
        self._state.on_final(following.close)
        self._state.on_final(lambda: callback(self))

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait for the end without blocking the event loop; evaluates to the result.

        Raises what :meth:`result` raises.
        """
        return self._result_async().__await__()

    async def _result_async(self) -> Any:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(ended.set)

        job_id = self._state.job_id
        with self._tracker.follow(job_id) as state, self._tracker.waiting(job_id):
            if not state.is_final:
                await loop.run_in_executor(None, self._tracker.bring_back)
            undo = state.on_final(wake)
            watch = Watch(self._tracker, state)
            try:
                # In slices, as a wait that blocks: what can never end well is noticed.
                while not state.is_final:
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(ended.wait(), SLICE_S)
                    if not state.is_final:
                        watch.check()
            finally:
                undo()
        return await loop.run_in_executor(None, self.result)
