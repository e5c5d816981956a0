"""How long a job will take, from how long jobs took: measured, or not said at all.

For each device and program two durations are measured: `execution` (what is charged) and
`occupied` (from Running to the end). Each is fitted as ``base + rate * work`` by least squares
over past jobs, where `work` is shots (or parameter sets) times gates, as the check counted it.
Older jobs weigh less, so that a slower machine is noticed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["EMPTY", "Measured", "predict", "updated"]

FORGET = 0.95  # weight of the past at each new job: about the last twenty count


@dataclass(frozen=True)
class Measured:
    """Weighted sums over past jobs: x is work, y is seconds."""

    jobs: int = 0
    weight: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    def sums(self) -> list[float]:
        """Return the sums for the store."""
        return [self.weight, self.x, self.y, self.xx, self.xy]

    @classmethod
    def from_sums(cls, jobs: int, sums: list[float]) -> Measured:
        """Read what :meth:`sums` wrote."""
        return cls(jobs, *sums)


EMPTY = Measured()


def updated(past: Measured, work: float, seconds: float) -> Measured:
    """Add one finished job."""
    return replace(
        past,
        jobs=past.jobs + 1,
        weight=past.weight * FORGET + 1,
        x=past.x * FORGET + work,
        y=past.y * FORGET + seconds,
        xx=past.xx * FORGET + work * work,
        xy=past.xy * FORGET + work * seconds,
    )


def predict(past: Measured, work: float) -> float | None:
    """Return the expected seconds of a job, or None if no job was measured yet.

    With jobs of one size only there is no telling base from rate; a job of another size is
    then given the mean, and never less than nothing.
    """
    if past.jobs == 0:
        return None
    mean_x, mean_y = past.x / past.weight, past.y / past.weight
    variance = past.xx / past.weight - mean_x * mean_x
    if variance <= 1e-9 * max(mean_x * mean_x, 1.0):
        return mean_y
    rate = max(0.0, (past.xy / past.weight - mean_x * mean_y) / variance)
    base = max(0.0, mean_y - rate * mean_x)
    return base + rate * work
