"""The file of saved accounts, which is upstream's too: read, and changed as a whole.

It holds tokens, so that it is nobody else's to read, and never half written.
"""

from __future__ import annotations

import copy
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from runtime_widgets._file_lock import file_lock
from runtime_widgets._secrets import Secret, hidden
from runtime_widgets.errors import IBMAccountError

__all__ = ["change", "path_of", "read"]

T = TypeVar("T")

_HIDDEN = ("token", "proxies")
"""What no ``repr`` of a saved account shows."""


def path_of(filename: str | Path | None) -> Path:
    """Return the file to use: the one given, else the one in the user's ``.qiskit`` folder.

    Raises
    ------
    IBMAccountError
        If there is no home folder, as in containers whose user has no name.
    """
    try:
        return Path(filename or "~/.qiskit/qiskit-ibm.json").expanduser()
    except RuntimeError:
        msg = "There is no home folder to keep accounts in: set HOME, or give a filename."
        raise IBMAccountError(msg) from None


def read(path: Path) -> dict[str, Any]:
    """Return all that is saved, with what is secret hidden; nothing where there is no file.

    Raises
    ------
    IBMAccountError
        If the file cannot be read, or holds something else. It is never quoted.
    """
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as exc:
        msg = f"The saved accounts in {path} could not be read ({type(exc).__name__})."
        raise IBMAccountError(msg) from None
    if not isinstance(accounts, dict):
        msg = f"What is in {path} are no saved accounts."
        raise IBMAccountError(msg)
    return {k: _hide(v) if isinstance(v, dict) else v for k, v in accounts.items()}


def _hide(row: dict[str, Any]) -> dict[str, Any]:
    return {k: hidden(v) if k in _HIDDEN else v for k, v in row.items()}


def change(path: Path, edit: Callable[[dict[str, Any]], T]) -> T:
    """Have `edit` change what is saved, in place; what it does not touch stays as it is.

    Two processes of ours that do this at once take turns. Upstream takes no lock, but it never
    finds half a file: the new one takes the old one's place at once, with mode 0600.

    Raises
    ------
    IBMAccountError
        If the file cannot be read or written.
    """
    # A link, as those who keep their settings under version control have it, stays one.
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file_lock(path.with_name(f".{path.name}.lock")):
            accounts = read(path)
            before = copy.deepcopy(accounts)
            result = edit(accounts)
            if accounts != before:
                _replace(path, Secret(json.dumps(accounts, sort_keys=True, indent=4)))
    except OSError as exc:
        msg = f"The accounts could not be saved in {path} ({type(exc).__name__})."
        raise IBMAccountError(msg) from None
    return result


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # its mode is 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
