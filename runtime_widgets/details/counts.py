"""The outcomes in a register, counted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from runtime_widgets.details.shapes import Bits, Outcomes
from runtime_widgets.details.text import clipped

if TYPE_CHECKING:
    import numpy as np
    from qiskit.primitives import BitArray

    Array = np.ndarray[Any, Any]

__all__ = ["outcomes_of"]

TOP = 10
MOST_BITS = 256
"""Bits of an outcome that are shown."""
MOST_BYTES = 1 << 28
"""Most bytes of outcomes that are counted: 256 MiB are about 16 million shots of 127 bits."""


def outcomes_of(name: str, bits: BitArray) -> Outcomes:
    """Count the outcomes of a register, over all sets of parameters together."""
    width = bits.array.shape[-1]
    rows = bits.array.reshape(-1, width) if width else bits.array.reshape(-1, 1)[:0]
    rows = rows[: MOST_BYTES // max(width, 1)]
    distinct, top = _most_frequent(rows)
    return Outcomes(
        name=clipped(name, 80),
        num_bits=bits.num_bits,
        shots=bits.num_shots,
        sets=math.prod(bits.shape),
        counted=len(rows),
        distinct=distinct,
        top=[_bits(row, count, len(rows), bits.num_bits) for row, count in top],
    )


def _most_frequent(rows: Array) -> tuple[int, list[tuple[bytes, int]]]:
    """Return how many different rows there are, and the most frequent with their counts."""
    import numpy as np

    if not len(rows):
        return 0, []
    # Each row as one value of so many bytes, which are compared in their order.
    values = np.ascontiguousarray(rows).view(f"V{rows.shape[1]}").reshape(-1)
    different, counts = np.unique(values, return_counts=True)
    best = _best(counts)
    return len(different), [(different[i].tobytes(), int(counts[i])) for i in best]


def _best(counts: Array) -> Array:
    """Return the places of the greatest counts, the first ones of equal ones."""
    import numpy as np

    top = min(TOP, len(counts))
    least = np.partition(counts, len(counts) - top)[len(counts) - top]
    above = np.flatnonzero(counts > least)
    equal = np.flatnonzero(counts == least)[: top - len(above)]
    return np.concatenate((above[np.argsort(-counts[above], kind="stable")], equal))


def _bits(row: bytes, count: int, counted: int, num_bits: int) -> Bits:
    text = format(int.from_bytes(row, "big"), f"0{num_bits}b") if num_bits else ""
    cut = len(text) > MOST_BITS
    return Bits(clipped(text, MOST_BITS), count, count / counted, cut)
