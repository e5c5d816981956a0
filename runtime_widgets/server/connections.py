"""Connections below HTTP: how many there are, how long a stranger may keep one, how one ends.

uvicorn limits neither the connections nor the time that a request takes to arrive, so anyone who
can reach the port could keep all of them open, half a request in each. Here a connection has
some seconds to show a token that is right; the guard says when it has.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from runtime_widgets.server.problems import malformed
from runtime_widgets.server.settings import Limits

__all__ = ["Connections", "Link", "link_of"]

FLUSH_LOOK_SECONDS = 0.01


@dataclass(eq=False)
class Link:
    """One connection.

    Attributes
    ----------
    lost
        Done when the connection has ended: with None at an orderly end, with the error if it
        was reset, which is what a client does that closes without reading all.
    """

    transport: asyncio.Transport
    lost: asyncio.Future[BaseException | None]
    prove: Callable[[], None] = field(default=lambda: None, repr=False)

    async def flushed(self) -> bool:
        """Wait until the system has taken all that was written; False if the client broke off.

        A client that has read all may be gone already: its orderly end is no breaking off.
        """
        # asyncio tells no one but its protocol, and uvicorn's says nothing below its low water.
        while self._unsent():  # noqa: ASYNC110
            await asyncio.sleep(FLUSH_LOOK_SECONDS)
        return not self.transport.is_closing() or await self.lost is None

    def _unsent(self) -> bool:
        return not self.transport.is_closing() and self.transport.get_write_buffer_size() > 0


def link_of(scope: Scope) -> Link | None:
    """Return the connection of a request, None under another server than ours."""
    found = scope.get("state", {}).get("link")
    return found if isinstance(found, Link) else None


class Connections:
    """The open connections of one server; it makes uvicorn's protocol for each of them."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.max_connections
        self._seconds = limits.request_seconds
        self._strangers: dict[Link, asyncio.TimerHandle] = {}  # in order of arrival

    def protocol(self, **parts: Any) -> asyncio.Protocol:
        """Make the protocol of a new connection, as uvicorn asks for it."""
        return _Connection(self, **parts)

    def admit(self, transport: asyncio.Transport, count: int) -> Link | None:
        """Let a connection in as the `count`-th; None if there is no room for it.

        Where there is none, the stranger who came first has to make some: those who have shown
        a token are never sent away, and someone who has one gets in.
        """
        if count > self._most and not self._evict():
            return None
        loop = asyncio.get_running_loop()
        link = Link(transport, loop.create_future())
        link.prove = lambda: self._known(link)
        self._strangers[link] = loop.call_later(self._seconds, self._too_slow, link)
        return link

    def forget(self, link: Link, error: BaseException | None) -> None:
        """Note that a connection has ended."""
        self._known(link)
        if not link.lost.done():
            link.lost.set_result(error)

    def _known(self, link: Link) -> None:
        timer = self._strangers.pop(link, None)
        if timer is not None:
            timer.cancel()

    def _too_slow(self, link: Link) -> None:
        self._strangers.pop(link, None)
        link.transport.abort()

    def _evict(self) -> bool:
        for link in list(self._strangers):
            self._known(link)
            if not link.transport.is_closing():
                link.transport.abort()
                return True
        return False


class _Connection(H11Protocol):
    """uvicorn's protocol, which knows its link.

    The one on h11, which bounds a header, and not whichever is installed: what is a request
    must not depend on that.
    """

    def __init__(self, connections: Connections, **parts: Any) -> None:
        super().__init__(**parts)
        self._owner = connections
        self._link: Link | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let the connection in, if there is room."""
        super().connection_made(transport)
        self._link = self._owner.admit(transport, len(self.connections))
        if self._link is None:
            transport.abort()
            return
        # Every request, also a WebSocket's, carries a copy of this.
        self.app_state: dict[str, Any] = {**self.app_state, "link": self._link}

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how it ended."""
        if self._link is not None:
            self._owner.forget(self._link, exc)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take data, unless the connection was closed."""
        if not self.transport.is_closing():
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, which uvicorn would in words of its own."""
        trace = str(uuid.uuid4())
        body = json.dumps(malformed(msg).shape(trace)).encode("ascii")
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nx-request-id: {trace}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
