"""A page asks for a session to be closed, or cancelled."""

from __future__ import annotations

from typing import Any

from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMError, IBMNotFoundError
from runtime_widgets.messages import Outcome, Reply
from runtime_widgets.tracker import Tracker, tracker_of
from runtime_widgets.widgets._asked import Asked, Refused, said
from runtime_widgets.widgets._session_provider import shown_session

__all__ = ["answer_session"]

_SAID = {
    "close": "It takes no more jobs, and closes once those that it has are done.",
    "cancel": "It is closed, and its queued jobs are cancelled.",
}


def answer_session(asked: Asked) -> Reply:
    """Close a session that the view shows, or cancel it. On a worker thread.

    Raises
    ------
    Refused
        If the view does not show it, or something else is asked for.
    """
    session_id, action = asked.text("session_id"), asked.text("action")
    shown = shown_session(asked.view, session_id)
    if shown is None:
        msg = "This view does not show that session."
        raise Refused(msg)
    if action not in _SAID:
        msg = "A session is closed, or cancelled."
        raise Refused(msg)
    tracker, state = shown
    if state.is_final:
        return asked.reply(Outcome(session_id, ok=True, message="It is closed.", already=True))
    return asked.reply(_end(_client(asked, tracker), tracker, session_id, action))


def _end(client: RuntimeClient, tracker: Tracker, session_id: str, action: str) -> Outcome:
    try:
        (client.session_close if action == "close" else client.session_cancel)(session_id)
    except IBMNotFoundError:
        message = "The service does not know it any more."
        return Outcome(session_id, ok=True, message=message, already=True)
    except IBMError as exc:
        return said(session_id, exc)
    finally:
        # Only its own record says what became of it.
        tracker.session_asked(session_id)
    return Outcome(session_id, ok=True, message=_SAID[action])


def _client(asked: Asked, tracker: Tracker) -> RuntimeClient:
    """Return the user's own client, which repeats what may pass; else the tracker's."""
    services: list[Any] = asked.view.services()
    mine = (one.client for one in services if tracker_of(one.client) is tracker)
    return next(mine, tracker.client)
