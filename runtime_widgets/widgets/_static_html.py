"""What a view leaves in a saved notebook: a table that says as of when it is true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape
from typing import Any

__all__ = ["as_html", "as_text"]

_COLUMNS = ("Status", "Job", "Program", "Device", "Created", "Usage", "Tags")
_CELL = "text-align:left;padding:2px 10px 2px 0;vertical-align:top"


def as_text(rows: Sequence[dict[str, Any]], now: datetime) -> str:
    """Return the rows as plain text, a line each."""
    lines = [f"{len(rows)} runtime {'job' if len(rows) == 1 else 'jobs'}, as of {_when(now)}"]
    for row in rows:
        line = f"{_status(row):<12} {row['id']}  {row['program']} on {row['device'] or '–'}"
        if row["error"]:
            line += f"  {row['error']['message']}"
        lines.append(line)
    return "\n".join(lines)


def as_html(rows: Sequence[dict[str, Any]], now: datetime) -> str:
    """Return the rows as an HTML table. All text from a server is escaped."""
    head = "".join(f'<th style="{_CELL}">{name}</th>' for name in _COLUMNS)
    body = "".join(_html_row(row) for row in rows)
    return (
        f'<table style="border-collapse:collapse;font-size:13px"><caption style="{_CELL}">'
        f"{len(rows)} runtime {'job' if len(rows) == 1 else 'jobs'}, as of {escape(_when(now))}. "
        'For the live view use <code>service.job("…")</code> with the id.</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _html_row(row: dict[str, Any]) -> str:
    created = (
        "–"
        if row["created"] is None
        else _when(datetime.fromtimestamp(row["created"], timezone.utc))
    )
    cells = (
        f"<b>{escape(_status(row))}</b>",
        f"<code>{escape(row['id'])}</code>",
        escape(row["program"]),
        escape(row["device"] or "–"),
        escape(created),
        escape(_usage(row)),
        escape(", ".join(row["tags"]) or "–"),
    )
    html = "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
    error = row["error"]
    if error:
        text = error["message"]
        if error["solution"]:
            text += f" What to do: {error['solution']}"
        html += f'<tr><td></td><td colspan="6" style="{_CELL}">{escape(text)}</td></tr>'
    return html


def _status(row: dict[str, Any]) -> str:
    label = str(row["label"])
    return f"{label} · {row['error']['code']}" if row["error"] and row["error"]["code"] else label


def _usage(row: dict[str, Any]) -> str:
    if row["usage_s"] is not None:
        return f"{row['usage_s']:.3g} s" + ("" if row["usage_final"] else " so far")
    if row["usage_estimate_s"] is not None:
        return f"≈ {row['usage_estimate_s']:.3g} s estimated"
    return "–"


def _when(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z").strip()
