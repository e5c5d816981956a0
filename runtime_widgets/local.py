"""Find the user's embedded runtime, or start it.

The runtime is another process, reached by its address and token alone: nothing here
imports it. A file of mode 0600 in the user's runtime folder says where it is. The folder
and a lock file beside it are what make two kernels that start at once share one server.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runtime_widgets._file_lock import file_lock
from runtime_widgets._local_address import LocalAddress, data_folder, home, read_address
from runtime_widgets._local_process import (
    POSIX,
    START_TIMEOUT_S,
    STOP_TIMEOUT_S,
    is_alive,
    not_started,
    spawn,
)
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMNetworkError, LocalRuntimeError
from runtime_widgets.local_runtime import LocalRuntime
from runtime_widgets.params import ClientParameters

__all__ = [
    "LocalAddress",
    "LocalRuntime",
    "Whereabouts",
    "data_folder",
    "find",
    "find_or_start",
    "home",
    "stop",
]

IDLE_S = 1800
"""The user's server stops by itself after so many seconds without requests or jobs."""

_IN_USE = 3
"""Exit code of a server whose data folder another one uses."""


def find() -> LocalAddress | None:
    """Return the user's running embedded runtime, or None. It is asked, not believed.

    Its address is in the runtime folder, and beside its data: the first may be swept away
    at a log-out, or be another one for cron and ssh, while the server goes on.
    """
    for folder in (home(), data_folder()):
        address = read_address(folder / "server.json")
        # Whoever has the port of a server that died must not be sent its token.
        if address is not None and is_alive(address.pid) and _answers(address):
            return address
    return None


def find_or_start(options: Sequence[str] = ()) -> LocalAddress:
    """Return the user's embedded runtime, started if it does not run.

    Parameters
    ----------
    options : sequence of str
        More options of ``runtime-widgets serve`` for a server that has to be started.

    Raises
    ------
    LocalRuntimeError
        If it does not start within a minute; the message holds the end of its log.
    """
    folder = home()
    with file_lock(folder / "start.lock"):
        found = find()
        if found is not None:
            return found
        # At its last address, if that is free: what notebooks hold of it stays good.
        for port in (*_last_port(folder), 0):
            found = _start(folder, ["--port", str(port), *options], last=port == 0)
            if found is not None:
                (folder / "port").write_text(str(urlsplit(found.url).port))
                _copy_address(folder)
                return found
    msg = "The embedded runtime did not start."
    raise LocalRuntimeError(msg)


def _copy_address(folder: Path) -> None:
    """Put the address beside the data too; see :func:`find`."""
    copy = data_folder() / "server.json"
    with suppress(OSError):
        text = (folder / "server.json").read_text()
        copy.touch(mode=0o600)
        copy.chmod(0o600)
        copy.write_text(text)


class Whereabouts:
    """Where the user's embedded runtime is, whenever somebody wants to reach it.

    It ends by itself when idle, may crash, and comes back at another address. A server that
    has ended is not knocked at: whoever has its port now must not be sent the token.

    Parameters
    ----------
    address : LocalAddress
        Where it was last.
    **limits
        Limits of time of :class:`ClientParameters`.
    """

    def __init__(self, address: LocalAddress, **limits: Any) -> None:
        self._address = address
        self._limits = limits
        self._lock = threading.Lock()

    def __call__(
        self, *, start: bool, suspect: bool = False, revive: bool = False
    ) -> ClientParameters:
        """Return how to reach it now.

        Parameters
        ----------
        start : bool
            Start it if it has ended.
        suspect : bool
            It gave no answer: find out whether it still runs.
        revive : bool
            Start it if it has crashed, but not if it was stopped.

        Raises
        ------
        IBMNetworkError
            If it has ended and is not to be started.
        LocalRuntimeError
            If it cannot be started.
        """
        with self._lock:
            if suspect or not is_alive(self._address.pid):
                found = find_or_start() if start or (revive and _has_crashed()) else find()
                if found is None:
                    error = IBMNetworkError(
                        "The embedded runtime has ended.",
                        solution="Using the service starts it again, such as job.status().",
                    )
                    error.sent = False
                    raise error
                self._address = found
            return self._address.params(**self._limits)


def _has_crashed() -> bool:
    """Say whether the server has left its address: one that is stopped takes it away."""
    address = read_address(home() / "server.json")
    return address is not None and not is_alive(address.pid)


def _last_port(folder: Path) -> list[int]:
    try:
        return [int((folder / "port").read_text())]
    except (OSError, ValueError):
        return []


def _start(folder: Path, options: Sequence[str], *, last: bool) -> LocalAddress | None:
    """Start the user's server; None where it ended at once and another way is left to try."""
    with (folder / "server.log").open("wb") as log:
        process = spawn(
            # Not with --json: that line holds the token, and this output is a log.
            [
                "--data",
                str(data_folder()),
                "--announce",
                str(folder / "server.json"),
                "--idle-seconds",
                str(IDLE_S),
                *options,
            ],
            stdout=log,
        )
    # It outlives us; if it ends first, somebody has to take note of that.
    threading.Thread(target=process.wait, name="runtime-widgets-reaper", daemon=True).start()
    deadline, elsewhere = time.monotonic() + START_TIMEOUT_S, False
    while time.monotonic() < deadline:
        found = find()
        if found is not None:
            return found
        if process.poll() not in (None, _IN_USE):
            break
        if process.poll() == _IN_USE and not elsewhere:
            # Another kernel was quicker, by another way to the same data: its server will do.
            elsewhere = True
            deadline = time.monotonic() + STOP_TIMEOUT_S
        time.sleep(0.05)
    if process.poll() is not None and not last:
        return None
    error = not_started(folder / "server.log", process)
    process.kill()  # nobody would ever find it
    raise error


def stop(address: LocalAddress) -> bool:
    """End the user's embedded runtime, and wait for that; say whether it has ended."""
    os.kill(address.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while is_alive(address.pid) if POSIX else _answers(address):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _answers(address: LocalAddress) -> bool:
    client = RuntimeClient(address.params(connect_timeout_s=1.0, read_timeout_s=5.0))
    try:
        client.once().instance_usage()
    except IBMApiError:
        return False
    finally:
        client.close()
    return True
