"""A man in the middle, between a client and a true server, who does harm on cue.

What is not asked to be harmed passes as it is, WebSockets too. Everything is counted.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlsplit

from support.scripted import Answer, Request, Scripted

Harm = Callable[[Request, Callable[[], Answer]], Answer]
"""Given a request, and what passes it on; returns what the client gets."""

_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "server"}


def instead(answer: Answer) -> Harm:
    """Answer in the server's place; the request never reaches it."""
    return lambda _request, _pass_on: answer


def spoiled(**how: object) -> Harm:
    """Let the server do its work, and spoil its answer."""
    return lambda _request, pass_on: replace(pass_on(), **how)


def half(_request: Request, pass_on: Callable[[], Answer]) -> Answer:
    """Break off in the middle of the server's answer."""
    answer = pass_on()
    return replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body) + 1)


def stall_in_body(_request: Request, pass_on: Callable[[], Answer]) -> Answer:
    """Fall silent in the middle of the server's answer."""
    return replace(half(_request, pass_on), fault="stall-in-body")


def too_short(_request: Request, pass_on: Callable[[], Answer]) -> Answer:
    """Claim that the server's answer is shorter than it is."""
    answer = pass_on()
    return replace(answer, body=answer.body[:-3])


def clock_off(seconds: float) -> Harm:
    """Move the server's clock."""

    def harm(_request: Request, pass_on: Callable[[], Answer]) -> Answer:
        answer = pass_on()
        then = parsedate_to_datetime(answer.headers["Date"]).timestamp() + seconds
        return replace(answer, headers={**answer.headers, "Date": formatdate(then, usegmt=True)})

    return harm


@dataclass
class _Rule:
    calls: re.Pattern[str]
    harm: Harm
    times: float


class FaultProxy(Scripted):
    """Listens on a free port of the loopback and passes on to `target`.

    Parameters
    ----------
    target : str
        The server's root; may be changed at any time.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.passed: list[str] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._pipes: set[socket.socket] = set()
        super().__init__(self._script)

    def harm(self, harm: Harm, calls: str = "", *, times: float = float("inf")) -> None:
        """Do harm to requests whose method and path match, so many times."""
        with self._lock:
            self._rules.append(_Rule(re.compile(calls), harm, times))

    def heal(self) -> None:
        """Do no more harm."""
        with self._lock:
            self._rules.clear()

    def cut(self) -> None:
        """Break every WebSocket."""
        for pipe in list(self._pipes):
            _reset(pipe)

    def close(self) -> None:
        self.cut()
        super().close()

    def _rule_of(self, request: Request) -> Harm | None:
        with self._lock:
            for rule in self._rules:
                if rule.times > 0 and rule.calls.search(request.call):
                    rule.times -= 1
                    return rule.harm
        return None

    def _script(self, request: Request) -> Answer:
        harm = self._rule_of(request)
        if harm is None:
            return self._pass_on(request)
        return harm(request, lambda: self._pass_on(request))

    def _pass_on(self, request: Request) -> Answer:
        parts = urlsplit(self.target)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        headers = {k: v for k, v in request.headers.items() if k not in {"host", "connection"}}
        try:
            connection.request(request.method, request.target, request.body, headers)
            answer = connection.getresponse()
            body = answer.read()
        except OSError:
            return Answer(fault="reset")  # nobody there
        finally:
            connection.close()
        self.passed.append(request.call)
        kept = {k.lower(): v for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP}
        return Answer(answer.status, body, {_NAMES.get(k, k): v for k, v in kept.items()})

    def upgrade(self, request: Request, connection: socket.socket) -> bool:
        if self._rule_of(request) is not None:
            _reset(connection)
            return True
        parts = urlsplit(self.target)
        try:
            server = socket.create_connection((str(parts.hostname), parts.port), timeout=60)
        except OSError:
            _reset(connection)
            return True
        server.settimeout(None)
        head = f"{request.method} {request.target} HTTP/1.1\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in request.headers.items())
        server.sendall(head.encode() + b"\r\n")
        self.passed.append(request.call)
        self._pipes |= {connection, server}
        back = threading.Thread(target=_pipe, args=(server, connection), daemon=True)
        back.start()
        connection.settimeout(None)
        _pipe(connection, server)
        back.join(60)
        self._pipes -= {connection, server}
        server.close()
        return True


# requests finds headers in any case; what reads these answers in a test does not.
_NAMES = {"content-type": "Content-Type", "date": "Date"}


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    proxy = FaultProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
