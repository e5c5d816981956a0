"""When a request is sent again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass

from runtime_widgets._clock import Clock

__all__ = ["ONCE", "Patience"]

RETRY_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""What may pass: a server that is busy or being replaced, and a gateway's word for it."""

_FIRST_S = 0.5
_LONGEST_S = 8.0
_RETRY_AFTER_CAP_S = 30.0


@dataclass(frozen=True)
class Patience:
    """How often a request is repeated, and for how long in all.

    Attributes
    ----------
    repeats : int
        So often at most.
    within_s : float
        No attempt begins later than this, counted from the first one's beginning, and none but
        the first waits for longer than what is left of it.
    unsent_only : bool
        Repeat only where it is certain that nothing has reached the service.
    knock : bool
        Whether a door that nobody opens is knocked at again. Where a service can be brought
        back, that is better.
    """

    repeats: int = 4
    within_s: float = 60.0
    unsent_only: bool = False
    knock: bool = True

    def pause_s(
        self, made: int, spent_s: float, asked_s: float | None, clock: Clock
    ) -> float | None:
        """Return how long to wait for the next attempt, in seconds; None for none.

        Exponential with full jitter: many notebooks that lost the same server at the same
        moment must not come back in step. What the service asks for counts, up to 30 s.

        Parameters
        ----------
        made : int
            Attempts made so far.
        spent_s : float
            Seconds since the first one began.
        asked_s : float or None
            The service's Retry-After.
        clock : Clock
            Where chance comes from.
        """
        if made > self.repeats:
            return None
        wait_s = clock.between(0.0, min(_FIRST_S * 2 ** (made - 1), _LONGEST_S))
        if asked_s is not None:
            wait_s = max(wait_s, min(asked_s, _RETRY_AFTER_CAP_S))
        return wait_s if spent_s + wait_s < self.within_s else None


ONCE = Patience(repeats=0)
"""For who has a back-off of its own."""
