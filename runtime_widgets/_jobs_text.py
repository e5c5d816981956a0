"""Jobs of the history as text: a table for a person's terminal, plain lines for a program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import typer
from rich.cells import cell_len, set_cell_size

from runtime_widgets._history_entry import HistoryEntry
from runtime_widgets._printable import printable

__all__ = ["age", "lines", "moment", "table"]

HEADER = ("id", "word", "as_of", "name", "program", "device", "tags", "created", "usage_s")
_COLOURS = {
    "queued": "cyan",
    "running": "blue",
    "done": "green",
    "failed": "red",
    "cancelled": "yellow",
}
_GAP = "  "
_NOTHING = "–"
_LEAST_ABOUT = 14
_SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def moment(text: str) -> datetime:
    """Read a time: so long ago, such as ``2d`` or ``12h``, or a date, such as ``2026-11-23``.

    Raises
    ------
    ValueError
        If it is neither.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    try:
        if found is None:
            return datetime.fromisoformat(text.strip()).astimezone()
        span = timedelta(**{_SPANS[found[2]]: float(found[1])})
        return datetime.now(timezone.utc) - span
    except (ValueError, OverflowError, OSError):
        msg = f"{text!r} is no time: say 2d, 12h, 30m or 2w, or a date such as 2026-11-23."
        raise ValueError(msg) from None


def age(time: datetime, now: datetime) -> str:
    """Say how long ago something was: "just now", "4 min ago", "3 h ago", "12 d ago"."""
    seconds = (now - time).total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} ago"
    return "just now"


def lines(entries: Sequence[HistoryEntry], *, header: bool = True) -> Iterator[str]:
    """Yield a header and a line for each job, of fields that tabs separate.

    Times are local, with their distance from UTC. `as_of` is when the service last said so; it
    is empty for what will not change any more.
    """
    if header:
        yield "\t".join(HEADER)
    for entry in entries:
        as_of = None if entry.final else entry.last_seen or entry.noted
        fields = (
            *(entry.id, entry.word, _local(as_of), entry.label, entry.program, entry.device),
            *(", ".join(entry.tags), _local(entry.at)),
            "" if entry.usage_seconds is None else f"{entry.usage_seconds:g}",
        )
        yield "\t".join(printable(field) for field in fields)


def table(entries: Sequence[HistoryEntry], width: int, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines of a table, none of them wider than a terminal.

    What is there to be copied, an id, is never cut. Where there is room, more columns come, the
    most telling first, but none that has nothing to tell of any job; the name and the tags get
    what is left.

    Parameters
    ----------
    entries : sequence of HistoryEntry
        The jobs.
    width : int
        Columns of characters.
    colour : bool
        Colour the status. It is a word in any case.
    """
    now = datetime.now(timezone.utc)
    shown = _fitting(entries, now, width)
    sizes = [column.size(entries, now) for column in shown]
    if shown[-1].name == _ABOUT:
        sizes[-1] = max(width - sum(sizes[:-1]) - len(_GAP) * (len(shown) - 1), 0)
    heads = (set_cell_size(c.name, size) for c, size in zip(shown, sizes, strict=True))
    yield _GAP.join(heads).rstrip()
    for entry in entries:
        cells = [_fit(c.of(entry, now), size) for c, size in zip(shown, sizes, strict=True)]
        if colour and entry.state.key in _COLOURS:
            cells[0] = typer.style(cells[0], fg=_COLOURS[entry.state.key])
        yield _GAP.join(cells).rstrip()
        as_of = _as_of(entry, now)
        if as_of and all(column.name != "As of" for column in shown):
            yield _fit(f"  {as_of}", width).rstrip()


def _fitting(entries: Sequence[HistoryEntry], now: datetime, width: int) -> list[_Column]:
    """Choose the columns for which there is room, by their rank."""
    found: list[_Column] = []
    for column in sorted(_COLUMNS, key=lambda one: one.rank):
        if column.rank > _ALWAYS and not column.tells(entries, now):
            continue
        size = _LEAST_ABOUT if column.name == _ABOUT else column.size(entries, now)
        width -= size + (len(_GAP) if found else 0)
        if width < 0 and column.rank > _ALWAYS:
            break
        found.append(column)
    return [column for column in _COLUMNS if column in found]


def _fit(text: str, size: int) -> str:
    """Return a text of that many columns of characters; what is cut off is an ellipsis."""
    text = printable(text)
    return (
        set_cell_size(text, size) if cell_len(text) <= size else set_cell_size(text, size - 1) + "…"
    )


def _as_of(entry: HistoryEntry, now: datetime) -> str:
    """Say how old the status is, where it may be another by now."""
    if entry.gone:
        return "gone from the service"
    if entry.final:
        return ""
    if entry.last_seen is None:
        return "not asked yet"
    return f"last known {age(entry.last_seen, now)}"


def _date(entry: HistoryEntry, _now: datetime) -> str:
    return _NOTHING if entry.at is None else f"{entry.at.astimezone():%Y-%m-%d %H:%M}"


def _ago(entry: HistoryEntry, now: datetime) -> str:
    return _NOTHING if entry.at is None else age(entry.at, now)


def _usage(entry: HistoryEntry, _now: datetime) -> str:
    return _NOTHING if entry.usage_seconds is None else f"{entry.usage_seconds:.3g} s"


def _about(entry: HistoryEntry, _now: datetime) -> str:
    return "  ".join(part for part in (entry.label, ", ".join(entry.tags)) if part)


@dataclass(frozen=True)
class _Column:
    """A column of the table; those of a lower rank come first where there is little room."""

    name: str
    of: Callable[[HistoryEntry, datetime], str]
    rank: int
    most: int = 40

    def size(self, entries: Sequence[HistoryEntry], now: datetime) -> int:
        """Return how wide it has to be."""
        widest = max((cell_len(printable(self.of(e, now))) for e in entries), default=0)
        return max(cell_len(self.name), min(widest, self.most))

    def tells(self, entries: Sequence[HistoryEntry], now: datetime) -> bool:
        """Whether there is anything in it."""
        return any(self.of(entry, now) not in ("", _NOTHING) for entry in entries)


_ABOUT = "Name and tags"
_ALWAYS = 1
_COLUMNS = (
    _Column("Status", lambda entry, _: entry.word, rank=0, most=14),
    _Column("Job", lambda entry, _: entry.id, rank=1, most=1000),
    _Column("As of", _as_of, rank=2),
    _Column("Created", _ago, rank=4),
    _Column("Device", lambda entry, _: entry.device, rank=5, most=24),
    _Column("Program", lambda entry, _: entry.program, rank=7, most=16),
    _Column("Usage", _usage, rank=6),
    _Column("Local time", _date, rank=8),
    _Column(_ABOUT, _about, rank=3),
)


def _local(time: datetime | None) -> str:
    return "" if time is None else time.astimezone().isoformat(timespec="seconds")
