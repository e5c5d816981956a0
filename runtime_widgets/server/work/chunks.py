"""How a PUB is cut into chunks, so that its interim results come as it runs.

The cut depends on the PUB alone, never on time: the same seed gives the same result again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Chunk", "cut"]

MOST = 16
SHOTS_PER_CHUNK = 8192
# Simulating again for a further chunk of shots is worth it only while that is cheap:
# amplitudes times gates of one simulation.
CHEAP = 1 << 22


@dataclass(frozen=True)
class Chunk:
    """Part of a PUB: parameter sets ``start`` to ``stop`` (flat), `shots` of each."""

    index: int
    count: int
    start: int
    stop: int
    shots: int


def cut(sets: int, shots: int, cost: float) -> list[Chunk]:
    """Cut a PUB of `sets` parameter sets and `shots` shots of each.

    Parameters
    ----------
    cost
        Amplitudes times gates of one simulation.
    """
    if sets > 1:
        count = min(MOST, sets)
        edges = [sets * index // count for index in range(count + 1)]
        return [
            Chunk(index, count, edges[index], edges[index + 1], shots) for index in range(count)
        ]
    count = min(MOST, math.ceil(shots / SHOTS_PER_CHUNK)) if shots and cost <= CHEAP else 1
    edges = [shots * index // count for index in range(count + 1)]
    return [Chunk(i, count, 0, 1, edges[i + 1] - edges[i]) for i in range(count)]
