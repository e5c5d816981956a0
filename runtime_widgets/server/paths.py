"""Where clients look for the API, and where it is: a path in another form becomes ours.

IBM's client works its address out of the one that it is given, and other clients, and older
ones, have theirs. All that is done here is to write the path as the routes have it, before
anything else looks at it.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["API", "PLAN_ID", "Paths", "canonical"]

API = "/api/v1"
# The instance's plan in the catalog; the catalog is asked for it directly below its address.
PLAN_ID = "runtime-widgets-internal-plan"
# What the API has directly below its root. A client that is given the bare address of the server
# asks for these without the prefix, as the API's first address had it.
_TOP = frozenset(
    {"backends", "instance", "instances", "jobs", "sessions", "stream", "tags", "workloads"}
    | {"accounts", "versions", PLAN_ID}
)
# IBM's client takes an address with this word in it as the API's own and does not change it.
_AS_IT_IS = "/experimental"


def canonical(path: str) -> str:
    """Return the path that the routes know.

    >>> canonical("/jobs/abc")
    '/api/v1/jobs/abc'
    >>> canonical("/experimental/api/v1/jobs")
    '/api/v1/jobs'
    >>> canonical("http://quantum.somewhere.localhost/api/v1/jobs")  # asked as a proxy
    '/api/v1/jobs'
    """
    if path.startswith(("http://", "https://")):
        path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
    if path.startswith(f"{_AS_IT_IS}/"):
        path = path.removeprefix(_AS_IT_IS)
    if path.startswith(("/v1/", "/runtime/")):
        path = path.removeprefix("/v1").removeprefix("/runtime")
    return API + path if path[1:].split("/", 1)[0] in _TOP else path


class Paths:
    """ASGI middleware: the path in the form that the routes have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under its canonical path."""
        if scope["type"] in ("http", "websocket"):
            path = canonical(scope["path"])
            if path != scope["path"]:
                scope = {**scope, "path": path, "raw_path": path.encode("utf-8", "replace")}
        await self._app(scope, receive, send)
