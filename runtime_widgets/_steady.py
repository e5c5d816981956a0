"""Connections on which nothing can stall for ever, not even drop by drop.

A socket's timeout starts anew with each byte. Here an answer has `longest_s` seconds to begin,
as many for the rest, and one more for each kilobyte that has come: whatever makes progress goes
on, however large it is, and a drip does not. Uploads likewise: urllib3 gives a body the *connect*
timeout as a whole, which a large circuit on a slow line does not keep.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

__all__ = ["SteadyAdapter", "is_before_request"]

_SLOWEST = 1024.0
"""Bytes a second."""

_PIECE = 64 * 1024
_BEFORE_REQUEST = "runtime_widgets_before_request"

_KEPT = 64
"""Idle connections; urllib3 warns of each one more, which a user with many threads would see."""


def is_before_request(exc: BaseException) -> bool:
    """Whether this was raised while a connection was made: nothing of a request has left yet."""
    return getattr(exc, _BEFORE_REQUEST, False)


class _SteadyReader(io.RawIOBase):
    """The bytes of one answer, as they come."""

    def __init__(self, sock: socket.socket, longest_s: float) -> None:
        self._sock = sock
        self._raw: Any = sock.makefile("rb", buffering=0)
        self._longest_s = longest_s
        self._begun = False
        self._until = time.monotonic() + longest_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            msg = "timed out"
            raise TimeoutError(msg)
        self._sock.settimeout(min(left_s, self._longest_s))
        got: int | None = self._raw.readinto(buffer)
        if not self._begun:
            # Who takes long to begin may take as long for what comes next.
            self._begun, self._until = True, time.monotonic() + self._longest_s
        self._until += (got or 0) / _SLOWEST
        return got

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Opener:
    """What http.client needs of a socket to read an answer."""

    def __init__(self, sock: socket.socket, longest_s: float) -> None:
        self._sock = sock
        self._longest_s = longest_s

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_SteadyReader(self._sock, self._longest_s), _PIECE)


class _Steady:
    """Makes a connection of urllib3 a steady one."""

    # Else http.client prints each header, and so the token, for who debugs something else.
    debuglevel = 0
    longest_s = 30.0

    def connect(self: Any) -> None:
        try:
            super().connect()  # type: ignore[misc]
        except Exception as exc:
            setattr(exc, _BEFORE_REQUEST, True)
            raise

    def send(self: Any, data: Any) -> None:
        if not isinstance(data, (bytes, bytearray)):
            super().send(data)  # type: ignore[misc]
            return
        view = memoryview(data)
        for at in range(0, len(view), _PIECE):
            if self.sock is not None:
                self.sock.settimeout(self.longest_s)
            super().send(view[at : at + _PIECE])  # type: ignore[misc]

    def getresponse(self: Any) -> Any:
        longest_s = self.timeout if isinstance(self.timeout, (int, float)) else self.longest_s
        made: list[HTTPResponse] = []

        def answer(sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:
            opener: Any = _Opener(sock, longest_s)
            made.append(HTTPResponse(opener, *args, **kwargs))
            return made[-1]

        self.response_class = answer
        try:
            return super().getresponse()  # type: ignore[misc]
        except BaseException:
            # Of an answer whose head is damaged urllib3 would leave the socket open.
            for one in made:
                one.close()
            raise
        finally:
            made.clear()


def _pools(longest_s: float) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools of steady connections, by scheme."""
    limit = {"longest_s": longest_s}
    plain: Any = type("SteadyHTTPConnection", (_Steady, HTTPConnection), limit)
    secure: Any = type("SteadyHTTPSConnection", (_Steady, HTTPSConnection), limit)
    return {
        "http": type("SteadyHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SteadyHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


class SteadyAdapter(HTTPAdapter):
    """requests' adapter with steady connections; it repeats nothing by itself.

    Parameters
    ----------
    longest_s : float
        Longest wait for a piece of a body to leave, in seconds.
    """

    def __init__(self, longest_s: float) -> None:
        self._pools = _pools(longest_s)
        super().__init__(pool_maxsize=_KEPT, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the manager of the pools."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the manager of the pools behind one proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        if "socks" not in str(args[0] if args else kwargs.get("proxy")):
            manager.pool_classes_by_scheme = self._pools
        return manager
