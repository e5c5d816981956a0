"""How long a job will take, from how long jobs took: measured, or not said at all.

For each device and program two durations are measured: `execution` (what is charged) and
`occupied` (from Running to the end). Past jobs are kept by the size of their `work`, which the
check counted: for each power of four the mean work and the mean seconds. A job's duration is read
between the sizes that were measured, as ``base + rate * work``; a job that is far larger or far
smaller than all of them is given no estimate. One line through all jobs would not do: the few
heavy ones would set the base that the many light ones are told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

__all__ = ["EMPTY", "Mean", "Measured", "predict", "updated"]

FORGET = 0.95  # weight of the past at each new job of its size: about the last twenty count
REACH = 4.0  # how many times more, or less, than was measured may be foreseen


@dataclass(frozen=True)
class Mean:
    """The jobs of one size: their weight, mean work, and mean seconds."""

    weight: float = 0.0
    work: float = 0.0
    seconds: float = 0.0

    def updated(self, work: float, seconds: float) -> Mean:
        """Add one job; older ones weigh less, so that a slower machine is noticed."""
        past = self.weight * FORGET
        weight = past + 1
        return Mean(
            weight,
            (self.work * past + work) / weight,
            (self.seconds * past + seconds) / weight,
        )


@dataclass(frozen=True)
class Measured:
    """Past jobs by size."""

    jobs: int = 0
    sizes: dict[int, Mean] = field(default_factory=dict)

    def sums(self) -> list[list[float]]:
        """Return what the store keeps: size, weight, work and seconds of each size."""
        return [[size, mean.weight, mean.work, mean.seconds] for size, mean in self.sizes.items()]

    @classmethod
    def from_sums(cls, jobs: int, sums: list[list[float]]) -> Measured:
        """Read what :meth:`sums` wrote; what an older version wrote is measured anew."""
        if not all(isinstance(row, list) for row in sums):
            return EMPTY
        return cls(jobs, {int(size): Mean(*mean) for size, *mean in sums})


EMPTY = Measured()


def updated(past: Measured, work: float, seconds: float) -> Measured:
    """Add one finished job."""
    size = _size(work)
    mean = past.sizes.get(size, Mean()).updated(work, seconds)
    return Measured(past.jobs + 1, {**past.sizes, size: mean})


def predict(past: Measured, work: float) -> float | None:
    """Return the expected seconds of a job, None where too little was measured to say.

    Between two measured sizes the line through both is read. Up to four times beyond them it
    is drawn on; with one size alone there is no telling base from rate, and what it took is told.
    """
    known = sorted(past.sizes.values(), key=lambda mean: mean.work)
    if not known or not _within_reach(known, work):
        return None
    if len(known) == 1:
        return known[0].seconds
    above = next((at for at, mean in enumerate(known) if mean.work >= work), len(known) - 1)
    left, right = known[max(0, above - 1)], known[max(1, above)]
    rate = (right.seconds - left.seconds) / (right.work - left.work)
    if known[0].work <= work <= known[-1].work:
        return left.seconds + rate * (work - left.work)
    end = known[0] if work < known[0].work else known[-1]
    # Outside, more work never takes less time, and nothing takes less than nothing.
    return max(0.0, end.seconds + max(0.0, rate) * (work - end.work))


def _within_reach(known: list[Mean], work: float) -> bool:
    return known[0].work / REACH <= work <= known[-1].work * REACH


def _size(work: float) -> int:
    return 0 if work < 1 else 1 + math.floor(math.log(work, 4))
