"""The server's own voice: interim results of a job, and changes of all jobs.

Both are iterators over a WebSocket that reconnect by themselves (half a second, doubling,
with jitter) and resume by sequence number, so that nothing is lost and nothing comes
twice. Neither runs a thread; ``close()`` may be called from any.
"""

from __future__ import annotations

import json
import logging
import os
import random
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from runtime_widgets._fields import whole
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMApiError, IBMAuthError, IBMNetworkError, IBMNotFoundError
from runtime_widgets.params import ClientParameters
from runtime_widgets.wire import InterimRecord, JobEvent, JobRecord, SessionRecord

__all__ = ["EventStream", "InterimStream"]

HOPELESS = 5
"""After so many attempts without one success there is no stream to be had."""

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_LARGEST_MESSAGE = 256 * 2**20
_FINISHED = 1000
_quiet = logging.getLogger(f"{__name__}.socket")
# At DEBUG websockets writes each header of the hand-shake, and so the token.
_quiet.setLevel(logging.INFO)
_REFUSED = {401: IBMAuthError, 403: IBMAuthError, 404: IBMNotFoundError, 410: IBMNotFoundError}


class _Socket:
    """One WebSocket at a time, made again whenever it breaks, until closed."""

    def __init__(self, client: RuntimeClient, path: str) -> None:
        self._client = client
        self._path = path
        self._closing = threading.Event()
        self._connection: ClientConnection | None = None
        self._failures = 0

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closing.is_set()

    def close(self) -> None:
        """End the iteration, from any thread, also while it waits."""
        self._closing.set()
        connection = self._connection
        if connection is not None:
            with suppress(OSError, ConnectionClosed):
                connection.close()

    @contextmanager
    def _connect(self, **query: str | int) -> Iterator[ClientConnection]:
        """Open the socket for the length of a block.

        Raises
        ------
        IBMApiError
            If the server refuses it, or cannot be reached.
        """
        with self._open(query) as connection:
            self._connection = connection
            if self.closed:
                connection.close()
            yield connection

    def _open(self, query: Mapping[str, str | int]) -> ClientConnection:
        """Shake hands.

        Raises
        ------
        IBMApiError
            If the server refuses it, or cannot be reached.
        """
        self._client.locate()
        params = self._client.params
        url = "ws" + params.api_url.removeprefix("http") + f"{self._path}?{urlencode(query)}"
        try:
            return connect(
                url,
                additional_headers=self._client.auth.headers(),
                open_timeout=params.connect_timeout_s + params.read_timeout_s,
                close_timeout=2.0,
                max_size=_LARGEST_MESSAGE,
                logger=_quiet,
                proxy=_proxy(params),
                ssl=_tls(params) if url.startswith("wss") else None,
            )
        except InvalidStatus as exc:
            status = exc.response.status_code
            kind = _REFUSED.get(status, IBMApiError)
            msg = f"The service refused the stream ({status})."
            raise kind(msg, status_code=status, request=f"WS {self._path}") from None
        except (OSError, InvalidHandshake, TimeoutError) as exc:
            msg = f"The stream could not be opened ({type(exc).__name__})."
            # Its frames hold the headers of the hand-shake.
            cause = exc.with_traceback(None)
            cause.__cause__ = cause.__context__ = None
            raise IBMNetworkError(msg, request=f"WS {self._path}") from cause

    def _pause(self) -> None:
        """Wait before the next attempt: longer each time, and never in step with others."""
        longest = min(_FIRST_WAIT_S * 2**self._failures, _LONGEST_WAIT_S)
        self._failures += 1
        self._closing.wait(random.uniform(longest / 2, longest))  # noqa: S311 (no secret)


class InterimStream(_Socket):
    """Iterate over the interim results of one job, from a number on, until it ends.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use.
    job_id : str
        The job.
    start : int
        Number of the first interim result wanted; they count from 1.
    """

    def __init__(self, client: RuntimeClient, job_id: str, *, start: int = 1) -> None:
        super().__init__(client, f"/stream/jobs/{quote(job_id, safe='')}")
        self._next = start
        self._connected = False

    def __iter__(self) -> Iterator[InterimRecord]:
        """Yield each interim result once, in order.

        Raises
        ------
        IBMApiError
            If the service has no such stream, refuses it, or has never been reached.
        """
        while not self.closed:
            try:
                # The server takes the number before the first one wanted.
                with self._connect(**{"from": self._next - 1}) as connection:
                    yield from self._read(connection)
                return
            except ConnectionClosed as exc:
                if exc.rcvd is not None and exc.rcvd.code == _FINISHED:
                    return
            except IBMNetworkError:
                if self._closing.is_set():
                    return
                # A proxy that lets no WebSocket through will not change its mind.
                if not self._connected and self._failures >= HOPELESS:
                    raise
            self._pause()

    def _read(self, connection: ClientConnection) -> Iterator[InterimRecord]:
        connection.recv()  # the acknowledgement
        self._failures = 0
        self._connected = True
        while not self.closed:
            record = _interim(connection.recv(), self._next)
            if record.seq >= self._next:
                self._next = record.seq + 1
                yield record


class EventStream(_Socket):
    """Iterate over the changes of all jobs and sessions that the server pushes.

    Parameters
    ----------
    client : RuntimeClient
        The connection to use; its server must push (the embedded runtime does).
    on_gap : callable
        Called when changes may have been missed (a new connection after more was published
        than the server keeps, or a server that was restarted): list the jobs again.
    on_health : callable
        Called with None once connected, and with the error whenever that fails.
    """

    def __init__(
        self,
        client: RuntimeClient,
        *,
        on_gap: Callable[[], None],
        on_health: Callable[[IBMApiError | None], None],
    ) -> None:
        super().__init__(client, "/stream/events")
        self._on_gap = on_gap
        self._on_health = on_health
        self._seq = 0
        self._epoch = ""

    def __iter__(self) -> Iterator[JobEvent]:
        """Yield each event, in order, until closed."""
        while not self.closed:
            try:
                with self._connect(**self._resume()) as connection:
                    self._greet(json.loads(connection.recv()))
                    while not self.closed:
                        yield from self._event(connection.recv())
            except IBMApiError as exc:
                self._lost(exc)
            except (ConnectionClosed, ValueError, RecursionError, OSError) as exc:
                msg = f"The stream of changes broke ({type(exc).__name__})."
                self._lost(IBMNetworkError(msg, request=f"WS {self._path}"))

    def _resume(self) -> dict[str, str | int]:
        return {"from": self._seq, "epoch": self._epoch} if self._epoch else {}

    def _lost(self, error: IBMApiError) -> None:
        if not self.closed:
            self._on_health(error)
            self._pause()

    def _greet(self, hello: Any) -> None:
        """Read the first message: which server this is, and whether it kept all we missed.

        Raises
        ------
        ValueError
            If it is no such message.
        """
        if not isinstance(hello, dict):
            msg = "the stream of changes began with no greeting"
            raise ValueError(msg)
        epoch = str(hello.get("epoch", ""))
        latest = hello.get("seq")
        if epoch != self._epoch or hello.get("gap"):
            self._seq = latest if isinstance(latest, int) else 0
            self._epoch = epoch
            self._on_gap()
        self._failures = 0
        self._on_health(None)

    def _event(self, text: str | bytes) -> Iterator[JobEvent]:
        message = whole(json.loads(text), text)
        if not isinstance(message, dict) or not isinstance(message.get("seq"), int):
            return
        self._seq = max(self._seq, message["seq"])
        deleted = message.get("deleted")
        if isinstance(deleted, str):
            yield JobEvent(message["seq"], None, deleted)
            return
        with suppress(ValueError):
            if "session" in message:
                record = SessionRecord.from_json(message["session"])
                yield JobEvent(message["seq"], None, session=record)
            else:
                yield JobEvent(message["seq"], JobRecord.from_json(message.get("job")))


def _proxy(params: ClientParameters) -> str | Literal[True] | None:
    """Return the proxy to use: the one given, the environment's (True), or none."""
    if params.is_local:
        return None  # the embedded runtime's token must never pass through a proxy
    scheme = urlsplit(params.api_url).scheme
    return (params.proxies or {}).get(scheme) or True


def _tls(params: ClientParameters) -> ssl.SSLContext:
    """Return how certificates are checked, as for every other request."""
    verify = params.verify
    if verify is True:
        names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        verify = next(filter(None, map(os.environ.get, names)), True)
    if verify is True:
        return ssl.create_default_context()
    if verify is False:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    path = str(verify)
    if Path(path).is_dir():
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


def _interim(text: str | bytes, expected: int) -> InterimRecord:
    """Read one message: numbered by the embedded runtime, bare from older services."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if isinstance(message, dict) and isinstance(message.get("seq"), int) and "payload" in message:
        payload = message["payload"]
        return InterimRecord(
            message["seq"], payload if isinstance(payload, str) else json.dumps(payload)
        )
    return InterimRecord(expected, text)
