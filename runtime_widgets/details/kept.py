"""What was read last, kept for a moment: for one tab after another, and for paging through it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime_widgets._forks import renew_after_fork

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob

__all__ = ["Kept", "kept"]

MOST_CHARACTERS = 8_000_000
KEPT_S = 60.0


class Kept:
    """The inputs and results of the job that was looked at last, as the service sent them.

    They never change once they are there. Kept are 8 million characters at most, of one job,
    until another one is looked at, its service is closed, or a minute has passed.

    Parameters
    ----------
    kept_s : float
        How long, in seconds.
    """

    def __init__(self, kept_s: float = KEPT_S) -> None:
        self._kept_s = kept_s
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Start over: in a forked process no timer runs, and a lock may be held for ever."""
        self._lock = threading.RLock()
        self._of: tuple[object, str] | None = None
        self._texts: dict[str, str] = {}
        self._endings: list[Callable[[], None]] = []

    def text(self, job: RuntimeJob, what: str, read: Callable[[], str]) -> str:
        """Return a text of a job, read now or a moment ago. From any thread.

        Parameters
        ----------
        job : RuntimeJob
            The job.
        what : str
            Which of its texts.
        read : callable
            Asks the service for it. Not under a lock: nobody waits for another's request.
        """
        of = (job.tracker.client, job.job_id())
        with self._lock:
            if self._of == of and what in self._texts:
                return self._texts[what]
        text = read()
        if text:
            self._keep(job, of, what, text)
        return text

    @property
    def characters(self) -> int:
        """How much is kept."""
        with self._lock:
            return sum(map(len, self._texts.values()))

    def drop(self) -> None:
        """Keep nothing. From any thread."""
        with self._lock:
            self._of, self._texts = None, {}
            endings, self._endings = self._endings, []
        for end in endings:
            end()

    def _keep(self, job: RuntimeJob, of: tuple[object, str], what: str, text: str) -> None:
        with self._lock:
            texts = {**(self._texts if self._of == of else {}), what: text}
            self.drop()
            if sum(map(len, texts.values())) > MOST_CHARACTERS:
                texts = {what: text}
            if len(text) > MOST_CHARACTERS:
                return
            self._of, self._texts = of, texts
            timer = threading.Timer(self._kept_s, self.drop)
            timer.daemon = True
            timer.name = "runtime-widgets-details"
            self._endings = [timer.cancel]
            timer.start()
        # Not under the lock: it calls at once where the tracker is closed already.
        forget = job.tracker.on_close(self.drop)
        with self._lock:
            if self._of == of:
                self._endings.append(forget)
                return
        forget()


kept = Kept()
"""The one of this process."""
