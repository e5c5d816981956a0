"""History: the jobs that this machine submitted or watched, in a file of its user's alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from runtime_widgets._folders import ELSEWHERE, data_folder
from runtime_widgets._history_asked import jobs_asked, moment_asked, number_asked
from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets._history_rows import DELETE_BUT, DELETE_OLD, entry_of, labels_query
from runtime_widgets._history_state import entry_of_state
from runtime_widgets._history_turn import UnusableHistoryError, turn
from runtime_widgets._history_writer import HistoryWriter

if TYPE_CHECKING:
    from runtime_widgets._history_export import Writable
    from runtime_widgets._history_file import HistoryFile
    from runtime_widgets.job_state import JobState

__all__ = ["History", "HistoryEntry"]

Entries = list[HistoryEntry]
T = TypeVar("T")

_SWITCH = "RUNTIME_WIDGETS_HISTORY"
_OFF = {"off", "0", "no", "false"}
_FLUSH_S = 2.0
_HURRY_S = 0.3


class History:
    """The jobs that were submitted or watched on this machine: what, where, when, how it ended.

    It holds no token, no circuit, no parameter, no result and no text of an error, and nobody
    but its user may read the file. At most 100,000 jobs are kept: the newest.

    Any number of kernels write to it at once. A note is written a moment later, on a thread of
    its own; whatever becomes of the file, jobs and views go on as if there were none.

    ``RUNTIME_WIDGETS_HISTORY=off`` switches it off for a process, :meth:`disable` for good.

    Parameters
    ----------
    path : Path, optional
        The file; by default ``history.sqlite3`` in the user's data folder.

    Examples
    --------
    >>> History.default().list(pending=True, since=timedelta(days=2))  # doctest: +SKIP
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else data_folder() / "history.sqlite3"
        self._mark = self.path.with_suffix(".off")
        self._opened: HistoryFile | None = None
        self._writer = HistoryWriter(lambda: self._file, lambda: self.enabled)

    @classmethod
    def default(cls) -> History:
        """Return the user's own."""
        # Asked for with each record: to work the folder out takes longer than all the rest.
        place = tuple(map(os.environ.get, _PLACES))
        return _defaults.get(place) or _defaults.setdefault(place, cls())

    def __repr__(self) -> str:
        return f"<History {self.path}{'' if self.enabled else ', switched off'}>"

    @property
    def _file(self) -> HistoryFile:
        if self._opened is None:
            # Not before somebody uses it: importing this package does not load SQLite. And not
            # while another thread forks: the child would have half of a module.
            with turn.taken():
                from runtime_widgets._history_file import HistoryFile
            self._opened = HistoryFile(self.path)
        return self._opened

    # whether anything is kept

    @property
    def wanted(self) -> bool:
        """Whether this process may keep anything: no file is looked at."""
        off = os.environ.get(_SWITCH, "").strip().lower() in _OFF
        # Without a home folder there is no place for it.
        return not off and self.path.is_absolute()

    @property
    def enabled(self) -> bool:
        """Whether jobs are kept."""
        return self.wanted and not self._mark.exists()

    def disable(self) -> None:
        """Keep nothing any more, on this machine, until :meth:`enable`. What is there stays.

        Raises
        ------
        HistoryError
            If that cannot be noted.
        """
        with self._trouble("be switched off"):
            self._mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._mark.touch(mode=0o600)

    def enable(self) -> None:
        """Undo :meth:`disable`.

        Raises
        ------
        HistoryError
            If that cannot be noted.
        """
        with self._trouble("be switched on"):
            self._mark.unlink(missing_ok=True)

    # what is told to it: from any thread, and nobody waits

    def note(
        self, state: JobState, instance: str = "", label: str | None = None, *, kind: str = ""
    ) -> None:
        """Keep what is known of a job.

        Parameters
        ----------
        state : JobState
            What is known.
        instance, kind : str
            As in :class:`HistoryEntry`.
        label : str, optional
            What the user calls it; as it was by default.
        """
        entry = entry_of_state(state, instance=instance, kind=kind)
        if entry is not None:
            self.add(entry)
        if label is not None:
            self.set_label(state.job_id, instance, label)

    def add(self, entry: HistoryEntry, *, new: bool = True) -> None:
        """Keep an entry; where there is one of the same job, what is newer of the two.

        Parameters
        ----------
        entry : HistoryEntry
            What is known. Its label is not looked at: see :meth:`set_label`.
        new : bool
            Keep it also if the history does not have the job.
        """
        if self.wanted:
            self._writer.note(replace(entry, label="") if entry.label else entry, add=new)

    def set_label(self, job_id: str, instance: str, label: str) -> None:
        """Keep what the user calls a job; an empty text takes it back."""
        if self.wanted:
            self._writer.label((job_id, instance), label)

    def seen(self, job_id: str, instance: str, status: str, at: datetime) -> None:
        """Keep that a job that is known was in the same status at a later time."""
        if self.wanted:
            self._writer.seen((job_id, instance), status, at.timestamp())

    def sweep(self, tell: Callable[[], bool]) -> None:
        """Call a method now and then, and at the end, that may have more to tell.

        Parameters
        ----------
        tell : callable
            A method, held weakly; it says whether it wants to be called again.
        """
        self._writer.each_while(tell)

    def flush(self, timeout: float = 10.0) -> bool:
        """Have written what was told, within `timeout` seconds; say whether it was."""
        return self._writer.flush(timeout)

    def close(self) -> None:
        """Have written what was told, and end the thread; another note starts another one."""
        self._writer.rest()

    # what it tells

    def list(
        self,
        limit: int | None = 50,
        *,
        pending: bool | None = None,
        since: datetime | timedelta | None = None,
        before: datetime | timedelta | None = None,
        tags: Sequence[str] = (),
        **names: str | None,
    ) -> Entries:
        """Return jobs, newest first.

        Parameters
        ----------
        limit : int or None
            At most so many; None for all.
        pending : bool, optional
            Only those that had not ended when they were last seen, or only the others.
        since, before : datetime or timedelta, optional
            Only those created at that time, or so long ago, or later; or before it. A time
            without a zone is local.
        tags : sequence of str
            Only those with all of these tags.
        **names
            ``device``, ``program``, ``session``, ``instance``, ``kind``: only those.

        Raises
        ------
        HistoryError
            If the file cannot be read.
        IBMInputValueError
            If `limit` is no number of jobs, or a time is none.
        """
        narrowed = jobs_asked(pending=pending, since=since, before=before, tags=tags, **names)
        query = narrowed.select(_limit(limit))
        self.flush(_FLUSH_S)
        with self._trouble("be read"):
            return [entry_of(row) for row in self._file.read(query)]

    def recent(self, limit: int = 50) -> Entries:
        """Return the newest jobs.

        Raises
        ------
        HistoryError
            If the file cannot be read.
        IBMInputValueError
            If `limit` is no number of jobs.
        """
        return self.list(limit)

    def count(self, **narrowed: Any) -> int:
        """Return how many jobs there are, narrowed as in :meth:`list`.

        Raises
        ------
        HistoryError
            If the file cannot be read.
        IBMInputValueError
            If a time is none.
        """
        query = jobs_asked(**narrowed).count()
        self.flush(_FLUSH_S)
        with self._trouble("be read"):
            return sum(row[0] for row in self._file.read(query))

    def labels(self, instance: str, job_ids: Sequence[str]) -> dict[str, str]:
        """Return what the user calls some jobs; those without a label are left out.

        For who lists jobs, and does not want to wait: a file that is in use for longer than
        a moment counts as one that cannot be read.

        Raises
        ------
        HistoryError
            If the file cannot be read.
        """
        query = labels_query(instance, job_ids)
        with self._trouble("be read"):
            known: dict[str, str] = dict(self._file.read(query, within_s=_HURRY_S))
        known |= self._writer.labels(instance)
        return {job_id: known[job_id] for job_id in job_ids if known.get(job_id)}

    def export(
        self,
        target: str | Path | Writable,
        format: Literal["csv", "json"] = "csv",  # noqa: A002 (as pandas and others call it)
        *,
        limit: int | None = None,
        **narrowed: Any,
    ) -> int:
        """Write jobs to a file, newest first; return how many.

        Parameters
        ----------
        target : path or text file
            Where to.
        format : str
            ``"csv"``, in which no cell is a formula; or ``"json"``, which has the steps of
            each job too.
        limit : int, optional
            At most so many; all by default.
        **narrowed
            As in :meth:`list`.

        Raises
        ------
        HistoryError
            If the history cannot be read.
        IBMInputValueError
            If there is no such format, `limit` is no number of jobs, or a time is none.
        OSError
            If the file cannot be written.
        """
        from runtime_widgets._history_export import exporter

        # Before the file is emptied.
        written = exporter(format)
        query = jobs_asked(**narrowed).select(_limit(limit))
        if isinstance(target, (str, Path)):
            with Path(target).open("w", newline="", encoding="utf-8") as file:
                return self.export(file, format, limit=limit, **narrowed)
        self.flush(_FLUSH_S)
        # An error of the file that is written is no error of the history.
        with written(target) as take, self._trouble("be read", PermissionError):
            self._file.each(query, lambda row: take.add(entry_of(row)))
        return take.count

    # what is taken out of it

    def prune(self, older_than: timedelta | datetime | None = None, keep: int | None = None) -> int:
        """Delete jobs from the history, and from nowhere else; return how many.

        With both, what is older goes, and of the others all but the newest.

        Parameters
        ----------
        older_than : timedelta or datetime, optional
            Those that were created so long ago, or before that time.
        keep : int, optional
            All but so many of the newest; 0 deletes all of them.

        Raises
        ------
        HistoryError
            If the file cannot be written.
        IBMInputValueError
            If neither is given, `keep` is no number of jobs, or `older_than` is no time.
        """
        if older_than is None and keep is None:
            from runtime_widgets.errors import IBMInputValueError

            msg = "Say which jobs go: older_than=timedelta(days=90), or keep=1000."
            raise IBMInputValueError(msg)
        before = None if older_than is None else moment_asked("older_than", older_than)
        kept = None if keep is None else number_asked("keep", keep)
        self.flush(_FLUSH_S)
        deleted = 0
        with self._trouble("be changed"):
            if before is not None:
                deleted += self._file.delete(DELETE_OLD, before.timestamp())
            if kept is not None:
                deleted += self._file.delete(DELETE_BUT, kept)
        return deleted

    def clear(self) -> int:
        """Delete all of it; return how many jobs that were.

        Raises
        ------
        HistoryError
            If the file cannot be written.
        """
        return self.prune(keep=0)

    @contextmanager
    def _trouble(self, what: str, system: type[Exception] = OSError) -> Iterator[None]:
        """Say what could not be done, for who asked for it; `system` is what else can fail."""
        import sqlite3

        try:
            yield
        except (sqlite3.Error, UnusableHistoryError, system) as exc:
            from runtime_widgets.errors import HistoryError

            msg = f"The history in {self.path} cannot {what}: {str(exc).rstrip('.')}."
            raise HistoryError(msg) from exc


_PLACES = (ELSEWHERE, "XDG_DATA_HOME", "HOME", "LOCALAPPDATA")
"""The environment variables that say where the user's data are."""
_defaults: dict[tuple[str | None, ...], History] = {}


def _limit(given: int | None) -> int | None:
    return None if given is None else number_asked("limit", given, "; None for all")
