"""Bodies and answers, for validation and for the OpenAPI page.

An answer is closed: a member that is not written down here is a fault, which the contract's tests
find. What IBM's published schema does not have is marked as an extension (``x-extension``).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

__all__ = [
    "AcceptJobs",
    "Bss",
    "Device",
    "Devices",
    "ErrorEntry",
    "ErrorShape",
    "Extension",
    "FoundInstance",
    "Instance",
    "Instances",
    "JobList",
    "JobRecord",
    "JobState",
    "JobSubmission",
    "Metrics",
    "NewSession",
    "Plan",
    "ProcessorType",
    "SearchQuery",
    "SearchResult",
    "SessionRecord",
    "Submitted",
    "Tags",
    "Time",
    "Token",
    "Usage",
    "UsagePeriod",
    "UsageReport",
    "WaitTimes",
]


Extension = Field(json_schema_extra={"x-extension": True})
"""Marks a member that IBM's published schema does not have."""

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A moment: UTC, ISO 8601 with Z."""

_BEFORE_03_15 = Field(description="only where an IBM-API-Version before 2026-03-15 is asked for")
_BEFORE_04_15 = Field(description="only where an IBM-API-Version before 2026-04-15 is asked for")
_TAG: JsonDict = {"type": "string", "minLength": 1, "maxLength": 86, "pattern": "^[^\\x00]*$"}
# In the description only: what is too much is refused by `tags.py`, with IBM's own codes.
_TAGS = Field(json_schema_extra={"maxItems": 8, "items": _TAG})


class _Answer(BaseModel):
    """An answer has the members that are written down, and no other."""

    model_config = ConfigDict(extra="forbid")


class ErrorEntry(_Answer):
    """One error."""

    code: int
    message: str = Field(min_length=1)
    solution: str | None = None
    more_info: str | None = None


class ErrorShape(_Answer):
    """Every refusal looks like this. The trace is that of the header ``X-Request-Id``."""

    errors: list[ErrorEntry] = Field(min_length=1)
    trace: str = Field(min_length=1)


Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


_IN_BOTH_CASES = Field(
    json_schema_extra={
        "anyOf": [
            {"enum": [*(w.lower() for w in get_args(Level)), *get_args(Level)]},
            {"type": "null"},
        ]
    }
)


def _capitals(level: Any) -> Any:
    return level.upper() if isinstance(level, str) else level


class JobSubmission(BaseModel):
    """A new job. Unknown members are ignored; ``params`` is kept as it is."""

    model_config = ConfigDict(extra="ignore")

    program_id: str = Field(min_length=1, max_length=128)
    backend: str = Field(min_length=1, max_length=128)
    params: dict[str, Any] = Field(default_factory=dict)
    tags: Annotated[list[str] | None, _TAGS] = None
    session_id: str | None = Field(default=None, max_length=64)
    start_session: bool | None = Field(
        default=None, description="Of an older protocol: true is refused, for it would be ignored"
    )
    cost: float | None = Field(
        default=None, gt=0, le=31_536_000, allow_inf_nan=False,
        description="Maximum execution time, seconds, counted from Running",
    )  # fmt: skip
    private: StrictBool | None = None
    runtime: str | None = Field(default=None, max_length=256)
    calibration_id: str | None = Field(default=None, max_length=256)
    # The service's own description has them in small letters, IBM's client sends capitals.
    log_level: Annotated[Level | None, BeforeValidator(_capitals), _IN_BOTH_CASES] = None


class Submitted(_Answer):
    """The answer to a submission."""

    id: str
    backend: str
    session_id: str | None = None
    private: bool | None = None


class JobState(_Answer):
    """The state of a job."""

    status: Literal["Queued", "Running", "Completed", "Cancelled", "Failed"]
    reason: str | None = None
    reason_code: int | None = None
    reason_solution: str | None = None


class Usage(_Answer):
    """Usage: the seconds so far while pending, the measured ones when complete.

    To who asks for a version of the API before 2026-03-15 it says the same in the words of then.
    """

    qpu_charge_time_seconds: float
    status: Literal["pending", "complete"]
    quantum_seconds: Annotated[float | None, _BEFORE_03_15] = None
    seconds: Annotated[float | None, _BEFORE_03_15] = None
    circuits_execution_time_ns: Annotated[float | None, _BEFORE_04_15] = None


class Bss(_Answer):
    """What was billed, in the words of the versions before 2026-03-15."""

    seconds: float


class _ProgramId(_Answer):
    id: str


class JobRecord(_Answer):
    """A job. Times are UTC, ISO 8601 with Z."""

    id: str
    backend: str
    program: _ProgramId
    created: Time
    running: Annotated[Time | None, Extension]
    ended: Annotated[Time | None, Extension]
    state: JobState
    status: Literal[
        "Queued", "Running", "Completed", "Cancelled", "Cancelled - Ran too long", "Failed"
    ]
    cost: float
    runtime: str
    tags: list[str]
    private: bool
    user_id: str
    revision: Annotated[int, Extension]
    attempts: Annotated[int, Extension]
    interim_count: Annotated[int, Extension]
    queue_length: Annotated[int, Extension]
    usage: Usage
    session_id: str | None = None
    calibration_id: str | None = None
    estimated_running_time_seconds: float | None = None
    estimate_basis: Annotated[str | None, Extension] = None
    position_in_queue: Annotated[int | None, Extension] = None
    estimated_start_time: Annotated[Time | None, Extension] = None
    estimated_completion_time: Annotated[Time | None, Extension] = None
    params: dict[str, Any] | None = None


class JobList(_Answer):
    """A page of jobs. ``count`` is never less than ``offset``."""

    jobs: list[JobRecord]
    count: int
    limit: int
    offset: int


class _Timestamps(_Answer):
    created: Time
    running: Time | None
    finished: Time | None


class Metrics(_Answer):
    """The metrics of a job."""

    timestamps: _Timestamps
    usage: Usage
    bss: Bss | None = None
    circuits_execution_time_ns: float | None = None
    position_in_queue: int | None = None
    position_in_provider: int | None = None
    estimated_start_time: Time | None = None
    estimated_completion_time: Time | None = None
    estimated_running_time_seconds: Annotated[float | None, Extension] = None
    qiskit_version: str | None = None
    num_circuits: Annotated[int | None, Extension] = None
    num_qubits: Annotated[list[int] | None, Extension] = None
    circuit_depths: Annotated[list[int] | None, Extension] = None
    num_shots: Annotated[int | None, Extension] = None


class Tags(BaseModel):
    """New tags, which replace the old ones."""

    tags: Annotated[list[str], _TAGS]


class NewSession(BaseModel):
    """A session or a batch to open. Times are in seconds; unknown members are ignored."""

    model_config = ConfigDict(extra="ignore")

    mode: Literal["dedicated", "batch"] = "dedicated"
    backend: str | None = Field(default=None, min_length=1, max_length=128)
    backend_name: str | None = Field(
        default=None, min_length=1, max_length=128, description="Where there is no backend"
    )
    instance: str | None = None
    max_ttl: int | None = Field(
        default=None, gt=0, le=31_536_000, description="From the start of its first job to its end"
    )
    active_ttl: int | None = Field(
        default=None, gt=0, le=31_536_000, description="How long it may be active in all"
    )
    interactive_ttl: int | None = Field(
        default=None, gt=0, le=31_536_000, description="How long it stays active without a job"
    )


class AcceptJobs(BaseModel):
    """Whether a session takes further jobs."""

    accepting_jobs: StrictBool


class _Stamp(_Answer):
    status: Literal["open", "active", "inactive", "closed"]
    timestamp: Time


class SessionRecord(_Answer):
    """A session.

    ``active_ttl`` is what remains of its active time. ``elapsed_time`` is its usage: of a
    dedicated session the time that it was active, of a batch the usage of its jobs, which
    ``jobs_usage_seconds`` is in both cases.
    """

    id: str
    backend_name: str
    mode: Literal["dedicated", "batch"]
    state: Literal["open", "active", "inactive", "closed"]
    state_reason: str | None
    accepting_jobs: bool
    interactive_ttl: int
    active_ttl: int
    max_ttl: int
    elapsed_time: float
    jobs_usage_seconds: Annotated[float, Extension]
    started_at: Time | None
    activated_at: Time | None
    closed_at: Time | None
    last_job_started: Time | None
    last_job_completed: Time | None
    timestamps: list[_Stamp]
    user_id: str
    revision: Annotated[int, Extension]


class _DeviceStatus(_Answer):
    name: Literal["online", "paused", "offline"]


class WaitTimes(_Answer):
    """How long the last jobs of a device waited, in whole seconds."""

    average: int
    p50: int
    p95: int


class ProcessorType(_Answer):
    """What a device is made of."""

    family: str
    revision: str | None = None
    segment: str | None = None


class Device(_Answer):
    """One device in the list."""

    name: str
    status: _DeviceStatus
    queue_length: int
    qubits: int
    physical_qubits: Annotated[int, Extension]
    is_simulator: bool
    simulator: Annotated[bool, Extension]
    backend_version: Annotated[str, Extension]
    processor_type: ProcessorType
    class_: Annotated[Literal["mock"] | None, Field(alias="class"), Extension] = None
    wait_time_seconds: WaitTimes | None = None


class Devices(_Answer):
    """All devices; before version 2025-01-01 of the API their names alone."""

    devices: list[Device] | list[str]


class UsagePeriod(_Answer):
    """The time that a usage report covers."""

    start_time: Time
    end_time: Time


class UsageReport(_Answer):
    """Usage of the instance; the limits are null where none is set."""

    instance_id: str
    plan_id: str
    usage_consumed_seconds: float
    usage_limit_seconds: float | None
    usage_allocation_seconds: float | None
    usage_limit_reached: bool
    usage_period: UsagePeriod


class SearchQuery(BaseModel):
    """What is searched for in the account."""

    model_config = ConfigDict(extra="ignore")

    query: str = ""
    fields: list[str] | None = None
    search_cursor: str | None = None


class FoundInstance(_Answer):
    """An instance that was found."""

    crn: str
    name: str
    service_plan_unique_id: str
    tags: list[str]
    doc: dict[str, Any]


class SearchResult(_Answer):
    """What was found in the account, all of it."""

    items: list[FoundInstance]
    limit: int


class Plan(_Answer):
    """The plan of an instance."""

    id: str
    name: str
    kind: Literal["plan"]
    overview_ui: dict[str, dict[str, str]]
    metadata: dict[str, Any]


class Instance(_Answer):
    """An instance."""

    id: str
    crn: str
    guid: str
    name: str
    region_id: str
    account_id: str
    resource_plan_id: str
    state: Literal["active"]
    type: Literal["service_instance"]


class Instances(_Answer):
    """Instances, all of them on one page."""

    rows_count: int
    next_url: str | None
    resources: list[Instance]


class Token(_Answer):
    """A bearer token in exchange for the server's key."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    expiration: int
    scope: str
