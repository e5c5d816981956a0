"""An array of numbers: its first values with their errors, and the least and the greatest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime_widgets.details.shapes import Value, Values
from runtime_widgets.details.text import clipped, number

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = ["values_of"]

FIRST = 12


def values_of(name: str, array: Array, errors: tuple[str, Array] | None = None) -> Values:
    """Sum up an array.

    Parameters
    ----------
    name : str
        What it is called.
    array : ndarray
        Of any shape and dtype.
    errors : (str, ndarray), optional
        The array of its standard errors, and what that is called; used if of the same shape.
    """
    import numpy as np

    # Not flattened: of an array in another order that would be a copy.
    places = [np.unravel_index(i, array.shape) for i in range(min(array.size, FIRST))]
    of = errors[1] if errors is not None and errors[1].shape == array.shape else None
    low, high = _range(array)
    return Values(
        name=clipped(name, 80),
        dtype=str(array.dtype),
        shape=list(array.shape),
        count=array.size,
        first=[
            Value(
                [int(i) for i in at],
                number(array[at].item() if hasattr(array[at], "item") else array[at]),
                None if of is None else number(of[at].item()),
            )
            for at in places
        ],
        low=low,
        high=high,
        error_name=clipped(errors[0], 80) if errors is not None and of is not None else None,
    )


def _range(array: Array) -> tuple[float | None, float | None]:
    """Return the least and the greatest finite value of an array of real numbers."""
    import numpy as np

    if array.dtype.kind not in "iuf" or not array.size:
        return None, None
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (None, None)
