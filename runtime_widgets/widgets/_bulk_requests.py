"""What a page asks for many jobs at once."""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict
from typing import Any

from runtime_widgets._tags import check_tags
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.messages import Outcome, Progress
from runtime_widgets.widgets import _actions
from runtime_widgets.widgets._actions import Action
from runtime_widgets.widgets._asked import Asked, Refused
from runtime_widgets.widgets._bulk import Bulk, in_turn
from runtime_widgets.widgets._running import Running

__all__ = ["answer_cancel", "answer_delete", "answer_tag", "stop"]

_log = logging.getLogger(__name__)
_running = Running()

MOST_TOLD = 2000
"""A message holds so many outcomes at most: about 250 kB."""


def answer_cancel(asked: Asked) -> None:
    """Cancel jobs. The reply comes when the last of them has its outcome."""
    _start(asked, _actions.cancel)


def answer_delete(asked: Asked) -> None:
    """Delete jobs that have ended."""
    _start(asked, _actions.delete)


def answer_tag(asked: Asked) -> None:
    """Add tags to jobs, and take others away.

    Raises
    ------
    Refused
        If no job could have such tags.
    """
    add, remove = asked.texts("add"), asked.texts("remove")
    try:
        check_tags(add)
    except IBMInputValueError as exc:
        raise Refused(exc.message) from exc
    if not add and not remove:
        msg = "The request names no tag."
        raise Refused(msg)
    _start(asked, _actions.tag(add, remove))


def stop(asked: Asked) -> None:
    """Ask for no more of the jobs of a request that is under way."""
    _running.stop(asked)


def _start(asked: Asked, action: Action) -> None:
    """Do it on a thread of its own: it may take minutes, and others have to be answered."""
    ids = list(dict.fromkeys(asked.texts("job_ids")))
    if not ids:
        msg = "The request names no job."
        raise Refused(msg)
    run = threading.Thread(
        target=_run, args=(asked, ids, action), name="runtime-widgets-bulk", daemon=True
    )
    run.start()


def _run(asked: Asked, ids: list[str], action: Action) -> None:
    with _running.under_way(asked) as stopped:
        _run_until(stopped, asked, ids, action)


def _run_until(stopped: threading.Event, asked: Asked, ids: list[str], action: Action) -> None:
    jobs = in_turn((job_id, asked.find(job_id)) for job_id in ids)
    bulk = Bulk(jobs, action, stopped)
    deleted: list[str] = []
    well = True

    def tell(so_far: int, outcomes: list[Outcome], note: str | None) -> None:
        nonlocal well
        well = well and all(outcome.ok for outcome in outcomes)
        deleted.extend(outcome.job_id for outcome in outcomes if outcome.ok)
        for part in _parts(outcomes):
            message = Progress("progress", asked.number, so_far, len(ids), part, note)
            _send(asked, asdict(message))

    rest = bulk.run(tell)
    if action is _actions.delete:
        asked.view.deleted(deleted + [o.job_id for o in rest if o.ok])
    *parts, last = _parts(rest)
    for part in parts:
        tell(len(ids), part, None)
    reply = asked.reply(*last)
    _send(asked, {**asdict(reply), "ok": reply.ok and well})


def _send(asked: Asked, message: dict[str, Any]) -> None:
    """Tell the page; one that went away hears nothing, and what it asked for goes on."""
    try:
        asked.send(message)
    except Exception:
        _log.exception("A page could not be told what became of its request.")


def _parts(outcomes: list[Outcome]) -> list[list[Outcome]]:
    """Cut outcomes into messages; one at least."""
    starts = range(0, max(len(outcomes), 1), MOST_TOLD)
    return [outcomes[at : at + MOST_TOLD] for at in starts]
