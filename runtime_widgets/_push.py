"""Push: listens to what the server tells by itself, and hands it to the tracker's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError
from runtime_widgets.stream import EventStream
from runtime_widgets.wire import JobEvent

__all__ = ["Push"]


class Push:
    """One event stream at a time, with a thread of its own that does nothing else.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    do : callable
        Has something done on the tracker's thread.
    take : callable
        Called there with each event.
    gap : callable
        Called there when events may have been missed.
    hear : callable
        Called there with None once connected, and with the error whenever that fails.
    """

    def __init__(
        self,
        client: RuntimeClient,
        do: Callable[[Callable[[], None]], None],
        *,
        take: Callable[[JobEvent], None],
        gap: Callable[[], None],
        hear: Callable[[IBMApiError | None], None],
    ) -> None:
        self._client = client
        self._do = do
        self._take = take
        self._gap = gap
        self._hear = hear
        self._stream: EventStream | None = None

    def renew(self) -> None:
        """Start over in a forked process: the socket is the parent's."""
        self._stream = None

    def start(self) -> None:
        """Listen, if the server is one that pushes and nobody listens yet."""
        if self._stream is not None or not self._client.params.is_local:
            return
        stream = self._stream = EventStream(
            self._client.once(),
            on_gap=lambda: self._do(self._gap),
            on_health=lambda error: self._do(partial(self._hear, error)),
        )

        def read() -> None:
            for event in stream:
                self._do(partial(self._take, event))

        threading.Thread(target=read, name="runtime-widgets-events", daemon=True).start()

    def stop(self) -> None:
        """Listen no more. From any thread."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
