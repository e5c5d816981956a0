"""From an HTTP answer that is an error to the one error of ours that fits it best."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from runtime_widgets.errors import (
    IBMApiError,
    IBMAuthError,
    IBMConflictError,
    IBMNotFoundError,
    IBMRateLimitError,
    IBMServerError,
)

__all__ = ["error_of", "retry_after_s"]

_BY_STATUS: dict[int, type[IBMApiError]] = {
    401: IBMAuthError,
    403: IBMAuthError,
    404: IBMNotFoundError,
    409: IBMConflictError,
    429: IBMRateLimitError,
}
_LONGEST = 500


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
    kind = _BY_STATUS.get(status, IBMServerError if status >= 500 else IBMApiError)
    body = _json(content)
    first = _first(body)
    message = first.get("message")
    code = first.get("code")
    solution = first.get("solution")
    trace = body.get("trace")
    error = kind(
        message if isinstance(message, str) and message else _say(status, headers, content),
        status_code=status,
        code=_code(code),
        solution=solution if isinstance(solution, str) else None,
        trace=trace if isinstance(trace, str) else headers.get("X-Request-Id"),
        request=request,
    )
    if isinstance(error, IBMRateLimitError):
        error.retry_after_s = retry_after_s(headers)
    return error


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After where it is a number of seconds."""
    text = headers.get("Retry-After", "").strip()
    return float(text) if re.fullmatch(r"\d{1,6}", text) else None


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


def _code(code: object) -> int | None:
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    return int(code) if isinstance(code, str) and code.isdecimal() and len(code) < 9 else None


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
