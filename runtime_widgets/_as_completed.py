"""as_completed: jobs one by one, in the order in which they end."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Generic, TypeVar

from runtime_widgets._waiting import (
    UNKNOWN_PATIENCE_S,
    ServerWatch,
    is_puzzling,
    puzzled,
    refuse_on,
    seconds_asked,
    seconds_text,
    slice_s,
    trouble_text,
)
from runtime_widgets.base_job import BaseRuntimeJob
from runtime_widgets.errors import RuntimeJobTimeoutError

__all__ = ["JobsInOrder", "as_completed"]

J = TypeVar("J", bound=BaseRuntimeJob)


def as_completed(jobs: Iterable[J], timeout: float | None = None) -> JobsInOrder[J]:
    """Return jobs one by one as they end, however they end: well, badly, or deleted.

    For ``for`` and for ``async for``. All of them cost together what the tracker costs
    anyway: no request and no thread for each.

    Parameters
    ----------
    jobs : iterable of RuntimeJob
        The jobs, of one service or of several. One that is given twice comes once.
    timeout : float, optional
        Longest time for all of them in seconds, from the beginning of the loop; as long as
        it takes by default.

    Raises
    ------
    RuntimeJobTimeoutError
        In the loop, if not all have ended within `timeout`.
    RuntimeInvalidStateError
        In the loop, if the service was closed, or if all that is left has been in states
        that nobody knows for a minute.
    IBMAuthError
        In the loop, if a server refuses the token.
    IBMInputValueError
        If `timeout` is no number of seconds, or below zero.

    Examples
    --------
    >>> for job in as_completed(jobs):  # doctest: +SKIP
    ...     print(job.job_id(), job.state.status)
    """
    return JobsInOrder(jobs, timeout)


class JobsInOrder(Generic[J]):
    """Jobs in the order in which they end; see :func:`as_completed`.

    Each loop over it is one of its own: it begins with those that have ended already.

    Parameters
    ----------
    jobs : iterable of RuntimeJob
        The jobs.
    timeout : float or None
        As in :func:`as_completed`.
    spent_s : float
        So many seconds of it have passed before.

    Raises
    ------
    IBMInputValueError
        If `timeout` is no number of seconds, or below zero.
    """

    def __init__(self, jobs: Iterable[J], timeout: float | None, spent_s: float = 0.0) -> None:
        self._jobs = list(dict.fromkeys(jobs))
        self._timeout = seconds_asked(timeout)
        self._spent_s = spent_s

    def _waiting(self, wake: Callable[[], None]) -> _Waiting[J]:
        return _Waiting(self._jobs, self._timeout, self._spent_s, wake)

    def __len__(self) -> int:
        return len(self._jobs)

    def __repr__(self) -> str:
        ended = sum(job.state.is_final for job in self._jobs)
        return f"<{ended} of {len(self._jobs)} jobs have ended>"

    def __iter__(self) -> Iterator[J]:
        """Yield each job once it has ended; blocks in between."""
        some = threading.Event()
        with self._waiting(some.set) as waiting:
            waiting.refuse_on_own_thread()
            waiting.bring_back()
            while waiting.left:
                some.clear()
                yield from waiting.take()
                if waiting.left and not some.wait(slice_s(waiting.deadline)):
                    waiting.check()

    async def __aiter__(self) -> AsyncIterator[J]:
        """Yield each job once it has ended, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        some = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(some.set)

        with self._waiting(wake) as waiting:
            await loop.run_in_executor(None, waiting.bring_back)
            while waiting.left:
                some.clear()
                for job in waiting.take():
                    yield job
                if not waiting.left:
                    return
                try:
                    await asyncio.wait_for(some.wait(), slice_s(waiting.deadline))
                except asyncio.TimeoutError:
                    waiting.check()


class _Waiting(Generic[J]):
    """One loop: follows the jobs that have not ended, and notes in which order they do."""

    def __init__(
        self, jobs: list[J], timeout: float | None, spent_s: float, wake: Callable[[], None]
    ) -> None:
        self.left = set(jobs)
        self.deadline = None if timeout is None else time.monotonic() + timeout - spent_s
        self._jobs = jobs
        self._timeout = timeout
        self._wake = wake
        self._ended: deque[J] = deque()
        self._stack = ExitStack()
        self._servers = [ServerWatch(tracker) for tracker in {job.tracker for job in jobs}]
        self._puzzled_since: float | None = None

    def __enter__(self) -> _Waiting[J]:
        with self._stack as stack:
            for job in self._jobs:
                stack.enter_context(self._followed(job))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    @contextmanager
    def _followed(self, job: J) -> Iterator[None]:
        job_id = job.state.job_id
        with job.tracker.follow(job_id) as state, job.tracker.waiting(job_id):
            undo = state.on_final(partial(self._end, job))
            try:
                yield
            finally:
                undo()

    def _end(self, job: J) -> None:
        """Note that a job has ended. On the tracker's thread, or on the loop's."""
        self._ended.append(job)
        self._wake()

    def refuse_on_own_thread(self) -> None:
        for job in self.left:
            if not job.state.is_final:
                refuse_on(job.tracker)

    def bring_back(self) -> None:
        """Start servers that have ended, where there is somebody to wait for."""
        for tracker in {job.tracker for job in self.left if not job.state.is_final}:
            tracker.bring_back()

    def take(self) -> list[J]:
        """Return the jobs that have ended since the last time, in the order of their end."""
        taken = [self._ended.popleft() for _ in range(len(self._ended))]
        new = [job for job in dict.fromkeys(taken) if job in self.left]
        self.left -= set(new)
        # What one look has found is in the order of a list, and not of their ends.
        return sorted(new, key=_end_of)

    def check(self) -> None:
        """Raise if the time is over, or nothing of what is left can ever end."""
        if self._ended:
            return
        if self.deadline is not None and time.monotonic() >= self.deadline:
            within = seconds_text(self._timeout or 0)
            msg = f"{len(self.left)} of {len(self._jobs)} jobs did not end within {within}."
            trackers = {job.tracker for job in self.left}
            raise RuntimeJobTimeoutError(msg + trouble_text(trackers))
        for server in self._servers:
            server.check()
        if not all(is_puzzling(job.state) for job in self.left):
            self._puzzled_since = None
            return
        now = time.monotonic()
        self._puzzled_since = self._puzzled_since or now
        if now - self._puzzled_since > UNKNOWN_PATIENCE_S:
            raise puzzled(next(iter(self.left)).state)


def _end_of(job: BaseRuntimeJob) -> float:
    record = job.state.record
    ended = record.ended if record is not None else None
    return float("inf") if ended is None else ended.timestamp()
