"""Why nobody was reached, for people: who, what happened, and what can be done about it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Sequence
from http.client import HTTPException, RemoteDisconnected
from urllib.parse import urlsplit

from urllib3.exceptions import NewConnectionError

__all__ = ["host_of", "remedy", "why_unreachable"]

_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_LOCAL = 'Without a network there is QiskitRuntimeService(channel="local").'


def host_of(url: str) -> str:
    """Return the host of an address, with its port where it names one, and nothing else of it.

    An address may hold a password; what is none is only "the service".
    """
    try:
        parts = urlsplit(url)
        return _place(parts.hostname, parts.port) or "the service"
    except ValueError:
        return "the service"


def why_unreachable(causes: Sequence[BaseException], host: str, *, proxied: bool) -> str:
    """Say in a sentence why there was no answer from a host, or from the proxy before it.

    Parameters
    ----------
    causes : sequence of exceptions
        What was raised, the innermost last.
    host : str
        Whom the request was for.
    proxied : bool
        Whether it is the proxy that was not reached.
    """
    cause = causes[-1]
    tried = _tried(causes)
    place = f"the proxy {tried}".rstrip() if proxied else tried or host
    if isinstance(cause, socket.gaierror):
        name = (tried or host).partition(":")[0]
        whose = "The proxy's name" if proxied else "The name"
        return f"{whose} {name} could not be looked up: is there a network?"
    if isinstance(cause, ConnectionRefusedError):
        return f"Nobody answers at {place} (connection refused)."
    if isinstance(cause, OSError) and cause.errno in _NO_WAY:
        return f"There is no way to {place}: is there a network?"
    if isinstance(cause, (ConnectionError, RemoteDisconnected)):
        return _sentence(f"{place} closed the connection before the answer was there.")
    reason = type(cause).__name__
    if isinstance(cause, HTTPException):
        return _sentence(f"{place} answered what is no HTTP ({reason}).")
    return _sentence(f"{place} could not be reached ({reason}).")


def remedy(*, local: bool, proxied: bool) -> str | None:
    """Say what can be done where nobody was reached; nothing, for the embedded runtime."""
    if local:
        return None
    if proxied:
        return (
            "Check the proxy's address: that in proxies=..., or in the environment's "
            f"HTTPS_PROXY. {_LOCAL}"
        )
    return (
        "Check the network, and whether it wants a proxy: proxies={'urls': {'https': "
        f"'http://HOST:PORT'}}}}. {_LOCAL}"
    )


def _tried(causes: Iterable[BaseException]) -> str:
    """Return to where the connection was tried; nothing, if that is not known."""
    for cause in causes:
        below = getattr(cause, "reason", None)
        for each in (cause, below):
            if isinstance(each, NewConnectionError):
                return _place(each.conn.host, each.conn.port)
    return ""


def _place(host: str | None, port: int | None) -> str:
    if not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, 80, 443) else f"{shown}:{port}"


def _sentence(text: str) -> str:
    """Begin with a capital what begins with a word of ours; a host keeps its letters."""
    return f"T{text[1:]}" if text.startswith("the ") else text
