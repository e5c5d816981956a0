"""What a server that is ready says to the person who started it."""

from __future__ import annotations

import os

from runtime_widgets.server.settings import Settings

__all__ = ["welcome"]

VARIABLE = "RUNTIME_WIDGETS_TOKEN"
"""The environment variable that a token may come by."""


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
    place, read, module = _token(settings, given=given_token)
    devices = ", ".join(f"{spec.name} ({spec.qubits} qubits)" for spec in settings.devices)
    connect = _connect(settings, url, read, module)
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


def _token(settings: Settings, *, given: bool) -> tuple[str, str, str]:
    """Return where the token is, the Python that reads it there, and the module for that."""
    if not given:
        file = settings.data.resolve() / "token"
        return f"in the file {file}", f"pathlib.Path({str(file)!r}).read_text()", "pathlib"
    if os.environ.get(VARIABLE) == settings.token:
        return f"in {VARIABLE}, which the notebook needs too", f'os.environ["{VARIABLE}"]', "os"
    return (
        "the one that you gave; the notebook asks for it",
        'getpass.getpass("Token: ")',
        "getpass",
    )


def _connect(settings: Settings, url: str, token: str, module: str) -> str:
    """Return the line of Python that connects a notebook, to be pasted as it is."""
    start = f"import {module}, runtime_widgets as rw; service = rw.QiskitRuntimeService"
    if settings.tls is None:
        return f'{start}(channel="local", url={url!r}, token={token})'
    # Whether the world knows who vouches for the certificate cannot be seen from here.
    params = f'rw.ClientParameters("local", {token}, {url!r}, verify=True)'
    return f"{start}(params={params})  # or verify=the file of a CA that only you know"
