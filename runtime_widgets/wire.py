"""Frozen records of what the Runtime REST API says.

Each ``from_json`` is forgiving about what may be absent (older and newer versions of the
API differ, and fields marked *extension* are sent by the embedded runtime only) and
strict about what must be there: an answer that is no record at all raises
:class:`ValueError`, which the client translates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from runtime_widgets._fields import integer_of, number_of, parse_time, text_of
from runtime_widgets.session_record import SessionRecord
from runtime_widgets.states import State, state_of

__all__ = [
    "BackendRecord",
    "InstanceUsage",
    "InterimRecord",
    "JobError",
    "JobEvent",
    "JobRecord",
    "Metrics",
    "Phase",
    "SessionRecord",
    "Usage",
    "parse_time",
    "phase_of",
]


@dataclass(frozen=True)
class Usage:
    """QPU time of a job.

    Attributes
    ----------
    seconds : float or None
        QPU seconds charged so far; None where the service has not said.
    complete : bool
        Whether the service has finished counting.
    pending : bool
        Whether the service says that it has not: then it is worth asking again.
    """

    seconds: float | None = None
    complete: bool = False
    pending: bool = False

    @classmethod
    def from_json(cls, data: object) -> Usage:
        """Read `usage`: ``qpu_charge_time_seconds`` first, then what older versions sent."""
        if not isinstance(data, Mapping):
            return cls()
        names = ("qpu_charge_time_seconds", "quantum_seconds", "seconds")
        seconds = next((v for v in (number_of(data.get(n)) for n in names) if v is not None), None)
        word = str(data.get("status", "")).lower()
        return cls(seconds, word.startswith("complete"), word == "pending")


@dataclass(frozen=True)
class JobError:
    """Why a job ended badly, in the service's words."""

    message: str
    code: int | None = None
    solution: str | None = None
    trace: str | None = None


@dataclass(frozen=True)
class JobRecord:
    """A job as the service lists it, at one moment.

    Times are timezone-aware UTC. `status` is the word as it came; :attr:`state` is what it
    means. `estimated_seconds` is the service's estimate of the QPU time before it ran.
    Extensions of the embedded runtime: `revision` (grows with each change of the job),
    `started`, `ended`, `attempts`, `position`, `queue_length`, `estimated_start`,
    `estimated_end`, `interim_count`. `private` is None where it was not told: lists do not,
    and a private job's result can be read only once.
    """

    id: str
    status: str
    backend: str = ""
    program_id: str = ""
    reason: str | None = None
    reason_code: int | None = None
    reason_solution: str | None = None
    trace: str | None = None
    created: datetime | None = None
    tags: tuple[str, ...] = ()
    session_id: str | None = None
    cost: int | None = None
    image: str = ""
    private: bool | None = None
    estimated_seconds: float | None = None
    usage: Usage = field(default_factory=Usage)
    revision: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    attempts: int | None = None
    position: int | None = None
    queue_length: int | None = None
    estimated_start: datetime | None = None
    estimated_end: datetime | None = None
    interim_count: int = 0

    @classmethod
    def from_json(cls, data: object) -> JobRecord:
        """Read one job of ``GET /jobs`` or ``GET /jobs/{id}``.

        Raises
        ------
        ValueError
            If `data` is no job: it has no id, or no status.
        """
        if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
            msg = "not a job: it has no id"
            raise ValueError(msg)
        state = data.get("state")
        state = state if isinstance(state, Mapping) else {}
        word = state.get("status") or data.get("status")
        if not isinstance(word, str):
            msg = f"job {data['id']!r} has no status"
            raise ValueError(msg)
        program = data.get("program")
        program = program.get("id") if isinstance(program, Mapping) else data.get("program_id")
        code = state.get("reason_code", state.get("reasonCode", data.get("reason_code")))
        tags = data.get("tags")
        return cls(
            id=data["id"],
            status=word,
            backend=text_of(data.get("backend")) or "",
            program_id=text_of(program) or "",
            reason=text_of(state.get("reason")) or text_of(data.get("reason")),
            reason_code=integer_of(code),
            reason_solution=text_of(state.get("reason_solution")),
            trace=text_of(state.get("trace")) or text_of(data.get("trace")),
            created=parse_time(data.get("created")),
            tags=tuple(str(t) for t in tags) if isinstance(tags, (list, tuple)) else (),
            session_id=text_of(data.get("session_id")),
            cost=integer_of(data.get("cost")),
            image=text_of(data.get("runtime")) or "",
            private=data["private"] if isinstance(data.get("private"), bool) else None,
            estimated_seconds=number_of(data.get("estimated_running_time_seconds")),
            usage=Usage.from_json(data.get("usage")),
            revision=integer_of(data.get("revision")),
            started=parse_time(data.get("running")),
            ended=parse_time(data.get("ended")),
            attempts=integer_of(data.get("attempts")),
            position=integer_of(data.get("position_in_queue")),
            queue_length=integer_of(data.get("queue_length")),
            estimated_start=parse_time(data.get("estimated_start_time")),
            estimated_end=parse_time(data.get("estimated_completion_time")),
            interim_count=integer_of(data.get("interim_count")) or 0,
        )

    @property
    def state(self) -> State:
        """What :attr:`status` means, by the one table."""
        return state_of(self.status, self.reason_code)

    @property
    def error(self) -> JobError | None:
        """Why it failed, or why it was cancelled if the service gave a reason."""
        if not self.state.final or self.state.key == "done":
            return None
        if self.state.key == "cancelled" and not self.reason:
            return None
        message = self.reason or "The service gave no reason."
        return JobError(message, self.reason_code, self.reason_solution, self.trace)

    def with_metrics(self, metrics: Metrics) -> JobRecord:
        """Fill in what the list did not carry and the metrics do."""
        told = metrics.usage.seconds is not None or metrics.usage.pending
        usage = metrics.usage if told else self.usage
        return replace(
            self,
            created=self.created or metrics.created,
            started=self.started or metrics.started,
            ended=self.ended or metrics.ended,
            usage=usage,
            position=metrics.position if self.position is None else self.position,
            estimated_start=self.estimated_start or metrics.estimated_start,
            estimated_end=self.estimated_end or metrics.estimated_end,
        )

    def over(self, old: JobRecord) -> JobRecord:
        """Fill in what this answer leaves out of what an earlier one said of the same job.

        A list may tell less than a job by itself, and neither what the metrics do. A server
        that numbers its changes tells everything each time.
        """
        # Lists do not tell. What was private stays so: its result can be read only once.
        private = old.private or (old.private if self.private is None else self.private)
        kept = self._left_out(old)
        if private is not self.private:
            kept["private"] = private
        return replace(self, **kept) if kept else self

    def _left_out(self, old: JobRecord) -> dict[str, Any]:
        """Return what this answer leaves out and `old` told."""
        if self.revision is not None:
            return {}
        names = ["backend", "program_id", "image", "created", "session_id", "cost"]
        names.append("estimated_seconds")
        if self.state is old.state:
            names += ["reason", "reason_code", "reason_solution", "trace"]
            names += ["position", "estimated_start", "estimated_end"]
        if self.state.key != "queued" or old.state.key == "queued":
            # What is queued again, has not begun.
            names += ["started", "ended"]
        kept = {name: getattr(old, name) for name in names if not getattr(self, name)}
        kept = {name: value for name, value in kept.items() if value}
        silent = self.usage.seconds is None and not self.usage.pending and not self.usage.complete
        if silent and old.usage != self.usage:
            kept["usage"] = old.usage
        return kept


@dataclass(frozen=True)
class Metrics:
    """``GET /jobs/{id}/metrics``; `raw` is the answer as it came.

    `execution_seconds` is the time that the circuits were on the QPU: measured, and not what
    is charged. It stands at the root since API version 2026-04-15, and in ``usage`` before.
    """

    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    usage: Usage = field(default_factory=Usage)
    execution_seconds: float | None = None
    position: int | None = None
    estimated_start: datetime | None = None
    estimated_end: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: object) -> Metrics:
        """Read metrics of either API generation.

        Raises
        ------
        ValueError
            If `data` is no JSON object.
        """
        if not isinstance(data, Mapping):
            msg = "not metrics: no JSON object"
            raise ValueError(msg)
        times = data.get("timestamps")
        times = times if isinstance(times, Mapping) else {}
        usage = Usage.from_json(data.get("usage"))
        if usage.seconds is None and "bss" in data:
            usage = Usage.from_json(data["bss"])
        nested = data.get("usage")
        places = (data, nested if isinstance(nested, Mapping) else {})
        ns = (number_of(place.get("circuits_execution_time_ns")) for place in places)
        execution_ns = next((n for n in ns if n is not None), None)
        return cls(
            created=parse_time(times.get("created")),
            started=parse_time(times.get("running")),
            ended=parse_time(times.get("finished")),
            usage=usage,
            execution_seconds=None if execution_ns is None else execution_ns / 1e9,
            position=integer_of(data.get("position_in_queue")),
            estimated_start=parse_time(data.get("estimated_start_time")),
            estimated_end=parse_time(data.get("estimated_completion_time")),
            raw=dict(data),
        )


@dataclass(frozen=True)
class Phase:
    """What a job is doing, finer than its status.

    Attributes
    ----------
    word : str
        ``"preparing"``, ``"on the QPU"``, ``"simulating"`` or ``"finishing the bill"``.
    inferred : bool
        True where the service did not say so and we conclude it from what it said.
    """

    word: str
    inferred: bool


def phase_of(record: JobRecord, *, simulator: bool | None) -> Phase | None:
    """Say what a job is doing, from what the server showed and nothing else.

    "On the QPU" needs QPU time that the service reported: a job is "Running" for IBM's
    service from the moment that it left the queue, often minutes before any QPU time.

    Parameters
    ----------
    record : JobRecord
        The newest record.
    simulator : bool or None
        Whether the device is a simulator; None where that is not known.
    """
    if record.state.key == "running":
        if record.usage.seconds:
            return Phase("simulating" if simulator else "on the QPU", inferred=False)
        return Phase("preparing", inferred=True)
    if record.state.key == "done" and record.usage.seconds is not None:
        return None if record.usage.complete else Phase("finishing the bill", inferred=False)
    return None


@dataclass(frozen=True)
class BackendRecord:
    """One device of ``GET /backends``; `as_of` is when we read it (UTC)."""

    name: str
    status: str = "unknown"
    message: str = ""
    queue_length: int | None = None
    num_qubits: int | None = None
    simulator: bool | None = None
    wait_p50_s: float | None = None
    wait_p95_s: float | None = None
    as_of: datetime | None = None

    @classmethod
    def from_json(cls, data: object, *, as_of: datetime | None = None) -> BackendRecord:
        """Read one device.

        Raises
        ------
        ValueError
            If it has no name.
        """
        if isinstance(data, str):
            return cls(data, as_of=as_of)
        if not isinstance(data, Mapping) or not isinstance(data.get("name"), str):
            msg = "not a device: it has no name"
            raise ValueError(msg)
        status = data.get("status")
        status = status if isinstance(status, Mapping) else {"name": status}
        wait = data.get("wait_time_seconds")
        wait = wait if isinstance(wait, Mapping) else {}
        simulator = data.get("is_simulator", data.get("simulator"))
        return cls(
            name=data["name"],
            status=text_of(status.get("name")) or "unknown",
            message=text_of(status.get("reason")) or "",
            queue_length=integer_of(data.get("queue_length")),
            num_qubits=integer_of(data.get("qubits")),
            simulator=simulator if isinstance(simulator, bool) else None,
            wait_p50_s=number_of(wait.get("p50")),
            wait_p95_s=number_of(wait.get("p95")),
            as_of=as_of,
        )


@dataclass(frozen=True)
class InstanceUsage:
    """``GET /instances/usage``: QPU seconds used and allowed in the current period.

    The period's times are UTC. A service without a limit sends none; `allocation_seconds`
    limits nothing, and is what IBM's scheduler shares the devices by.
    """

    instance: str = ""
    used_seconds: float | None = None
    limit_seconds: float | None = None
    allocation_seconds: float | None = None
    limit_reached: bool | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: object) -> InstanceUsage:
        """Read an instance's usage.

        Raises
        ------
        ValueError
            If `data` is no JSON object.
        """
        if not isinstance(data, Mapping):
            msg = "not an instance's usage: no JSON object"
            raise ValueError(msg)
        reached = data.get("usage_limit_reached")
        period = data.get("usage_period")
        period = period if isinstance(period, Mapping) else {}
        return cls(
            instance=text_of(data.get("instance_id")) or "",
            used_seconds=number_of(data.get("usage_consumed_seconds")),
            limit_seconds=number_of(data.get("usage_limit_seconds")),
            allocation_seconds=number_of(data.get("usage_allocation_seconds")),
            limit_reached=reached if isinstance(reached, bool) else None,
            period_start=parse_time(period.get("start_time")),
            period_end=parse_time(period.get("end_time")),
            raw=dict(data),
        )


@dataclass(frozen=True)
class JobEvent:
    """One message of the event stream, numbered by the server.

    A job's newest record, or the id of a job that was deleted, or a session's newest record.
    """

    seq: int
    job: JobRecord | None
    deleted: str | None = None
    session: SessionRecord | None = None


@dataclass(frozen=True)
class InterimRecord:
    """One interim result: its number (from 1) and its payload, still encoded."""

    seq: int
    payload: str
