"""Watch quantum jobs where they are run: live, honest and quick, in a notebook.

Importing this package imports nothing else: each name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from runtime_widgets import _hooks

if TYPE_CHECKING:
    from runtime_widgets._as_completed import as_completed
    from runtime_widgets._notify import JobNotice, Notification, notify
    from runtime_widgets.backend_properties import BackendProperties
    from runtime_widgets.backends import RuntimeBackend
    from runtime_widgets.batch import Batch
    from runtime_widgets.budget import Budget, BudgetEvent, BudgetWarning
    from runtime_widgets.client import RuntimeClient
    from runtime_widgets.codec import ResultDecoder
    from runtime_widgets.errors import (
        CodecError,
        HistoryError,
        IBMAccountError,
        IBMAnswerError,
        IBMApiError,
        IBMAuthError,
        IBMConflictError,
        IBMError,
        IBMInputValueError,
        IBMNetworkError,
        IBMNotFoundError,
        IBMRateLimitError,
        IBMRuntimeError,
        IBMServerError,
        LocalRuntimeError,
        RuntimeInvalidStateError,
        RuntimeJobFailureError,
        RuntimeJobMaxTimeoutError,
        RuntimeJobNotFound,
        RuntimeJobTimeoutError,
        SubmissionUnknownError,
        UpstreamMissingError,
    )
    from runtime_widgets.history import History, HistoryEntry
    from runtime_widgets.job import RuntimeJob
    from runtime_widgets.job_state import JobState
    from runtime_widgets.local_runtime import LocalRuntime
    from runtime_widgets.options import RuntimeOptions
    from runtime_widgets.params import ClientParameters
    from runtime_widgets.primitives import EstimatorV2, SamplerV2
    from runtime_widgets.queue_info import QueueInfo
    from runtime_widgets.service import QiskitRuntimeService
    from runtime_widgets.session import Session
    from runtime_widgets.session_state import SessionState
    from runtime_widgets.upstream import connect_upstream
    from runtime_widgets.usage_state import UsageState
    from runtime_widgets.widgets.card import JobCard
    from runtime_widgets.widgets.monitor import JobMonitor
    from runtime_widgets.widgets.usage_meter import UsageMeter

    __version__: str

_WHERE = {
    "BackendProperties": "backend_properties",
    "Batch": "batch",
    "Budget": "budget",
    "BudgetEvent": "budget",
    "BudgetWarning": "budget",
    "ClientParameters": "params",
    "CodecError": "errors",
    "EstimatorV2": "primitives",
    "History": "history",
    "HistoryEntry": "history",
    "HistoryError": "errors",
    "IBMAccountError": "errors",
    "IBMAnswerError": "errors",
    "IBMApiError": "errors",
    "IBMAuthError": "errors",
    "IBMConflictError": "errors",
    "IBMError": "errors",
    "IBMInputValueError": "errors",
    "IBMNetworkError": "errors",
    "IBMNotFoundError": "errors",
    "IBMRateLimitError": "errors",
    "IBMRuntimeError": "errors",
    "IBMServerError": "errors",
    "JobCard": "widgets.card",
    "JobMonitor": "widgets.monitor",
    "JobNotice": "_notify",
    "JobState": "job_state",
    "LocalRuntime": "local_runtime",
    "LocalRuntimeError": "errors",
    "Notification": "_notify",
    "QiskitRuntimeService": "service",
    "QueueInfo": "queue_info",
    "ResultDecoder": "codec",
    "RuntimeBackend": "backends",
    "RuntimeClient": "client",
    "RuntimeInvalidStateError": "errors",
    "RuntimeJob": "job",
    "RuntimeJobFailureError": "errors",
    "RuntimeJobMaxTimeoutError": "errors",
    "RuntimeJobNotFound": "errors",
    "RuntimeJobTimeoutError": "errors",
    "RuntimeOptions": "options",
    "SamplerV2": "primitives",
    "Session": "session",
    "SessionState": "session_state",
    "SubmissionUnknownError": "errors",
    "UpstreamMissingError": "errors",
    "UsageMeter": "widgets.usage_meter",
    "UsageState": "usage_state",
    "as_completed": "_as_completed",
    "connect_upstream": "upstream",
    "notify": "_notify",
}

__all__ = [
    "BackendProperties",
    "Batch",
    "Budget",
    "BudgetEvent",
    "BudgetWarning",
    "ClientParameters",
    "CodecError",
    "EstimatorV2",
    "History",
    "HistoryEntry",
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
    "JobCard",
    "JobMonitor",
    "JobNotice",
    "JobState",
    "LocalRuntime",
    "LocalRuntimeError",
    "Notification",
    "QiskitRuntimeService",
    "QueueInfo",
    "ResultDecoder",
    "RuntimeBackend",
    "RuntimeClient",
    "RuntimeInvalidStateError",
    "RuntimeJob",
    "RuntimeJobFailureError",
    "RuntimeJobMaxTimeoutError",
    "RuntimeJobNotFound",
    "RuntimeJobTimeoutError",
    "RuntimeOptions",
    "SamplerV2",
    "Session",
    "SessionState",
    "SubmissionUnknownError",
    "UpstreamMissingError",
    "UsageMeter",
    "UsageState",
    "__version__",
    "as_completed",
    "connect_upstream",
    "notify",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("runtime-widgets")
    if name not in _WHERE:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _show_job(job: Any) -> Any:
    """Show a job as a card: the one place where a lower floor reaches a view."""
    return import_module(f"{__name__}.widgets.card").mimebundle(job)


_hooks.mimebundles["job"] = _show_job
