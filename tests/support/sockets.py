"""A WebSocket server that says what a test tells it to, and breaks off when it is told to."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.sync.server import ServerConnection, serve

from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters
from support.scripted import CRN, TOKEN

_quiet = logging.getLogger("tests.sockets")
_quiet.setLevel(logging.CRITICAL + 1)

Scene = Callable[["Stage"], None]


class Stage:
    """One connection, as a scene sees it."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        parts = urlsplit(connection.request.path if connection.request else "")
        self.path = parts.path
        self.query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        headers = connection.request.headers.raw_items() if connection.request else ()
        self.headers = {name.lower(): value for name, value in headers}

    def say(self, *messages: Any) -> None:
        for message in messages:
            self.connection.send(
                message if isinstance(message, (str, bytes)) else json.dumps(message)
            )

    def drop(self) -> None:
        """Break off without a word."""
        self.connection.close_socket()

    def wait(self) -> None:
        """Say nothing until the client goes."""
        with contextlib.suppress(Exception):
            self.connection.recv(timeout=60)


class Sockets:
    """Plays one scene a connection, the last one for ever."""

    def __init__(self, scenes: tuple[Scene, ...], port: int = 0) -> None:
        self.stages: list[Stage] = []
        self._scenes = list(scenes)
        self._server = serve(self._play, "127.0.0.1", port, logger=_quiet, close_timeout=0.5)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.client = RuntimeClient(self.params())

    def params(self) -> ClientParameters:
        port = self._server.socket.getsockname()[1]
        return ClientParameters("local", TOKEN, f"http://127.0.0.1:{port}", CRN)

    def _play(self, connection: ServerConnection) -> None:
        stage = Stage(connection)
        self.stages.append(stage)
        scene = self._scenes.pop(0) if len(self._scenes) > 1 else self._scenes[0]
        scene(stage)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self.client.close()


@contextlib.contextmanager
def sockets(*scenes: Scene) -> Iterator[Sockets]:
    server = Sockets(scenes)
    try:
        yield server
    finally:
        server.close()
