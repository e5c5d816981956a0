"""Messages between the server and its worker processes: a JSON header and a blob of bytes.

Twelve bytes of lengths, then the two parts. JSON and nothing else: neither side ever unpickles.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

__all__ = ["read_frame", "write_frame"]

_LENGTHS = struct.Struct(">IQ")


def write_frame(stream: IO[bytes], header: dict[str, Any], blob: bytes = b"") -> None:
    """Write one message."""
    text = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(text), len(blob)) + text)
    if blob:
        stream.write(blob)
    stream.flush()


def read_frame(
    stream: IO[bytes], limit_bytes: int | None = None
) -> tuple[dict[str, Any], bytes] | None:
    """Read one message; None at the end of the stream, also in the middle of a message.

    A message that claims more than the limit ends the stream, too: it is never allocated.
    """
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    header_length, blob_length = _LENGTHS.unpack(lengths)
    if limit_bytes is not None and header_length + blob_length > limit_bytes:
        return None
    header, blob = stream.read(header_length), stream.read(blob_length)
    if len(header) < header_length or len(blob) < blob_length:
        return None
    return json.loads(header), blob
