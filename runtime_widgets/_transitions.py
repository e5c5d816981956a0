"""Transitions: each state and phase that a job was in, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from runtime_widgets.states import UNKNOWN
from runtime_widgets.wire import JobRecord, Phase

__all__ = ["SIMULATING", "Transition", "grown", "simulated"]

ON_QPU, SIMULATING = "on the QPU", "simulating"
CREATED, QUEUED, RUNNING, FINISHING = "created", "queued", "running", "finishing"
_RUNNING_PHASES = frozenset({RUNNING, "preparing", ON_QPU, SIMULATING})
_ENDS = frozenset({"done", "failed", "cancelled"})
_SHORT = {"finishing the bill": FINISHING}


@dataclass(frozen=True)
class Transition:
    """A job came into a state, or into a phase of it.

    Attributes
    ----------
    word : str
        ``"created"``, ``"queued"``, ``"preparing"``, ``"on the QPU"``, ``"simulating"``,
        ``"running"`` (of a job that was seen after its end only: it ran, in phases that
        nobody saw), ``"done"``, ``"failed"``, ``"cancelled"``, ``"finishing"`` (ended, its
        bill still open), or the service's own word where nobody knows it.
    at : datetime
        When (UTC, by the service's clock as far as that is known).
    told : bool
        True where the service gave this time; False where it is when this machine first
        saw it, so that it may have been earlier.
    inferred : bool
        True where the service did not name the phase, and it is our conclusion.
    """

    word: str
    at: datetime
    told: bool = False
    inferred: bool = False


def grown(
    old: tuple[Transition, ...], record: JobRecord, phase: Phase | None, seen: datetime
) -> tuple[Transition, ...]:
    """Return the transitions after a record: grown, or with a better time, or as they were.

    Parameters
    ----------
    old : tuple of Transition
        Those known so far, in order.
    record : JobRecord
        The newest record.
    phase : Phase or None
        What it says the job is doing.
    seen : datetime
        Now, by the service's clock as far as that is known (UTC).
    """
    steps = list(old)
    if record.created is not None and not any(step.word == CREATED for step in steps):
        steps.insert(0, Transition(CREATED, record.created, told=True))
    _ran_unseen(steps, record)
    for word, told, inferred in _now_in(record, phase, steps):
        if not _is_in(steps, word):
            steps.append(Transition(word, told or seen, told is not None, inferred))
    _better(steps, record)
    return tuple(steps) if steps != list(old) else old


def simulated(steps: tuple[Transition, ...]) -> tuple[Transition, ...]:
    """Return the transitions of a job of which it has become known that it is simulated.

    While nothing was known of its device, its work was taken for that of a QPU.
    """
    if all(step.word != ON_QPU for step in steps):
        return steps
    found: list[Transition] = []
    for step in steps:
        named = replace(step, word=SIMULATING) if step.word == ON_QPU else step
        if not (found and found[-1].word == named.word == SIMULATING):
            found.append(named)
    return tuple(found)


def _now_in(
    record: JobRecord, phase: Phase | None, steps: list[Transition]
) -> list[tuple[str, datetime | None, bool]]:
    """Return what a job is in by a record: word, the service's time of it, whether inferred."""
    key = record.state.key
    if record.state is UNKNOWN:
        return [(record.status, None, False)]
    if key == QUEUED:
        first = all(step.word == CREATED for step in steps)
        return [(QUEUED, record.created if first else None, False)]
    if key == RUNNING:
        began = None if _is_running(steps) else record.started
        return [(phase.word if phase else RUNNING, began, bool(phase and phase.inferred))]
    found: list[tuple[str, datetime | None, bool]] = [(key, record.ended, False)]
    if phase is not None:
        found.append((_SHORT.get(phase.word, phase.word), None, phase.inferred))
    return found


def _is_in(steps: list[Transition], word: str) -> bool:
    """Whether the job came into this before, and has not been in another since."""
    if word in _ENDS or word == FINISHING:
        return any(step.word == word for step in steps)
    return bool(steps) and steps[-1].word == word


def _is_running(steps: list[Transition]) -> bool:
    return bool(steps) and steps[-1].word in _RUNNING_PHASES


def _ran_unseen(steps: list[Transition], record: JobRecord) -> None:
    """Note of a job that is seen after its end that it ran, where the service says when."""
    if not record.state.final or record.started is None:
        return
    if any(step.word in _RUNNING_PHASES for step in steps):
        return
    at = next((n for n, s in enumerate(steps) if s.word in _ENDS), len(steps))
    steps.insert(at, Transition(RUNNING, record.started, told=True))


def _better(steps: list[Transition], record: JobRecord) -> None:
    """Put the service's times in the place of ours, and no time after the next one's."""
    last_queued = max((n for n, s in enumerate(steps) if s.word == QUEUED), default=-1)
    ran = next(
        (n for n, s in enumerate(steps) if n > last_queued and s.word in _RUNNING_PHASES), None
    )
    ended = next((n for n, s in enumerate(steps) if s.word in _ENDS), None)
    for index, told in ((ran, record.started), (ended, record.ended)):
        if index is not None and told is not None:
            steps[index] = replace(steps[index], at=told, told=True)
    for index in range(len(steps) - 2, -1, -1):
        # What was seen late cannot have begun after what the service says came next.
        if not steps[index].told and steps[index].at > steps[index + 1].at:
            steps[index] = replace(steps[index], at=steps[index + 1].at)
