"""Waiting in tests: for a condition, with a bound; never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 40.0


def until(condition: Callable[[], object], what: str, *, patience_s: float = PATIENCE_S) -> None:
    """Return once `condition` is true; fail with `what` if that never comes."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what}")
        time.sleep(0.01)


def our_threads() -> set[threading.Thread]:
    """Return the threads of this package that belong to one client or one job."""
    names = ("runtime-widgets-tracker", "runtime-widgets-events", "runtime-widgets-interim")
    return {t for t in threading.enumerate() if t.name.startswith(names)}
