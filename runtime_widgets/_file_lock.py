"""A lock between processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["file_lock"]


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a file lock; the operating system frees it if this process dies."""
    with path.open("w") as handle:
        _wait_for_lock(handle)
        yield


def _wait_for_lock(handle: IO[str]) -> None:
    """Lock an open file until it is closed."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            # It gives up after ten seconds, and a start may take longer.
            with suppress(OSError):
                msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                return
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
