"""What ``runtime-widgets status`` says of the user's embedded runtime, and never its token."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime_widgets import local
from runtime_widgets._local_address import read_address

__all__ = ["facts", "lines"]

_CONNECT = 'import runtime_widgets as rw; service = rw.QiskitRuntimeService(channel="local")'


def facts(address: local.LocalAddress) -> dict[str, Any]:
    """Return what a program may want to know.

    ``token_file`` holds the token and nothing else; it is None where the token came by the
    environment of who started the server. ``address_file``, which is JSON, has it in any case.
    """
    return {
        "running": True,
        "url": address.url,
        "instance": address.instance,
        "pid": address.pid,
        "data": str(local.data_folder()),
        "token_file": _path(_token_file(address)),
        "address_file": _path(_address_file(address)),
        "connect": _CONNECT,
    }


def lines(address: local.LocalAddress) -> list[str]:
    """Return some lines for people."""
    file = _token_file(address)
    token = f"in the file {file}"
    if file is None:
        token = f'in the file {_address_file(address)}, which is JSON, as "token"'
    return [
        f"The embedded runtime runs at {address.url} (described at {address.url}/docs).",
        f"  Data      {local.data_folder()}",
        f"  Token     {token}",
        f"  Connect   {_CONNECT}",
        f"  Stop      runtime-widgets stop, or end process {address.pid}",
    ]


def _token_file(address: local.LocalAddress) -> Path | None:
    path = local.data_folder() / "token"
    with suppress(OSError, ValueError):
        if path.read_text(encoding="ascii").strip() == address.token:
            return path
    return None


def _address_file(address: local.LocalAddress) -> Path | None:
    paths = (folder / "server.json" for folder in (local.home(), local.data_folder()))
    return next((path for path in paths if read_address(path) == address), None)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)
