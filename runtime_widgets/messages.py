"""What a view and its kernel say to each other.

These records are the one definition: ``js/gen_wire.py`` writes ``js/src/wire.gen.ts``
from them. All times are seconds since the epoch by the *server's* clock; the page learns
that clock from :attr:`Health.server_now` and ticks by itself.

Kernel to page
    :class:`Snapshot` (a trait: what a page that has just loaded needs), then
    :class:`Changes` (only the fields that changed, of the jobs that changed) and
    :class:`Reply`.
Page to kernel
    :class:`CancelRequest`, :class:`TagsRequest`, :class:`LogsRequest`,
    :class:`ResyncRequest`; each has an ``id`` that its reply repeats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "CancelRequest",
    "Changes",
    "ErrorInfo",
    "Health",
    "JobRow",
    "LogsRequest",
    "Outcome",
    "Reply",
    "ResyncRequest",
    "Snapshot",
    "StateKey",
    "TagsRequest",
    "View",
]

StateKey = Literal["queued", "running", "done", "failed", "cancelled", "unknown"]
View = Literal["card", "monitor"]


@dataclass(frozen=True)
class ErrorInfo:
    """Why a job ended badly, in the service's words. Text, never HTML."""

    message: str
    code: int | None = None
    solution: str | None = None
    trace: str | None = None


@dataclass(frozen=True)
class JobRow:
    """All that a view shows of a job. None is "not known", and is shown as a dash.

    `status` is the server's word as it came and `label` the word for people; `phase` is
    finer than it, and `phase_inferred` says that we concluded it. `queue_note` is a
    sentence for where there is no queue position. `device_*` describe the device's queue
    as read at `device_as_of`. `cancel_asked` is when a cancel was accepted by the server
    for a job that it does not yet report as cancelled. `checked` is when the server last
    confirmed this row, `stale_since` since when it could not be asked.
    """

    id: str
    program: str
    device: str
    status: str
    state: StateKey
    label: str
    final: bool
    simulator: bool | None = None
    name: str | None = None
    tags: list[str] = field(default_factory=list)
    session: str | None = None
    private: bool = False
    phase: str | None = None
    phase_inferred: bool = False
    created: float | None = None
    started: float | None = None
    ended: float | None = None
    queue_position: int | None = None
    queue_length: int | None = None
    queue_note: str | None = None
    device_queue: int | None = None
    device_wait_p50_s: float | None = None
    device_wait_p95_s: float | None = None
    device_as_of: float | None = None
    estimated_start: float | None = None
    estimated_end: float | None = None
    usage_estimate_s: float | None = None
    usage_s: float | None = None
    usage_final: bool = False
    attempts: int | None = None
    interim_seen: int = 0
    error: ErrorInfo | None = None
    link: str | None = None
    cancel_asked: float | None = None
    gone: bool = False
    updated: float | None = None


@dataclass(frozen=True)
class Health:
    """How well the kernel hears the service.

    `server_now` is the server's clock when this was sent, so that a page with a wrong clock
    still counts elapsed time rightly. `stale_since` is None while all is well; else
    `trouble` is a sentence, and `next_look` when the next attempt is made. `push` tells that
    the server sends changes by itself; else `requests_per_look` is what a look costs.
    """

    server_now: float
    stale_since: float | None = None
    trouble: str | None = None
    next_look: float | None = None
    push: bool = False
    requests_per_look: int = 0


@dataclass(frozen=True)
class Snapshot:
    """Everything, for a page that has just loaded or has missed a message."""

    kind: Literal["snapshot"]
    seq: int
    jobs: list[JobRow]
    health: Health


@dataclass(frozen=True)
class Changes:
    """The fields that changed, of the jobs that changed.

    Each item of `jobs` is an ``id`` and some other fields of :class:`JobRow`, or a whole row
    for a new job. `gone` are ids that left the view. `seq` grows by one with each message: a
    page that sees a gap asks for a snapshot.
    """

    kind: Literal["changes"]
    seq: int
    jobs: list[dict[str, Any]]
    gone: list[str]
    health: Health


@dataclass(frozen=True)
class Outcome:
    """What became of a request for one job. `message` is a sentence."""

    job_id: str
    ok: bool
    message: str
    code: int | None = None


@dataclass(frozen=True)
class Reply:
    """The answer to the request with the same `id`; `text` is the logs, where asked for."""

    kind: Literal["reply"]
    id: int
    ok: bool
    outcomes: list[Outcome]
    text: str | None = None


@dataclass(frozen=True)
class CancelRequest:
    """Cancel these jobs."""

    kind: Literal["cancel"]
    id: int
    job_ids: list[str]


@dataclass(frozen=True)
class TagsRequest:
    """Replace the tags of a job."""

    kind: Literal["tags"]
    id: int
    job_id: str
    tags: list[str]


@dataclass(frozen=True)
class LogsRequest:
    """Fetch the logs of a job."""

    kind: Literal["logs"]
    id: int
    job_id: str


@dataclass(frozen=True)
class ResyncRequest:
    """Send a snapshot: the page has missed a message."""

    kind: Literal["resync"]
    id: int
