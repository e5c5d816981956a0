"""One worker process, seen from the server: a thread that starts it and talks to it."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from runtime_widgets.server.framing import read_frame, write_frame

__all__ = ["Exchange", "Worker"]

_log = logging.getLogger("runtime_widgets.server")
EXCHANGES_PER_PROCESS = 500
NOT_STARTED = "it could not be started"
START_SECONDS = 120.0
HEADER_BYTES = 64 * 1024 * 1024
# One thread for each process: several of them share the machine with the user's notebook.
_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
        "RAYON_NUM_THREADS",
    ),
    "1",
)  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """One question to a process and what happens with the answers.

    Attributes
    ----------
    message
        Called for each message; returns True with the last one.
    ended
        Called with a sentence if the process ends before that.
    seconds
        After this time the process is killed; None for no limit.
    """

    header: dict[str, Any]
    blob: bytes
    message: Callable[[dict[str, Any], bytes], bool]
    ended: Callable[[str], None]
    seconds: float | None = None


class Worker:
    """A process and its thread.

    The thread that starts a process must live as long as it does: on Linux the kernel kills the
    process when that very thread ends (see ``work/main.py``).

    Parameters
    ----------
    role
        ``run`` or ``check``.
    config
        Sent to the process at its start.
    gone
        Called on the thread when the process has ended.
    """

    def __init__(self, role: str, config: dict[str, Any], gone: Callable[[Worker], None]) -> None:
        self.role = role
        self._config = {
            **config,
            "role": role,
            "sys_path": [p or str(Path.cwd()) for p in sys.path],
        }
        self._gone = gone
        # The facts of a check and the reason of a failure come on top.
        self._largest_bytes = int(config["limits"]["max_message_bytes"]) + HEADER_BYTES
        self._inbox: queue.SimpleQueue[Exchange | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._killed = False
        self._timed_out = False
        self._over = False  # nothing that is given from now on would be carried out
        self._given = 0
        self.thread = threading.Thread(target=self._live, name=f"worker-{role}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process id, None before the start."""
        return None if self._process is None else self._process.popen.pid

    def give(self, exchange: Exchange) -> None:
        """Let the thread carry out an exchange after those before it; returns at once."""
        self._given += 1
        with self._lock:
            if not self._over:
                self._inbox.put(exchange)
                return
        # On a thread of its own: the caller may hold locks that the answer needs.
        threading.Thread(target=exchange.ended, args=(NOT_STARTED,), daemon=True).start()

    def proceed(self) -> None:
        """Tell the process, which waits for that, to go on with what it was given."""
        process = self._process
        if process is not None:
            with suppress(OSError):  # it is gone: its thread will say so
                write_frame(process.stdin, {"proceed": True})

    def retire(self) -> None:
        """End the process after what it was given."""
        self._inbox.put(None)

    def kill(self) -> None:
        """End the process now."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                _kill(self._process)
        self._inbox.put(None)

    def alive(self) -> bool:
        """Say whether the process can be given something."""
        process = self._process
        return not (self._killed or self._over) and (
            process is None or process.popen.poll() is None
        )

    def worn(self) -> bool:
        """Say whether the process has done enough and should be replaced."""
        return self._given >= EXCHANGES_PER_PROCESS

    # -- on the thread -----------------------------------------------------------------------

    def _live(self) -> None:
        process = None
        try:
            process = self._start()
            if process is not None and self._wait_ready(process):
                self._serve(process)
        except OSError:
            _log.exception("a worker process could not be started")
        finally:
            self._refuse_rest()
            if process is not None:
                _end(process)
            self._gone(self)

    def _start(self) -> _Process | None:
        with self._lock:
            if self._killed:
                return None
            command = [sys.executable, "-m", "runtime_widgets.server.work.main"]
            path = os.pathsep.join(self._config["sys_path"])
            environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": path}
            self._process = _Process(command, environment)
            return self._process

    def _wait_ready(self, process: _Process) -> bool:
        with self._deadline(START_SECONDS), suppress(OSError):
            write_frame(process.stdin, self._config)
            return read_frame(process.stdout) is not None
        return False

    def _serve(self, process: _Process) -> None:
        while True:
            exchange = self._inbox.get()
            if exchange is None:
                return
            try:
                finished = self._talk(process, exchange)
            except Exception:
                # What the server made of a message went wrong. The attempt is lost, not more.
                _log.exception("a message of a worker process could not be handled")
                _kill(process)
                finished = False
            if not finished:
                if self._killed and not self._timed_out:
                    exchange.ended("it was stopped")
                else:
                    exchange.ended(self._how(process))
                return

    def _talk(self, process: _Process, exchange: Exchange) -> bool:
        """Carry out an exchange; False if the process ended in its middle."""
        with self._deadline(exchange.seconds):
            try:
                write_frame(process.stdin, exchange.header, exchange.blob)
            except OSError:
                return False
            while True:
                frame = read_frame(process.stdout, self._largest_bytes)
                if frame is None:
                    return False
                if exchange.message(*frame):
                    return True

    def _refuse_rest(self) -> None:
        """Tell those who gave something to a process that is gone."""
        with self._lock:
            self._over = True
        with suppress(queue.Empty):
            while True:
                exchange = self._inbox.get_nowait()
                if exchange is not None:
                    exchange.ended(NOT_STARTED)

    def _deadline(self, seconds: float | None) -> _Deadline:
        return _Deadline(seconds, self._time_out)

    def _time_out(self) -> None:
        self._timed_out = True
        self.kill()

    def _how(self, process: _Process) -> str:
        if self._timed_out:
            return "it took too long"
        try:
            code = process.popen.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        if code < 0:
            more = ", perhaps because memory ran out" if code == -9 else ""
            return f"it was ended by signal {signal.Signals(-code).name}{more}"
        return f"it ended by itself with exit code {code}"


class _Process:
    """A process and the pipes to it."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for the server alone
        )
        self.stdin = cast("IO[bytes]", self.popen.stdin)
        self.stdout = cast("IO[bytes]", self.popen.stdout)


class _Deadline:
    """Calls a function if the block takes longer than it may."""

    def __init__(self, seconds: float | None, late: Callable[[], None]) -> None:
        self._timer = None if seconds is None else threading.Timer(seconds, late)

    def __enter__(self) -> None:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _kill(process: _Process) -> None:
    """Kill a process and what it has started, unless its number may belong to another."""
    if process.popen.returncode is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.popen.pid, signal.SIGKILL)
        else:
            process.popen.kill()


def _end(process: _Process) -> None:
    _kill(process)
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            pipe.close()
    with suppress(subprocess.TimeoutExpired):
        process.popen.wait(timeout=5)
