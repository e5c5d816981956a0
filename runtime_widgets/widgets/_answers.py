"""What a page may ask for, by its kind, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime_widgets import details
from runtime_widgets.messages import Outcome, Reply
from runtime_widgets.widgets._asked import Asked, Refused
from runtime_widgets.widgets._bulk_requests import answer_cancel, answer_delete, answer_tag, stop
from runtime_widgets.widgets._session_requests import answer_session

__all__ = ["ANSWERS", "SLOW", "TOLD", "Answer"]

LONGEST_LOGS = 1_000_000

Answer = Callable[[Asked], Reply | None]
"""Runs on a worker thread. None where the reply is sent later, by :attr:`Asked.send`."""


def _tags(asked: Asked) -> Reply:
    job, tags = asked.job(), asked.content.get("tags")
    job.update_tags(tags if isinstance(tags, list) else [""])
    return asked.reply(Outcome(job.job_id(), ok=True, message="The tags are changed."))


def _logs(asked: Asked) -> Reply:
    job = asked.job()
    logs = job.logs()
    message = "These are its logs." if logs else "The job has logged nothing."
    if len(logs) > LONGEST_LOGS:
        message = f"The last {LONGEST_LOGS:,} of {len(logs):,} characters."
    return asked.reply(Outcome(job.job_id(), ok=True, message=message), text=logs[-LONGEST_LOGS:])


def _details(asked: Asked) -> Reply:
    job, index = asked.job(), asked.content.get("index", 0)
    if type(index) is not int:
        msg = "The request's index is no number."
        raise Refused(msg)
    part: Any = asked.text("part")
    return asked.reply(data=details.read(job, part, index))


def _refresh(asked: Asked) -> Reply:
    trackers = asked.view.trackers()
    if trackers and all(tracker.closed for tracker in trackers):
        return asked.reply(Outcome("", ok=False, message="The service was closed: make it anew."))
    for tracker in trackers:
        tracker.look_now(by_hand=True)
    limited = next((t.health for t in trackers if t.health.kind == "rate"), None)
    if limited is not None:
        message = "The service limits requests: it is asked when its pause is over."
        return asked.reply(Outcome("", ok=False, message=message))
    return asked.reply(Outcome("", ok=True, message="The service is asked now."))


ANSWERS: dict[str, Answer] = {
    "cancel": answer_cancel,
    "delete": answer_delete,
    "details": _details,
    "logs": _logs,
    "refresh": _refresh,
    "session": answer_session,
    "tag": answer_tag,
    "tags": _tags,
}
"""Requests, each of which gets a reply."""

SLOW = frozenset({"details", "logs"})
"""Those that may take long: they must not keep a cancel waiting."""


def _look(asked: Asked) -> None:
    hidden, ids = asked.content.get("hidden") is True, asked.texts("job_ids")
    page, seq = asked.integer("page"), asked.integer("seq")
    asked.view.looked_at(ids, hidden=hidden, page=page or 0, seq=seq)


def _select(asked: Asked) -> None:
    asked.view.selected_in_page(asked.texts("job_ids"))


def _resync(asked: Asked) -> None:
    asked.view.resync()


TOLD: dict[str, Callable[[Asked], None]] = {
    "look": _look,
    "resync": _resync,
    "select": _select,
    "stop": stop,
}
"""What gets no reply. Runs at once, on the thread that hears it."""
