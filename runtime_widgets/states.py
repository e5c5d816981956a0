"""The tables of states, of jobs and of sessions: what each word of the wire means.

Nothing else in the package compares status words. The module needs no qiskit to be
imported, so that the embedded runtime and the Jupyter server stay light; only
:meth:`State.job_status` reaches for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit.providers import JobStatus

__all__ = [
    "RAN_TOO_LONG",
    "SESSION_STATES",
    "STATES",
    "UNKNOWN",
    "UNKNOWN_SESSION",
    "SessionWord",
    "State",
    "may_follow",
    "session_word",
    "state_of",
]

RAN_TOO_LONG = 1305
"""Reason code of a job that the service ended because it ran too long."""


@dataclass(frozen=True)
class State:
    """One row of the table.

    Attributes
    ----------
    key : str
        Our name of the state, also the views' style key.
    words : tuple of str
        The words of the wire that mean it, in lower case; the first is the usual one.
    label : str
        What a person reads.
    qiskit : str or None
        Name of the member of :class:`qiskit.providers.JobStatus`; None for a word that
        nobody knows.
    rank : int
        How far along a job is. A record of lower rank is older than one of higher rank.
    final : bool
        Whether the job stays in this state for good.
    """

    key: str
    words: tuple[str, ...]
    label: str
    qiskit: str | None
    rank: int
    final: bool

    def job_status(self) -> JobStatus:
        """Return qiskit's member for this state.

        Raises
        ------
        ValueError
            For a word that nobody knows: there is no member for it.
        """
        from qiskit.providers import JobStatus

        if self.qiskit is None:
            msg = "qiskit's JobStatus has no member for an unknown status word"
            raise ValueError(msg)
        return JobStatus[self.qiskit]


STATES = (
    State("queued", ("queued", "pending"), "Queued", "QUEUED", 0, final=False),
    State("running", ("running", "in progress"), "Running", "RUNNING", 1, final=False),
    State("done", ("completed", "done"), "Done", "DONE", 2, final=True),
    State("failed", ("failed", "error"), "Failed", "ERROR", 2, final=True),
    State(
        "failed",
        ("cancelled - ran too long", "canceled - ran too long"),
        "Ran too long",
        "ERROR",
        2,
        final=True,
    ),
    State("cancelled", ("cancelled", "canceled"), "Cancelled", "CANCELLED", 2, final=True),
)

UNKNOWN = State("unknown", (), "Unknown", None, 1, final=False)
"""The row for any other word. It is shown as it came, and is never final by itself."""

_BY_WORD = {word: state for state in STATES for word in state.words}


@lru_cache(maxsize=256)
def state_of(word: str, reason_code: int | None = None) -> State:
    """Translate a word of the wire, in any case, once.

    Parameters
    ----------
    word : str
        ``state.status`` or ``status`` of a job.
    reason_code : int, optional
        ``state.reason_code``: a cancelled job with 1305 ran too long, which is an error.
    """
    key = word.strip().lower()
    if reason_code == RAN_TOO_LONG and key in {"cancelled", "canceled"}:
        key = "cancelled - ran too long"
    return _BY_WORD.get(key, UNKNOWN)


def may_follow(old: State, new: State) -> bool:
    """Whether a record in `new` may be newer than one in `old`.

    A stale page of a list must never move a job backwards, and nothing follows a final
    state. A running job may be queued again: the service restarts the jobs that were
    running when it fell over; so the caller must know by other means (a revision) that
    such a record is newer.
    """
    if old.final:
        return new is old
    return new.rank >= old.rank or UNKNOWN in (old, new)


@dataclass(frozen=True)
class SessionWord:
    """One row of the table of sessions and batches.

    Attributes
    ----------
    key : str
        Our name of the state.
    words : tuple of str
        The words of the wire that mean it, in lower case; the first is the usual one. A
        list of workloads uses words of its own.
    rank : int
        How far along it is: none follows one of higher rank.
    final : bool
        Whether it stays in this state for good.
    """

    key: str
    words: tuple[str, ...]
    rank: int
    final: bool


SESSION_STATES = (
    SessionWord("open", ("open",), 0, final=False),
    SessionWord("pending", ("pending",), 0, final=False),
    SessionWord("active", ("active", "in_progress"), 1, final=False),
    SessionWord("resting", ("pending_inactive",), 1, final=False),
    SessionWord("inactive", ("inactive",), 1, final=False),
    SessionWord("closing", ("pending_closed",), 1, final=False),
    SessionWord(
        "closed", ("closed", "completed", "canceled", "cancelled", "failed"), 2, final=True
    ),
)

UNKNOWN_SESSION = SessionWord("unknown", (), 1, final=False)
"""The row for any other word. It is shown as it came, and is never final by itself."""

_SESSION_BY_WORD = {word: state for state in SESSION_STATES for word in state.words}


def session_word(word: str) -> SessionWord:
    """Translate a session's word of the wire, in any case, once."""
    return _SESSION_BY_WORD.get(word.strip().lower(), UNKNOWN_SESSION)
