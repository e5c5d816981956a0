"""The jobs of a monitor as a table for other tools: CSV, JSON, pandas.

The columns are those of the file that the page saves: a time has its zone, and what is in
seconds says so in its name.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import IO, Any

from runtime_widgets._spreadsheet import cell
from runtime_widgets.messages import JobRow, Step

__all__ = ["COLUMNS", "as_frame", "write_csv", "write_json"]

Target = str | PathLike[str] | IO[str]


def _time(name: str) -> Callable[[JobRow], datetime | None]:
    def get(row: JobRow) -> datetime | None:
        at = getattr(row, name)
        return None if at is None else datetime.fromtimestamp(at, timezone.utc)

    return get


def _same(name: str) -> Callable[[JobRow], Any]:
    return lambda row: getattr(row, name)


COLUMNS: dict[str, Callable[[JobRow], Any]] = {
    "id": _same("id"),
    "name": _same("name"),
    "program": _same("program"),
    "device": _same("device"),
    # What the views say; beside it the service's own word.
    "word": lambda row: (row.status or row.label) if row.state == "unknown" else row.label,
    "status": _same("status"),
    "state": _same("state"),
    "phase": _same("phase"),
    "phase_inferred": _same("phase_inferred"),
    "tags": lambda row: ", ".join(row.tags),
    "session": _same("session"),
    "private": _same("private"),
    "created": _time("created"),
    "started": _time("started"),
    "ended": _time("ended"),
    "queue_position": _same("queue_position"),
    "usage_s": _same("usage_s"),
    "usage_final": _same("usage_final"),
    "usage_estimate_s": _same("usage_estimate_s"),
    "error_code": lambda row: row.error.code if row.error else None,
    "error": lambda row: row.error.message if row.error else None,
    "gone": _same("gone"),
    "updated": _time("updated"),
    # Of a memory: when the service last said so.
    "as_of": _time("as_of"),
}
"""Name and value of each column."""

_TYPES = {
    **dict.fromkeys(("created", "started", "ended", "updated", "as_of"), "datetime64[us, UTC]"),
    **dict.fromkeys(("queue_position", "error_code"), "Int64"),
    **dict.fromkeys(("usage_s", "usage_estimate_s"), "Float64"),
    **dict.fromkeys(("phase_inferred", "private", "usage_final", "gone"), "bool"),
}
"""The types of a data frame's columns, however few values it has; the others are texts."""


def write_csv(rows: Iterable[JobRow], target: Target) -> None:
    """Write rows as CSV: in UTF-8, and with no text that a spreadsheet takes for a formula."""
    with _opened(target, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for values in _values(rows):
            writer.writerow([cell(_iso(value)) for value in values])


def write_json(rows: Iterable[JobRow], target: Target) -> None:
    """Write rows as a JSON list of objects; `tags`, `error` and `steps` are whole in it."""
    rows = list(rows)
    records = [
        {
            **dict(zip(COLUMNS, map(_iso, values), strict=True)),
            "tags": row.tags,
            "error": asdict(row.error) if row.error else None,
            "steps": [_step(step) for step in row.steps] if row.steps else None,
        }
        for row, values in zip(rows, _values(rows), strict=True)
    ]
    with _opened(target) as file:
        json.dump(records, file, indent=1, ensure_ascii=False)
        file.write("\n")


def as_frame(rows: Iterable[JobRow]) -> Any:
    """Return rows as a :class:`pandas.DataFrame`, indexed by the jobs' ids.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        pd = import_module("pandas")
    except ImportError as exc:
        msg = "to_pandas() needs pandas: pip install pandas. to_csv() and to_json() do not."
        raise ImportError(msg) from exc
    rows = list(rows)
    frame = pd.DataFrame(list(_values(rows)), columns=list(COLUMNS))
    frame["tags"] = pd.Series([list(row.tags) for row in rows], dtype=object)
    for name in frame.columns.difference(["tags"]):
        frame[name] = frame[name].astype(_TYPES.get(name, "string"))
    return frame.set_index("id")


def _values(rows: Iterable[JobRow]) -> Iterator[list[Any]]:
    for row in rows:
        yield [value(row) for value in COLUMNS.values()]


def _step(step: Step) -> dict[str, Any]:
    at = datetime.fromtimestamp(step.at, timezone.utc)
    return {**asdict(step), "at": at.isoformat()}


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@contextmanager
def _opened(target: Target, **how: Any) -> Iterator[IO[str]]:
    """Open a file to write to, if it is not one already."""
    if isinstance(target, (str, PathLike)):
        with Path(target).expanduser().open("w", encoding="utf-8", **how) as file:
            yield file
    else:
        yield target
