"""The token exchange, and the page that lists the routes."""

from __future__ import annotations

from html import escape
from typing import cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from runtime_widgets.server import models, problems
from runtime_widgets.server.responses import AsciiJSON
from runtime_widgets.server.routes.common import refusals
from runtime_widgets.server.tokens import Keys

__all__ = ["router"]

router = APIRouter(tags=["identity"])
FORM = "application/x-www-form-urlencoded"


@router.post(
    "/identity/token",
    response_model=models.Token,
    responses=refusals(401),
    openapi_extra={
        "security": [],
        "requestBody": {
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "grant_type": {"type": "string"},
                            "apikey": {"type": "string", "minLength": 1},
                            "response_type": {"type": "string"},
                        },
                        "required": ["apikey"],
                    }
                }
            },
        },
    },
)
async def token(request: Request) -> Response:
    """Exchange the server's key for a bearer token, as IAM does."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    key = form.get("apikey", [""])[0]
    if not key:
        raise problems.malformed("apikey is missing in the form.")
    keys = cast("Keys", request.app.state.keys)
    if not keys.is_secret(key):
        raise problems.unauthorized("The key is wrong.")
    return AsciiJSON(keys.issue())


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def docs(request: Request) -> Response:
    """List the routes on a page that needs nothing from the net."""
    schema = request.app.openapi()
    rows = "".join(
        f"<tr><td>{escape(method.upper())}<td><code>{escape(path)}</code>"
        f"<td>{escape(operation.get('description', ''))}"
        f"<td>{escape(', '.join(operation['responses']))}"
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    )
    title = escape(schema["info"]["title"])
    page = (
        f"<!doctype html><meta charset=utf-8><title>{title}</title>"
        "<style>body{font:15px system-ui;margin:2rem}td,th{padding:.3rem .8rem;text-align:left;"
        "vertical-align:top;border-top:1px solid #ccc}</style>"
        f"<h1>{title}</h1><p>{escape(schema['info']['description'])} "
        "The full description is at <a href=openapi.json>openapi.json</a>.</p>"
        f"<table><tr><th>Method<th>Path<th>What it does<th>Answers{rows}</table>"
    )
    return HTMLResponse(page)
