"""JobMonitor: many jobs, live, in one table."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import nullcontext, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from traitlets import List, TraitError, observe, validate

from runtime_widgets._as_completed import JobsInOrder
from runtime_widgets._notify import Notifier
from runtime_widgets._senders import unseen
from runtime_widgets._waiting import seconds_asked, seconds_text, trouble_text
from runtime_widgets.errors import IBMError, RuntimeJobTimeoutError
from runtime_widgets.history import History
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import Outcome
from runtime_widgets.widgets import _actions
from runtime_widgets.widgets._actions import Action
from runtime_widgets.widgets._bulk import Bulk, in_turn
from runtime_widgets.widgets._courier import post
from runtime_widgets.widgets._endings import Endings
from runtime_widgets.widgets._export import Target, as_frame, write_csv, write_json
from runtime_widgets.widgets._feed import Feed, told
from runtime_widgets.widgets._monitor_args import checked_jobs, queries_of, refuse
from runtime_widgets.widgets._recent import row_of_entry, source_of
from runtime_widgets.widgets._view import JobsView

if TYPE_CHECKING:
    from runtime_widgets.service import QiskitRuntimeService

__all__ = ["JobMonitor"]


class JobMonitor(JobsView):
    """A live table of jobs: given ones, or those of an account, where new ones appear.

    It is up to date while a cell is running, and lives until :meth:`close`. What follows an
    account asks for the list of its jobs, and not for each of them.

    Parameters
    ----------
    jobs : iterable of RuntimeJob, optional
        The jobs, of one service or of several.
    service : QiskitRuntimeService or iterable of them, optional
        Follow the jobs of this account: its newest 200, unless it is said which.
    pending : bool, optional
        Only those that have not ended, or have. One that ends while it is shown stays.
    limit : int, optional
        Only so many, the newest.
    created_after, created_before : datetime, optional
        Only those; a time without a zone is local.
    session_id, program, backend : str, optional
        Only those of that session or batch, program, device.
    tags : list of str, optional
        Only those with all of these tags.
    notify : callable, str, or list of them, optional
        Who is told of jobs that end while they are shown, those that end together in one
        notice; see :func:`runtime_widgets.notify`.
    layout : Layout or dict, optional
        As for other widgets.

    Raises
    ------
    TypeError
        If one of the jobs is none, or an argument is not known.
    IBMInputValueError
        If a value cannot be right.
    RuntimeInvalidStateError
        If the service was closed.

    Examples
    --------
    >>> JobMonitor(service=service, pending=True)  # doctest: +SKIP
    >>> JobMonitor(jobs, layout={"height": "400px"})  # doctest: +SKIP
    """

    selected: List[RuntimeJob] = List(
        help="The jobs that are selected, in the order of the table or of the program."
    )
    """The jobs that are selected: observable, and settable. Handlers of a selection made in
    the page run on the thread on which the page was heard, which may not be the main one."""

    def __init__(
        self,
        jobs: Iterable[RuntimeJob] | None = None,
        *,
        service: QiskitRuntimeService | Iterable[QiskitRuntimeService] | None = None,
        pending: bool | None = None,
        limit: int | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        session_id: str | None = None,
        tags: Iterable[str] | None = None,
        program: str | None = None,
        backend: str | None = None,
        notify: Any = None,
        layout: Any = None,
        **unknown: Any,
    ) -> None:
        refuse(unknown)
        notify = unseen(notify)
        self._notifier = None if notify is None else Notifier(notify)
        given = checked_jobs(() if jobs is None else jobs)
        filters = {
            "pending": pending,
            "limit": limit,
            "created_after": created_after,
            "created_before": created_before,
            "session_id": session_id,
            "tags": tags,
            "program": program,
            "backend": backend,
        }
        self._queries = queries_of(service, filters)
        self._feeds: list[Feed] = []
        self._unwanted: set[str] = set()
        self._page_selected: list[str] | None = None
        self._endings = Endings()
        more = {} if layout is None else {"layout": layout}
        super().__init__(given, view="monitor", label="Runtime jobs", **more)
        if self._notifier is not None:
            self.on_done(self._notifier.tell)

    @classmethod
    def recent(cls, limit: int = 50, **more: Any) -> JobMonitor:
        """Show the newest jobs that were submitted or watched on this machine, in any kernel.

        One list request finds the jobs of a service again: of the user's embedded runtime, if
        it runs, and of IBM's service by the environment's account or a saved one. The others
        are shown as the history has them, "last known", with its age.

        Parameters
        ----------
        limit : int
            At most so many.
        **more
            ``layout``, as in the constructor.

        Raises
        ------
        HistoryError
            If the history cannot be read.
        """
        from runtime_widgets.history_services import recall

        found = recall(History.default().recent(limit))
        monitor = cls(found.jobs, **more)
        monitor.remember(row_of_entry(entry) for entry in found.known.values())
        monitor.show_rows(row_of_entry(entry) for entry in found.lost)
        monitor.around("source", source_of(limit))
        for service in found.services:
            monitor._stops.append(service.close)
        return monitor

    # which jobs

    @property
    def jobs(self) -> list[RuntimeJob]:
        """The jobs that are shown, in the order in which they came."""
        with self._lock:
            return list(self._jobs.values())

    def add(self, *jobs: RuntimeJob) -> None:
        """Show more jobs; one that is shown already is left as it is."""
        given = checked_jobs(jobs)
        self._unwanted.difference_update(job.job_id() for job in given)
        self._take(given)

    def remove(self, *jobs: RuntimeJob) -> None:
        """Stop showing jobs. The jobs themselves go on."""
        self._forget(job.job_id() for job in checked_jobs(jobs))

    # their end

    def wait(self, timeout: float | None = None) -> None:
        """Block until all jobs that are shown have ended, well or badly.

        Parameters
        ----------
        timeout : float, optional
            Longest wait in seconds; as long as it takes by default.

        Raises
        ------
        RuntimeJobTimeoutError
            If they have not within `timeout`; the jobs go on.
        RuntimeInvalidStateError
            If a service was closed, or does not say any more how jobs are.
        IBMAuthError
            If a service refuses the token, for longer than some seconds.
        IBMInputValueError
            If `timeout` is no number of seconds, or below zero.
        """
        for _ in self.as_completed(timeout):
            pass

    def as_completed(self, timeout: float | None = None) -> JobsInOrder[RuntimeJob]:
        """Return the jobs that are shown now, one by one as they end; see :func:`as_completed`.

        Of an account all have to be known before: that is waited for.

        Raises
        ------
        RuntimeJobTimeoutError
            If the list of an account was not read within `timeout` seconds.
        RuntimeInvalidStateError
            If a service was closed.
        IBMAuthError
            If a service refuses the token, for longer than some seconds.
        IBMInputValueError
            If `timeout` is no number of seconds, or below zero.
        """
        timeout, started = seconds_asked(timeout), time.monotonic()
        deadline = None if timeout is None else started + timeout
        for feed in self._feeds:
            if not feed.wait_complete(deadline):
                msg = f"The list of jobs was not read within {seconds_text(timeout or 0)}."
                raise RuntimeJobTimeoutError(msg + trouble_text([feed.tracker]))
        self._take_feeds()
        return JobsInOrder(self.jobs, timeout, time.monotonic() - started)

    async def __aiter__(self) -> AsyncIterator[RuntimeJob]:
        """Yield each job that is shown now once it has ended: ``async for job in monitor``."""
        import asyncio

        loop = asyncio.get_running_loop()
        order = await loop.run_in_executor(None, self.as_completed)
        async for job in order:
            yield job

    def on_done(self, callback: Callable[[RuntimeJob], Any]) -> Callable[[], None]:
        """Call `callback` with each job of which it becomes known that it has ended.

        Also with those that are shown later; not with those that had ended before. Returns
        what ends it.

        Parameters
        ----------
        callback : callable
            Called once for a job, on the tracker's thread: it must be quick. An exception in
            it is logged, and stops nothing.
        """
        return self._endings.add(callback, lambda: self.jobs)

    # what is done with them

    def cancel(self, *jobs: RuntimeJob) -> list[Outcome]:
        """Cancel jobs, a few at a time; return what became of each request, in their order.

        Nothing is raised for a job that cannot be cancelled: its outcome says why. One that
        has ended already is no failure.
        """
        return self._do(jobs, _actions.cancel)

    def tag(
        self, *jobs: RuntimeJob, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> list[Outcome]:
        """Add tags to jobs and take others away; return what became of each request."""
        return self._do(jobs, _actions.tag(list(add), list(remove)))

    def delete(self, *jobs: RuntimeJob) -> list[Outcome]:
        """Delete jobs that have ended from the service, with their results, for good.

        Return what became of each request. Those that are deleted are not shown any more.
        """
        return self._do(jobs, _actions.delete)

    def _do(self, jobs: Iterable[RuntimeJob], action: Action) -> list[Outcome]:
        named = {job.job_id(): job for job in checked_jobs(jobs)}
        outcomes: list[Outcome] = []
        outcomes += Bulk(in_turn(named.items()), action).run(
            lambda _done, some, _note: outcomes.extend(some)
        )
        place = {job_id: at for at, job_id in enumerate(named)}
        outcomes.sort(key=lambda outcome: place[outcome.job_id])
        if action is _actions.delete:
            self.deleted([outcome.job_id for outcome in outcomes if outcome.ok])
        return outcomes

    def deleted(self, job_ids: Iterable[str]) -> None:
        """Show no more what its user has deleted."""
        self._forget(job_ids)

    # for other tools

    def to_pandas(self) -> Any:
        """Return what is known of the jobs as a :class:`pandas.DataFrame`, indexed by id.

        Times are UTC with their zone; ``usage_s`` and ``usage_estimate_s`` are QPU seconds.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return as_frame(self.known_rows())

    def to_csv(self, target: Target) -> None:
        """Write what is known of the jobs as CSV, to a path or an open file."""
        write_csv(self.known_rows(), target)

    def to_json(self, target: Target) -> None:
        """Write what is known of the jobs as JSON, to a path or an open file."""
        write_json(self.known_rows(), target)

    # inside

    def close(self) -> None:
        """Close the view, and lose interest in its jobs. The jobs themselves go on."""
        # ipywidgets closes what is collected, even what was never made to its end.
        with getattr(self, "_taking", nullcontext()):
            feeds, self._feeds = getattr(self, "_feeds", []), []
            for feed in feeds:
                feed.close()
            if hasattr(self, "_endings"):
                self._endings.close()
        super().close()

    def _prepare(self) -> None:
        for service, query in self._queries:
            self._serve(service)
            self._feeds.append(Feed(service, query, lambda: post(self)))
        self._take_feeds()

    def _wait_read(self, deadline: float) -> None:
        for feed in self._feeds:
            with suppress(IBMError):  # the view says it
                feed.wait_complete(deadline)
        self._take_feeds()
        if not self._feeds:
            super()._wait_read(deadline)

    def _missing(self) -> str:
        source, trouble = told(self._feeds), self._health().trouble
        if source is not None and not source.loading and not self.jobs:
            return f"It follows {source.words}: when it was shown there were none."
        if source is None or not source.loading:
            return ""
        return f"Not all had been read of {source.words}. {trouble or ''}".strip()

    def deliver(self) -> None:
        """Take in new jobs, and send what has changed. Called by the courier."""
        self._take_feeds()
        super().deliver()

    def _take_feeds(self) -> None:
        with self._taking:
            for feed in list(self._feeds):
                jobs, left = feed.take()
                wanted = [job for job in jobs if job.job_id() not in self._unwanted]
                self._take(wanted, follow=False)
                self._forget((i for i in left if i not in self._following), for_good=False)
            source = told(self._feeds)
        if source is not None:
            self.around("source", source)

    def _begin_to_show(self, job: RuntimeJob) -> None:
        super()._begin_to_show(job)
        # Now that `jobs` has it: who asks to hear of ends looks there for those before.
        self._endings.meet([job])

    def _forget(self, job_ids: Iterable[str], *, for_good: bool = True) -> None:
        """Show jobs no more; `for_good` also if an account's list has them."""
        with self._taking, self._lock:
            ids = [job_id for job_id in dict.fromkeys(job_ids) if job_id in self._jobs]
            if for_good:
                self._unwanted.update(ids)
            for job_id in ids:
                self._endings.leave(self._jobs[job_id])
                self._drop(job_id)
            kept = [job for job in self.selected if job.job_id() in self._jobs]
        if len(kept) < len(self.selected):
            self.selected = kept

    # selection

    def selected_in_page(self, job_ids: list[str]) -> None:
        """Take in which jobs its user has selected."""
        jobs = [job for job_id in job_ids if (job := self.job(job_id)) is not None]
        self._page_selected = [job.job_id() for job in jobs]
        self.selected = jobs

    @validate("selected")
    def _check_selected(self, proposal: Any) -> list[RuntimeJob]:
        """Take jobs that are shown, and no others; any object of a job will do."""
        shown = []
        for job in checked_jobs(proposal["value"]):
            mine = self.job(job.job_id())
            if mine is None:
                msg = f"{job!r} is not shown here; monitor.add(job) shows it."
                raise TraitError(msg)
            shown.append(mine)
        return shown

    @observe("selected")
    def _say_selected(self, change: Any) -> None:
        ids = [job.job_id() for job in change["new"]]
        if ids != self._page_selected:
            self._page_selected = None
            self.send({"kind": "selection", "job_ids": ids})
