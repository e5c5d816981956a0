"""The door: who comes in, with how much, and who is in. Before any route is looked up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime_widgets.server import problems
from runtime_widgets.server.connections import link_of
from runtime_widgets.server.problems import Problem
from runtime_widgets.server.responses import error_response, trace_of
from runtime_widgets.server.settings import LOOPBACK, Settings
from runtime_widgets.server.tokens import Keys
from runtime_widgets.server.versions import HEADER, version_of

__all__ = ["Activity", "Guard"]

# "/" for those who open the bare address in a browser: the page of the routes.
PUBLIC = frozenset({"/", "/identity/token", "/docs", "/openapi.json"})
PUBLIC_BODY_BYTES = 64 * 1024  # from those who have not shown a token
# How much of a body that is too large is read and thrown away, so that the client, which sends
# before it listens, gets to see the answer.
DRAIN_FACTOR = 4


@dataclass
class Activity:
    """Who is in: for the server to know that it is idle. Event loop only.

    Only those who have shown the token count: nobody else can keep a server from its end.

    Attributes
    ----------
    last
        ``time.monotonic()`` of the end of the latest request.
    """

    open: int = 0
    last: float = field(default_factory=time.monotonic)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count one who is in."""
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1
            self.last = time.monotonic()

    def quiet_seconds(self) -> float:
        """Return for how long there was no request and no open socket."""
        return 0.0 if self.open else time.monotonic() - self.last


class Guard:
    """ASGI middleware: host, token, instance, version of the API, size of the body."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: Keys, activity: Activity) -> None:
        self._app = app
        self._settings = settings
        self._keys = keys
        self._activity = activity
        self._limit = settings.limits.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        await self._enter(scope, receive, _with_trace(send, trace_of(scope).encode()))

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        public = scope["path"] in PUBLIC
        body = _Body(receive, min(PUBLIC_BODY_BYTES, self._limit) if public else self._limit)
        try:
            headers = Headers(scope=scope)
            self._check_host(headers)
            if public:
                await self._admit(headers, scope, body, send)
                return
            self._check_token(headers)
            link = link_of(scope)
            if link is not None:
                link.prove()
            with self._activity.inside():
                self._check_instance(headers)
                scope["state"]["api_version"] = version_of(headers.get(HEADER))
                if scope["type"] == "websocket":
                    await self._app(scope, receive, send)
                else:
                    await self._admit(headers, scope, body, send)
        except Problem as problem:
            if problem.status == 413:
                body.over = True
                await body.drain()
            await _refuse(problem, scope, receive, send)
        except ClientDisconnect:
            pass  # the client went away in the middle of its request: nobody to answer

    async def _admit(self, headers: Headers, scope: Scope, body: _Body, send: Send) -> None:
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("", "identity"):
            raise problems.encoded(coding)
        body.check_announced(headers.get("content-length"))
        await self._app(scope, body.receive, send)
        await body.drain()

    def _check_host(self, headers: Headers) -> None:
        """Refuse a foreign name in Host: a page in a browser that had its name pointed here."""
        if self._settings.host not in LOOPBACK:
            return
        name = headers.get("host", "").rsplit("]", 1)
        host = name[0].lstrip("[") if len(name) == 2 else name[0].rpartition(":")[0] or name[0]
        # Names below localhost are this machine's for every browser, and names below a number are
        # none for any: IBM's client makes such names of an address ("iam." in front of it).
        ours = host.lower().endswith((".localhost", ".127.0.0.1"))
        if host.lower() not in LOOPBACK and not ours:
            raise problems.forbidden("The Host header names another host than this one.")

    def _check_token(self, headers: Headers) -> None:
        kind, _, credential = headers.get("authorization", "").partition(" ")
        offered = credential.strip() if kind.lower() in ("bearer", "apikey") else ""
        offered = offered or headers.get("x-access-token", "")
        if not offered:
            raise problems.unauthorized("No token was sent.")
        if not self._keys.accepts(offered):
            raise problems.unauthorized("The token is wrong or has expired.")

    def _check_instance(self, headers: Headers) -> None:
        instance = headers.get("service-crn")
        if instance not in (None, "", self._settings.instance):
            raise problems.forbidden(
                "The Service-CRN header names an instance that is not on this server.",
                f"Send '{self._settings.instance}', or no such header.",
            )


def _with_trace(send: Send, trace: bytes) -> Send:
    """Put the trace into the header of the answer."""

    async def tell(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = [*message.get("headers", ()), (b"x-request-id", trace)]
            message = {**message, "headers": headers}
        await send(message)

    return tell


class _Body:
    """A request's body, which may not be larger than the limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._seen = 0
        self._more = True
        self.over = False

    def check_announced(self, length: str | None) -> None:
        """Refuse by the Content-Length, before anything is read."""
        if length is not None and length.isdecimal() and int(length) > self._limit:
            raise self._too_large()

    async def receive(self) -> Message:
        """Pass a message on, unless the body has become too large with it."""
        message = await self._receive()
        self._count(message)
        if self._seen > self._limit:
            self.over = True
            raise self._too_large()
        return message

    async def drain(self) -> None:
        """Read the rest of a body that is too large and throw it away, within reason."""
        while self.over and self._more and self._seen <= self._limit * DRAIN_FACTOR:
            self._count(await self._receive())

    def _count(self, message: Message) -> None:
        self._seen += len(message.get("body", b""))
        self._more = message["type"] == "http.request" and bool(message.get("more_body"))

    def _too_large(self) -> Problem:
        return Problem(
            413, 41300, f"The body is larger than {self._limit:,} bytes.", "Split the job."
        )


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the problem; to a WebSocket, before it is accepted, in the same shape."""
    if scope["type"] == "http":
        await error_response(problem, scope)(scope, receive, send)
        return
    if "websocket.http.response" not in scope.get("extensions", {}):
        close: dict[str, Any] = {"type": "websocket.close", "code": 1008, "reason": problem.message}
        await send(close)
        return
    response = error_response(problem, scope)
    start = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": bytes(response.body)})
