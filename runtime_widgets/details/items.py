"""The results of a quantum program: of each item its registers, which are arrays of bits.

What the executor returns (ibm-quantum-schemas, ``executor/version_*``). IBM's newest primitives
are such programs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runtime_widgets.codec import Limits
from runtime_widgets.codec.limits import PayloadError, guarded
from runtime_widgets.codec.reader import Reader
from runtime_widgets.codec.tensors import is_tensor, tensor_from_wire
from runtime_widgets.details.counts import outcomes_of
from runtime_widgets.details.plain import outline
from runtime_widgets.details.shapes import Outcomes, PubOutput, Values
from runtime_widgets.details.text import clipped
from runtime_widgets.details.values import values_of
from runtime_widgets.errors import CodecError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = ["item_output", "items_of"]

LIMITS = Limits(max_bytes=1 << 29)
FIELDS = 12
PLAIN = ("v0.1", "v0.2", "v1.0", "v1.1")
"""Versions whose arrays are not compressed."""
FLIPS = "measurement_flips."
"""Names the array of the flips that a twirled register is to be read with."""


def items_of(data: Any) -> Sequence[Any] | None:
    """Return the items of a quantum program's result; None if it is none."""
    if not isinstance(data, Mapping) or not isinstance(data.get("schema_version"), str):
        return None
    items = data.get("data")
    if not isinstance(items, list) or not items:
        return None
    arrays = [item.get("results") if isinstance(item, Mapping) else None for item in items]
    good = all(isinstance(one, Mapping) and all(map(is_tensor, one.values())) for one in arrays)
    return items if good else None


def item_output(index: int, item: Mapping[str, Any], version: str) -> PubOutput:
    """Sum up one item; what is wrong with it is told there, and spoils no other."""
    compressed = version not in PLAIN
    try:
        arrays = guarded("decode the item", lambda: _arrays(item["results"], compressed=compressed))
    except CodecError as exc:
        why = clipped(str(exc.message), 300)
        return PubOutput(index, trouble=f"This item's result cannot be read: {why}")
    made = [_field(name, array) for name, array in list(arrays.items())[:FIELDS]]
    metadata = item.get("metadata")
    return PubOutput(
        index,
        outcomes=[one for one in made if isinstance(one, Outcomes)],
        values=[one for one in made if isinstance(one, Values)],
        fields=len(arrays),
        metadata=outline(metadata, 2000) if metadata else None,
    )


def _arrays(results: Mapping[str, Any], *, compressed: bool) -> dict[str, Array]:
    """Read the arrays; flips are undone, for what is measured means nothing before."""
    reader = Reader(LIMITS, keep_unknown=False)
    arrays = {
        name: tensor_from_wire(value, reader, compressed=compressed)
        for name, value in results.items()
    }
    for name in [name for name in arrays if name.startswith(FLIPS)]:
        target = name.removeprefix(FLIPS)
        flips = arrays.pop(name)
        if target not in arrays or {flips.dtype.kind, arrays[target].dtype.kind} != {"b"}:
            raise PayloadError("flips of a register that is not there")
        try:
            arrays[target] = arrays[target] ^ flips
        except ValueError as exc:
            raise PayloadError("flips of another shape than the register") from exc
    return arrays


def _field(name: str, array: Array) -> Outcomes | Values:
    """Sum up an array: bits are outcomes, whose last axis is the register."""
    from qiskit.primitives import BitArray

    if array.dtype.kind != "b" or array.ndim < 2:
        return values_of(name, array)
    return outcomes_of(name, BitArray.from_bool_array(array, order="little"))
