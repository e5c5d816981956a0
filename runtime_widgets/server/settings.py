"""All knobs of the server in one place, with their units and defaults."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from runtime_widgets.server.devices import DeviceSpec

__all__ = ["DEFAULT_INSTANCE", "LOOPBACK", "Limits", "Settings", "aer_installed"]

DEFAULT_INSTANCE = "crn:v1:bluemix:public:quantum-computing:us-east:a/local:00000000-rw::"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MIB = 1024 * 1024


def aer_installed() -> bool:
    """Say whether qiskit-aer can be imported, without importing it."""
    return find_spec("qiskit_aer") is not None


def _most_of_memory() -> int:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on this system
        return 0
    return max(4096 * MIB, memory * 3 // 4)


def _most_connections() -> int:
    """Return 400, or less where a process may not open so many files."""
    try:
        import resource
    except ImportError:  # not on this system
        return 400
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 400 if soft == resource.RLIM_INFINITY else max(16, min(400, soft // 2))


@dataclass(frozen=True)
class Limits:
    """What a single request or job may cost.

    Attributes
    ----------
    max_body_bytes
        Largest request body; more is answered with 413.
    check_seconds
        Wall time that the check of one submission may take.
    check_memory_bytes
        Address space of the process that decodes submissions (0: unlimited). Qiskit itself
        needs about 1 GiB of it (mapped, not used).
    job_memory_bytes
        Address space of a process that runs jobs (0: unlimited). Three quarters of the
        machine's memory, and 4 GiB at least.
    statevector_memory_bytes
        Estimated memory of a simulated state above which a circuit is refused.
    max_shots
        Largest number of shots of one parameter set.
    max_result_bytes
        Estimated size of a job's measured bits above which it is refused.
    max_message_bytes
        Largest result, or interim result, once encoded; what is larger fails its job.
    max_execution_seconds
        Default of a job's ``cost``.
    max_attempts
        How often a job is started before it is given up.
    session_seconds
        Default of a session's ``max_ttl``.
    session_idle_seconds, batch_idle_seconds
        Default of the ``interactive_ttl`` of a dedicated session, and of a batch.
    session_unused_seconds
        Time after which a session without any job is closed.
    max_log_bytes
        Logs kept of one job.
    max_connections
        Open connections; beyond, the oldest one that has shown no token yet is closed.
    request_seconds
        Time that a connection has to show a token.
    """

    max_body_bytes: int = 50 * MIB
    check_seconds: float = 30.0
    check_memory_bytes: int = 3072 * MIB
    job_memory_bytes: int = field(default_factory=_most_of_memory)
    statevector_memory_bytes: int = 2048 * MIB
    max_shots: int = 1_000_000
    max_result_bytes: int = 64 * MIB
    max_message_bytes: int = 256 * MIB
    max_execution_seconds: float = 3 * 3600.0
    max_attempts: int = 3
    session_seconds: int = 8 * 3600
    session_idle_seconds: int = 60
    batch_idle_seconds: int = 1
    session_unused_seconds: float = 1800.0
    max_log_bytes: int = MIB
    max_connections: int = field(default_factory=_most_connections)
    request_seconds: float = 20.0


@dataclass(frozen=True)
class Settings:
    """How one server was started.

    Attributes
    ----------
    data
        Folder of the database, the lock and the secret.
    token
        The shared secret of this server.
    instance
        CRN that the server answers to.
    database_url
        SQLAlchemy URL.
    devices
        The devices on offer, in order.
    programs
        Further programs, ``name -> "module:function"``.
    post_processing_seconds
        Shortest time between Running and a final state. The time that is left after the work
        is spent with the device held; it is not counted as usage. If None, it depends on the
        device: see :meth:`shortest_seconds`.
    tls
        Files of the certificate (with those that vouch for it) and of its key; None: plain HTTP.
    usage_limit_seconds
        Usage of a calendar month (UTC) from which on no job is accepted; None sets no limit.
    """

    data: Path
    token: str
    instance: str
    database_url: str
    devices: tuple[DeviceSpec, ...]
    programs: dict[str, str] = field(default_factory=dict)
    aer: bool = field(default_factory=aer_installed)
    limits: Limits = field(default_factory=Limits)
    host: str = "127.0.0.1"
    idle_seconds: float | None = None
    post_processing_seconds: float | None = None
    usage_limit_seconds: int | None = None
    tls: tuple[Path, Path] | None = None

    def shortest_seconds(self, device: str) -> float:
        """Return the shortest time for which a job on a device is seen Running.

        A stand-in for a processor takes longer than a simulator: IBM's client looks every half
        second, and what is written for a processor expects to see its jobs run.
        """
        if self.post_processing_seconds is not None:
            return self.post_processing_seconds
        stands_in = any(spec.name == device and not spec.simulator for spec in self.devices)
        return 1.2 if stands_in else 0.3

    def mocks(self, asked_for: str | None = None) -> tuple[str, ...]:
        """Return the names of the mock devices, but for one that is asked for by its name."""
        return tuple(spec.name for spec in self.devices if spec.mock and spec.name != asked_for)

    def for_workers(self) -> dict[str, Any]:
        """Return what a worker process has to know, as JSON."""
        return {
            "devices": [asdict(device) for device in self.devices],
            "programs": dict(self.programs),
            "aer": self.aer,
            "limits": asdict(self.limits),
        }
