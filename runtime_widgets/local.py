"""Find the user's embedded runtime, or start it; :class:`LocalRuntime` for one's own.

The runtime is another process, reached by its address and token alone: nothing here
imports it. A file of mode 0600 in the user's runtime folder says where it is. The folder
and a lock file beside it are what make two kernels that start at once share one server.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import urlsplit

import platformdirs
from typing_extensions import Self

from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMNetworkError, LocalRuntimeError
from runtime_widgets.params import ClientParameters

__all__ = ["LocalAddress", "LocalRuntime", "Whereabouts", "find", "find_or_start", "stop"]

IDLE_S = 1800
"""The user's server stops by itself after so many seconds without requests or jobs."""

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 10.0
_IN_USE = 3
"""Exit code of a server whose data folder another one uses."""

_POSIX = sys.platform != "win32"
_ENVIRONMENT = "RUNTIME_WIDGETS_LOCAL_DIR"


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
    base = os.environ.get(_ENVIRONMENT)
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


def data_folder() -> Path:
    """Return the folder of the jobs and results of the user's embedded runtime."""
    base = os.environ.get(_ENVIRONMENT)
    return Path(base) / "data" if base else platformdirs.user_data_path("runtime-widgets")


def find() -> LocalAddress | None:
    """Return the user's running embedded runtime, or None. It is asked, not believed.

    Its address is in the runtime folder, and beside its data: the first may be swept away
    at a log-out, or be another one for cron and ssh, while the server goes on.
    """
    for folder in (home(), data_folder()):
        address = _read_address(folder / "server.json")
        # Whoever has the port of a server that died must not be sent its token.
        if address is not None and _is_alive(address.pid) and _answers(address):
            return address
    return None


def _read_address(path: Path) -> LocalAddress | None:
    """Read a server's address from a file that is ours alone."""
    try:
        info = path.stat()
        if not _is_ours(info) or (_POSIX and stat.S_IMODE(info.st_mode) & 0o077):
            return None
        return LocalAddress.from_json(path.read_text())
    except (OSError, ValueError, RecursionError):
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
    with _lock(folder / "start.lock"):
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
    """

    def __init__(self, address: LocalAddress) -> None:
        self._address = address
        self._lock = threading.Lock()

    def __call__(self, *, start: bool, suspect: bool = False) -> ClientParameters:
        """Return how to reach it now.

        Parameters
        ----------
        start : bool
            Start it if it has ended.
        suspect : bool
            It gave no answer: find out whether it still runs.

        Raises
        ------
        IBMNetworkError
            If it has ended and is not to be started.
        LocalRuntimeError
            If it cannot be started.
        """
        with self._lock:
            if suspect or not _is_alive(self._address.pid):
                found = find_or_start() if start else find()
                if found is None:
                    error = IBMNetworkError(
                        "The embedded runtime has ended.",
                        solution="It is started again when you use the service.",
                    )
                    error.sent = False
                    raise error
                self._address = found
            return self._address.params()


def _last_port(folder: Path) -> list[int]:
    try:
        return [int((folder / "port").read_text())]
    except (OSError, ValueError):
        return []


def _start(folder: Path, options: Sequence[str], *, last: bool) -> LocalAddress | None:
    """Start the user's server; None where it ended at once and another way is left to try."""
    with (folder / "server.log").open("wb") as log:
        process = _spawn(
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
    deadline, elsewhere = time.monotonic() + _START_TIMEOUT_S, False
    while time.monotonic() < deadline:
        found = find()
        if found is not None:
            return found
        if process.poll() not in (None, _IN_USE):
            break
        if process.poll() == _IN_USE and not elsewhere:
            # Another kernel was quicker, by another way to the same data: its server will do.
            elsewhere = True
            deadline = time.monotonic() + _STOP_TIMEOUT_S
        time.sleep(0.05)
    if process.poll() is not None and not last:
        return None
    error = _not_started(folder / "server.log", process)
    process.kill()  # nobody would ever find it
    raise error


def stop(address: LocalAddress) -> bool:
    """End the user's embedded runtime, and wait for that; say whether it has ended."""
    os.kill(address.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_TIMEOUT_S
    while _is_alive(address.pid) if _POSIX else _answers(address):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class LocalRuntime:
    """An embedded runtime of one's own, for tests and notebooks: a context manager.

    It has a temporary folder for its data, unless `data` is given, and ends with the block.

    Parameters
    ----------
    data : path, optional
        Folder of its jobs and results; it is kept.
    options : sequence of str
        More options of ``runtime-widgets serve``, such as ``("--device", "name=d,qubits=5")``.
    env : mapping, optional
        More environment variables for the server's process.

    Examples
    --------
    >>> with LocalRuntime() as runtime:  # doctest: +SKIP
    ...     service = QiskitRuntimeService(params=runtime.params())
    ...     job = service.run("sampler", {"pubs": [circuit]}, backend="local_exact")
    """

    def __init__(
        self,
        *,
        data: str | Path | None = None,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._data = Path(data) if data is not None else None
        self._options = list(options)
        self._env = dict(env or {})
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._address: LocalAddress | None = None

    @property
    def address(self) -> LocalAddress:
        """Where it is.

        Raises
        ------
        LocalRuntimeError
            If it does not run.
        """
        if self._address is None:
            msg = "This runtime is not running: use it in a with block, or call start()."
            raise LocalRuntimeError(msg)
        return self._address

    def params(self, **kwargs: Any) -> ClientParameters:
        """Return the parameters of a client for it."""
        return self.address.params(**kwargs)

    def start(self) -> Self:
        """Start the server and wait until it is ready.

        Raises
        ------
        LocalRuntimeError
            If it does not start; the message holds the end of its log.
        """
        if self._process is not None and self._process.poll() is None:
            msg = "This runtime is running already."
            raise LocalRuntimeError(msg)
        if self._data is None and self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="runtime-widgets-")
        folder = self._data or Path(str(self._temporary and self._temporary.name))
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "server.log"
        with log.open("ab") as stderr:
            self._process = _spawn(
                ["--json", "--data", str(folder), *self._options],
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=self._env,
            )
        # A notebook that forgets it, or ends in the middle, leaves no server behind.
        atexit.register(self.stop)
        try:
            self._address = LocalAddress.from_json(_first_line(self._process).decode())
        except ValueError:
            error = _not_started(log, self._process)
            self.stop()
            raise error from None
        return self

    def stop(self) -> None:
        """End the server, and remove its temporary folder."""
        atexit.unregister(self.stop)
        process, self._process, self._address = self._process, None, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL); the data stays, and :meth:`start` goes on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    def __repr__(self) -> str:
        return f"<LocalRuntime {self._address.url if self._address else 'stopped'}>"


def _spawn(
    options: Sequence[str],
    *,
    stdout: Any,
    stderr: Any = subprocess.STDOUT,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "runtime_widgets", "serve", "--port", "0"]
    return subprocess.Popen(
        [*command, *options],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env={**os.environ, **(env or {})},
        # Its own session: an interrupt of the notebook is not meant for it.
        start_new_session=True,
    )


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
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
        return lines.get(timeout=_START_TIMEOUT_S)
    return b""


def _is_ours(info: os.stat_result) -> bool:
    return sys.platform == "win32" or info.st_uid == os.getuid()


def _is_alive(pid: int) -> bool:
    """Whether a process of this user has that number; Windows cannot tell, and is believed."""
    if not _POSIX:
        return True
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
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


def _not_started(log: Path, process: subprocess.Popen[bytes]) -> LocalRuntimeError:
    tail = ""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1.0)  # it may have closed its output just before its end
    with suppress(OSError):
        tail = log.read_text(errors="replace")[-2000:].strip()
    state = f"it ended with {process.poll()}" if process.poll() is not None else "it gave no sign"
    return LocalRuntimeError(f"The embedded runtime did not start: {state}.\n{tail}")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
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
