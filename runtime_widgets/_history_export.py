"""The history as a file for others to read: CSV or JSON, written as it is read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets._spreadsheet import cell

__all__ = ["COLUMNS", "Writable", "exporter"]

COLUMNS = (
    *("id", "name", "word", "status", "final", "gone", "program", "device", "tags", "session"),
    *("created", "started", "ended", "usage_s", "usage_final", "last_seen"),
    *("kind", "instance", "noted"),
)
"""Of :meth:`HistoryEntry.to_json`, whose names are those of a monitor's files."""


class Writable(Protocol):
    """What can be written to."""

    def write(self, text: str, /) -> Any:
        """Write a text."""


class Exporter(Protocol):
    """Writes entries, one after another."""

    count: int

    def add(self, entry: HistoryEntry) -> None:
        """Write one."""


class _Csv:
    def __init__(self, file: Writable) -> None:
        self.count = 0
        self._writer = csv.writer(file)
        self._writer.writerow(COLUMNS)

    def add(self, entry: HistoryEntry) -> None:
        told = entry.to_json()
        self._writer.writerow([cell(_plain(told[name])) for name in COLUMNS])
        self.count += 1


class _Json:
    def __init__(self, file: Writable) -> None:
        self.count = 0
        self._file = file

    def add(self, entry: HistoryEntry) -> None:
        self._file.write("[\n" if self.count == 0 else ",\n")
        self._file.write(json.dumps(entry.to_json(), allow_nan=False))
        self.count += 1

    def end(self) -> None:
        self._file.write("\n]\n" if self.count else "[]\n")


def _plain(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def exporter(kind: str) -> Callable[[Writable], AbstractContextManager[Exporter]]:
    """Return what opens a writer of entries to a file, as ``"csv"`` or ``"json"``.

    Raises
    ------
    IBMInputValueError
        If it is neither: before there is a file.
    """
    if kind == "csv":
        return _csv
    if kind == "json":
        return _json
    from runtime_widgets.errors import IBMInputValueError

    msg = f'The history can be exported as "csv" or "json", not as {kind!r}.'
    raise IBMInputValueError(msg)


@contextmanager
def _csv(file: Writable) -> Iterator[Exporter]:
    yield _Csv(file)


@contextmanager
def _json(file: Writable) -> Iterator[Exporter]:
    found = _Json(file)
    yield found
    found.end()
