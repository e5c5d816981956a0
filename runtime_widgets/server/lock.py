"""One server for one data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

__all__ = ["DataFolderInUse", "lock_folder"]


class DataFolderInUse(RuntimeError):
    """Another server works on this data folder."""


def lock_folder(folder: Path) -> IO[str]:
    """Lock a data folder; the lock lasts as long as the returned file is open.

    The kernel releases it when the process ends, however it ends.

    Raises
    ------
    DataFolderInUse
        With the process id of the server that has it, where that can be read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "server.lock"
    path.touch(mode=0o600)
    file = path.open("r+", encoding="ascii")
    try:
        _lock(file)
    except OSError as exc:
        owner = file.read(20).strip()
        file.close()
        by = f" by process {owner}" if owner.isdecimal() else ""
        raise DataFolderInUse(f"The data folder {folder} is in use{by}.") from exc
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _lock(file: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        # A byte far behind the text, so that others can still read the process id.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
