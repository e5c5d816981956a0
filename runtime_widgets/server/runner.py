"""The parts of a running server, and their life: start, tick, idle, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn

from runtime_widgets.server.app import make_app
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
IDLE_CHECK_SECONDS = 0.5


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; its port is known before the server runs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
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
        """Stop cleanly; uvicorn would raise the signal again before we have cleaned up."""
        before = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


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
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=2,
            server_header=False,
        )
        server = _Server(config, ready)
        ticker = threading.Thread(target=self._tick, name="ticker")
        try:
            self._pool.warm()
            self._core.start()
            ticker.start()
            asyncio.run(self._serve(server, listener))
        finally:
            self._stopping.set()
            if ticker.is_alive():
                ticker.join()
            self._core.scheduler.release()
            self._pool.close()
            self._store.close()
            listener.close()

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
        while not self._stopping.wait(TICK_SECONDS):
            try:
                self._core.tick()
            except Exception:
                # One bad tick must not end all ticks.
                _log.exception("a tick of the server's clock failed")
