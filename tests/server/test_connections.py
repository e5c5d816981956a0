"""Strangers on the port: they cannot fill it, hold it, or keep the server from its end."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import pytest
import requests
from server.support import TOKEN

HALF = b"GET /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
WRONG = HALF + b"Authorization: Bearer wrong\r\nContent-Length: 1000\r\n\r\n{"
BODY = b"POST /identity/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\ngrant"


def call(server):
    port = int(server.root.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def read_to_the_end(client):
    """Read until the server ends the connection; a socket that stays open is an error."""
    found = b""
    try:
        while data := client.recv(65536):
            found += data
    except ConnectionError:
        pass
    return found


@pytest.fixture(scope="module")
def strict(start):
    with start(limits={"request_seconds": 1.0, "max_connections": 8}) as running:
        yield running


@pytest.mark.parametrize("raw", [b"", HALF, WRONG, BODY], ids=["nothing", "half", "wrong", "body"])
def test_who_shows_no_token_in_time_is_let_go(strict, raw):
    with closing(call(strict)) as client:
        client.sendall(raw)
        read_to_the_end(client)
    assert strict.get("/jobs").status_code == 200


def test_strangers_who_fill_the_port_shut_nobody_out(strict):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(closing(call(strict))).sendall(HALF)
            assert requests.get(f"{strict.api}/jobs", headers=headers, timeout=30).ok
    assert "Traceback" not in strict.log()


def test_who_has_shown_the_token_is_not_sent_away(strict):
    with strict.socket("/stream/events") as events, ExitStack() as stack:
        events.recv(timeout=30)
        others = [stack.enter_context(closing(call(strict))) for _ in range(20)]
        for other in others:
            read_to_the_end(other)  # each is let go, by its time or for a newer one
        job_id = strict.submit("sleep")
        assert job_id in events.recv(timeout=30)


def test_a_port_full_of_owners_takes_no_more(strict):
    strict.session.close()
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(strict.socket("/stream/events")).recv(timeout=30)
        with closing(call(strict)) as client:
            assert read_to_the_end(client) == b""
    assert strict.wait(strict.submit("sleep"))["state"]["status"] == "Completed"


def test_a_header_without_an_end_is_cut_off(server):
    with closing(call(server)) as client, pytest.raises(ConnectionError):
        client.sendall(HALF + b"X-Long: " + b"x" * 64 * 1024 * 1024)
    assert server.get("/jobs").status_code == 200


def test_strangers_do_not_keep_a_server_from_being_idle(start):
    server = start(idle_seconds=1.0).start()
    with closing(call(server)) as half, closing(call(server)) as body:
        half.sendall(HALF)
        body.sendall(BODY)
        while server.process.poll() is None:
            try:
                answer = requests.get(f"{server.api}/jobs", timeout=5)
            except requests.RequestException:
                break
            assert answer.status_code == 401
        assert server.ends() == 0
