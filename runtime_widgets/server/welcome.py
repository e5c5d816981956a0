"""What a server that is ready says to the person who started it."""

from __future__ import annotations

import os
from pathlib import Path

from runtime_widgets.server.settings import Settings

__all__ = ["welcome"]


def welcome(settings: Settings, url: str, *, given_token: bool, temporary: bool) -> str:
    """Return some lines on how to reach and end a server. The token is not in them: only where.

    Parameters
    ----------
    settings
        How it was started.
    url
        Where it listens.
    given_token
        The token came with the command, and is in no file.
    temporary
        The data folder goes with the server.
    """
    data = settings.data.resolve()
    kept = "temporary, gone at the end; --data DIR keeps it" if temporary else "kept"
    place = "the one that you gave" if given_token else f"in the file {data / 'token'}"
    devices = ", ".join(f"{spec.name} ({spec.qubits} qubits)" for spec in settings.devices)
    connect = _connect(settings, url, None if given_token else data / "token")
    return "\n".join(
        (
            f"The embedded runtime is ready at {url} (described at {url}/docs).",
            f"  Devices   {devices}",
            f"  Data      {data} ({kept})",
            f"  Token     {place}",
            f"  Connect   {connect}",
            f"  Stop      Ctrl+C here, or end process {os.getpid()}",
        )
    )


def _connect(settings: Settings, url: str, token: Path | None) -> str:
    """Return the line of Python that connects a notebook, to be pasted as it is."""
    read, module = 'os.environ["RUNTIME_WIDGETS_TOKEN"]', "os"
    if token is not None:
        read, module = f"pathlib.Path({str(token)!r}).read_text()", "pathlib"
    start = f"import {module}, runtime_widgets as rw; service = rw.QiskitRuntimeService"
    if settings.tls is None:
        return f'{start}(channel="local", url={url!r}, token={read})'
    # Whether the world knows who vouches for the certificate cannot be seen from here.
    params = f'rw.ClientParameters("local", {read}, {url!r}, verify=True)'
    return f"{start}(params={params})  # or verify=the file of a CA that only you know"
