"""Workloads, and what a client asks about the service itself, for the OpenAPI page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from runtime_widgets.server.models import Time

__all__ = ["InstanceConfiguration", "InstanceDetails", "Versions", "Workloads"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WorkloadUsage(_Answer):
    """The usage of a workload; the status is said of jobs only."""

    qpu_charge_time_seconds: float
    status: Literal["pending", "complete"] | None = None


class Workload(_Answer):
    """A job that stands alone, a session or a batch."""

    id: str
    created: Time
    ended: Time | None = None
    backend: str
    instance: str
    user_id: str
    accepting_jobs: bool | None
    mode: Literal["job", "session", "batch"]
    status: Literal["completed", "canceled", "failed", "pending", "in_progress"]
    status_reason: str | None = None
    tags: list[str] | None = None
    usage_seconds: float
    usage: WorkloadUsage
    estimated_running_time_seconds: float | None = None


class Link(_Answer):
    """Where another page is."""

    href: str


class Workloads(_Answer):
    """A page of workloads, and how many there are on all pages."""

    workloads: list[Workload]
    total_count: int
    limit: int
    previous: Link | None = None
    next: Link | None = None


class Version(_Answer):
    """One version of the API."""

    version: Annotated[str, Field(json_schema_extra={"format": "date"})]
    status: Literal["live", "deprecated"]


class Versions(_Answer):
    """The versions of the API, the oldest first."""

    versions: list[Version]


class InstanceDetails(_Answer):
    """The instance; the limits are seconds, and absent where none is set."""

    backends: list[str]
    plan_id: str
    instance_limit: float | None = None
    instance_limit_seconds: str | None = None


class InstanceConfiguration(_Answer):
    """The limit of the instance's usage, seconds."""

    instance_limit: float | None = None
