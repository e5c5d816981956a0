"""``runtime_widgets.__all__`` is what users may rely on; a change to it is decided here."""

from __future__ import annotations

import subprocess
import sys

import runtime_widgets
from runtime_widgets import errors

PUBLIC = [
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


def test_all_is_the_frozen_list() -> None:
    assert sorted(runtime_widgets.__all__) == PUBLIC


def test_no_name_is_listed_twice() -> None:
    assert len(runtime_widgets.__all__) == len(set(runtime_widgets.__all__))


def test_every_name_resolves() -> None:
    missing = [name for name in PUBLIC if getattr(runtime_widgets, name, None) is None]
    assert missing == []


def test_every_name_is_offered_by_completion() -> None:
    assert set(PUBLIC) <= set(dir(runtime_widgets))


def test_every_error_is_public() -> None:
    assert set(errors.__all__) <= set(PUBLIC)
    assert all(getattr(runtime_widgets, name) is getattr(errors, name) for name in errors.__all__)


def test_a_star_import_works_in_a_fresh_process() -> None:
    code = "from runtime_widgets import *; RuntimeJob, JobCard, SamplerV2"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(runtime_widgets, "NoSuchName")
