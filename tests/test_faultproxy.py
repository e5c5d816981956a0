"""The man in the middle himself: what he is not asked to harm passes, and what he is does not."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from urllib.parse import urlsplit

import pytest
from support.faultproxy import clock_off, fault_proxy, half, instead, spoiled, stall_in_body
from support.scripted import Answer
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect


@pytest.fixture
def proxy(runtime):
    with fault_proxy(runtime.address.url) as proxy:
        yield proxy


@pytest.fixture
def ask(proxy, runtime):
    def ask_(path="/api/v1/backends", method="GET", timeout=20):
        parts = urlsplit(proxy.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        headers = {"Authorization": f"Bearer {runtime.address.token}"}
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    return ask_


def test_what_is_not_harmed_passes_as_it_is(proxy, ask):
    answer, body = ask()
    assert answer.status == 200
    assert {d["name"] for d in json.loads(body)["devices"]} >= {"local_exact"}
    assert proxy.calls() == proxy.passed == ["GET /api/v1/backends"]
    assert ask("/api/v1/jobs/nobody")[0].status == 404


def test_harm_is_done_so_many_times_to_what_it_is_meant_for(proxy, ask):
    proxy.harm(instead(Answer(503)), "GET /api/v1/backends", times=1)
    assert ask("/api/v1/jobs")[0].status == 200
    assert ask()[0].status == 503
    assert ask()[0].status == 200
    assert len(proxy.calls()) == 3
    assert len(proxy.passed) == 2
    proxy.harm(instead(Answer(502)))
    assert ask()[0].status == 502
    proxy.heal()
    assert ask()[0].status == 200


HARMS = {
    "reset before": (instead(Answer(fault="reset")), ConnectionResetError, 0),
    "reset after": (spoiled(fault="reset"), ConnectionResetError, 1),
    "half": (half, http.client.IncompleteRead, 1),
    "silence": (spoiled(fault="stall"), TimeoutError, 1),
    "silence in the middle": (stall_in_body, TimeoutError, 1),
    "garbage": (spoiled(fault="garbage", body=b"\x00\x01 no HTTP"), http.client.BadStatusLine, 1),
}


@pytest.mark.parametrize("how", HARMS)
def test_each_harm_is_what_it_is_called(proxy, ask, how):
    harm, error, passed = HARMS[how]
    proxy.harm(harm)
    with pytest.raises(error):
        ask(timeout=0.5)
    assert len(proxy.passed) == passed


def test_a_drip_never_ends_and_never_lets_a_socket_time_out(proxy):
    parts = urlsplit(proxy.url)
    for fault in ("drip-head", "drip-body"):
        proxy.heal()
        proxy.harm(spoiled(fault=fault))
        with socket.create_connection((parts.hostname, parts.port), timeout=5) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            while len(got) < 200:
                piece = sock.recv(100)
                assert piece
                got += piece
            assert got.startswith(b"HTTP/1.1")


def test_the_server_s_clock_can_be_moved(proxy, ask):
    was = ask()[0].headers["Date"]
    proxy.harm(clock_off(-5 * 3600))
    assert ask()[0].headers["Date"] != was
    assert len(ask()[0].headers.get_all("Date")) == 1


def test_a_websocket_passes_until_it_is_cut(proxy, runtime):
    url = "ws" + proxy.url.removeprefix("http") + "/api/v1/stream/events"
    headers = {"Authorization": f"Bearer {runtime.address.token}"}
    with connect(url, additional_headers=headers, proxy=None) as connection:
        assert "epoch" in json.loads(connection.recv(20))
        proxy.cut()
        with contextlib.suppress(ConnectionClosed):
            list(connection)
        with pytest.raises(ConnectionClosed):
            connection.recv(20)
    proxy.harm(instead(Answer(503)))
    with pytest.raises(InvalidHandshake), connect(url, additional_headers=headers, proxy=None):
        pass


def test_a_server_that_is_away_is_a_reset(proxy, ask):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        proxy.target = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ConnectionResetError):
        ask()
    assert proxy.passed == []
