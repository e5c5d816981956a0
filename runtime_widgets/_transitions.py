"""Transition: one step of a job's life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Transition"]


@dataclass(frozen=True)
class Transition:
    """One state or phase that a job was in, and since when.

    Attributes
    ----------
    word : str
        "created", "queued", "preparing", "on the QPU", "simulating", "finishing", "done",
        "failed", "cancelled", or the server's own word where nobody knows it.
    at : datetime
        When it began (UTC).
    told : bool
        Whether `at` is the server's time; else it is when this machine first saw it.
    inferred : bool
        Whether the phase is our conclusion, and not the server's word.
    """

    word: str
    at: datetime
    told: bool = False
    inferred: bool = False
