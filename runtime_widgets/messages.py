"""What a view and its kernel say to each other.

These records are the one definition: ``js/gen_wire.py`` writes ``js/src/wire.gen.ts``
from them. All times are seconds since the epoch by the *server's* clock; the page learns
that clock from :attr:`Health.server_now` and ticks by itself.

Kernel to page
    :class:`Snapshot` (a trait: what a page that has just loaded needs), then
    :class:`Changes` (only the fields that changed, of the jobs that changed),
    :class:`Progress` of a request for many jobs, :class:`Reply`, and :class:`Selection`.
Page to kernel
    The classes that end in ``Request``; each has an ``id`` that its reply repeats. Only
    :class:`LookRequest`, :class:`SelectRequest`, :class:`StopRequest` and
    :class:`ResyncRequest` get no reply.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "BudgetInfo",
    "CancelRequest",
    "Changes",
    "Context",
    "DeleteRequest",
    "DetailsRequest",
    "DeviceInfo",
    "ErrorInfo",
    "Health",
    "JobRow",
    "LogsRequest",
    "LookRequest",
    "Outcome",
    "Part",
    "Progress",
    "RefreshRequest",
    "Reply",
    "ResyncRequest",
    "SelectRequest",
    "Selection",
    "SessionInfo",
    "SessionMode",
    "SessionRequest",
    "Snapshot",
    "SourceInfo",
    "StateKey",
    "Step",
    "StopRequest",
    "TagRequest",
    "TagsRequest",
    "Trouble",
    "UsageInfo",
    "View",
]

StateKey = Literal["queued", "running", "done", "failed", "cancelled", "unknown"]
View = Literal["card", "monitor", "usage"]
Part = Literal["results", "inputs", "circuit", "raw"]
Trouble = Literal[
    "", "network", "local", "rate", "auth", "local auth", "server", "answer", "closed"
]


@dataclass(frozen=True)
class ErrorInfo:
    """Why a job ended badly, in the service's words. Text, never HTML."""

    message: str
    code: int | None = None
    solution: str | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A state, or a phase, that a job was in from `at` on.

    `told`: the server gave that time; else it is when this machine first saw it. `inferred`:
    the phase is our conclusion from other figures, and not the server's word.
    """

    word: str
    at: float
    told: bool = True
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class JobRow:
    """All that a view shows of a job in a row. None is "not known", and is shown as a dash.

    `name` is the user's label. `steps` tells of more than `created`, `started` and `ended`
    do; None where nothing more is known. `service` is the ``key`` of the :class:`UsageInfo`
    of the service that it belongs to, where a view shows several.
    `status` is the server's word as it came and `label` the word for people; `phase` is
    finer than it, and `phase_inferred` says that we concluded it. `queue_note` is a
    sentence for where there is no queue position. In `link`, the address of the service's own
    page, ``{id}`` stands for the id. `cancel_asked` is when a cancel was
    accepted by the server for a job that it does not yet report as cancelled. `as_of` is when
    the service last said all this, of a job that only this machine's history knows: nobody is
    asked about it, and nothing can be done with it.
    """

    id: str
    program: str
    device: str
    status: str
    state: StateKey
    label: str
    final: bool
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
    steps: list[Step] | None = None
    service: str | None = None
    as_of: float | None = None


@dataclass(frozen=True)
class DeviceInfo:
    """A device, as the service told of it at `as_of`."""

    name: str
    status: str = ""
    message: str = ""
    simulator: bool | None = None
    qubits: int | None = None
    queue: int | None = None
    wait_p50_s: float | None = None
    wait_p95_s: float | None = None
    as_of: float | None = None


@dataclass(frozen=True)
class SessionInfo:
    """A session or a batch. Looking at it neither creates nor extends one.

    `state` is the service's word, `label` the word for people, `note` a sentence on what it
    does just now. `idle_since` is when its last job ended, where none follows; `rests_at` is
    when it loses its turn on the device unless a job comes; `closes_at` is when it ends by
    itself, as far as the service's figures say. `billing` tells whether its time counts as
    usage now, and not only that of its jobs.
    """

    id: str
    mode: str = ""
    device: str = ""
    state: str = ""
    label: str = ""
    note: str = ""
    final: bool = False
    billing: bool | None = None
    accepting: bool | None = None
    created: float | None = None
    started: float | None = None
    closed: float | None = None
    closes_at: float | None = None
    idle_since: float | None = None
    rests_at: float | None = None
    max_ttl_s: float | None = None
    usage_s: float | None = None
    jobs_usage_s: float | None = None
    as_of: float | None = None
    stale_since: float | None = None
    gone: bool = False


@dataclass(frozen=True)
class UsageInfo:
    """What an instance has used of what it may use, in QPU seconds, as read at `as_of`.

    `key` tells services apart; `instance` is its name, never its CRN's account part. `simulated`:
    its devices are this machine's, so that its usage is no QPU time.
    `estimated_s` is what `estimated_jobs` of its `pending_jobs` unfinished jobs are expected to
    add, by the service's estimates; None where nobody asked. `trouble` is a sentence where it
    could not be read.
    """

    key: str
    instance: str = ""
    simulated: bool = False
    used_s: float | None = None
    limit_s: float | None = None
    allocation_s: float | None = None
    reached: bool | None = None
    period_start: float | None = None
    period_end: float | None = None
    estimated_s: float | None = None
    estimated_jobs: int | None = None
    pending_jobs: int | None = None
    as_of: float | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class BudgetInfo:
    """A guard on QPU seconds that the server reported: `state` is "ok", "near" or "spent".

    `key` tells budgets apart; `covers` says of what, such as "12 jobs"; `note` is what it does,
    or what became of it.
    """

    key: str
    covers: str
    qpu_seconds: float
    used_s: float
    state: str
    action: str
    note: str = ""
    acted_at: float | None = None


@dataclass(frozen=True)
class SessionMode:
    """Whether what jobs name as their session is one: ``"dedicated"``, or ``"batch"``.

    Only of those that were read: a job's own record does not tell.
    """

    id: str
    mode: str


@dataclass(frozen=True)
class SourceInfo:
    """What a view follows, in words, and how much of it has come.

    `loading`: not every page has been read yet. `total`: how many jobs the service counts.
    """

    words: str
    loading: bool = False
    total: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Context:
    """What is around the rows: sent whole in a snapshot, later only the members that changed."""

    devices: list[DeviceInfo] = field(default_factory=list)
    sessions: list[SessionInfo] = field(default_factory=list)
    modes: list[SessionMode] = field(default_factory=list)
    usage: list[UsageInfo] = field(default_factory=list)
    budgets: list[BudgetInfo] = field(default_factory=list)
    source: SourceInfo | None = None


@dataclass(frozen=True)
class Health:
    """How well the kernel hears the service.

    `server_now` is the server's clock when this was sent, so that a page with a wrong clock
    still counts elapsed time rightly. `stale_since` is None while all is well; else
    `trouble` is a sentence, `trouble_kind` what kind of trouble it is, and `next_look` when
    the next attempt is made. `push` tells that the server sends changes by itself; else
    `requests_per_look` is what a look costs.
    """

    server_now: float
    stale_since: float | None = None
    trouble: str | None = None
    next_look: float | None = None
    push: bool = False
    requests_per_look: int = 0
    trouble_kind: Trouble = ""


@dataclass(frozen=True)
class Snapshot:
    """Everything, for a page that has just loaded or has missed a message.

    The rows are in `jobs`, without the members that have their default, or packed by columns
    in `table` (see ``widgets/_packed.py``).

    `left_out`: so many rows are not in it. Such a snapshot is not for a view that is open: it
    is what a notebook keeps, and who finds it asks for all (:class:`ResyncRequest`).
    """

    kind: Literal["snapshot"]
    seq: int
    jobs: list[JobRow]
    health: Health
    context: Context = field(default_factory=Context)
    table: Any = None
    left_out: int = 0


@dataclass(frozen=True)
class Changes:
    """The fields that changed, of the jobs that changed.

    Each item of `jobs` is an ``id`` and some other fields of :class:`JobRow`, or a whole row
    for a new job. `gone` are ids that left the view. `seq` grows by one with each message: a
    page that sees a gap asks for a snapshot. `context` has the members that changed.
    """

    kind: Literal["changes"]
    seq: int
    jobs: list[dict[str, Any]]
    gone: list[str]
    health: Health
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a request for one job. `message` is a sentence.

    `already`: there was nothing to do, such as to cancel a job that has ended; that is `ok`.
    `asked` is False where the request was stopped before this job's turn, and nothing was done.
    """

    job_id: str
    ok: bool
    message: str
    code: int | None = None
    already: bool = False
    asked: bool = True


@dataclass(frozen=True)
class Progress:
    """How far the request with the same `id` is; `outcomes` are those since the last one.

    `note` says what it waits for, such as the service's limit of requests.
    """

    kind: Literal["progress"]
    id: int
    done: int
    total: int
    outcomes: list[Outcome]
    note: str | None = None


@dataclass(frozen=True)
class Reply:
    """The answer to the request with the same `id`, with the outcomes not yet told.

    `text` is the logs, where asked for; `data` the details, as JSON.
    """

    kind: Literal["reply"]
    id: int
    ok: bool
    outcomes: list[Outcome]
    text: str | None = None
    data: Any = None


@dataclass(frozen=True)
class Selection:
    """The user's program selected these jobs: ``monitor.selected = [...]``."""

    kind: Literal["selection"]
    job_ids: list[str]


@dataclass(frozen=True)
class CancelRequest:
    """Cancel these jobs."""

    kind: Literal["cancel"]
    id: int
    job_ids: list[str]


@dataclass(frozen=True)
class DeleteRequest:
    """Delete these jobs from the service; only jobs that have ended can be."""

    kind: Literal["delete"]
    id: int
    job_ids: list[str]


@dataclass(frozen=True)
class TagRequest:
    """Add tags to these jobs, and take others away."""

    kind: Literal["tag"]
    id: int
    job_ids: list[str]
    add: list[str]
    remove: list[str]


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
class DetailsRequest:
    """Fetch a part of what is known of a job: see ``runtime_widgets/details``.

    `index` is which of its PUBs' circuits to draw; of results and inputs the first PUB that is
    summed up. Counted from 0.
    """

    kind: Literal["details"]
    id: int
    job_id: str
    part: Part
    index: int = 0


@dataclass(frozen=True)
class SessionRequest:
    """Close a session (queued jobs still run), or cancel it (they do not)."""

    kind: Literal["session"]
    id: int
    session_id: str
    action: Literal["close", "cancel"]


@dataclass(frozen=True)
class RefreshRequest:
    """Look at the service now."""

    kind: Literal["refresh"]
    id: int


@dataclass(frozen=True)
class LookRequest:
    """Which rows are on the screen, and whether the view is hidden. No reply.

    A model may have several views, in several pages: `page` tells them apart. `seq` is that of
    the last message which that page had, -1 for none: who has missed one is sent the next.
    """

    kind: Literal["look"]
    id: int
    job_ids: list[str]
    hidden: bool
    page: int = 0
    seq: int = -1


@dataclass(frozen=True)
class StopRequest:
    """Ask for no more of the jobs of the request `of`; what was sent is not taken back. No reply.

    The reply to that request comes as ever, when what is under way has its outcome.
    """

    kind: Literal["stop"]
    id: int
    of: int


@dataclass(frozen=True)
class SelectRequest:
    """Which jobs the user has selected. No reply."""

    kind: Literal["select"]
    id: int
    job_ids: list[str]


@dataclass(frozen=True)
class ResyncRequest:
    """Send a snapshot: the page has missed a message. No reply."""

    kind: Literal["resync"]
    id: int
