"""What the routes share: the core, and the errors that each of them documents."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from runtime_widgets.server.core import Core
from runtime_widgets.server.models import ErrorShape
from runtime_widgets.server.problems import Problem
from runtime_widgets.wire import parse_time

__all__ = ["TheCore", "epoch_seconds", "refusals"]

MEANINGS = {
    400: "The request is not acceptable, and why",
    401: "No token, or a wrong or expired one",
    403: "A wrong instance, or a foreign Host header",
    404: "There is no such thing",
    405: "The method is not possible here",
    409: "Its state does not allow this",
    410: "It was there, and is gone",
    413: "The body is too large",
    500: "The server has a problem of its own",
    503: "The server is stopping",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document these refusals, and those that every route has."""
    every = sorted({*statuses, 400, 401, 403, 500})
    return {status: {"model": ErrorShape, "description": MEANINGS[status]} for status in every}


def _core(connection: HTTPConnection) -> Core:
    return cast("Core", connection.app.state.core)


TheCore = Annotated[Core, Depends(_core)]


def epoch_seconds(text: str | None, name: str) -> float | None:
    """Read a UTC time in ISO 8601 from a query.

    Raises
    ------
    Problem
        If it is none.
    """
    if text is None:
        return None
    # A plus sign that was not escaped arrives as a space.
    moment = None
    with suppress(OverflowError):  # a time before the year 1, once it is in UTC
        moment = parse_time(text.replace(" ", "+") if "T" in text else text)
    if moment is None:
        raise Problem(400, 40000, f"{name} is not a time in ISO 8601: {text[:40]!r}.")
    return moment.timestamp()
