"""LocalRuntime: an embedded runtime of one's own."""

from __future__ import annotations

import atexit
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from runtime_widgets._local_address import LocalAddress
from runtime_widgets._local_process import STOP_TIMEOUT_S, first_line, not_started, spawn
from runtime_widgets.errors import LocalRuntimeError
from runtime_widgets.params import ClientParameters

__all__ = ["LocalRuntime"]


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
            self._process = spawn(
                # By its input it hears of our end, also where we have no time to say so.
                ["--json", "--until-stdin-ends", "--data", str(folder), *self._options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=self._env,
            )
        # A notebook that forgets it, or ends in the middle, leaves no server behind.
        atexit.register(self.stop)
        try:
            self._address = LocalAddress.from_json(first_line(self._process).decode())
        except ValueError:
            error = not_started(log, self._process)
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
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close_pipes(process)
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL); the data stays, and :meth:`start` goes on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            _close_pipes(self._process)

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


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
