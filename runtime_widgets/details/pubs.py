"""What came of one PUB of a primitive, summed up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime_widgets.codec import Limits, decode
from runtime_widgets.details.counts import outcomes_of
from runtime_widgets.details.plain import in_a_line, outline
from runtime_widgets.details.shapes import Named, Outcomes, PubOutput, Values
from runtime_widgets.details.text import clipped
from runtime_widgets.details.values import values_of
from runtime_widgets.errors import CodecError

__all__ = ["pub_output"]

FIELDS = 12
"""Most registers and arrays of a PUB that are shown."""
LIMITS = Limits(max_bytes=1 << 29)


def pub_output(index: int, given: Any) -> PubOutput:
    """Sum up one PUB; what is wrong with it is told there, and spoils no other."""
    try:
        result = decode(given, limits=LIMITS, keep_unknown=True)
        items = dict(result.data.items())
        shape = [int(side) for side in result.data.shape]
    except (CodecError, AttributeError, TypeError) as exc:
        why = exc.message if isinstance(exc, CodecError) else "it has an unknown form"
        return PubOutput(index, trouble=f"This PUB's result cannot be read: {clipped(why, 300)}")
    stds = items["stds"] if _paired(items) else None
    shown = [name for name in items if not (name == "stds" and stds is not None)][:FIELDS]
    made = [_field(name, items[name], stds if name == "evs" else None) for name in shown]
    metadata = given["__value__"].get("metadata")
    return PubOutput(
        index,
        shape=shape,
        outcomes=[one for one in made if isinstance(one, Outcomes)],
        values=[one for one in made if isinstance(one, Values)],
        others=[one for one in made if isinstance(one, Named)],
        fields=len(items),
        metadata=outline(metadata, 2000) if metadata else None,
    )


def _paired(data: Mapping[str, Any]) -> bool:
    """Whether a PUB's result has expectation values and an error for each of them."""
    pair = [data.get(name) for name in ("evs", "stds")]
    return all(map(_is_array, pair)) and len({one.shape for one in pair if one is not None}) == 1


def _field(name: str, value: Any, errors: Any) -> Outcomes | Values | Named:
    """Sum up a register or an array."""
    from qiskit.primitives import BitArray

    if isinstance(value, BitArray):
        return outcomes_of(name, value)
    if _is_array(value):
        return values_of(name, value, None if errors is None else ("stds", errors))
    return Named(clipped(name, 80), in_a_line(_plain(value)))


def _is_array(value: Any) -> bool:
    import numpy as np

    return isinstance(value, np.ndarray)


def _plain(value: Any) -> Any:
    """Return what the outline can write: an unknown type as it came, else its description."""
    raw = getattr(value, "raw", None)
    if isinstance(raw, Mapping):
        return raw
    plain = isinstance(value, (str, int, float, bool, list, dict)) or value is None
    return value if plain else clipped(repr(value), 200)
