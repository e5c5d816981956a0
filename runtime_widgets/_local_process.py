"""The process of an embedded runtime: started, heard, and looked after."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runtime_widgets.errors import LocalRuntimeError

__all__ = [
    "POSIX",
    "START_TIMEOUT_S",
    "STOP_TIMEOUT_S",
    "first_line",
    "is_alive",
    "not_started",
    "spawn",
]

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
POSIX = sys.platform != "win32"


def spawn(
    options: Sequence[str],
    *,
    stdout: Any,
    stderr: Any = subprocess.STDOUT,
    stdin: Any = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "runtime_widgets", "serve", "--port", "0"]
    return subprocess.Popen(
        [*command, *options],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env={**_environment(), **(env or {})},
        # Its own session: an interrupt of the notebook is not meant for it.
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """Return our own variables, but for the key of IBM's: a local process has no use for it."""
    return {k: v for k, v in os.environ.items() if k != "QISKIT_IBM_TOKEN"}


def first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Return what a server says when it is ready; nothing if it does not, or takes too long."""
    if process.stdout is None:
        return b""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    ours = os.dup(process.stdout.fileno())

    def read() -> None:
        with os.fdopen(ours, "rb") as out:
            lines.put(out.readline())

    threading.Thread(target=read, name="runtime-widgets-starting", daemon=True).start()
    with suppress(queue.Empty):
        return lines.get(timeout=START_TIMEOUT_S)
    return b""


def is_alive(pid: int) -> bool:
    """Whether a process of this user has that number; Windows cannot tell, and is believed."""
    if not POSIX:
        return True
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return True


def not_started(log: Path, process: subprocess.Popen[bytes]) -> LocalRuntimeError:
    tail = ""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1.0)  # it may have closed its output just before its end
    with suppress(OSError):
        tail = log.read_text(errors="replace")[-2000:].strip()
    state = f"it ended with {process.poll()}" if process.poll() is not None else "it gave no sign"
    return LocalRuntimeError(f"The embedded runtime did not start: {state}.\n{tail}")
