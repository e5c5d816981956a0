"""A small HTTP server that answers as a test says: rightly, wrongly, slowly, or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from runtime_widgets.params import ClientParameters

TOKEN = "s3cret-api-key-of-a-test"
"""What must never be seen anywhere."""

CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/test:0000::"


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    target: str = ""

    @property
    def call(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """One answer. `length` lies about the body's length.

    `fault` is "reset", "stall", "stall-in-body", "drip-head" or "drip-body" (a byte at a time,
    for ever), or "garbage" (`body` in place of all of HTTP).
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    fault: str | None = None


def html(status: int) -> Answer:
    page = b"<!doctype html><title>Bad Gateway</title><h1>Proxy says no</h1>"
    return Answer(status, page, {"Content-Type": "text/html"})


Script = Callable[[Request], Answer]


class Scripted:
    """The server, on a free port of the loopback; every request is kept in :attr:`seen`."""

    def __init__(self, script: Script | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.slowly_s = 0.0
        """Seconds that it takes for 64 KiB of a body, where it reads slowly."""
        self.connections_made = 0
        self._scheme = "https" if tls else "http"
        self.script: Script = script or (lambda _request: Answer(404))
        self.seen: list[Request] = []
        self.before_body_s = 0.0
        """A pause between the head of an answer and its body."""
        self.connections = 0
        self.most_connections = 0
        self._counting = threading.Lock()
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def count(self, change: int) -> None:
        """Take note of a connection that came or went."""
        with self._counting:
            self.connections += change
            self.connections_made += max(change, 0)
            self.most_connections = max(self.most_connections, self.connections)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def params(self, channel: str = "ibm_quantum_platform", **kwargs: Any) -> ClientParameters:
        kwargs = {"connect_timeout_s": 5.0, "read_timeout_s": 20.0, **kwargs}
        return ClientParameters(channel, TOKEN, self.url, CRN, iam_url=self.url, **kwargs)

    def calls(self, start: str = "") -> list[str]:
        """Return method and path of what was asked, but for the identity service."""
        return [r.call for r in list(self.seen) if r.call.startswith(start) and not _is_iam(r)]

    def exchanges(self) -> int:
        """Return how often the identity service was asked."""
        return sum(_is_iam(r) for r in list(self.seen))

    def answers(self, *answers: Answer) -> None:
        """Give these answers in turn, the last one for ever; the identity service works."""
        left = list(answers)
        lock = threading.Lock()

        def script(request: Request) -> Answer:
            if _is_iam(request):
                return iam()
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.script = script

    def stall(self) -> None:
        """Say nothing until the server is closed."""
        self._over.wait(60.0)

    def pause(self, seconds: float) -> None:
        """Take so long, unless the server is closed."""
        self._over.wait(seconds)

    def drip(self, file: Any, start: bytes) -> None:
        """Write `start`, and then a byte now and then until the client goes."""
        with contextlib.suppress(OSError):
            file.write(start)
            while not self._over.wait(0.02):
                file.write(b" ")
                file.flush()

    def upgrade(self, request: Request, connection: socket.socket) -> bool:
        """Take over a connection that is to be a WebSocket; False leaves it to the script."""
        del request, connection
        return False

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10.0)


def iam(bearer: str = "bearer-of-a-test") -> Answer:
    return Answer(200, {"access_token": bearer, "token_type": "Bearer", "expires_in": 3600})


def _is_iam(request: Request) -> bool:
    return request.path == "/identity/token"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests want."""


def _handler_of(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else each answer waits 40 ms for the acknowledgement of its own headers.
        disable_nagle_algorithm = True
        timeout = 60.0

        def handle(self) -> None:
            scripted.count(1)
            try:
                super().handle()
            finally:
                scripted.count(-1)

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            request = Request(
                self.command,
                parts.path,
                parse_qs(parts.query),
                {k.lower(): v for k, v in self.headers.items()},
                self._read(length),
                self.path,
            )
            scripted.seen.append(request)
            socket_wanted = request.headers.get("upgrade", "").lower() == "websocket"
            if socket_wanted and scripted.upgrade(request, self.connection):
                self.close_connection = True
            else:
                self._give(scripted.script(request))

        def _read(self, length: int) -> bytes:
            if not scripted.slowly_s:
                return self.rfile.read(length)
            body = b""
            while len(body) < length:
                time.sleep(scripted.slowly_s)
                body += self.rfile.read(min(65536, length - len(body)))
            return body

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def _give(self, answer: Answer) -> None:
            if answer.fault == "stall":
                scripted.stall()
                self.close_connection = True
                return
            if answer.fault == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
                return
            body = answer.body
            if body is None:
                body = b""
            elif not isinstance(body, bytes):
                body = json.dumps(body).encode()
            date = self.date_time_string()
            headers = {"Content-Type": "application/json", "Date": date, **answer.headers}
            if answer.fault == "garbage":
                self.wfile.write(body)
                self.close_connection = True
                return
            if answer.fault == "drip-head":
                scripted.drip(self.wfile, b"HTTP/1.1 200 OK\r\nX-Drip: ")
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            if answer.fault == "drip-body":
                self.end_headers()
                scripted.drip(self.wfile, body[:1])
                self.close_connection = True
                return
            self.send_header("Content-Length", str(answer.length or len(body)))
            self.end_headers()
            scripted.pause(scripted.before_body_s)
            self.wfile.write(body)
            if answer.fault == "stall-in-body":
                self.wfile.flush()
                scripted.stall()
            if answer.length is not None:
                self.close_connection = True

        def log_message(self, *_args: Any) -> None:
            """Be quiet."""

    return Handler


@contextlib.contextmanager
def scripted_server(script: Script | None = None) -> Iterator[Scripted]:
    server = Scripted(script)
    try:
        yield server
    finally:
        server.close()
