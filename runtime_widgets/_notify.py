"""notify: tell somebody when jobs have ended. Off until asked for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runtime_widgets._following import Following
from runtime_widgets._senders import senders, unseen
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job_state import JobState
from runtime_widgets.states import UNKNOWN

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob

__all__ = ["GATHER_S", "JobNotice", "Notification", "Notifier", "notify"]

_log = logging.getLogger(__name__)

GATHER_S = 5.0
"""Jobs that end within so many seconds are told of together."""
_MOST_LINES = 20
_LONGEST = 200


@dataclass(frozen=True)
class JobNotice:
    """What is told: a line, the facts of each job, and the jobs. ``str`` of it is all the text."""

    title: str
    text: str
    jobs: tuple[RuntimeJob, ...]

    def __str__(self) -> str:
        return f"{self.title}\n{self.text}"


class Notifier:
    """Gathers jobs that end together, and tells of them. Safe to use from any thread.

    What is sent leaves on a thread of its own, one notice after the other. A program that ends
    meanwhile waits for it.

    Parameters
    ----------
    to : callable, str, or list of them
        Who is told.
    gather_s : float
        Jobs that end within so many seconds are told of together.
    """

    def __init__(self, to: Any, *, gather_s: float = GATHER_S) -> None:
        to = unseen(to)
        self._senders = senders(to)
        self._gather_s = max(float(gather_s), 0.0)
        self._lock = threading.Lock()
        self._ended: list[RuntimeJob] = []
        self._busy = False
        self._hurry = threading.Event()

    def __repr__(self) -> str:
        return f"<Notifier by {', '.join(sender.name for sender in self._senders)}>"

    def tell(self, *jobs: RuntimeJob) -> None:
        """Take in jobs that have ended. Quick: it may be called on a tracker's thread."""
        with self._lock:
            self._ended += jobs
            if self._busy:
                return
            self._busy = True
            self._hurry.clear()
        threading.Thread(target=self._run, name="runtime-widgets-notify", daemon=False).start()

    def flush(self) -> None:
        """Tell of what has come at once: there is nothing more to gather."""
        with self._lock:
            if self._busy:
                self._hurry.set()

    def _run(self) -> None:
        more = True
        while more:
            self._hurry.wait(self._gather_s)
            self._hurry.clear()
            with self._lock:
                ended, self._ended = self._ended, []
            self._send(ended)
            with self._lock:
                more = self._busy = bool(self._ended)

    def _send(self, ended: list[RuntimeJob]) -> None:
        try:
            notice = notice_of(ended)
            for sender in self._senders:
                sender.send(notice)
        except Exception:
            _log.exception("A notification could not be written.")


class Notification:
    """What :func:`notify` returns: jobs, of whose end somebody is told.

    Parameters
    ----------
    to, gather_s
        See :class:`Notifier`.
    at_once : bool
        Tell of the jobs as they end; else of all of them, when the last has.
    """

    def __init__(self, to: Any, *, gather_s: float = GATHER_S, at_once: bool = True) -> None:
        to = unseen(to)
        self._notifier = Notifier(to, gather_s=gather_s)
        self._at_once = at_once
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Following[JobState], Callable[[], None] | None]] = {}
        self._ended: list[RuntimeJob] = []

    def __repr__(self) -> str:
        count = len(self._open)
        return f"<Notification of {count} job{'' if count == 1 else 's'}, {self._notifier!r}>"

    @property
    def pending(self) -> int:
        """How many of the jobs have not ended yet."""
        return len(self._open)

    def watch(self, jobs: Iterable[RuntimeJob]) -> None:
        """Tell of these jobs' end too.

        Those that have ended already are told of when all have, or at once if all have.
        """
        ended: list[RuntimeJob] = []
        followed: dict[str, tuple[RuntimeJob, Following[JobState]]] = {}
        for job in jobs:
            job_id = job.job_id()
            if job.state.is_final:
                ended.append(job)
            elif job_id not in followed:
                followed[job_id] = (job, job.tracker.follow(job_id))
        with self._lock:
            twice = [followed.pop(job_id) for job_id in self._open if job_id in followed]
            self._open.update((i, (following, None)) for i, (_, following) in followed.items())
            self._ended += ended
            held, last = self._ready()
        for _, following in twice:
            following.close()
        self._tell(held, last)
        for job_id, (job, _) in followed.items():
            undo = job.state.on_final(partial(self._job_ended, job))
            with self._lock:
                if (entry := self._open.get(job_id)) is not None:
                    self._open[job_id] = (entry[0], undo)

    def close(self) -> None:
        """Tell of nothing any more."""
        with self._lock:
            entries, self._open = list(self._open.values()), {}
            self._ended = []
        for following, undo in entries:
            following.close()
            if undo is not None:
                undo()

    def _job_ended(self, job: RuntimeJob) -> None:
        """On the tracker's thread; jobs of two services end on two."""
        with self._lock:
            entry = self._open.pop(job.job_id(), None)
            if entry is None:
                return
            # In one go: whoever takes out the last one has to find all the others.
            now = [job] if self._at_once else []
            self._ended += [] if self._at_once else [job]
            held, last = self._ready()
        entry[0].close()
        self._tell(now + held, last)

    def _ready(self) -> tuple[list[RuntimeJob], bool]:
        """Take what was held back, if no job is left to wait for; and whether none is."""
        if self._open:
            return [], False
        held, self._ended = self._ended, []
        return held, True

    def _tell(self, jobs: list[RuntimeJob], last: bool) -> None:
        if jobs:
            self._notifier.tell(*jobs)
        if last:
            self._notifier.flush()


def notify(
    jobs: RuntimeJob | Iterable[RuntimeJob],
    to: Any,
    *,
    when: str = "each",
    gather_s: float = GATHER_S,
) -> Notification:
    """Tell somebody when jobs have ended, well or badly. Works with and without a view.

    Parameters
    ----------
    jobs : RuntimeJob or iterable of them
        The jobs. If all of them have ended already, that is told at once.
    to : callable, str, or list of them
        Who is told. A function is called with a :class:`JobNotice` (``str`` of it is the text,
        so ``print`` will do) **on a thread of its own**; what it raises is logged. An address
        is one of apprise's, such as ``"mailto://…"`` or ``"slack://…"``: that needs
        ``pip install "runtime-widgets[notify]"``. Addresses hold secrets, and are shown nowhere.
    when : str
        ``"each"``: as they end; those that end within `gather_s` seconds in one notice.
        ``"all"``: once, when all of them have.
    gather_s : float
        See there.

    Returns
    -------
    Notification
        Its ``close()`` ends it.

    Raises
    ------
    IBMInputValueError
        If `to` is nobody, or an address that apprise does not understand.
    ImportError
        If an address is given and apprise is not installed.
    """
    to = unseen(to)
    if when not in ("each", "all"):
        msg = f'when is "each" or "all", not {when!r}.'
        raise IBMInputValueError(msg)
    one: Any = jobs
    given = [one] if hasattr(one, "job_id") else list(one)
    if any(not hasattr(job, "tracker") for job in given):
        msg = "Notifications are of jobs; QiskitRuntimeService(...).job(id) makes one of an id."
        raise IBMInputValueError(msg)
    notification = Notification(to, gather_s=gather_s, at_once=when == "each")
    notification.watch(given)
    return notification


def notice_of(jobs: Iterable[RuntimeJob]) -> JobNotice:
    """Say of jobs that have ended how, and nothing else: facts of the service alone."""
    found = tuple(dict.fromkeys(jobs))
    counts: dict[str, int] = {}
    for job in found:
        counts[_word(job)] = counts.get(_word(job), 0) + 1
    if len(found) == 1:
        title = f"{_name(found[0])}: {_word(found[0])}"
    else:
        title = f"{len(found)} jobs ended: {', '.join(f'{n} {word}' for word, n in counts.items())}"
    lines = [_line(job) for job in found[:_MOST_LINES]]
    if len(found) > _MOST_LINES:
        lines.append(f"and {len(found) - _MOST_LINES} more")
    return JobNotice(title, "\n".join(lines), found)


def _word(job: RuntimeJob) -> str:
    record = job.state.record
    if job.state.gone or record is None:
        return "not known to the service any more"
    return record.status if record.state is UNKNOWN else record.state.label.lower()


def _name(job: RuntimeJob) -> str:
    label = job.label
    what = f"{job.primitive_id} on {job.backend_name}" if job.backend_name else job.primitive_id
    return _plain(f"{label} ({what})" if label else what)


def _line(job: RuntimeJob) -> str:
    state = job.state
    parts = [f"{_name(job)}, {job.job_id()}: {_word(job)}"]
    if state.usage_seconds is not None:
        so_far = "" if state.usage_complete else " so far"
        parts.append(f"{state.usage_seconds:.3g} s of usage{so_far}")
    if state.error is not None:
        code = f" (code {state.error.code})" if state.error.code is not None else ""
        parts.append(f"{_plain(state.error.message)}{code}")
    return ", ".join(parts)


def _plain(text: str) -> str:
    """Return a text as one line that no message is spoilt by."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
