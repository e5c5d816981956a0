"""When a request is sent again: urllib3's own retries, made polite.

urllib3 has the loop, the counting and Retry-After; ours are the jitter, the cap, and the
knowledge whether a request that failed was ever sent.
"""

from __future__ import annotations

import random
from typing import Any

from typing_extensions import Self
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, MaxRetryError, ProxyError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

__all__ = ["ONLY_UNSENT", "PATIENT", "Retries", "is_unsent"]

_RETRY_AFTER_CAP_S = 30.0
_RETRY_STATUSES = (408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524)


class Retries(Retry):
    """urllib3's retries, with full jitter and a cap on what Retry-After may ask for."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("status_forcelist", _RETRY_STATUSES)
        kwargs.setdefault("allowed_methods", None)
        kwargs.setdefault("raise_on_status", False)
        kwargs.setdefault("redirect", 0)
        # A certificate that is refused is refused the next time too.
        kwargs.setdefault("other", 0)
        super().__init__(**kwargs)

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        """Count one attempt; where it was the last, tell whether anything was ever sent."""
        try:
            return super().increment(*args, **kwargs)
        except MaxRetryError as exc:
            errors = [*(h.error for h in self.history), exc.reason]
            exc.unsent = all(  # type: ignore[attr-defined]
                isinstance(_under_proxy(e), ConnectTimeoutError) for e in errors
            )
            raise

    def get_backoff_time(self) -> float:
        """Seconds to wait: anything up to the exponential bound."""
        return random.uniform(0.0, super().get_backoff_time())  # noqa: S311 (no secret)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds that the service asked for, but not more than 30."""
        try:
            asked = super().get_retry_after(response)
        except (InvalidHeader, ValueError, OverflowError):
            return None
        return None if asked is None else min(asked, _RETRY_AFTER_CAP_S)


PATIENT = Retries(total=4, backoff_factor=0.5, backoff_max=8.0)
"""Repeats what may be sent twice without harm, four times at most."""

ONLY_UNSENT = Retries(
    total=2,
    backoff_factor=0.5,
    backoff_max=8.0,
    read=False,
    status_forcelist=(),
    respect_retry_after_header=False,
)
"""Repeats a request only where no connection was made, so that nothing was sent."""


def is_unsent(exc: Exception) -> bool:
    """Whether it is certain that no byte of a request has reached the service."""
    cause = exc.args[0] if exc.args else None
    return bool(getattr(cause, "unsent", False))


def _under_proxy(error: Exception | None) -> Exception | None:
    return error.original_error if isinstance(error, ProxyError) else error
