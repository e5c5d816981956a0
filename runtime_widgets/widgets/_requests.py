"""Where what a page says goes.

What takes time is done on worker threads, never on the kernel's main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runtime_widgets.messages import Outcome, Reply
from runtime_widgets.widgets._answers import ANSWERS, SLOW, TOLD, Answer
from runtime_widgets.widgets._asked import Asked, Refused, Send, said

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["soon", "take"]

_log = logging.getLogger(__name__)

_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="runtime-widgets-request")
_slow_workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="runtime-widgets-slow")


def take(content: Mapping[str, Any], view: LiveView | None, send: Send) -> None:
    """Take a message of a page, from any thread: what it only tells now, a request soon.

    Parameters
    ----------
    content : mapping
        The message. It is not trusted.
    view : LiveView or None
        The view that it names, if there is one.
    send : callable
        Sends a message back to the page, on the channel that this one came by.
    """
    kind, number = content.get("kind"), content.get("id")
    kind = kind if isinstance(kind, str) else ""
    if view is not None and kind in TOLD:
        _hear(kind, Asked(content, view, send))
    elif kind in ANSWERS and view is not None and isinstance(number, int):
        (_slow_workers if kind in SLOW else _workers).submit(
            _answer, ANSWERS[kind], Asked(content, view, send)
        )
    else:
        gone = kind in ANSWERS and view is None
        words = "This view is closed." if gone else "This request is not understood."
        identity = number if isinstance(number, int) else 0
        outcome = Outcome("", ok=False, message=words)
        send(asdict(Reply("reply", identity, ok=False, outcomes=[outcome])))


def soon(do: Callable[..., Any], *args: Any) -> Future[Any]:
    """Have something done that may take a while and that nobody waits for long."""
    return _slow_workers.submit(do, *args)


def _hear(kind: str, asked: Asked) -> None:
    try:
        TOLD[kind](asked)
    except Refused as exc:
        _log.info("A page told what cannot be right: %s", exc)


def _answer(answer: Answer, asked: Asked) -> None:
    """Answer, whatever goes wrong: without it the page's button would wait for ever."""
    name = asked.content.get("job_id")
    about = name if isinstance(name, str) else ""
    try:
        reply = answer(asked)
    except Refused as exc:
        reply = asked.reply(Outcome(about, ok=False, message=str(exc)))
    except Exception as exc:
        reply = asked.reply(said(about, exc))
    if reply is not None:
        asked.send(asdict(reply))
