"""What the routes share: the core, and the errors that each of them documents."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, cast

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from runtime_widgets.server.core import Core
from runtime_widgets.server.models import ErrorShape
from runtime_widgets.server.openapi import MEANINGS
from runtime_widgets.server.problems import Problem
from runtime_widgets.wire import parse_time

__all__ = ["MomentQuery", "TheCore", "TheVersion", "epoch_seconds", "refusals"]


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document these refusals; those that every route has are added by `openapi.py`."""
    return {status: {"model": ErrorShape, "description": MEANINGS[status]} for status in statuses}


def _core(connection: HTTPConnection) -> Core:
    return cast("Core", connection.app.state.core)


TheCore = Annotated[Core, Depends(_core)]


def _version(connection: HTTPConnection) -> str:
    return cast("str", connection.state.api_version)


TheVersion = Annotated[str, Depends(_version)]
"""The generation of the API that the request asks for; the guard has read it."""


MomentQuery = Annotated[
    str | None,
    Query(description="UTC, ISO 8601", json_schema_extra={"format": "date-time"}),
]


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
