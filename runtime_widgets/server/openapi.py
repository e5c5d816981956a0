"""The OpenAPI description: made from the routes, made true where the framework assumes."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

__all__ = ["describe"]

ERROR = {"$ref": "#/components/schemas/ErrorShape"}
_STREAMS = """
Runs sampler and estimator jobs on simulators of this machine.

Two WebSockets, with the same headers as every request:

`/api/v1/stream/events?from=N&epoch=E` sends `{"hello": true, "epoch", "seq", "gap"?}` first, then
`{"seq", "job": {...}}` for every job that changes, or `{"seq", "deleted": id}`. With `gap` the
changes after N are not known any more: list the jobs again.

`/api/v1/stream/jobs/{id}?from=N` sends `{"ack": true, ...}` first, then every interim result
numbered above N as `{"seq", "attempt", "payload"}`, and closes with 1000 when the job has ended.
"""


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an app, without the 422 that it never sends."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=_STREAMS, routes=app.routes
        )
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                for status, answer in operation["responses"].items():
                    if status >= "400":
                        # In JSON also where the route's own answer is text.
                        answer["content"] = {"application/json": {"schema": ERROR}}
        components = schema["components"]
        for name in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(name, None)
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "access token": {"type": "apiKey", "in": "header", "name": "X-Access-Token"},
        }
        schema["security"] = [{"bearer": []}, {"access token": []}]
        app.openapi_schema = schema
    return app.openapi_schema
