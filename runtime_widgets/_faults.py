"""From an HTTP answer that is an error to the one error of ours that fits it best."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from runtime_widgets._clock import CLOCK, Clock
from runtime_widgets.errors import (
    IBMAnswerError,
    IBMApiError,
    IBMAuthError,
    IBMConflictError,
    IBMNotFoundError,
    IBMRateLimitError,
    IBMServerError,
)

__all__ = ["error_of", "retry_after_s", "seconds_of_date"]

_BY_STATUS: dict[int, type[IBMApiError]] = {
    401: IBMAuthError,
    403: IBMAuthError,
    404: IBMNotFoundError,
    409: IBMConflictError,
    429: IBMRateLimitError,
}
_LONGEST = 500
_LONGEST_WORDS = 5000


def error_of(status: int, headers: Mapping[str, str], content: bytes, request: str) -> IBMApiError:
    """Make the error for an answer that is not 2xx.

    Both shapes of the API are read (``errors`` and the older ``error``); a page of HTML
    from a proxy, or nothing at all, is said to be that.

    Parameters
    ----------
    status : int
        The HTTP status.
    headers : mapping
        The answer's headers.
    content : bytes
        The answer's body.
    request : str
        Method and path.
    """
    if 300 <= status < 400:
        return _redirection(status, headers, request)
    kind = _BY_STATUS.get(status, IBMServerError if status >= 500 else IBMApiError)
    body = _json(content)
    first = _first(body)
    error = kind(
        _shown(first.get("message")) or _shown(_say(status, headers, content)) or "",
        status_code=status,
        code=_code(first.get("code")),
        solution=_shown(first.get("solution")),
        more_info=_shown(first.get("more_info") or first.get("moreInfo")),
        trace=_shown(body.get("trace")) or _shown(headers.get("X-Request-Id")),
        request=request,
    )
    if isinstance(error, IBMRateLimitError):
        error.retry_after_s = retry_after_s(headers)
    return error


def retry_after_s(headers: Mapping[str, str], clock: Clock = CLOCK) -> float | None:
    """Return how many seconds Retry-After asks for, in either of its forms; None for none.

    A date is compared with the answer's own ``Date``, so that a clock which is wrong here
    does not matter; with ours only where the answer has none.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,6}", text):
        return float(text)
    until = seconds_of_date(text)
    if until is None:
        return None
    now = seconds_of_date(headers.get("Date", ""))
    return max(until - (clock.wall() if now is None else now), 0.0)


def seconds_of_date(text: str) -> float | None:
    """Return an HTTP date as seconds since the epoch; None if it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _first(body: Mapping[str, Any]) -> Mapping[str, Any]:
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], Mapping):
        return errors[0]
    error = body.get("error")
    return error if isinstance(error, Mapping) else {}


def _shown(text: object) -> str | None:
    """Return a text of the service as one to print: it is no terminal's command, and has an end."""
    if not isinstance(text, str) or not text:
        return None
    known = (c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text[:_LONGEST_WORDS])
    return "".join(known) + ("…" if len(text) > _LONGEST_WORDS else "")


def _code(code: object) -> int | None:
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    return int(code) if isinstance(code, str) and code.isdecimal() and len(code) < 9 else None


def _redirection(status: int, headers: Mapping[str, str], request: str) -> IBMAnswerError:
    """Say where an answer points: it is not followed, for the token would go there too."""
    try:
        host = urlsplit(headers.get("Location", "")).hostname
    except ValueError:
        host = None
    where = f" to {host}" if host else ""
    return IBMAnswerError(
        f"The service points elsewhere ({status}{where}): a token is not sent after it.",
        status_code=status,
        solution="Check the url, and whether a network asks you to log in first.",
        request=request,
    )


def _say(status: int, headers: Mapping[str, str], content: bytes) -> str:
    """Describe an answer that does not explain itself."""
    text = content[: 4 * _LONGEST].decode("utf-8", errors="replace").strip()
    if not text:
        return f"The service answered {status} without a word."
    if "html" in headers.get("Content-Type", "").lower() or text.startswith("<"):
        title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
        what = f": {title.group(1).strip()}" if title else ""
        return f"A page of HTML came instead of the service's answer ({status}{what})."
    return f"The service answered {status}: {text[:_LONGEST]}"
