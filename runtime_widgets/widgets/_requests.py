"""What a page may ask for, checked and done: cancel, tags, logs.

Everything here runs on a worker thread, never on the kernel's main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from runtime_widgets.errors import IBMError, RuntimeInvalidStateError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import Outcome, Reply

__all__ = ["answer", "workers"]

_log = logging.getLogger(__name__)

LONGEST_LOGS = 1_000_000

workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="runtime-widgets-request")
"""Where requests are done."""

Find = Callable[[str], RuntimeJob | None]


def answer(content: Mapping[str, Any], find: Find) -> dict[str, Any]:
    """Do what a page asks for, and return the :class:`Reply` as JSON.

    Parameters
    ----------
    content : mapping
        The page's message. It is not trusted.
    find : callable
        From a job's id to the job, if the view shows it: a page can reach no other job.
    """
    kind = content.get("kind")
    number = content.get("id")
    asked = _DO.get(kind) if isinstance(kind, str) else None
    if asked is None or not isinstance(number, int):
        return _reply(number, [Outcome("", ok=False, message="This request is not understood.")])
    ids = content.get("job_ids") if kind == "cancel" else [content.get("job_id")]
    if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
        return _reply(number, [Outcome("", ok=False, message="The request names no job.")])
    texts: list[str] = []
    outcomes = [_one(asked, find, job_id, content, texts) for job_id in ids]
    return _reply(number, outcomes, "".join(texts) if kind == "logs" else None)


Do = Callable[[RuntimeJob, Mapping[str, Any], list[str]], str]


def _one(do: Do, find: Find, job_id: str, content: Mapping[str, Any], texts: list[str]) -> Outcome:
    """Do it for one job; whatever goes wrong is an outcome, so that the others go on."""
    job = find(job_id)
    if job is None:
        return Outcome(job_id, ok=False, message="This view does not show that job.")
    try:
        return Outcome(job_id, ok=True, message=do(job, content, texts))
    except RuntimeInvalidStateError as exc:
        cause = exc.__cause__
        return Outcome(job_id, ok=False, message=exc.message, code=getattr(cause, "code", None))
    except IBMError as exc:
        return Outcome(job_id, ok=False, message=_say(exc), code=getattr(exc, "code", None))
    except Exception as exc:
        # Without an answer the page's button would wait for ever.
        _log.exception("A request of a page met an error of its own.")
        message = f"The kernel met an error of its own ({type(exc).__name__})."
        return Outcome(job_id, ok=False, message=message)


def _say(exc: IBMError) -> str:
    solution = getattr(exc, "solution", None)
    return f"{exc.message} What to do: {solution}" if solution else str(exc.message)


def _cancel(job: RuntimeJob, content: Mapping[str, Any], texts: list[str]) -> str:
    del content, texts
    job.cancel()
    return "The service accepted the cancel."


def _tags(job: RuntimeJob, content: Mapping[str, Any], texts: list[str]) -> str:
    del texts
    tags = content.get("tags")
    job.update_tags(tags if isinstance(tags, list) else [""])
    return "The tags are changed."


def _logs(job: RuntimeJob, content: Mapping[str, Any], texts: list[str]) -> str:
    del content
    logs = job.logs()
    texts.append(logs[-LONGEST_LOGS:])
    if not logs:
        return "The job has logged nothing."
    if len(logs) > LONGEST_LOGS:
        return f"The last {LONGEST_LOGS:,} of {len(logs):,} characters."
    return "These are its logs."


_DO: dict[str, Do] = {"cancel": _cancel, "tags": _tags, "logs": _logs}


def _reply(number: Any, outcomes: list[Outcome], text: str | None = None) -> dict[str, Any]:
    ok = all(outcome.ok for outcome in outcomes)
    identity = number if isinstance(number, int) else 0
    return asdict(Reply("reply", identity, ok, outcomes, text))
