"""Base64 and zlib, with an end to how much comes out."""

from __future__ import annotations

import binascii
import zlib
from typing import Any

import pybase64

from .limits import PayloadError
from .reader import Reader

__all__ = ["MOST_PER_BYTE", "pack", "read_base64", "unpack", "unpack_into"]

PIECE = 1 << 16

MOST_PER_BYTE = 1032
"""What one byte of a deflate stream can stand for, at most (https://zlib.net/zlib_tech.html)."""


def pack(*parts: bytes | memoryview, level: int) -> str:
    """Compress the parts into one zlib stream, as base64 text."""
    stream = zlib.compressobj(level)
    packed = [stream.compress(part) for part in parts]
    packed.append(stream.flush())
    return pybase64.b64encode_as_string(b"".join(packed))


def read_base64(value: Any, what: str) -> bytes:
    """Return the bytes that a base64 text stands for.

    With the standard library this was half of the time that a large result took.
    """
    if not isinstance(value, str):
        raise PayloadError(f"a {what} must be base64 text, not {type(value).__name__}")
    try:
        return pybase64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise PayloadError(f"a {what} that is not base64: {exc}") from exc


def unpack(value: Any, what: str, reader: Reader) -> bytes:
    """Return what a base64 text of a zlib stream holds, and count it.

    Decompression stops one byte past what is left of ``max_bytes``, so a bomb costs
    no more than an honest payload of that size.
    """
    packed = read_base64(value, what)
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(packed, reader.bytes_left + 1)
    except zlib.error as exc:
        raise PayloadError(f"a {what} that is not a zlib stream: {exc}") from exc
    reader.spend(len(raw))
    if not stream.eof:
        raise PayloadError(f"a {what} whose zlib stream is cut short")
    return raw


def unpack_into(packed: bytes, memory: memoryview, what: str) -> None:
    """Decompress a zlib stream that must fill `memory` exactly.

    Pieces small enough for the processor's cache go straight to their place: for 16 MB
    of results a quarter less time than decompressing whole and copying.
    """
    stream = zlib.decompressobj()
    filled = 0
    try:
        for start in range(0, len(packed), PIECE):
            piece = packed[start : start + PIECE]
            while piece and not stream.eof:
                raw = stream.decompress(piece, 4 * PIECE)
                if filled + len(raw) > len(memory):
                    raise PayloadError(f"a {what} that is longer than it says")
                memory[filled : filled + len(raw)] = raw
                filled += len(raw)
                piece = stream.unconsumed_tail
    except zlib.error as exc:
        raise PayloadError(f"a {what} that is not a zlib stream: {exc}") from exc
    if not stream.eof:
        raise PayloadError(f"a {what} whose zlib stream is cut short")
    if filled < len(memory):
        raise PayloadError(f"a {what} of {len(memory):,} bytes that holds {filled:,}")
