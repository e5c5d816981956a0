"""The history as a file for others to read: CSV or JSON, written as it is read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets._spreadsheet import cell

__all__ = ["COLUMNS", "Writable", "exporter"]

COLUMNS = (
    *("id", "label", "word", "status", "final", "gone", "program", "device", "tags", "session"),
    *("created", "started", "ended", "usage_seconds", "usage_complete", "last_seen"),
    *("kind", "instance", "noted"),
)


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
        values = (getattr(entry, name) for name in COLUMNS)
        self._writer.writerow([cell(_plain(value)) for value in values])
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
    if isinstance(value, datetime):
        return value.isoformat()
    return ", ".join(value) if isinstance(value, tuple) else value


@contextmanager
def exporter(file: Writable, kind: str) -> Iterator[Exporter]:
    """Give what writes entries to `file`, as ``"csv"`` or ``"json"``.

    Raises
    ------
    IBMInputValueError
        If it is neither.
    """
    if kind == "csv":
        yield _Csv(file)
    elif kind == "json":
        found = _Json(file)
        yield found
        found.end()
    else:
        from runtime_widgets.errors import IBMInputValueError

        msg = f'The history can be exported as "csv" or "json", not as {kind!r}.'
        raise IBMInputValueError(msg)
