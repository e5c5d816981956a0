"""Who may use the history's file in this process: one thread at a time, and none while it forks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["UnusableHistoryError", "turn"]

_PATIENCE_S = 5.0
"""So long a fork waits for a transaction."""


class UnusableHistoryError(Exception):
    """The file is not for this process to use, or not to write; it says why, and what now."""


class _Turn:
    """One use at a time; a fork waits for the end of one, and comes before the next.

    What SQLite notes of a file's locks would come along into a forked process, which has none
    of these locks; and a module that is half imported would stay so.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._used = False
        self._forking = False
        self._spoiled = False

    @contextmanager
    def taken(self, within_s: float | None = None) -> Iterator[None]:
        """Use the file inside.

        Parameters
        ----------
        within_s : float, optional
            Longest wait in seconds; as long as it takes by default.

        Raises
        ------
        UnusableHistoryError
            If this process was forked in the middle of a use that took too long; or if
            `within_s` is over.
        """
        if self._spoiled:
            msg = "This process was forked while its parent was at the history: it keeps none."
            raise UnusableHistoryError(msg)
        with self._changed:
            free = self._changed.wait_for(lambda: not self._used and not self._forking, within_s)
            if not free:
                msg = "The history is being written, which takes too long."
                raise UnusableHistoryError(msg)
            self._used = True
        try:
            yield
        finally:
            with self._changed:
                self._used = False
                self._changed.notify_all()

    def before(self) -> None:
        """Let no use be in the middle; what waits for its turn waits until the fork is over."""
        self._changed.acquire()
        self._forking = True
        self._changed.wait_for(lambda: not self._used, _PATIENCE_S)

    def after_in_parent(self) -> None:
        """Go on."""
        self._forking = False
        self._changed.notify_all()
        self._changed.release()

    def after_in_child(self) -> None:
        """Start over, with no thread and no file."""
        self._spoiled = self._spoiled or self._used
        self._changed = threading.Condition()
        self._used = self._forking = False


turn = _Turn()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=turn.before,
        after_in_parent=turn.after_in_parent,
        after_in_child=turn.after_in_child,
    )
