"""Allowance: how many requests may be made in a minute, and when the next one may."""

from __future__ import annotations

import math
from collections.abc import Callable

from runtime_widgets.errors import IBMInputValueError

__all__ = ["Allowance"]

_LEAST_SAVED = 5.0


class Allowance:
    """A bucket that fills with time: each request takes one of what is in it.

    What is not used is saved for half a minute, so that opening a view is quick although the
    rate is kept on average.

    Parameters
    ----------
    a_minute : float
        Requests a minute.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(self, a_minute: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._a_minute = _checked(a_minute)
        self._saved = self._most
        self._as_of = clock()

    @property
    def a_minute(self) -> float:
        """Requests a minute.

        Raises
        ------
        IBMInputValueError
            If it is set to what is no positive number.
        """
        return self._a_minute

    @a_minute.setter
    def a_minute(self, value: float) -> None:
        self._fill()
        self._a_minute = _checked(value)
        self._saved = min(self._saved, self._most) if self._saved > 0 else self._saved

    @property
    def _most(self) -> float:
        return max(self._a_minute / 2, _LEAST_SAVED)

    def wait_s(self) -> float:
        """Return in how many seconds the next request may be made; 0 for now."""
        self._fill()
        return max(1.0 - self._saved, 0.0) * 60.0 / self._a_minute

    def take(self) -> None:
        """Note a request. One that could not wait is paid back before the next."""
        self._fill()
        self._saved -= 1.0

    def _fill(self) -> None:
        now = self._clock()
        gained = (now - self._as_of) * self._a_minute / 60.0
        self._saved = min(self._saved + max(gained, 0.0), self._most)
        self._as_of = now


def _checked(a_minute: float) -> float:
    if not (a_minute > 0 and math.isfinite(a_minute)):
        msg = f"requests_a_minute is a positive number, not {a_minute!r}."
        raise IBMInputValueError(msg)
    return float(a_minute)
