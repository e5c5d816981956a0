"""When which part of a result was measured.

The service puts an ``ExecutionSpans`` in a result's metadata. qiskit has no class for
it, so these records stand for it; names and meaning of their members are those of
qiskit-ibm-runtime's spans, so that code which reads those also reads these.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from .limits import PayloadError
from .reader import Reader
from .registry import Kind
from .writer import Writer

if TYPE_CHECKING:
    import numpy as np

__all__ = ["KINDS", "DataSlice", "ExecutionSpan", "ExecutionSpans"]

Bounds = tuple["int | None", "int | None"]


@dataclass(frozen=True)
class DataSlice:
    """Which part of one PUB's data was measured in a span.

    Parameters
    ----------
    shape : tuple of int
        The shape that the slices refer to; its last axis is shots. For twirled data it
        has one axis more, over randomizations, and its last axis is the shots of each.
    args : (start, stop)
        A slice of the data, flattened in row-major order: over all of `shape` where
        `shots` is None, else over all axes but the last.
    shots : (start, stop), optional
        A slice of the last axis.
    at_front : bool, optional
        For twirled data, whether the axis over randomizations is the first one rather
        than the last but one; None for data that are not twirled.
    pub_shots : int, optional
        For twirled data, how many shots of each set of parameters are kept; None: all.
    """

    shape: tuple[int, ...]
    args: Bounds
    shots: Bounds | None = None
    at_front: bool | None = None
    pub_shots: int | None = None

    @property
    def size(self) -> int:
        """How many shots, summed over all elements, are in the slice."""
        if self.shots is None:
            return len(range(math.prod(self.shape))[slice(*self.args)])
        rows = len(range(math.prod(self.shape[:-1]))[slice(*self.args)])
        return rows * len(range(self.shape[-1])[slice(*self.shots)])

    def mask(self) -> np.ndarray[Any, Any]:
        """Return which elements of the PUB's data are in the slice.

        Returns
        -------
        ndarray of bool
            Of the shape of the data, ``(*pub.shape, shots)``.
        """
        import numpy as np

        mask = np.zeros(self.shape, dtype=np.bool_)
        if self.shots is None:
            mask.reshape(-1)[slice(*self.args)] = True
            return mask
        rows = mask.reshape(math.prod(self.shape[:-1]), self.shape[-1])
        rows[slice(*self.args), slice(*self.shots)] = True
        if self.at_front is None:
            return mask
        if self.at_front:
            mask = np.moveaxis(mask, 0, -2)
        merged = mask.reshape(*mask.shape[:-2], mask.shape[-2] * mask.shape[-1])
        return merged[..., : self.pub_shots]


@dataclass(frozen=True)
class ExecutionSpan:
    """One window of time on the device, and the data that it gave.

    Parameters
    ----------
    start, stop : datetime
        Its limits, in UTC.
    data_slices : Mapping of int to DataSlice
        For each PUB, by its index, the part of its data that was measured.
    """

    start: dt.datetime
    stop: dt.datetime
    data_slices: Mapping[int, DataSlice]

    @property
    def duration(self) -> float:
        """The length of the window, in seconds."""
        return (self.stop - self.start).total_seconds()

    @property
    def pub_idxs(self) -> list[int]:
        """The PUBs that have data in this span, by index."""
        return sorted(self.data_slices)

    @property
    def size(self) -> int:
        """How many shots were measured, over all PUBs."""
        return sum(part.size for part in self.data_slices.values())

    def mask(self, pub_idx: int) -> np.ndarray[Any, Any]:
        """Return which of a PUB's data, of shape ``(*pub.shape, shots)``, are of this span.

        Raises
        ------
        KeyError
            The PUB has no data in this span.
        """
        return self.data_slices[pub_idx].mask()

    def contains_pub(self, pub_idx: int | Iterable[int]) -> bool:
        """Return whether any of these PUBs has data in this span."""
        return not _indices(pub_idx).isdisjoint(self.data_slices)

    def filter_by_pub(self, pub_idx: int | Iterable[int]) -> ExecutionSpan:
        """Return the same window with the data of these PUBs alone."""
        wanted = _indices(pub_idx)
        parts = {idx: part for idx, part in self.data_slices.items() if idx in wanted}
        return ExecutionSpan(self.start, self.stop, parts)


@dataclass(frozen=True)
class ExecutionSpans:
    """The spans of a result, in the order in which the service gave them.

    Parameters
    ----------
    spans : tuple of ExecutionSpan
        Windows; they may overlap.
    """

    spans: tuple[ExecutionSpan, ...]

    def __len__(self) -> int:
        return len(self.spans)

    def __iter__(self) -> Iterator[ExecutionSpan]:
        return iter(self.spans)

    @overload
    def __getitem__(self, index: int) -> ExecutionSpan: ...
    @overload
    def __getitem__(self, index: slice) -> ExecutionSpans: ...
    def __getitem__(self, index: int | slice) -> ExecutionSpan | ExecutionSpans:
        found = self.spans[index]
        return ExecutionSpans(found) if isinstance(found, tuple) else found

    @property
    def start(self) -> dt.datetime:
        """When the first span began, in UTC; ValueError if there is none."""
        return min(span.start for span in self.spans)

    @property
    def stop(self) -> dt.datetime:
        """When the last span ended, in UTC; ValueError if there is none."""
        return max(span.stop for span in self.spans)

    @property
    def duration(self) -> float:
        """From the first start to the last stop, in seconds."""
        return (self.stop - self.start).total_seconds()

    @property
    def pub_idxs(self) -> list[int]:
        """The PUBs that have data in any span, by index."""
        return sorted({idx for span in self.spans for idx in span.data_slices})

    def filter_by_pub(self, pub_idx: int | Iterable[int]) -> ExecutionSpans:
        """Return the same spans with the data of these PUBs alone."""
        wanted = _indices(pub_idx)
        return ExecutionSpans(tuple(span.filter_by_pub(wanted) for span in self.spans))


def _indices(pub_idx: int | Iterable[int]) -> set[int]:
    return {pub_idx} if isinstance(pub_idx, int) else set(pub_idx)


# Wire forms: the members of a DataSlice, flattened, in one of four lengths.
_FORMS = {
    "ExecutionSpan": 3,
    "DoubleSliceSpan": 5,
    "TwirledSliceSpan": 6,
    "TwirledSliceSpanV2": 7,
}


def _form(part: DataSlice) -> str:
    if part.shots is None:
        return "ExecutionSpan"
    if part.at_front is None:
        return "DoubleSliceSpan"
    return "TwirledSliceSpan" if part.pub_shots is None else "TwirledSliceSpanV2"


def _to_row(part: DataSlice) -> list[Any]:
    row: list[Any] = [list(part.shape)]
    if part.at_front is not None:
        row.append(part.at_front)
    row += part.args
    row += part.shots or ()
    if part.at_front is not None and part.pub_shots is not None:
        row.append(part.pub_shots)
    return row


def _from_row(row: Any, length: int, reader: Reader) -> DataSlice:
    if not isinstance(row, list) or len(row) != length or not isinstance(row[0], list):
        raise PayloadError(f"a data slice must be a list of {length}, its first a shape")
    shape = tuple(row[0])
    numbers = [*shape, *(bound for bound in row[1:] if bound is not None)]
    if any(not isinstance(n, int) or n < 0 for n in numbers) or not shape:
        raise PayloadError("a data slice of something else than numbers of elements")
    if math.prod(shape) > reader.limits.max_array_elements:
        raise PayloadError(
            f"a data slice of more than {reader.limits.max_array_elements:,} elements"
        )
    if length == 3:
        return DataSlice(shape, (row[1], row[2]))
    if length == 5:
        return DataSlice(shape, (row[1], row[2]), (row[3], row[4]))
    if len(shape) < 2:
        raise PayloadError("a twirled data slice without an axis over randomizations")
    pub_shots = row[6] if length == 7 else None
    return DataSlice(shape, (row[2], row[3]), (row[4], row[5]), bool(row[1]), pub_shots)


def _span_to_wire(span: ExecutionSpan, _: Writer) -> dict[str, Any]:
    forms = {_form(part) for part in span.data_slices.values()} or {"ExecutionSpan"}
    if len(forms) > 1:
        raise PayloadError(f"a span whose slices are of several forms: {', '.join(sorted(forms))}")
    rows = {idx: _to_row(part) for idx, part in span.data_slices.items()}
    value = {"start": span.start, "stop": span.stop, "data_slices": rows}
    return {"__type__": forms.pop(), "__value__": value}


def _span_from_wire(envelope: dict[str, Any], reader: Reader) -> ExecutionSpan:
    value, length = envelope["__value__"], _FORMS[envelope["__type__"]]
    start, stop = value["start"], value["stop"]
    if not isinstance(start, dt.datetime) or not isinstance(stop, dt.datetime):
        raise PayloadError("a span whose start and stop are no datetimes")
    slices = value["data_slices"].items()
    parts = {int(idx): _from_row(row, length, reader) for idx, row in slices}
    return ExecutionSpan(start, stop, parts)


def _spans_from_wire(value: Any, _: Reader) -> ExecutionSpans:
    spans = value["spans"]
    if not isinstance(spans, list) or not all(isinstance(s, ExecutionSpan) for s in spans):
        raise PayloadError("an ExecutionSpans of something else than spans")
    return ExecutionSpans(tuple(spans))


KINDS = (
    Kind("ExecutionSpan", (ExecutionSpan,), _span_to_wire, _span_from_wire, whole=True),
    *(
        Kind(name, (), None, _span_from_wire, whole=True)
        for name in ("DoubleSliceSpan", "TwirledSliceSpan", "TwirledSliceSpanV2")
    ),
    Kind(
        "ExecutionSpans",
        (ExecutionSpans,),
        lambda spans, _: {"spans": list(spans)},
        _spans_from_wire,
    ),
    # The collection's name in results of 2024.
    Kind("ExecutionSpanCollection", (), None, _spans_from_wire),
)
