"""Where the user's embedded runtime says that it is."""

from __future__ import annotations

import json
import os
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from runtime_widgets._folders import ELSEWHERE, data_folder
from runtime_widgets.errors import LocalRuntimeError
from runtime_widgets.params import ClientParameters

__all__ = ["LocalAddress", "data_folder", "home", "read_address"]


@dataclass(frozen=True)
class LocalAddress:
    """Where an embedded runtime is. The token is left out of the ``repr``."""

    url: str
    token: str = field(repr=False)
    instance: str
    pid: int

    def params(self, **kwargs: Any) -> ClientParameters:
        """Return the parameters of a client for it."""
        return ClientParameters(
            "local", self.token, self.url, self.instance, iam_url=self.url, **kwargs
        )

    @classmethod
    def from_json(cls, text: str) -> LocalAddress:
        """Read the line that a server prints, or its file.

        Raises
        ------
        ValueError
            If it is not such a line.
        """
        data = json.loads(text)
        try:
            pid = int(data["pid"])
            address = cls(str(data["url"]), str(data["token"]), str(data["instance"]), pid)
        except (KeyError, TypeError) as exc:
            msg = "not the address of an embedded runtime"
            raise ValueError(msg) from exc
        if pid <= 1 or not address.url.startswith("http://"):
            msg = "not the address of an embedded runtime"
            raise ValueError(msg)
        return address


def home() -> Path:
    """Return the user's runtime folder (mode 0700), made where it is missing.

    ``RUNTIME_WIDGETS_LOCAL_DIR`` puts it, and the data, elsewhere.

    Raises
    ------
    LocalRuntimeError
        If the folder belongs to somebody else.
    """
    base = os.environ.get(ELSEWHERE)
    folder = Path(base) if base else _runtime_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(folder.stat()):
        msg = f"The runtime folder {folder} belongs to another user."
        raise LocalRuntimeError(msg)
    return folder


def _runtime_folder() -> Path:
    """Choose where the address goes: a folder that is ours alone.

    Containers, cron and ssh often have no XDG_RUNTIME_DIR; a folder in /tmp in its place
    could be somebody else's by then.
    """
    if sys.platform != "linux":
        return platformdirs.user_runtime_path("runtime-widgets")
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given:
        with suppress(OSError):
            info = Path(given).stat()
            if _is_ours(info) and not stat.S_IMODE(info.st_mode) & 0o077:
                return Path(given) / "runtime-widgets"
    return platformdirs.user_state_path("runtime-widgets") / "run"


def read_address(path: Path) -> LocalAddress | None:
    """Read a server's address from a file that is ours alone."""
    try:
        info = path.stat()
        if not _is_ours(info) or (sys.platform != "win32" and stat.S_IMODE(info.st_mode) & 0o077):
            return None
        return LocalAddress.from_json(path.read_text())
    except (OSError, ValueError, RecursionError):
        return None


def _is_ours(info: os.stat_result) -> bool:
    return sys.platform == "win32" or info.st_uid == os.getuid()
