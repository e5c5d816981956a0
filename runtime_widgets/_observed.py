"""Observed: what is known of something on the server; one writer, any number of observers.

The writer is the tracker. Everybody else reads, or observes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any

from traitlets import All, Bool, HasTraits, Instance
from traitlets.utils.bunch import Bunch

from runtime_widgets.errors import IBMInputValueError

__all__ = ["Observed"]

_log = logging.getLogger(__name__)


class Observed(HasTraits):
    """What jobs and sessions have in common. Every trait is read-only but for the tracker.

    Handlers given to :meth:`observe` run **on the tracker's thread**, never on the one
    that observes: they must be quick, and touch what belongs to another thread only by
    its own rules (``loop.call_soon_threadsafe``, a queue). This is what keeps a view live
    while a cell is running. An exception in a handler is logged and stops nothing.
    """

    gone = Bool(False, read_only=True)
    """True once the server does not know it any more."""
    updated_at = Instance(datetime, allow_none=True, read_only=True)
    """When something last changed, by this machine's clock (UTC)."""
    stale_since = Instance(datetime, allow_none=True, read_only=True)
    """Since when the server could not be asked (UTC); None while all is well."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        """What this is the state of, such as "job d1e2": for a log."""
        self.checked_at: datetime | None = None
        """When the server last confirmed the record (UTC). Not observable."""
        self._final = False
        self._read = False
        # Made when somebody waits: of thousands of jobs nobody does, and each weighs 1 kB.
        self._awaited: threading.Condition | None = None
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], Any]] = []

    @property
    def is_final(self) -> bool:
        """Whether the server said that it has ended, or does not know it any more."""
        return self._final

    def wait_read(self, timeout: float) -> bool:
        """Block until something is known, for `timeout` seconds at most; say whether it is."""
        with self._lock:
            return self._condition().wait_for(lambda: self._read, timeout)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it is final, for `timeout` seconds at most; say whether it is."""
        with self._lock:
            return self._condition().wait_for(lambda: self._final, timeout)

    def _condition(self) -> threading.Condition:
        if self._awaited is None:
            self._awaited = threading.Condition(self._lock)
        return self._awaited

    def _mark(self, *, read: bool = True, final: bool | None = None) -> None:
        """Note what is known, and wake who waits for it."""
        with self._lock:
            self._read = read
            if final is not None:
                self._final = final
            if self._awaited is not None:
                self._awaited.notify_all()

    def on_final(self, callback: Callable[[], Any]) -> Callable[[], None]:
        """Call `callback` once, when it is final: on the tracker's thread, or now.

        An exception in it is logged and stops nothing. Returns what takes it back.
        """
        with self._lock:
            if not self._final:
                self._callbacks.append(callback)
                return partial(self._forget, callback)
        self._run_safely(callback)
        return partial(self._forget, callback)

    def _forget(self, callback: Callable[[], Any]) -> None:
        with self._lock, suppress(ValueError):
            self._callbacks.remove(callback)

    def observe(
        self,
        handler: Callable[[Bunch], Any],
        names: Any = All,
        type: Any = "change",  # noqa: A002 (the name is traitlets')
    ) -> None:
        """Call `handler` with each change of the traits `names`, on the tracker's thread.

        See :meth:`traitlets.HasTraits.observe`. A handler that raises stops nothing.

        Raises
        ------
        IBMInputValueError
            If one of `names` is no trait, or `handler` cannot be called.
        """
        given: Any = handler
        if not callable(given):
            msg = f"A handler is called with each change; {handler!r} cannot be called."
            raise IBMInputValueError(msg)
        self._check_names(names)
        super().observe(_Guarded(handler), names, type)

    def unobserve(
        self,
        handler: Callable[[Bunch], Any],
        names: Any = All,
        type: Any = "change",  # noqa: A002 (the name is traitlets')
    ) -> None:
        """Undo :meth:`observe` with the same arguments."""
        super().unobserve(_Guarded(handler), names, type)

    def _check_names(self, names: Any) -> None:
        """Refuse names that traitlets would take, and never call anybody for."""
        if names is All or names is None:
            return
        known = sorted(self.trait_names())
        for name in [names] if isinstance(names, str) else names:
            if name is not All and name not in known:
                near = get_close_matches(str(name), known, 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                msg = f"There is no {name!r} to observe.{hint} There are: {', '.join(known)}."
                raise IBMInputValueError(msg)

    def set(self, *, now: datetime, **traits: Any) -> None:
        """Write single traits. For the tracker alone."""
        self._write(traits, now=now, final=bool(traits.get("gone")))

    def _write(self, traits: dict[str, Any], *, now: datetime, final: bool) -> bool:
        """Write what differs, and say whether anything did."""
        changed = {k: v for k, v in traits.items() if getattr(self, k) != v}
        if changed.keys() - {"stale_since"}:
            changed["updated_at"] = now
        with self.hold_trait_notifications() if changed else nullcontext():
            for name, value in changed.items():
                self.set_trait(name, value)
            if final:
                # Before the handlers run: a slow one must not keep a waiter waiting.
                self._mark(final=True)
            elif traits.get("gone") is False and self._final:
                # The service had denied it, and knows it again.
                self._mark(final=False)
            elif not self._read:
                self._mark()
        if final:
            self._finish()
        return bool(changed)

    def _finish(self) -> None:
        with self._lock:
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            self._run_safely(callback)

    def _run_safely(self, callback: Callable[[], Any]) -> None:
        try:
            callback()
        except Exception:
            _log.exception(
                "A callback for the end of %s raised an exception; others are called all the same.",
                self.name,
            )


@dataclass(frozen=True)
class _Guarded:
    """A handler that cannot stop the tracker; equal to another of the same handler."""

    handler: Callable[[Bunch], Any]

    def __call__(self, change: Bunch) -> None:
        try:
            self.handler(change)
        except Exception:
            _log.exception(
                "A handler of the %s of %s raised an exception; it is called for the next change.",
                change.name,
                change.owner.name,
            )
