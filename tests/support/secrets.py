"""Looking for what must not be seen."""

from __future__ import annotations

import traceback
from typing import Any


def everything_about(error: BaseException) -> str:
    """Return all that a log, a debugger or an error reporter could show of an exception.

    Its formatted traceback with its causes, and the contents of each exception on the way,
    also of those that are not printed.
    """
    texts = ["".join(traceback.format_exception(error))]
    _open(error, texts, set())
    return "\n".join(texts)


def _open(value: Any, texts: list[str], seen: set[int]) -> None:
    if id(value) in seen or len(seen) > 5000:
        return
    seen.add(id(value))
    texts.append(repr(value))
    if isinstance(value, BaseException):
        texts.append(str(value))
        _open(value.args, texts, seen)
        _open(vars(value), texts, seen)
        _open(value.__cause__, texts, seen)
        _open(value.__context__, texts, seen)
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            _open(item, texts, seen)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            _open(item, texts, seen)
    elif hasattr(value, "headers") or hasattr(value, "body"):
        # A request or an answer of the HTTP library.
        _open(getattr(value, "headers", None), texts, seen)
        texts.append(str(getattr(value, "body", "")))
