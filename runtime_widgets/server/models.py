"""Bodies and answers, for validation and for the OpenAPI page."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

__all__ = [
    "AcceptJobs",
    "Device",
    "Devices",
    "ErrorEntry",
    "ErrorShape",
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
    "SearchQuery",
    "SearchResult",
    "SessionRecord",
    "Submitted",
    "Tags",
    "Token",
    "Usage",
    "UsagePeriod",
    "UsageReport",
]


class _Open(BaseModel):
    """An answer: further members may be added."""

    model_config = ConfigDict(extra="allow")


class ErrorEntry(BaseModel):
    """One error."""

    code: int
    message: str
    solution: str | None = None
    more_info: str | None = None


class ErrorShape(BaseModel):
    """Every refusal looks like this."""

    errors: list[ErrorEntry]
    trace: str


Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def _capitals(level: Any) -> Any:
    return level.upper() if isinstance(level, str) else level


class JobSubmission(BaseModel):
    """A new job. Unknown members are ignored; ``params`` is kept as it is."""

    model_config = ConfigDict(extra="ignore")

    program_id: str = Field(min_length=1, max_length=128)
    backend: str = Field(min_length=1, max_length=128)
    params: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] | None = None
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
    log_level: Annotated[Level | None, BeforeValidator(_capitals)] = None


class Submitted(_Open):
    """The answer to a submission."""

    id: str
    backend: str
    session_id: str | None = None
    private: bool | None = None


class JobState(_Open):
    """The state of a job."""

    status: Literal["Queued", "Running", "Completed", "Cancelled", "Failed"]
    reason: str | None = None
    reason_code: int | None = None
    reason_solution: str | None = None


class Usage(BaseModel):
    """Usage: the seconds so far while pending, the measured ones when complete."""

    qpu_charge_time_seconds: float
    status: Literal["pending", "complete"]


class _ProgramId(BaseModel):
    id: str


class JobRecord(_Open):
    """A job. Times are UTC, ISO 8601 with Z."""

    id: str
    backend: str
    program: _ProgramId
    created: str
    running: str | None
    ended: str | None
    state: JobState
    status: str
    cost: float
    runtime: str
    tags: list[str]
    private: bool
    user_id: str
    revision: int
    attempts: int
    interim_count: int
    queue_length: int
    usage: Usage
    session_id: str | None = None
    estimated_running_time_seconds: float | None = None
    estimate_basis: str | None = None
    position_in_queue: int | None = None
    estimated_start_time: str | None = None
    estimated_completion_time: str | None = None
    params: dict[str, Any] | None = None


class JobList(BaseModel):
    """A page of jobs. ``count`` is never less than ``offset``."""

    jobs: list[JobRecord]
    count: int
    limit: int
    offset: int


class _Timestamps(BaseModel):
    created: str
    running: str | None
    finished: str | None


class Metrics(_Open):
    """The metrics of a job."""

    timestamps: _Timestamps
    usage: Usage
    position_in_queue: int | None = None
    position_in_provider: int | None = None
    estimated_start_time: str | None = None
    estimated_completion_time: str | None = None
    estimated_running_time_seconds: float | None = None
    qiskit_version: str | None = None
    num_circuits: int | None = None
    num_qubits: list[int] | None = None
    circuit_depths: list[int] | None = None
    num_shots: int | None = None


class Tags(BaseModel):
    """New tags, which replace the old ones."""

    tags: list[str]


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


class _Stamp(BaseModel):
    status: str
    timestamp: str


class SessionRecord(BaseModel):
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
    jobs_usage_seconds: float
    started_at: str | None
    activated_at: str | None
    closed_at: str | None
    last_job_started: str | None
    last_job_completed: str | None
    timestamps: list[_Stamp]
    user_id: str
    revision: int


class _DeviceStatus(BaseModel):
    name: Literal["online", "paused", "offline"]


class Device(_Open):
    """One device in the list."""

    name: str
    status: _DeviceStatus
    queue_length: int
    qubits: int
    simulator: bool


class Devices(BaseModel):
    """All devices."""

    devices: list[Device]


class UsagePeriod(BaseModel):
    """The time that a usage report covers."""

    start_time: str
    end_time: str


class UsageReport(BaseModel):
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


class FoundInstance(_Open):
    """An instance that was found."""

    crn: str
    name: str
    service_plan_unique_id: str
    tags: list[str]
    doc: dict[str, Any]


class SearchResult(BaseModel):
    """What was found in the account, all of it."""

    items: list[FoundInstance]
    limit: int


class Plan(BaseModel):
    """The plan of an instance."""

    id: str
    name: str
    kind: Literal["plan"]
    overview_ui: dict[str, dict[str, str]]
    metadata: dict[str, Any]


class Instance(_Open):
    """An instance."""

    id: str
    crn: str
    guid: str
    name: str
    region_id: str
    resource_plan_id: str


class Instances(BaseModel):
    """Instances, all of them on one page."""

    rows_count: int
    next_url: str | None
    resources: list[Instance]


class Token(BaseModel):
    """A bearer token in exchange for the server's key."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    expiration: int
    scope: str
