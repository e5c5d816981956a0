"""The error shape, written in one place."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable
from typing import Any, cast

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import (
    RequestValidationError,
    ValidationException,
    WebSocketRequestValidationError,
)
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from runtime_widgets.server.connections import Link, link_of
from runtime_widgets.server.problems import Problem

__all__ = ["AsciiJSON", "ReadOnce", "error_response", "install_error_handlers", "trace_of"]

_log = logging.getLogger("runtime_widgets.server")
PIECE_BYTES = 64 * 1024
SEND_SECONDS = 60.0  # a client that does not read for so long is let go
# A client that closes without reading all resets the connection: it is listened to for so long.
RESET_SECONDS = 1.0
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}


class AsciiJSON(JSONResponse):
    """JSON in ASCII: what strangers sent may hold what UTF-8 cannot write."""

    def render(self, content: Any) -> bytes:
        """Return the bytes of the body."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


class ReadOnce(PlainTextResponse):
    """A text that is gone once it has arrived.

    Parameters
    ----------
    sent
        Called when the system has taken all of it.
    settle
        Called at the very end, in a thread, with whether it arrived.
    """

    def __init__(self, text: str, sent: Callable[[], None], settle: Callable[[bool], None]) -> None:
        super().__init__(text, headers={"Cache-Control": "no-store"})
        self._sent = sent
        self._settle = settle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it piece by piece, and see whether it arrives."""
        link = link_of(scope)
        arrived = False
        try:
            if await self._all_sent(link, receive, send):
                arrived = True  # also where the server stops while it listens for a reset
                self._sent()
                arrived = link is None or await _no_reset(link)
        finally:
            await to_thread.run_sync(self._settle, arrived)

    async def _all_sent(self, link: Link | None, receive: Receive, send: Send) -> bool:
        gone = asyncio.create_task(_gone(receive))
        start = {"status": self.status_code, "headers": self.raw_headers}
        try:
            await send({"type": "http.response.start", **start})
            for at in range(0, len(self.body), PIECE_BYTES):
                piece = bytes(self.body[at : at + PIECE_BYTES])
                message = {"type": "http.response.body", "body": piece, "more_body": True}
                await asyncio.wait_for(send(message), SEND_SECONDS)
                if gone.done() and at + PIECE_BYTES < len(self.body):
                    return False
            if link is not None and not await asyncio.wait_for(link.flushed(), SEND_SECONDS):
                return False
            await send({"type": "http.response.body", "body": b""})
        except (asyncio.TimeoutError, TimeoutError):
            if link is not None:
                link.transport.abort()
            return False
        else:
            return True
        finally:
            gone.cancel()


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _no_reset(link: Link) -> bool:
    """Listen for a moment whether the client resets the connection."""
    await asyncio.wait([link.lost], timeout=RESET_SECONDS)
    return not link.lost.done() or link.lost.result() is None


def trace_of(scope: Scope) -> str:
    """Return the trace id of a request; the guard has made one."""
    return str(scope.setdefault("state", {}).setdefault("trace", str(uuid.uuid4())))


def error_response(problem: Problem, scope: Scope) -> Response:
    """Return a problem as the service's error shape."""
    body = problem.shape(trace_of(scope))
    return AsciiJSON(body, problem.status, _HEADERS.get(problem.status))


async def _problem(request: Request, exc: Exception) -> Response:
    return error_response(cast("Problem", exc), request.scope)


async def _http(request: Request, exc: Exception) -> Response:
    """Answer for what the framework refuses: no such route, wrong method."""
    refusal = cast("HTTPException", exc)
    if isinstance(exc.__cause__, Problem):
        # The framework takes whatever goes wrong while it reads a body for a bad body.
        return error_response(exc.__cause__, request.scope)
    messages = {
        400: "The body is not valid JSON in UTF-8.",  # the framework gives no other 400
        404: f"There is no {request.method} {request.url.path}.",
        405: f"{request.method} is not possible on {request.url.path}.",
    }
    message = messages.get(refusal.status_code, str(refusal.detail))
    code = refusal.status_code * 100 + (1 if refusal.status_code == 404 else 0)
    response = error_response(Problem(refusal.status_code, code, message), request.scope)
    for name, value in (refusal.headers or {}).items():
        response.headers[name] = value
    if refusal.status_code == 405:
        response.headers["Allow"] = ", ".join(_methods_of(request))
    return response


def _methods_of(request: Request) -> list[str]:
    """Return all methods of a path; the framework knows those of its first route."""
    routes = [route for route in request.app.routes if route.matches(request.scope)[0].value]
    return sorted({method for route in routes for method in getattr(route, "methods", ())})


async def _invalid(request: Request, exc: Exception) -> Response:
    """Answer 400 for a query or a body that does not validate."""
    problem = _first_fault(cast("RequestValidationError", exc))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if problem.message.startswith("body: ") and not kind.endswith("json"):
        problem.solution = "Send the header 'Content-Type: application/json'."
    return error_response(problem, request.scope)


def _first_fault(exc: ValidationException) -> Problem:
    first = exc.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return Problem(400, 40000, f"{place}: {first['msg']}"[:500])


async def _internal(request: Request, exc: Exception) -> Response:
    """Answer 500 without a word about the inside; the log has the traceback and the trace."""
    del exc  # the framework raises it again, and uvicorn writes it down
    _log.error("%s %s failed, trace %s", request.method, request.url.path, trace_of(request.scope))
    problem = Problem(
        500, 9999, "The server has a problem of its own.", "The server's log says more."
    )
    return error_response(problem, request.scope)


async def _invalid_socket(socket: WebSocket, exc: Exception) -> None:
    """Refuse the handshake of a socket whose query does not validate."""
    problem = _first_fault(cast("WebSocketRequestValidationError", exc))
    await socket.send_denial_response(error_response(problem, socket.scope))


def _nowhere(not_found: ASGIApp) -> ASGIApp:
    """Answer where there is no route, also to a WebSocket, which the framework would only shut."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await not_found(scope, receive, send)
            return
        problem = Problem(404, 40401, f"There is no WebSocket {scope['path']}.")
        refusal = error_response(problem, scope)
        await WebSocket(scope, receive, send).send_denial_response(refusal)

    return answer


def install_error_handlers(app: FastAPI) -> None:
    """Turn every exception into the error shape."""
    app.router.default = _nowhere(app.router.default)
    app.add_exception_handler(WebSocketRequestValidationError, _invalid_socket)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _internal)
