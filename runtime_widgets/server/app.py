"""The route table, on one screen.

::

    POST   /identity/token                      key -> bearer token
    POST   /v3/resources/search                 the instance    routes/account.py
    GET    /v2/resource_instances               ?name=
    GET    /v2/resource_instances/{crn}
    GET    /api/v1/{its plan}
    GET    /api/v1/jobs                         list            routes/jobs.py
    POST   /api/v1/jobs                         submit
    GET    /api/v1/jobs/{id}                    look
    DELETE /api/v1/jobs/{id}                    delete
    GET    /api/v1/jobs/{id}/results            result text
    GET    /api/v1/jobs/{id}/interim_results    ?from=N
    GET    /api/v1/jobs/{id}/logs
    GET    /api/v1/jobs/{id}/metrics
    PUT    /api/v1/jobs/{id}/tags
    POST   /api/v1/jobs/{id}/cancel
    GET    /api/v1/backends                     list            routes/devices.py
    GET    /api/v1/backends/{name}/configuration | properties | status | defaults
    GET    /api/v1/instances/usage
    GET    /api/v1/instances/configuration      its limit       routes/instance.py
    GET    /api/v1/instance                     its devices
    GET    /api/v1/tags                         ?search=
    GET    /api/v1/versions                     of the API
    GET    /api/v1/workloads                    jobs, sessions  routes/workloads.py
    POST   /api/v1/sessions                     open            routes/sessions.py
    GET    /api/v1/sessions/{id}                look
    PATCH  /api/v1/sessions/{id}                stop taking jobs
    DELETE /api/v1/sessions/{id}/close
    WS     /api/v1/stream/events                ?from=N         routes/streams.py
    WS     /api/v1/stream/jobs/{id}             ?from=N
    GET    /docs, /openapi.json                 this page, from the routes themselves

Paths that clients ask for in another form are written in this one first: paths.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from runtime_widgets.server.core import Core
from runtime_widgets.server.guard import Activity, Guard
from runtime_widgets.server.hub import Hub
from runtime_widgets.server.openapi import describe, operation_id
from runtime_widgets.server.paths import API, Paths
from runtime_widgets.server.responses import AsciiJSON, install_error_handlers
from runtime_widgets.server.routes import (
    account,
    devices,
    identity,
    instance,
    jobs,
    sessions,
    streams,
    workloads,
)
from runtime_widgets.server.tokens import Keys

__all__ = ["API", "make_app"]


def make_app(core: Core, hub: Hub, keys: Keys, activity: Activity) -> FastAPI:
    """Put the service behind HTTP.

    Parameters
    ----------
    core
        What the service does; its settings are the app's.
    hub
        Numbers of changes; it rings on the event loop that runs the app.
    keys
        Who may come in.
    activity
        Where open requests are counted.
    """

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        hub.attach(asyncio.get_running_loop())
        yield
        hub.attach(None)

    app = FastAPI(
        title="Runtime Widgets: embedded runtime",
        version="1",
        lifespan=life,
        docs_url=None,  # that page would load scripts from the net; routes/identity.py has ours
        redoc_url=None,
        redirect_slashes=False,  # there is no such path: that is said, in the one shape
        default_response_class=AsciiJSON,
        generate_unique_id_function=operation_id,
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.state.core, app.state.hub, app.state.keys = core, hub, keys
    app.include_router(identity.router)
    app.include_router(account.router)
    for module in (jobs, devices, sessions, workloads, instance, streams):
        app.include_router(module.router, prefix=API)
    install_error_handlers(app)
    app.add_middleware(Guard, settings=core.context.settings, keys=keys, activity=activity)
    app.add_middleware(Paths)  # the outermost: the guard looks at paths too
    return app
