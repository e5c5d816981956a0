"""Tensors of the program ``executor``: little-endian bytes, bits packed, without an envelope.

``{"data": base64, "shape": [...], "dtype": "f64"}``; since version 2.0 of that program's
schema the bytes are a zlib stream, before they are plain (ibm-quantum-schemas, ``common/tensor``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pybase64

from .blobs import MOST_PER_BYTE, pack, read_base64, unpack_into
from .limits import PayloadError
from .reader import Reader

if TYPE_CHECKING:
    import numpy as np

__all__ = ["is_tensor", "tensor_from_wire", "tensor_to_wire"]

LEVEL = 1
PLAIN = frozenset({"f64", "bool", "u8", "c128"})
"""What a tensor may hold before version 2.0."""
KINDS = {"f": (16, 32, 64), "i": (8, 16, 32, 64), "u": (8, 16, 32, 64), "c": (64, 128)}
# Word on the wire -> numpy's. Only in "c128" does the wire count bits where numpy counts bytes
# of the whole complex number; the numbers agree.
_DTYPES = {f"{k}{bits}": f"<{k}{bits // 8}" for k, sizes in KINDS.items() for bits in sizes}


def is_tensor(value: Any) -> bool:
    """Say whether a JSON value is a tensor and nothing else."""
    return isinstance(value, dict) and set(value) == {"data", "shape", "dtype"}


def tensor_to_wire(array: np.ndarray[Any, Any], *, compressed: bool) -> dict[str, Any]:
    """Write an array.

    Parameters
    ----------
    array : ndarray
        Of bools, or of one of the numbers that `KINDS` lists.
    compressed : bool
        True for version 2.0 and later.

    Raises
    ------
    PayloadError
        There is no word for the array's dtype.
    """
    import numpy as np

    if array.dtype == np.bool_:
        word, flat = "bool", np.packbits(array.reshape(-1), bitorder="little")
    else:
        word = f"{array.dtype.kind}{array.dtype.itemsize * 8}"
        if word not in _DTYPES:
            raise PayloadError(f"no tensor of dtype {array.dtype}")
        flat = np.ascontiguousarray(array, dtype=_DTYPES[word]).reshape(-1)
    if not compressed and word not in PLAIN:
        raise PayloadError(f"no tensor of dtype {array.dtype} before version 2.0")
    raw = flat.view(np.uint8).data
    data = pack(raw, level=LEVEL) if compressed else pybase64.b64encode_as_string(raw)
    return {"data": data, "shape": list(array.shape), "dtype": word}


def tensor_from_wire(value: Any, reader: Reader, *, compressed: bool) -> Any:
    """Read a tensor as an array; what it claims is checked before anything is allocated.

    Raises
    ------
    PayloadError
        It is none, or larger than the reader's limits.
    """
    import numpy as np

    if not is_tensor(value):
        raise PayloadError("a tensor must be an object of data, shape and dtype")
    shape, word = _shape(value["shape"], reader), value["dtype"]
    if not isinstance(word, str) or (word != "bool" and word not in _DTYPES):
        raise PayloadError(f"a tensor of dtype {str(word)[:40]!r}")
    if not compressed and word not in PLAIN:
        raise PayloadError(f"a tensor of dtype {word!r} before version 2.0")
    count = math.prod(shape)
    dtype = np.dtype("u1" if word == "bool" else _DTYPES[word])
    size = -(-count // 8) if word == "bool" else count * dtype.itemsize
    reader.spend(size if word != "bool" else size + count)
    raw = _bytes(value["data"], size, compressed=compressed)
    if word != "bool":
        return raw.view(dtype).reshape(shape)
    return np.unpackbits(raw, bitorder="little", count=count).astype(bool).reshape(shape)


def _shape(value: Any, reader: Reader) -> tuple[int, ...]:
    if not isinstance(value, list) or any(type(side) is not int or side < 0 for side in value):
        raise PayloadError("a tensor's shape must be a list of numbers")
    if len(value) > 32:  # what every version of numpy allows
        raise PayloadError(f"a tensor of {len(value)} axes; at most 32 are read")
    # Not the product of all sides: an array may be empty and yet name a huge side.
    if math.prod(side or 1 for side in value) > reader.limits.max_array_elements:
        raise PayloadError(f"a tensor of more than {reader.limits.max_array_elements:,} elements")
    return tuple(value)


def _bytes(value: Any, size: int, *, compressed: bool) -> np.ndarray[Any, Any]:
    import numpy as np

    packed = read_base64(value, "tensor")
    if not compressed:
        if len(packed) != size:
            raise PayloadError(
                f"a tensor of {size:,} bytes by its shape that holds {len(packed):,}"
            )
        return np.frombuffer(packed, dtype=np.uint8)
    if size > len(packed) * MOST_PER_BYTE:
        raise PayloadError(f"a tensor of {size:,} bytes from {len(packed):,} compressed ones")
    memory = np.empty(size, dtype=np.uint8)
    unpack_into(packed, memory.data, "tensor")
    return memory
