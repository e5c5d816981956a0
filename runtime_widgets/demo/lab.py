"""A JupyterLab of one's own: a process on a free port, with settings that disturb nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

__all__ = ["Lab"]

_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 15.0
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
    "@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Light"},
}


class Lab:
    """JupyterLab in a process of its own: a context manager.

    Parameters
    ----------
    root : path
        The folder that it shows.
    quiet : bool
        Keep its output, and open no browser: for checks and tests.
    arguments : sequence of str
        More arguments of ``jupyter lab``.
    env : mapping, optional
        More environment variables.
    theme : str
        ``"JupyterLab Light"`` or ``"JupyterLab Dark"``; only with `quiet`.
    """

    def __init__(
        self,
        root: Path,
        *,
        quiet: bool = True,
        arguments: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        theme: str = "JupyterLab Light",
    ) -> None:
        self._root = root
        self._quiet = quiet
        self._arguments = list(arguments)
        self._env = dict(env or {})
        self._theme = theme
        self._home = Path(tempfile.mkdtemp(prefix="runtime-widgets-lab-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        """Address with a slash at its end; empty until it is ready."""
        self.token = ""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process.

        Raises
        ------
        RuntimeError
            If it has not been started.
        """
        if self._process is None:
            msg = "JupyterLab has not been started."
            raise RuntimeError(msg)
        return self._process

    def address(self, path: str = "lab") -> str:
        """Return the address of a page, with the token that opens it."""
        return f"{self.url}{path}?token={self.token}"

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises
        ------
        RuntimeError
            If it does not start; the message holds the end of its log.
        """
        self._write_settings()
        log = self._home / "lab.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self._root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output if self._quiet else None,
                stderr=subprocess.STDOUT if self._quiet else None,
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._find():
                return self
            time.sleep(0.1)
        tail = log.read_text(errors="replace")[-3000:]
        self.stop()
        msg = f"JupyterLab did not start.\n{tail}"
        raise RuntimeError(msg)

    def stop(self) -> None:
        """End it, with its kernels, and remove what it wrote."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

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

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "jupyterlab", "--ServerApp.root_dir=."]
        if self._quiet:
            command += ["--no-browser", "--port=0", "--expose-app-in-browser"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        return [*command, *self._arguments]

    def _environment(self) -> dict[str, str]:
        own = {"JUPYTER_RUNTIME_DIR": str(self._home / "runtime")}
        if self._quiet:
            own |= {
                "JUPYTER_CONFIG_DIR": str(self._home / "config"),
                "JUPYTERLAB_SETTINGS_DIR": str(self._home / "settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(self._home / "workspaces"),
            }
        return {**os.environ, **own, **self._env}

    def _write_settings(self) -> None:
        for name, values in _SETTINGS.items():
            package, _, plugin = name.partition(":")
            folder = self._home / "settings" / package
            folder.mkdir(parents=True, exist_ok=True)
            chosen = {"theme": self._theme} if plugin == "themes" else values
            (folder / f"{plugin}.jupyterlab-settings").write_text(json.dumps(chosen))

    def _find(self) -> bool:
        """Read where the server says it is."""
        for path in (self._home / "runtime").glob("jpserver-*.json"):
            try:
                data = json.loads(path.read_text())
            except (OSError, ValueError):
                continue
            self.url, self.token = data["url"], data["token"]
            return True
        return False
