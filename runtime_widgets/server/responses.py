"""The error shape, written in one place."""

from __future__ import annotations

import json
import secrets
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from runtime_widgets.server.problems import Problem

__all__ = ["AsciiJSON", "error_response", "install_error_handlers", "trace_of"]


class AsciiJSON(JSONResponse):
    """JSON in ASCII: what strangers sent may hold what UTF-8 cannot write."""

    def render(self, content: Any) -> bytes:
        """Return the bytes of the body."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def trace_of(scope: Scope) -> str:
    """Return the trace id of a request; the guard has made one."""
    return str(scope.setdefault("state", {}).setdefault("trace", secrets.token_hex(10)))


def error_response(problem: Problem, scope: Scope) -> Response:
    """Return a problem as the service's error shape."""
    body = {"errors": [problem.error()], "trace": trace_of(scope)}
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
    return AsciiJSON(body, problem.status, headers)


async def _problem(request: Request, exc: Exception) -> Response:
    return error_response(cast("Problem", exc), request.scope)


async def _http(request: Request, exc: Exception) -> Response:
    """Answer for what the framework refuses: no such route, wrong method."""
    refusal = cast("HTTPException", exc)
    if isinstance(exc.__cause__, Problem):
        # The framework takes whatever goes wrong while it reads a body for a bad body.
        return error_response(exc.__cause__, request.scope)
    messages = {
        404: f"There is no {request.method} {request.url.path}.",
        405: f"{request.method} is not possible on {request.url.path}.",
    }
    message = messages.get(refusal.status_code, str(refusal.detail))
    code = refusal.status_code * 100 + (1 if refusal.status_code == 404 else 0)
    response = error_response(Problem(refusal.status_code, code, message), request.scope)
    for name, value in (refusal.headers or {}).items():
        response.headers[name] = value
    return response


async def _invalid(request: Request, exc: Exception) -> Response:
    """Answer 400 for a query or a body that does not validate."""
    first = cast("RequestValidationError", exc).errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    problem = Problem(400, 40000, f"{place}: {first['msg']}"[:500])
    return error_response(problem, request.scope)


async def _internal(request: Request, exc: Exception) -> Response:
    """Answer 500 without a word about the inside; the log has the traceback and the trace."""
    del exc
    problem = Problem(
        500, 9999, "The server has a problem of its own.", "The server's log says more."
    )
    return error_response(problem, request.scope)


def install_error_handlers(app: FastAPI) -> None:
    """Turn every exception into the error shape."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _internal)
