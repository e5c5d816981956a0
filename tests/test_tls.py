"""TLS: what is no fault of a certificate, and a submission that is lost and not unsent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest
from support.clocks import HandClock
from support.scripted import CRN, TOKEN
from support.secrets import everything_about

from runtime_widgets import errors
from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"id":"x"}'
LARGE = "{" + " " * 8_000_000 + "}"


class TlsServer:
    """Listens on a free port of the loopback, and does `how` with each connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.how = "right"
        self.connections = 0
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if self.how == "close":
                connection.close()
                return
            self.connections += 1
            with contextlib.suppress(OSError):
                self._talk(connection)
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(10.0)
        if self.how == "no TLS":
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return
        if self.how == "hangs up":
            return
        # Not begun on wrapping: where that fails nobody would have what is to be closed.
        secure = self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        with secure:
            secure.do_handshake()
            request = secure.recv(1000)
            if self.how != "right":
                return  # in the middle of the request, without a word
            while not request.endswith(b"}"):  # what is left unread would be a reset
                request += secure.recv(1000)
            secure.sendall(OK)

    def close(self) -> None:
        self.how = "close"
        with contextlib.suppress(OSError):
            socket.create_connection(self._socket.getsockname(), 5.0).close()
        self._thread.join(10.0)
        self._socket.close()


@pytest.fixture
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = TlsServer(context)
    yield server
    server.close()


@pytest.fixture
def hands():
    return HandClock()


@pytest.fixture
def connect(server, hands):
    made = []

    def connect_(verify, **kwargs):
        given = {"url": server.url, "verify": verify, **kwargs}
        params = ClientParameters("local", TOKEN, instance=CRN, **given)
        made.append(RuntimeClient(params, clock=hands.clock))
        return made[-1]

    yield connect_
    for client in made:
        client.close()


def test_a_ca_of_one_s_own_is_enough(connect, bundle):
    assert connect(bundle).job_run("{}") == "x"


def test_a_certificate_that_is_not_trusted_is_named_and_asked_for_once(connect, server, hands):
    with pytest.raises(errors.IBMNetworkError, match=r"certificate.*CA bundle") as caught:
        connect(True).job_get("x")
    assert not caught.value.sent
    assert (server.connections, hands.pauses) == (1, [])
    assert TOKEN not in everything_about(caught.value)


def test_a_proxy_whose_certificate_is_not_trusted_is_said_to_be_it(connect, server):
    with pytest.raises(errors.IBMNetworkError, match=r"proxy's certificate") as caught:
        connect(True, url="https://127.0.0.1:9", proxies={"https": server.url}).job_run("{}")
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert server.connections == 1


def test_a_bundle_that_is_not_there_is_said_so_before_anything_is_sent(connect, server, hands):
    with pytest.raises(errors.IBMNetworkError, match=r"cannot be read.*CA bundle") as caught:
        connect("/nowhere/ca.pem").job_run("{}")
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert (server.connections, hands.pauses) == (0, [])


@pytest.mark.parametrize("how", ["no TLS", "hangs up"])
def test_a_hand_shake_that_fails_has_sent_nothing(connect, server, bundle, how):
    server.how = how
    with pytest.raises(errors.IBMNetworkError) as caught:
        connect(bundle).job_run("{}")
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert "certificate" not in str(caught.value)


def test_a_connection_that_is_lost_in_a_submission_leaves_it_unknown(connect, server, bundle):
    server.how = "goes"
    with pytest.raises(errors.SubmissionUnknownError):
        connect(bundle).job_run(LARGE)
    assert server.connections == 1


def test_a_connection_that_is_lost_in_a_request_is_made_again(connect, server, bundle, hands):
    server.how = "goes"
    with pytest.raises(errors.IBMNetworkError) as caught:
        connect(bundle)._send("PUT", "/large", data=LARGE.encode())
    assert "certificate" not in str(caught.value)
    assert (server.connections, len(hands.pauses)) == (5, 4)
