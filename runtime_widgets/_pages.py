"""Pages: reads jobs by lists, where that takes fewer requests than asking for each by its id."""

from __future__ import annotations

import math
from collections.abc import Collection, Generator
from datetime import timedelta
from typing import Any

from runtime_widgets._clock import Clock
from runtime_widgets._following import Followed
from runtime_widgets._health import concerns_all
from runtime_widgets._intake import Intake
from runtime_widgets._page_memory import PageMemory
from runtime_widgets.client import PAGE, RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMServerError
from runtime_widgets.wire import JobRecord

__all__ = ["Pages"]

FEW = {True: 2, False: 8}
"""Up to so many pending, or ended, jobs are asked for one by one: that tells most of each."""

_KNOWN_S = 300.0
"""For so long it is believed how many jobs a list holds, although it was not read again."""
_REFUSED_S = 600.0
_SILENT_S = 60.0
_BARREN = 2
"""After so many pages in a row without one of the jobs, a list is given up."""
_MARGIN = timedelta(seconds=2)

Filters = dict[str, Any]
Todo = dict[str, Followed]


class Pages:
    """Reads what a list of pending, or of ended, jobs holds of those that are wanted.

    The plain list of an account is one page as a rule. Where others have thousands of jobs in
    it, it is narrowed by what the wanted ones have in common: session, tags, the time in which
    they were created. Where even that is more pages than there are jobs wanted, none is read.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    intake : Intake
        Where what was read comes in.
    clock : Clock
        What tells the time.
    """

    def __init__(
        self,
        client: RuntimeClient,
        intake: Intake,
        clock: Clock,
    ) -> None:
        self._client = client
        self._intake = intake
        self._clock = clock
        self._memory: PageMemory[tuple[list[JobRecord], int]] = PageMemory()
        self._sizes: dict[tuple[bool, bool], tuple[int, float]] = {}
        self._refused: dict[tuple[bool, bool], float] = {}

    def read(
        self, todo: Todo, *, pending: bool
    ) -> Generator[None, None, tuple[bool, IBMApiError | None]]:
        """Take out of `todo` what a list holds; stops before each request.

        Returns
        -------
        tuple
            Whether a list was read to its end, so that what is left in `todo` is not in it;
            and what a server that does not list has said.

        Raises
        ------
        IBMApiError
            If that says something of the whole service.
        """
        narrow = _narrowed(todo.values()) if len(todo) > FEW[pending] else {}
        error: IBMApiError | None = None
        # Twice where the narrow list is refused, or the plain one turns out to be a long one.
        for _ in range(3):
            narrowed = self._choose(todo, narrow, pending=pending)
            if narrowed is None:
                return False, error
            filters = {"pending": pending, **(narrow if narrowed else {})}
            try:
                end = yield from self._read_list(todo, filters, (pending, narrowed), narrow)
            except IBMApiError as exc:
                if concerns_all(exc):
                    raise
                error = exc
                pause_s = _SILENT_S if isinstance(exc, IBMServerError) else _REFUSED_S
                # Who lists nothing at all will not list a part of it.
                for refused in {narrowed, True}:
                    self._refused[pending, refused] = self._clock.monotonic() + pause_s
                continue
            if end is not None:
                return end, None
        return False, error

    def forget_refusals(self) -> None:
        """Ask for lists again: the server was in trouble, and that may have been all."""
        self._refused.clear()

    def _choose(self, todo: Todo, narrow: Filters, *, pending: bool) -> bool | None:
        """Return which list takes the fewest requests: the narrow one or not; None for none."""
        if len(todo) <= FEW[pending]:
            return None
        options = {False: self._pages((pending, False), unknown=1 if pending else len(todo))}
        if narrow:
            options[True] = self._pages((pending, True), unknown=_pages_of(len(todo)))
        # Of two that cost the same, the plain one: every server has it.
        best = min(options, key=lambda narrowed: (options[narrowed], narrowed))
        return best if options[best] <= len(todo) else None

    def _pages(self, which: tuple[bool, bool], *, unknown: int) -> float:
        """Return how many pages a list has, as far as that is known."""
        now = self._clock.monotonic()
        if self._refused.get(which, -math.inf) > now:
            return math.inf
        size, as_of = self._sizes.get(which, (0, -math.inf))
        return unknown if now - as_of > _KNOWN_S else _pages_of(size)

    def _read_list(
        self, todo: Todo, filters: Filters, which: tuple[bool, bool], narrow: Filters
    ) -> Generator[None, None, bool | None]:
        """Read a list as far as it pays; None if another list is the better one."""
        pending, narrowed = which
        offset = barren = 0
        # What is wanted is in the narrow list: it has so many pages at least.
        least = _pages_of(len(todo))
        while todo:
            yield
            asked = self._intake.mark()
            records, total = self._client.jobs_get(
                limit=PAGE, offset=offset, memory=self._memory, **filters
            )
            self._sizes[which] = total, self._clock.monotonic()
            found = sum(self._take(todo, record, asked) for record in records)
            offset += len(records)
            if not records or offset >= total:
                return True
            left = _pages_of(total - offset)
            barren = 0 if found else barren + 1
            other = self._pages((pending, True), unknown=least)
            if narrow and not narrowed and other < min(left, len(todo)):
                return None
            if left > len(todo) or (barren >= _BARREN and not pending):
                return False
        return True

    def _take(self, todo: Todo, record: JobRecord, asked: int) -> bool:
        self._intake.apply(record, asked)
        followed = todo.get(record.id)
        if followed is None:
            return False
        if followed.alone or not _lacks(record):
            del todo[record.id]
        return True


def _pages_of(jobs: int) -> int:
    """Return how many pages so many jobs are."""
    return max(math.ceil(jobs / PAGE), 1)


def _lacks(record: JobRecord) -> bool:
    """Whether a list tells less of a job than is shown of it: then it is asked for by its id.

    Once: what was read of it then is kept. A service may leave out of its list why a job failed.
    """
    failed = record.state.key == "failed" and not record.reason
    return failed or not record.backend or record.created is None


def _narrowed(wanted: Collection[Followed]) -> Filters:
    """Return what these jobs have in common, as filters; nothing where one is not known yet."""
    records = [followed.state.record for followed in wanted]
    known = [record for record in records if record is not None and record.created is not None]
    if not known or len(known) < len(records):
        return {}
    created = [record.created for record in known if record.created is not None]
    filters: Filters = {
        "created_after": min(created) - _MARGIN,
        "created_before": max(created) + _MARGIN,
    }
    sessions = {record.session_id for record in known}
    if len(sessions) == 1 and None not in sessions:
        filters["session_id"] = sessions.pop()
    tags = set(known[0].tags).intersection(*(record.tags for record in known))
    if tags:
        filters["tags"] = tuple(sorted(tags))
    return filters
