"""What goes into a circuit with it: the shape of its parameters' values, and observables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runtime_widgets.codec import Limits, decode
from runtime_widgets.details.plain import in_a_line
from runtime_widgets.details.text import clipped
from runtime_widgets.errors import CodecError

__all__ = ["observables_of", "real", "shape_of", "sides"]

ARRAYS = Limits(max_bytes=1 << 27, max_array_elements=1 << 24)
OBSERVABLES = 12


def real(value: Any) -> float | None:
    """Return a real number that a page can take; None for all else."""
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if good and abs(value) < 1e300 else None


def sides(value: Any) -> list[int] | None:
    """Return a shape, if it is one."""
    good = isinstance(value, (list, tuple)) and all(type(side) is int for side in value)
    return list(value[:32]) if good else None


def shape_of(value: Any) -> list[int] | None:
    """Return the shape of an array of parameter values; None where there is none."""
    if value is None:
        return None
    try:
        array = decode(value, limits=ARRAYS, keep_unknown=True)
    except CodecError:
        return None
    shape = getattr(array, "shape", None)
    if shape is not None:
        return sides(tuple(shape))
    return _nested(array)


def _nested(value: Any) -> list[int]:
    shape: list[int] = []
    while isinstance(value, list) and len(shape) < 32:
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def observables_of(value: Any) -> dict[str, Any]:
    """Return the first observables of a PUB, how many there are, and the shape of their array."""
    wrapped = isinstance(value, Mapping) and isinstance(value.get("__type__"), str)
    given = value.get("__value__") if wrapped else value
    if given is None:
        return {}
    shape = _nested(given)
    flat = list(_flat(given, OBSERVABLES + 1))
    count = 1
    for side in shape:
        count *= side
    return {
        "observables": [_observable(one) for one in flat[:OBSERVABLES]],
        "num_observables": count,
        "observables_shape": shape,
    }


def _flat(value: Any, most: int) -> Iterator[Any]:
    """Yield the leaves of nested lists, `most` at most."""
    found = [value]
    count = 0
    while found and count < most:
        one = found.pop()
        if isinstance(one, list):
            found.extend(reversed(one[:most]))
        else:
            count += 1
            yield one


def _observable(value: Any) -> str:
    """Write an observable as a sum of Paulis."""
    if not isinstance(value, Mapping):
        return clipped(str(value), 200)
    terms = list(value.items())
    shown = " ".join(_term(name, factor) for name, factor in terms[:4])
    more = f" … {len(terms) - 4:,} more terms" if len(terms) > 4 else ""
    return f"{shown.removeprefix('+ ')}{more}"


def _term(name: str, factor: Any) -> str:
    number = real(factor)
    letters = clipped(str(name), 140)
    if number is None:
        return f"+ {in_a_line(factor)} {letters}"
    sign = "-" if number < 0 else "+"
    return f"{sign} {letters}" if abs(number) == 1 else f"{sign} {abs(number):.6g} {letters}"
