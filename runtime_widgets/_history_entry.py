"""HistoryEntry: what this machine remembers of a job, and which of two memories is the newer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from runtime_widgets._transitions import SIMULATING, Transition, simulated
from runtime_widgets.states import State, may_follow, state_of

__all__ = ["HistoryEntry", "merged"]

_RUNNING = {"preparing", "on the QPU", "simulating"}
_TIMES = ("created", "started", "ended", "noted", "last_seen")
# What an attribute is called in a file: as in the files that a monitor writes.
_IN_FILES = {
    "label": "name",
    "transitions": "steps",
    "usage_seconds": "usage_s",
    "usage_complete": "usage_final",
}


@dataclass(frozen=True)
class HistoryEntry:
    """One job, as it was when somebody on this machine last looked at it.

    There is no token in it, nothing of what the job computed, and no text of an error.

    Attributes
    ----------
    id : str
        The job's id.
    instance : str
        The instance (CRN) that it ran in; empty where that is not known.
    kind : str
        Where that is: ``"local"`` is the user's embedded runtime, ``"ibm"`` IBM's service,
        ``"other"`` a server at another address; empty where that is not known.
    device, program : str
        Names; empty where they are not known.
    tags : tuple of str
        The job's tags.
    label : str
        What the user calls it; empty if nothing.
    status : str
        The server's word; empty for a job of which no more is known than that the server
        took it.
    reason_code : int or None
        The server's number of the reason for that.
    final : bool
        Whether the job has ended.
    gone : bool
        Whether the server does not know it any more.
    session : str or None
        The session that it was part of.
    created, started, ended : datetime or None
        The server's times (UTC).
    noted : datetime or None
        When this machine first noted it (UTC).
    last_seen : datetime or None
        When the server last said so (UTC): the age of all of it. None if it was never asked.
    transitions : tuple of Transition
        The states and phases that it was in, in order.
    usage_seconds : float or None
        QPU time charged, in seconds.
    usage_complete : bool
        Whether the server had finished counting.
    revision : int or None
        The server's number of this change, where it numbers them.
    """

    id: str
    instance: str = ""
    kind: str = ""
    device: str = ""
    program: str = ""
    tags: tuple[str, ...] = ()
    label: str = ""
    status: str = ""
    reason_code: int | None = None
    final: bool = False
    gone: bool = False
    session: str | None = None
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    noted: datetime | None = None
    last_seen: datetime | None = None
    transitions: tuple[Transition, ...] = ()
    usage_seconds: float | None = None
    usage_complete: bool = False
    revision: int | None = None

    @property
    def state(self) -> State:
        """What :attr:`status` means, by the one table."""
        return state_of(self.status, self.reason_code)

    @property
    def word(self) -> str:
        """What a person reads: the status, in the words of the views."""
        if not self.status:
            return "Submitted" if self.device else "Not read yet"
        return self.state.label if self.state.qiskit else self.status

    @property
    def at(self) -> datetime | None:
        """What the history is ordered by: when it was created, else first noted (UTC)."""
        return self.created or self.noted

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON has it; times are ISO 8601, UTC.

        The names are those of a monitor's files: :attr:`label` is ``name``,
        :attr:`usage_seconds` is ``usage_s``, :attr:`usage_complete` is ``usage_final``, and
        :attr:`transitions` are ``steps``; ``word`` is said besides.
        """
        found: dict[str, Any] = {
            _IN_FILES.get(name, name): value for name, value in vars(self).items()
        }
        for name in _TIMES:
            found[name] = _iso(found[name])
        steps = [{**vars(step), "at": _iso(step.at)} for step in self.transitions]
        return {**found, "word": self.word, "tags": list(self.tags), "steps": steps}


def merged(old: HistoryEntry, new: HistoryEntry) -> HistoryEntry:
    """Return what is known of a job from two memories of it, in the order in which they came.

    The newer one decides, and that is not always the one that came last: another process may
    have looked later, and written sooner. The label is the old one's: it is set on its own.
    """
    newer, older = (new, old) if _is_newer(old, new) else (old, new)
    onward = newer.state.rank >= older.state.rank or not older.status
    same_end = newer.final and older.usage_complete and not newer.usage_complete
    usage = older if same_end or (newer.usage_seconds is None and onward) else newer
    return replace(
        newer,
        **{
            name: getattr(newer, name) or getattr(older, name)
            for name in ("kind", "device", "program", "session", "created")
        },
        # A job that was put back into the queue has not started.
        started=newer.started or (older.started if onward else None),
        ended=newer.ended or (older.ended if onward else None),
        tags=newer.tags if newer.status else newer.tags or older.tags,
        label=old.label,
        noted=min((e.noted for e in (old, new) if e.noted), default=None),
        last_seen=max((e.last_seen for e in (old, new) if e.last_seen), default=None)
        if newer.status == older.status
        else newer.last_seen,
        transitions=_united(newer.transitions, older.transitions),
        usage_seconds=usage.usage_seconds,
        usage_complete=usage.usage_complete,
    )


def _is_newer(old: HistoryEntry, new: HistoryEntry) -> bool:
    """Whether `new` may decide: by the server's numbers, else by the order of the states."""
    if not old.status or not new.status:
        return bool(new.status) or not old.status
    if old.revision is not None and new.revision is not None and old.revision != new.revision:
        return new.revision > old.revision
    if old.final != new.final:
        return new.final
    if not may_follow(old.state, new.state):
        return False
    if old.state is not new.state or old.last_seen is None or new.last_seen is None:
        return True
    return new.last_seen >= old.last_seen


def _united(newer: tuple[Transition, ...], older: tuple[Transition, ...]) -> tuple[Transition, ...]:
    """Return the steps of two memories: who was there from the start knows the most."""
    if not older or newer == older:
        return newer
    if any(step.word in _RUNNING for step in (*newer, *older)):
        # One of them saw in which phases it ran, where the other knows only that it did.
        newer, older = (tuple(s for s in one if s.word != "running") for one in (newer, older))
    if any(step.word == SIMULATING for step in (*newer, *older)):
        # The other of them did not know what the device is.
        newer, older = simulated(newer), simulated(older)
    longer, other = (newer, older) if len(newer) >= len(older) else (older, newer)
    found = dict(_numbered(longer))
    more = []
    for key, step in _numbered(other):
        if key in found:
            found[key] = _better(found[key], step)
        else:
            more.append(step)
    steps = list(found.values())
    for step in more:
        place = next((i for i, one in enumerate(steps) if one.at > step.at), len(steps))
        steps.insert(place, step)
    return tuple(steps)


def _numbered(
    steps: tuple[Transition, ...],
) -> list[tuple[tuple[str, int], Transition]]:
    """Tell the second time that a job was queued from the first."""
    seen: Counter[str] = Counter()
    found = []
    for step in steps:
        found.append(((step.word, seen[step.word]), step))
        seen[step.word] += 1
    return found


def _better(one: Transition, other: Transition) -> Transition:
    """Choose between two times of a step: the server's, else the earlier."""
    if one.told != other.told:
        return one if one.told else other
    return one if one.told or one.at <= other.at else other


def _iso(time: datetime | None) -> str | None:
    if time is not None and time.tzinfo is not timezone.utc:
        time = time.astimezone(timezone.utc)
    return None if time is None else time.isoformat()
