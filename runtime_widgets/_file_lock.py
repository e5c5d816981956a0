"""A lock between processes."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["file_lock"]

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold a file lock; the operating system frees it if this process dies.

    Where the file system has no locks, as some of clusters, there is none to be held.
    """
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

        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as exc:
            if exc.errno not in _NO_LOCKS:
                raise
