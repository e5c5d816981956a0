"""The OpenAPI description: made from the routes, made true where the framework assumes.

What every route has (the headers, the refusals at the door, the trace) is written here once.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from runtime_widgets.server.models import ErrorShape
from runtime_widgets.server.versions import HEADER, NEWEST

__all__ = ["MEANINGS", "describe", "operation_id"]

MEANINGS = {
    200: "Done; the answer is in the body",
    204: "Done; there is nothing to say",
    400: "The request is not acceptable, and why",
    401: "No token, or a wrong or expired one",
    403: "A wrong instance, or a foreign Host header",
    404: "There is no such thing",
    405: "The method is not possible here",
    409: "Its state does not allow this",
    410: "It was there, and is gone",
    413: "The body is too large",
    415: "The body is compressed",
    500: "The server has a problem of its own",
    503: "The server is stopping",
}
_AT_THE_DOOR = (400, 403, 413, 415, 500)
_ABOUT = """
Runs sampler and estimator jobs on simulators of this machine, by the protocol of IBM's service.

Members and routes that are marked `x-extension` are this server's own. Every answer, also a
refusal, carries a trace in the header `X-Request-Id`; every refusal has the shape `ErrorShape`.
A path that is not described here is answered with 404, and a method that is not with 405 and the
header `Allow`, both in that shape. What is below `/api/v1` is found below `/v1`, `/runtime` and at
the root as well, where older clients look for it.

Two WebSockets (below under `x-websockets`), with the same headers as every request. A handshake
that is refused is answered in the shape of every refusal.

`/api/v1/stream/events?from=N&epoch=E` sends `{"hello": true, "epoch", "seq", "gap"?}` first, then
`{"seq", "job": {...}}` for every job that changes, `{"seq", "session": {...}}` for every session,
or `{"seq", "deleted": id}`. With `gap` the changes after N are not known any more: list the jobs
again.

`/api/v1/stream/jobs/{id}?from=N` sends `{"ack": true, ...}` first, then every interim result
numbered above N as `{"seq", "attempt", "payload"}`, and closes with 1000 when the job has ended.
"""
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}}
_HEADERS = {
    "trace": {
        "description": "The trace of this request, which the server's log has too",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    },
    "challenge": {
        "description": "How to say who you are",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
    "patience": {
        "description": "Seconds to wait before the next try",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
}
_PARAMETERS = {
    "instance": {
        "name": "Service-CRN",
        "in": "header",
        "required": False,
        "description": "The instance; the server has one, and refuses any other with 403",
        "schema": {"type": "string"},
    },
    "version": {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": (
            "The generation of the API; a date between two of GET /versions means the earlier"
        ),
        "schema": {"type": "string", "format": "date", "default": NEWEST},
    },
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "access token": {"type": "apiKey", "in": "header", "name": "X-Access-Token"},
}
_FROM = {"name": "from", "in": "query", "schema": {"type": "integer", "minimum": 0}}
_WEBSOCKETS = {
    "/api/v1/stream/events": {
        "description": "Changes of all jobs and sessions, from after the number `from`",
        "parameters": [_FROM, {"name": "epoch", "in": "query", "schema": {"type": "string"}}],
        "x-extension": True,
    },
    "/api/v1/stream/jobs/{job_id}": {
        "description": "Interim results of one job, from after the number `from`",
        "parameters": [_FROM],
    },
}
# What a job's or a session's id, from the answer that made it, is good for.
_OF_A_JOB = ("get_job", "delete_job", "cancel_job", "set_tags", "metrics", "logs")
_LINKS = {
    "jobs_submit": (
        "job_id",
        [f"jobs_{name}" for name in (*_OF_A_JOB, "results", "interim_results")],
    ),
    "sessions_create": ("session_id", [f"sessions_{name}" for name in ("get", "patch", "close")]),
}


def operation_id(route: APIRoute) -> str:
    """Name an operation by its part of the service and its function."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an app, made at the first call."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=_ABOUT, routes=app.routes
        )
        operations = [each for path in schema["paths"].values() for each in path.values()]
        for operation in operations:
            _complete(operation)
        _link({operation["operationId"]: operation for operation in operations})
        components = schema["components"]
        for name in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(name, None)
        components["schemas"]["ErrorShape"] = _shape_of_errors(components["schemas"])
        components["headers"] = _HEADERS
        components["parameters"] = {**_PARAMETERS, "instance": _the_instance(app)}
        components["securitySchemes"] = _SECURITY
        schema["security"] = [{name: []} for name in _SECURITY]
        schema["x-websockets"] = _WEBSOCKETS
        app.openapi_schema = schema
    return app.openapi_schema


def _the_instance(app: FastAPI) -> dict[str, Any]:
    """Name the one instance that is here: a client need not guess it. Empty is as absent."""
    name = app.state.core.context.settings.instance
    return {**_PARAMETERS["instance"], "schema": {"type": "string", "enum": [name, ""]}}


def _shape_of_errors(schemas: dict[str, Any]) -> dict[str, Any]:
    shape = ErrorShape.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(shape.pop("$defs", {}))
    return shape


def _complete(operation: dict[str, Any]) -> None:
    """Add to an operation what every one has, and take away the 422 that is never sent."""
    public = operation.get("security") == []
    responses = operation["responses"]
    responses.pop("422", None)
    for status in (*_AT_THE_DOOR, *(() if public else (401,))):
        responses.setdefault(str(status), {"description": MEANINGS[status]})
    for status, answer in responses.items():
        if answer["description"] == "Successful Response":  # the framework's word
            answer["description"] = MEANINGS[int(status)]
        names = {"X-Request-Id": "trace"}
        if status == "401":
            names["WWW-Authenticate"] = "challenge"
        if status == "503":
            names["Retry-After"] = "patience"
        if status >= "400":
            answer["content"] = _ERROR  # in JSON also where the route's own answer is text
        answer.setdefault("headers", {}).update(
            {name: {"$ref": f"#/components/headers/{of}"} for name, of in names.items()}
        )
    operation["responses"] = dict(sorted(responses.items()))
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _never_null(parameter["schema"])
    if not public:
        operation.setdefault("parameters", []).extend(
            {"$ref": f"#/components/parameters/{name}"} for name in _PARAMETERS
        )


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave the null out: a parameter that may be absent cannot be sent as null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{name: said for name, said in schema.items() if name != "anyOf"}, **kinds[0]}


def _link(operations: dict[str, dict[str, Any]]) -> None:
    """Say which operations the id in an answer is for."""
    for maker, (parameter, users) in _LINKS.items():
        made = operations[maker]["responses"]["200"]
        made["links"] = {
            user: {"operationId": user, "parameters": {parameter: "$response.body#/id"}}
            for user in users
        }
