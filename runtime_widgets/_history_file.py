"""HistoryFile: the SQLite file of the history, whatever has become of it.

The standard library's sqlite3, and not SQLAlchemy, which the embedded runtime has: one file,
two tables and five statements need no more, and a kernel has it in memory already, for IPython
keeps its own history so (measured on one machine: 5 ms to import, against 230).

A connection lives for one task. So no kernel holds a file of a home folder open, one that
somebody deletes or replaces is noticed, and a forked process has none of its parent's.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from runtime_widgets import _history_rows as rows
from runtime_widgets._file_lock import file_lock
from runtime_widgets._history_entry import HistoryEntry, merged
from runtime_widgets._history_turn import UnusableHistoryError, turn
from runtime_widgets._network_folder import is_network

__all__ = ["MOST_JOBS", "HistoryFile", "Key"]

T = TypeVar("T")
Key = tuple[str, str]
"""A job's id, and its instance."""

MOST_JOBS = 100_000
"""So many jobs are kept: the newest ones."""
_TRIM_AFTER = 1000
"""After so many that were written it is seen whether there are more."""
_BUSY_S = 5.0
"""So long another process may keep it."""
_SOME = 1000

_log = logging.getLogger(__name__)


class HistoryFile:
    """The file, and what is done with it: each method is one short transaction.

    Parameters
    ----------
    path : Path
        Where it is; made, with mode 0600, by the first entry that is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._untrimmed = _TRIM_AFTER
        self._settled = False

    # what is done with it

    def write(
        self,
        notes: Mapping[Key, tuple[HistoryEntry, bool]],
        labels: Mapping[Key, str],
        seen: Mapping[Key, tuple[str, float]],
    ) -> None:
        """Take in what became known of some jobs, and what the user calls them.

        Parameters
        ----------
        notes : mapping
            Each with whether it is to be added where it is not there.
        labels : mapping
            Labels to set; they make an entry of their own for a job that has none.
        seen : mapping
            When jobs that are in the file were seen in a status again: the word, and the time.

        Raises
        ------
        sqlite3.Error, OSError, UnusableHistoryError
            If it cannot be.
        """
        keys = [*notes, *labels]
        adds = bool(labels) or any(add for _, add in notes.values())
        if not adds and not self.path.exists():
            return

        def work(connection: sqlite3.Connection) -> None:
            if keys:
                self._write(connection, keys, notes, labels, adds=adds)
            if seen:
                with _transaction(connection):
                    again = [(at, *key, word) for key, (word, at) in seen.items()]
                    connection.executemany(rows.SEEN, again)

        self._with(work)

    def _write(
        self,
        connection: sqlite3.Connection,
        keys: list[Key],
        notes: Mapping[Key, tuple[HistoryEntry, bool]],
        labels: Mapping[Key, str],
        *,
        adds: bool,
    ) -> None:
        if not adds and not _known(connection, keys):
            return
        with _transaction(connection):
            known = _known(connection, keys)
            found = _merged(known, notes, labels)
            _put(connection, [e for key, e in found.items() if e != known.get(key)])
            self._untrimmed += len(found)
            if self._untrimmed >= _TRIM_AFTER:
                self._untrimmed = 0
                if connection.execute("SELECT count(*) FROM jobs").fetchone()[0] > MOST_JOBS:
                    connection.execute(rows.DELETE_BUT, (MOST_JOBS,))

    def read(self, query: tuple[str, list[Any]], *, within_s: float | None = None) -> list[Any]:
        """Return the rows of a query; none where there is no file.

        Parameters
        ----------
        query : tuple of str and list
            SQL, and its values.
        within_s : float, optional
            Longest wait for whoever uses the file, in seconds.
        """
        if not self.path.exists():
            return []
        return self._with(lambda c: c.execute(*query).fetchall(), reads=True, within_s=within_s)

    def each(self, query: tuple[str, list[Any]], take: Callable[[Any], None]) -> None:
        """Have `take` called with each row of a query; it must not come back to the history."""

        def work(connection: sqlite3.Connection) -> None:
            for found in connection.execute(*query):
                take(found)

        if self.path.exists():
            self._with(work, reads=True)

    def delete(self, query: str, value: float) -> int:
        """Delete jobs, and give their room back; return how many there were."""
        if not self.path.exists():
            return 0

        def work(connection: sqlite3.Connection) -> int:
            with _transaction(connection):
                deleted = connection.execute(query, (value,)).rowcount
            # Whoever deletes wants it gone. Others may be reading: then the next one does it.
            with suppress(sqlite3.OperationalError):
                connection.execute("VACUUM")
            return deleted

        return self._with(work)

    # how it is opened

    def _with(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        reads: bool = False,
        within_s: float | None = None,
    ) -> T:
        """Do something with a connection; a file that is damaged is set aside first."""
        for last in (False, True):
            try:
                with turn.taken(within_s), closing(self._open(reads, within_s)) as connection:
                    return work(connection)
            except sqlite3.DatabaseError as exc:
                # Those that mean damage, and few others, are of no finer class.
                if last or type(exc) is not sqlite3.DatabaseError:
                    raise
                try:
                    self._set_aside()
                except OSError as away:
                    raise exc from away
        raise AssertionError  # the loop has returned, or raised

    def _open(self, reads: bool, within_s: float | None) -> sqlite3.Connection:
        patience_s = _BUSY_S if within_s is None else within_s
        if not reads:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its log the permissions of its file.
            self.path.touch(mode=0o600)
            if os.name == "posix" and self.path.stat().st_mode & 0o077:
                self.path.chmod(0o600)
        try:
            return self._prepared(reads, patience_s)
        except sqlite3.OperationalError:
            if reads and not os.access(self.path.parent, os.W_OK):
                # Nothing can be written here: neither can what a write-ahead log needs.
                return sqlite3.connect(f"{self.path.absolute().as_uri()}?immutable=1", uri=True)
            if not self._without_log(patience_s):
                raise
            return self._prepared(reads, patience_s)

    def _prepared(self, reads: bool, patience_s: float) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=patience_s, isolation_level=None)
        try:
            self._prepare(connection, reads=reads)
        except BaseException:
            connection.close()
            raise
        return connection

    def _without_log(self, patience_s: float) -> bool:
        """Do away with a write-ahead log where nobody could share it; say whether there was one.

        A home folder that was on a disk, and is now on a file server, has such a file: it can
        be opened by one process that keeps all others out, and by no other.
        """
        with closing(sqlite3.connect(self.path, timeout=patience_s)) as connection:
            try:
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                before = connection.execute("PRAGMA journal_mode").fetchone()[0]
                after = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            except sqlite3.OperationalError:
                return False
        return (before, after) == ("wal", "delete")

    def _prepare(self, connection: sqlite3.Connection, *, reads: bool) -> None:
        """Make the tables, where there are none, and see that they are ours."""
        version = _version(connection)
        if version > rows.VERSION and not reads:
            msg = (
                f"The history in {self.path} was made by a newer version of runtime_widgets: "
                "it is read, and nothing is added to it."
            )
            raise UnusableHistoryError(msg)
        if version == 0:
            with self._lock():
                if _version(connection) == 0:
                    self._make(connection)
        elif not self._settled and not reads and self._remote:
            _journal(connection, "DELETE")
        self._settled = True
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")

    def _make(self, connection: sqlite3.Connection) -> None:
        _journal(connection, "DELETE" if self._remote else "WAL")
        with _transaction(connection):
            for statement in rows.SCHEMA:
                connection.execute(statement)

    @property
    def _remote(self) -> bool:
        return is_network(self.path.parent)

    def _lock(self) -> Any:
        return file_lock(self.path.with_name(f".{self.path.name}.lock"))

    def _set_aside(self) -> None:
        """Rename a damaged file, unless another process has done so, and say so."""
        with turn.taken(), self._lock():
            if self._is_sound():
                return
            stamp = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H%M%SZ")
            new = self.path.with_name(f"{self.path.stem}.damaged-{stamp}{self.path.suffix}")
            for end in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{self.path}{end}").replace(f"{new}{end}")
        _log.warning(
            "The history of jobs in %s is damaged. It was set aside as %s, and a new one begun.",
            self.path,
            new.name,
        )

    def _is_sound(self) -> bool:
        try:
            with closing(sqlite3.connect(self.path, timeout=_BUSY_S)) as connection:
                return bool(connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            return False


def _merged(
    known: Mapping[Key, HistoryEntry],
    notes: Mapping[Key, tuple[HistoryEntry, bool]],
    labels: Mapping[Key, str],
) -> dict[Key, HistoryEntry]:
    """Return the entries as they are to be."""
    found = {
        key: merged(known[key], entry) if key in known else entry
        for key, (entry, add) in notes.items()
        if add or key in known
    }
    for key, label in labels.items():
        now = datetime.now(timezone.utc)
        entry = found.get(key) or known.get(key) or HistoryEntry(*key, noted=now)
        found[key] = replace(entry, label=label)
    return found


def _known(connection: sqlite3.Connection, keys: list[Key]) -> dict[Key, HistoryEntry]:
    """Return what is there of some jobs."""
    wanted, found = set(keys), {}
    for start in range(0, len(keys), _SOME):
        narrowed = rows.Narrowed(ids=tuple(job_id for job_id, _ in keys[start : start + _SOME]))
        for one in connection.execute(*narrowed.select(None)):
            entry = rows.entry_of(one)
            found[entry.id, entry.instance] = entry
    return {key: entry for key, entry in found.items() if key in wanted}


def _put(connection: sqlite3.Connection, entries: Iterable[HistoryEntry]) -> None:
    found = [rows.row(entry) for entry in entries]
    places = {(values[1],) for values in found}
    connection.executemany("INSERT OR IGNORE INTO places (instance) VALUES (?)", places)
    connection.executemany(rows.INSERT, found)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _journal(connection: sqlite3.Connection, mode: str) -> None:
    """Choose how a change is made safe; SQLite stays with its own way where that is impossible."""
    with suppress(sqlite3.OperationalError):
        connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # A full disk has ended it already.
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
