"""The parts of a running server, and their life: start, tick, idle, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, cast

import uvicorn

from runtime_widgets.server.app import make_app
from runtime_widgets.server.connections import Connections
from runtime_widgets.server.context import Context
from runtime_widgets.server.core import Core
from runtime_widgets.server.guard import Activity
from runtime_widgets.server.hub import Hub
from runtime_widgets.server.local_pool import LocalPool
from runtime_widgets.server.settings import Settings
from runtime_widgets.server.store import Store
from runtime_widgets.server.tokens import Keys

__all__ = ["Runner", "bind"]

_log = logging.getLogger("runtime_widgets.server")
TICK_SECONDS = 0.05
IDLE_TICK_SECONDS = 0.2
IDLE_CHECK_SECONDS = 0.5


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; its port is known before the server runs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol spelt out asyncio sets TCP_NODELAY on what it accepts; without it every
    # answer waits 40 ms for the client's acknowledgement of its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """uvicorn, which tells when it is ready, and leaves the signals to us."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: uvicorn would raise the signal again before we have cleaned up."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


@contextlib.contextmanager
def _stopped_by_signals(server: _Server) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop a server cleanly, until it has cleaned up."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, server.handle_exit) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Runner:
    """Everything of one server.

    Parameters
    ----------
    settings
        How it was started.
    clock
        Returns epoch seconds.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._hub = Hub()
        self._activity = Activity()
        self._store = Store(settings.database_url)
        self._pool = LocalPool(settings)
        context = Context(settings, self._store, self._hub, clock)
        self._core = Core(context, self._pool)
        self._keys = Keys(settings.token, clock)
        self._stopping = threading.Event()

    def run(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve until told to stop."""
        app = make_app(self._core, self._hub, self._keys, self._activity)
        tls = self._settings.tls
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
            http=cast("Any", Connections(self._settings.limits).protocol),
            loop="asyncio",  # also where another is installed: one that is tested
            ws_max_size=64 * 1024,  # nothing that a client says on a socket matters
            server_header=False,
            ssl_certfile=tls[0] if tls else None,
            ssl_keyfile=tls[1] if tls else None,
        )
        server = _Server(config, ready)
        with _stopped_by_signals(server), contextlib.ExitStack() as end:
            end.callback(listener.close)
            end.callback(self._store.close)
            end.callback(self._pool.close)
            end.callback(self._core.scheduler.release)
            self._pool.warm()
            self._core.start()
            ticker = threading.Thread(target=self._tick, name="ticker")
            ticker.start()
            end.callback(ticker.join)
            end.callback(self._stopping.set)
            asyncio.run(self._serve(server, listener))

    async def _serve(self, server: _Server, listener: socket.socket) -> None:
        watch = asyncio.create_task(self._stop_when_idle(server))
        try:
            await server.serve(sockets=[listener])
        finally:
            watch.cancel()

    async def _stop_when_idle(self, server: _Server) -> None:
        limit = self._settings.idle_seconds
        while limit is not None and not server.should_exit:
            await asyncio.sleep(min(IDLE_CHECK_SECONDS, limit / 4))
            if self._activity.quiet_seconds() >= limit and self._core.idle():
                server.should_exit = True

    def _tick(self) -> None:
        """Do what is due, often enough that nobody sees the difference."""
        while not self._stopping.wait(IDLE_TICK_SECONDS if self._core.idle() else TICK_SECONDS):
            try:
                self._core.tick()
            except Exception:
                # One bad tick must not end all ticks.
                _log.exception("a tick of the server's clock failed")
