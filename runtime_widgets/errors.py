"""Every error this package raises, in one tree.

::

    qiskit.exceptions.QiskitError
    ├── IBMError
    │   ├── IBMAccountError               no usable account or token
    │   ├── IBMInputValueError            an argument that no server would take
    │   ├── UpstreamMissingError          IBM's client is not here, or too old
    │   └── IBMRuntimeError
    │       ├── IBMApiError               the service, or the way to it, said no
    │       │   ├── IBMAuthError          401, 403
    │       │   ├── IBMNotFoundError      404
    │       │   │   └── RuntimeJobNotFound
    │       │   ├── IBMConflictError      409
    │       │   ├── IBMRateLimitError     429; carries ``retry_after_s``
    │       │   ├── IBMServerError        5xx
    │       │   ├── IBMAnswerError        an answer that is not what the protocol says
    │       │   └── IBMNetworkError       no answer at all
    │       │       └── SubmissionUnknownError   a job may or may not exist
    │       ├── CodecError                a payload that cannot be read or written
    │       ├── HistoryError              the history of jobs cannot be read, or changed
    │       ├── LocalRuntimeError         the embedded runtime could not be started
    │       ├── RuntimeInvalidStateError  the job's state does not allow this
    │       └── RuntimeJobMaxTimeoutError the service ended the job: it ran too long
    └── qiskit.providers.JobError
        ├── RuntimeJobFailureError        the job ended as Failed
        └── qiskit.providers.JobTimeoutError
            └── RuntimeJobTimeoutError    we stopped waiting; the job goes on

``IBMApiError`` is an ``IBMRuntimeError``, so code that catches either of the two
names, as the seed interface uses them, works without any translation in between.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from qiskit.exceptions import QiskitError
from qiskit.providers.exceptions import JobError, JobTimeoutError

__all__ = [
    "CodecError",
    "HistoryError",
    "IBMAccountError",
    "IBMAnswerError",
    "IBMApiError",
    "IBMAuthError",
    "IBMConflictError",
    "IBMError",
    "IBMInputValueError",
    "IBMNetworkError",
    "IBMNotFoundError",
    "IBMRateLimitError",
    "IBMRuntimeError",
    "IBMServerError",
    "LocalRuntimeError",
    "RuntimeInvalidStateError",
    "RuntimeJobFailureError",
    "RuntimeJobMaxTimeoutError",
    "RuntimeJobNotFound",
    "RuntimeJobTimeoutError",
    "SubmissionUnknownError",
    "UpstreamMissingError",
]


class IBMError(QiskitError):
    """The root of this package's own errors."""

    def __str__(self) -> str:
        # qiskit's own would quote it, and write a line break as two characters.
        return str(self.message)


class IBMAccountError(IBMError):
    """There is no account, token or instance to work with."""


class IBMInputValueError(IBMError):
    """An argument that is refused before anything is sent."""


class UpstreamMissingError(IBMError):
    """IBM's client is asked for; ``qiskit-ibm-runtime`` is not installed, or too old."""


class IBMRuntimeError(IBMError):
    """Something went wrong between a job and the service that runs it."""


class IBMApiError(IBMRuntimeError):
    """The service, or the way to it, refused a request.

    Parameters
    ----------
    message : str
        What happened, for people. Never holds a token.
    status_code : int, optional
        The HTTP status; None where no answer came.
    code : int, optional
        The service's own error code (for example 1305).
    solution : str, optional
        What the service says to do about it.
    more_info : str, optional
        Where the service says that more is to be read.
    trace : str, optional
        The service's trace id; its support asks for it.
    request : str, optional
        Method and path, without query or host.

    Attributes
    ----------
    sent : bool
        False where it is certain that nothing of what was asked for has reached the service.
    repeated : bool
        True where the service may have had this request before, and only that answer was lost.
    """

    sent: bool = True
    repeated: bool = False

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: int | None = None,
        solution: str | None = None,
        more_info: str | None = None,
        trace: str | None = None,
        request: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.code = code
        self.solution = solution
        self.more_info = more_info
        self.trace = trace
        self.request = request

    def __str__(self) -> str:
        parts = [self.message]
        if self.code is not None:
            parts.append(f"(code {self.code})")
        if self.solution:
            parts.append(f"What to do: {self.solution}")
        if self.more_info:
            parts.append(f"More: {self.more_info}")
        if self.request:
            status = f" -> {self.status_code}" if self.status_code else ""
            parts.append(f"[{self.request}{status}]")
        if self.trace:
            parts.append(f"[trace {self.trace}]")
        return " ".join(parts)


class IBMAuthError(IBMApiError):
    """401 or 403: the token is missing, wrong, expired, or not allowed to do this."""


class IBMNotFoundError(IBMApiError):
    """404: the service does not know what was asked for."""


class RuntimeJobNotFound(IBMNotFoundError):
    """404 for a job: it was deleted, or belongs to another instance."""


class IBMConflictError(IBMApiError):
    """409: the thing is not in a state that allows the request."""


class IBMRateLimitError(IBMApiError):
    """429: too many requests.

    Attributes
    ----------
    retry_after_s : float or None
        Seconds that the service asked us to wait, where it did.
    """

    retry_after_s: float | None = None


class IBMServerError(IBMApiError):
    """5xx: the service has a problem of its own."""


class IBMAnswerError(IBMApiError):
    """An answer that is not what the protocol says: HTML, truncated, not JSON."""


class IBMNetworkError(IBMApiError):
    """No answer: the connection was refused, reset, or took too long."""


class SubmissionUnknownError(IBMNetworkError):
    """The answer to a submission was lost: the job may exist. Look before sending again.

    Attributes
    ----------
    created_after : datetime or None
        The job, if there is one, was created after this, by the service's clock (UTC).
    """

    created_after: datetime | None = None
    looker: Callable[[], list[Any]] | None = None

    def look(self) -> list[Any]:
        """Return the jobs that the submission may have become: none, where it did not arrive.

        They were created since, on the same device, for the same program, in the same session
        and with the same tags, and not by a submission that was answered.

        Raises
        ------
        RuntimeInvalidStateError
            If the submission was not made by a service, or this error comes from another
            process.
        IBMApiError
            If the service cannot be asked.
        """
        if self.looker is None:
            msg = "Who submitted is not known here: ask service.jobs(created_after=...)."
            raise RuntimeInvalidStateError(msg)
        return self.looker()

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process goes what happened, and not the way to the service.
        state = {k: v for k, v in self.__dict__.items() if k != "looker"}
        return type(self), (self.message,), state


class CodecError(IBMRuntimeError):
    """A payload that cannot be decoded, or an object that cannot be encoded."""


class HistoryError(IBMRuntimeError):
    """The history of jobs on this machine cannot be read, or changed."""


class LocalRuntimeError(IBMRuntimeError):
    """The embedded runtime could not be found or started."""


class RuntimeInvalidStateError(IBMRuntimeError):
    """The job's state does not allow what was asked."""


class RuntimeJobMaxTimeoutError(IBMRuntimeError):
    """The service ended the job because it ran longer than its maximum execution time."""


class RuntimeJobFailureError(JobError):
    """The job ended as Failed.

    Attributes
    ----------
    code : int or None
        The service's reason code.
    solution : str or None
        What the service says to do about it.
    """

    code: int | None = None
    solution: str | None = None

    __str__ = IBMError.__str__


class RuntimeJobTimeoutError(JobTimeoutError):
    """The given time to wait is over; the job itself goes on."""

    __str__ = IBMError.__str__
