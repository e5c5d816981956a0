"""From how a job ended to the error that says so."""

from __future__ import annotations

from runtime_widgets.errors import (
    RuntimeInvalidStateError,
    RuntimeJobFailureError,
    RuntimeJobMaxTimeoutError,
    RuntimeJobTimeoutError,
)
from runtime_widgets.job_state import JobState
from runtime_widgets.states import RAN_TOO_LONG

__all__ = ["raise_unless_done", "result_timeout"]


class ResultTimeoutError(RuntimeJobTimeoutError, RuntimeJobMaxTimeoutError):
    """``result(timeout=...)`` is over. The interface names the one, its users catch the other."""


def result_timeout(message: str) -> RuntimeJobTimeoutError:
    """Make the error for a ``result(timeout=...)`` that is over."""
    return ResultTimeoutError(message)


def raise_unless_done(state: JobState) -> None:
    """Raise what a final job that did not end well deserves.

    Raises
    ------
    RuntimeJobMaxTimeoutError
        If the service ended it because it ran too long.
    RuntimeJobFailureError
        If it failed.
    RuntimeInvalidStateError
        If it was cancelled, or ended in a way that nobody knows.
    """
    record = state.record
    if record is None:
        msg = f"Nothing is known of job {state.job_id}."
        raise RuntimeInvalidStateError(msg)
    key = record.state.key
    if key == "done":
        return
    reason = record.reason or "The service gave no reason."
    if record.reason_code == RAN_TOO_LONG or "ran too long" in record.status.lower():
        msg = f"Job {record.id} ran too long and was ended by the service: {reason}"
        raise RuntimeJobMaxTimeoutError(msg)
    if key == "failed":
        code = "" if record.reason_code is None else f" (code {record.reason_code})"
        what = f" What to do: {record.reason_solution}" if record.reason_solution else ""
        error = RuntimeJobFailureError(f"Job {record.id} failed{code}: {reason}{what}")
        error.code, error.solution = record.reason_code, record.reason_solution
        raise error
    word = "was cancelled" if key == "cancelled" else f"ended as {record.status!r}"
    msg = f"Job {record.id} {word}: it has no result."
    raise RuntimeInvalidStateError(msg)
