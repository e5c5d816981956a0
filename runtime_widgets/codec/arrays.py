"""numpy arrays: base64 of zlib of ``.npy``, read without trusting their header."""

from __future__ import annotations

import io
import math
import zlib
from typing import TYPE_CHECKING, Any

from .blobs import MOST_PER_BYTE, pack, read_base64, unpack_into
from .limits import PayloadError
from .reader import Reader
from .registry import Kind
from .writer import Writer

if TYPE_CHECKING:
    import numpy as np

__all__ = ["KINDS"]

# More than any header that numpy writes for a plain dtype.
HEADER_BYTES = 16_384
SAMPLE_BYTES = 16_384

# The service writes the names of chosen extrapolators in an ndarray envelope
# (qiskit-ibm-runtime 0.51, options/zne_options.py).
EXTRAPOLATORS = frozenset(
    ["linear", "exponential", "double_exponential", "fallback"]
    + [f"polynomial_degree_{degree}" for degree in range(1, 8)]
)


def _to_wire(array: np.ndarray[Any, Any], _: Writer) -> Any:
    if array.dtype.hasobject:
        return array.tolist()
    head, data = _npy_parts(array)
    return pack(head, data, level=_level(data))


def _npy_parts(array: np.ndarray[Any, Any]) -> tuple[bytes, memoryview]:
    """Return ``.npy`` as a header and the array's own memory, because results are large."""
    import numpy as np
    from numpy.lib import format as npy

    buffer = io.BytesIO()
    if array.dtype.names or array.dtype.itemsize == 0:
        np.save(buffer, array, allow_pickle=False)
        return b"", buffer.getbuffer()
    if not array.flags.forc:
        array = np.array(array, order="C")
    npy.write_array_header_1_0(buffer, npy.header_data_from_array_1_0(array))
    # numpy calls what is both C- and Fortran-ordered C-ordered.
    rows = array if array.flags.c_contiguous else array.T
    return buffer.getvalue(), rows.reshape(-1).view(np.uint8).data


def _level(data: memoryview) -> int:
    """Choose how hard zlib tries: 1, or 0 where a sample does not get smaller.

    On measured bits level 1 is five to ten times as fast as zlib's default and gives up
    to 40 % more bytes; outcomes of random circuits do not compress at any level.
    """
    if len(data) < 16 * SAMPLE_BYTES:
        return 1
    starts = (0, (len(data) - SAMPLE_BYTES) // 2, len(data) - SAMPLE_BYTES)
    sample = b"".join(data[start : start + SAMPLE_BYTES] for start in starts)
    return 1 if len(zlib.compress(sample, 1)) < 0.97 * len(sample) else 0


def _from_wire(value: Any, reader: Reader) -> Any:
    """Read an array; shape and dtype are the payload's, objects are refused."""
    if isinstance(value, str):
        # The length first: looking up millions of characters would hash them all.
        short = len(value) < 32 and value in EXTRAPOLATORS
        return value if short else _read_npy(value, reader)
    if isinstance(value, (list, int, float, complex)):
        return _from_list(value)
    raise PayloadError(f"an ndarray must be base64 text or a list, not {type(value).__name__}")


def _read_npy(value: str, reader: Reader) -> Any:
    """Read ``.npy`` after its header alone was decompressed and believed possible."""
    import numpy as np

    packed = read_base64(value, "ndarray")
    try:
        # A slice, because zlib copies what it leaves unread.
        head = io.BytesIO(zlib.decompressobj().decompress(packed[:HEADER_BYTES], HEADER_BYTES))
    except zlib.error as exc:
        raise PayloadError(f"an ndarray that is not a zlib stream: {exc}") from exc
    shape, fortran, dtype = _read_header(head)
    if dtype.hasobject:
        raise PayloadError("an ndarray of Python objects, which are never unpickled")
    count = math.prod(shape)
    if count > reader.limits.max_array_elements:
        raise PayloadError(
            f"an ndarray of {count:,} elements; at most "
            f"{reader.limits.max_array_elements:,} are read"
        )
    start = head.tell()
    total = start + count * dtype.itemsize
    reader.spend(total)
    if total > len(packed) * MOST_PER_BYTE:
        raise PayloadError(f"an ndarray of {total:,} bytes from {len(packed):,} compressed ones")
    memory = np.empty(total, dtype=np.uint8)
    unpack_into(packed, memory.data, "ndarray")
    return np.ndarray(shape, dtype, memory.data, start, order="F" if fortran else "C")


def _read_header(head: io.BytesIO) -> tuple[tuple[int, ...], bool, Any]:
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(head)
        if version == (1, 0):
            shape, fortran, dtype = npy.read_array_header_1_0(head)
        elif version == (2, 0):
            shape, fortran, dtype = npy.read_array_header_2_0(head)
        else:
            raise PayloadError(f"an ndarray in .npy format {version}; 1.0 and 2.0 are read")
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as exc:
        raise PayloadError(f"an ndarray without a valid .npy header: {str(exc)[:200]}") from exc
    if any(side < 0 for side in shape):
        raise PayloadError(f"an ndarray of shape {shape}")
    return shape, fortran, dtype


def _from_list(value: Any) -> np.ndarray[Any, Any]:
    """Read the list form, in which arrays of objects travel."""
    import numpy as np

    shape = _shape_of(value)
    leaves = _leaves(value, len(shape))
    if all(isinstance(leaf, (int, float, complex)) for leaf in leaves):
        return np.array(value)
    # Not np.array(): it would look inside circuits and dicts for more axes.
    array = np.empty(len(leaves), dtype=object)
    for index, leaf in enumerate(leaves):
        array[index] = leaf
    return array.reshape(shape)


def _shape_of(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _leaves(value: Any, depth: int) -> list[Any]:
    level = [value]
    for _ in range(depth):
        if any(not isinstance(item, list) or len(item) != len(level[0]) for item in level):
            raise PayloadError("a list whose rows differ in length is no ndarray")
        level = [leaf for item in level for leaf in item]
    return level


KINDS = (Kind("ndarray", ("numpy.ndarray",), _to_wire, _from_wire),)
