"""What a view leaves in a saved notebook: a table that says as of when it is true.

It is bounded: a notebook is no place for ten thousand rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape

from runtime_widgets._printable import printable
from runtime_widgets.messages import JobRow

__all__ = ["MOST_LINES", "MOST_ROWS", "as_html", "as_text"]

MOST_ROWS = 50
"""So many rows of HTML are kept at most."""

MOST_LINES = 20
"""So many lines of plain text."""

_COLUMNS = ("Status", "Job", "Program", "Device", "Created", "Usage", "Tags")
_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"
_EMPTY = (
    "No jobs yet. monitor.add(job) shows one; JobMonitor(service=service, pending=True) follows "
    "those of an account."
)


def as_text(rows: Sequence[JobRow], now: datetime, missing: str = "") -> str:
    """Return the rows as plain text, a line each; `missing` says which there should be more."""
    lines = [_summary(rows, now), *([missing] if missing else [])]
    for row in rows[:MOST_LINES]:
        name = f" {row.name!r}" if row.name else ""
        line = f"{_status(row):<12} {row.id}{name}  {row.program} on {row.device or '–'}"
        if row.tags:
            line += f"  [{', '.join(row.tags)}]"
        if row.error:
            line += f"  {' '.join(row.error.message.split())}"
        lines.append(line)
    last = _more(rows, MOST_LINES) if rows or missing else _EMPTY
    # This is what a terminal shows, and each of its lines holds words of a server.
    return "\n".join(printable(line) for line in ([*lines, last] if last else lines))


def as_html(rows: Sequence[JobRow], now: datetime, missing: str = "") -> str:
    """Return the rows as an HTML table. All text from a server is escaped."""
    if not rows:
        return f"<p>{escape(_summary(rows, now))}. {escape(missing or _EMPTY)}</p>"
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in _COLUMNS)
    body = "".join(_html_row(row) for row in rows[:MOST_ROWS])
    more = _more(rows, MOST_ROWS)
    if more:
        body += f'<tr><td colspan="{len(_COLUMNS)}" style="{_CELL}">{escape(more)}</td></tr>'
    return (
        f'<table style="border-collapse:collapse;font-size:13px"><caption style="{_CELL}">'
        f"{escape(_summary(rows, now))}. {escape(missing)} "
        'For the live view use <code>service.job("…")</code> with the id.</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _summary(rows: Sequence[JobRow], now: datetime) -> str:
    """Return "300 runtime jobs, as of ...: 200 Done, 100 Queued"."""
    jobs = "job" if len(rows) == 1 else "jobs"
    text = f"{len(rows):,} runtime {jobs}, as of {_when(now)}"
    if len(rows) < 2:
        return text
    counts = Counter(row.label for row in rows).most_common(8)
    return f"{text}: " + ", ".join(f"{n:,} {label}" for label, n in counts)


def _more(rows: Sequence[JobRow], most: int) -> str:
    left = len(rows) - most
    return f"… and {left:,} more {'job' if left == 1 else 'jobs'}." if left > 0 else ""


def _html_row(row: JobRow) -> str:
    created = row.created
    when = "–" if created is None else _when(datetime.fromtimestamp(created, timezone.utc))
    name = f"{escape(row.name)}<br>" if row.name else ""
    cells = (
        f"<b>{escape(_status(row))}</b>",
        f"{name}<code>{escape(row.id)}</code>",
        escape(row.program),
        escape(row.device or "–"),
        escape(when),
        escape(_usage(row)),
        escape(", ".join(row.tags) or "–"),
    )
    html = "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
    error = row.error
    if error:
        text = error.message
        if error.solution:
            text += f" What to do: {error.solution}"
        html += f'<tr><td></td><td colspan="6" style="{_CELL}">{escape(text)}</td></tr>'
    return html


def _status(row: JobRow) -> str:
    if row.as_of is not None and not row.final:
        when = datetime.fromtimestamp(row.as_of, timezone.utc)
        return f"{row.label}, last known {_when(when)}"
    return f"{row.label} · {row.error.code}" if row.error and row.error.code else row.label


def _usage(row: JobRow) -> str:
    if row.usage_s is not None:
        return f"{row.usage_s:.3g} s" + ("" if row.usage_final else " so far")
    if row.usage_estimate_s is not None:
        return f"≈ {row.usage_estimate_s:.3g} s estimated"
    return "–"


def _when(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z").strip()
