"""Watched: what a user holds of something that the tracker keeps up to date."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from traitlets import All

from runtime_widgets._following import Following
from runtime_widgets._observed import Observed
from runtime_widgets.tracker import Tracker

__all__ = ["Watched"]

S = TypeVar("S", bound=Observed)


class Watched(Generic[S]):
    """The part of a job, or a session, that needs nothing but its observable state."""

    _tracker: Tracker
    _state: S
    _follow: Callable[[], Following[S]]
    _following: Following[S] | None
    _observers: int
    _observing: threading.Lock
    _forget: Callable[[], None]

    def _watch(self, tracker: Tracker, state: S, follow: Callable[[], Following[S]]) -> None:
        """Say who keeps the state up to date, and how that is asked for."""
        self._tracker = tracker
        self._state = state
        self._follow = follow
        self._following = None
        self._observers = 0
        self._observing = threading.Lock()

    @property
    def state(self) -> S:
        """What is known: observable, kept up to date while somebody looks."""
        return self._state

    @property
    def tracker(self) -> Tracker:
        """Who keeps :attr:`state` up to date."""
        return self._tracker

    def observe(self, handler: Callable[[Any], Any], names: Any = All) -> None:
        """Call `handler` with each change of :attr:`state`, until it is final.

        Parameters
        ----------
        handler : callable
            Called with a bunch (``name``, ``old``, ``new``, ``owner``) **on the tracker's
            thread**. If it raises, that is logged and stops nothing.
        names : str or list of str
            Traits of :attr:`state`; all by default.

        Raises
        ------
        IBMInputValueError
            If one of `names` is no trait, or `handler` cannot be called.
        """
        self._state.observe(handler, names)
        with self._observing:
            self._observers += 1
            if self._following is None and not self._state.is_final:
                self._following = self._follow()
                self._forget = self._state.on_final(self._following.close)

    def unobserve(self, handler: Callable[[Any], Any], names: Any = All) -> None:
        """Undo :meth:`observe` with the same arguments.

        Raises
        ------
        ValueError
            If `handler` does not observe.
        """
        self._state.unobserve(handler, names)
        with self._observing:
            self._observers -= 1
            if self._observers <= 0 and self._following is not None:
                self._following.close()
                self._following = None
                self._forget()
