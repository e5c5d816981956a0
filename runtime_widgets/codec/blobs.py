"""Base64 and zlib, with an end to how much comes out."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

from .limits import PayloadError
from .reader import Reader

__all__ = ["pack", "read_base64", "unpack"]


def pack(*parts: bytes | memoryview, level: int) -> str:
    """Compress the parts into one zlib stream, as base64 text."""
    stream = zlib.compressobj(level)
    packed = [stream.compress(part) for part in parts]
    packed.append(stream.flush())
    return binascii.b2a_base64(b"".join(packed), newline=False).decode("ascii")


def read_base64(value: Any, what: str) -> bytes:
    """Return the bytes that a base64 text stands for."""
    if not isinstance(value, str):
        raise PayloadError(f"a {what} must be base64 text, not {type(value).__name__}")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise PayloadError(f"a {what} that is not base64: {exc}") from exc


def unpack(value: Any, what: str, reader: Reader) -> bytes:
    """Return what a base64 text of a zlib stream holds, and count it.

    Decompression stops one byte past what is left of ``max_bytes``, so a bomb costs
    no more than an honest payload of that size.
    """
    return inflate(read_base64(value, what), what, reader, reader.bytes_left)


def inflate(packed: bytes, what: str, reader: Reader, at_most: int) -> bytes:
    """Decompress a zlib stream that must end within `at_most` bytes."""
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(packed, at_most + 1)
    except zlib.error as exc:
        raise PayloadError(f"a {what} that is not a zlib stream: {exc}") from exc
    reader.spend(len(raw))
    if len(raw) > at_most:
        raise PayloadError(f"a {what} that is longer than it says")
    if not stream.eof:
        raise PayloadError(f"a {what} whose zlib stream is cut short")
    return raw
