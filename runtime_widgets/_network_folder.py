"""Whether a folder is on another machine."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["is_network"]

_NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4"}
    | {"ocfs2", "orangefs", "panfs", "prl_fs", "smb3", "smbfs", "vboxsf", "wekafs"}
    | {"fuse.ceph", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone"}
)
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def is_network(folder: Path, mounts: str | None = None) -> bool:
    """Whether a folder is known to be on a file server, as home folders of clusters are.

    Shared memory, by which processes would share a write-ahead log, ends at the machine.

    Parameters
    ----------
    folder : Path
        The folder; what does not exist yet will be where its parents are.
    mounts : str, optional
        Linux's list of what is mounted; read from the system by default. Where there is none,
        only a Windows share is known by its name.
    """
    real = os.path.realpath(folder)
    if sys.platform == "win32" and real.startswith("\\\\"):
        return True
    if mounts is None:
        mounts = ""
        with suppress(OSError):
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    best, kind = "", ""
    for line in mounts.splitlines():
        # "36 35 98:0 / /mnt/x rw,noatime master:1 - nfs4 server:/x rw": its own fields, then a
        # dash, then those of the file system.
        own, _, system = line.partition(" - ")
        fields = own.split(" ")
        if len(fields) < 5 or not system:
            continue
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[4])
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, system.split(" ")[0]
    return kind in _NETWORK
