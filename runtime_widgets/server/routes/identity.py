"""The token exchange, and the page that describes the routes."""

from __future__ import annotations

from typing import cast
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from runtime_widgets.server import models, problems
from runtime_widgets.server.docs_page import page
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


@router.get("/", response_class=HTMLResponse, openapi_extra={"security": []})
@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def docs(request: Request) -> Response:
    """Describe the routes on a page that needs nothing from the net, nor a token."""
    return HTMLResponse(page(request.app.openapi()))
