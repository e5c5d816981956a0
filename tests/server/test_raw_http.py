"""What no HTTP library would send: a 4xx in the one shape, and the connection is none the worse."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from contextlib import closing

import pytest
from server.support import TOKEN

KNOWN = f"Authorization: Bearer {TOKEN}\r\nHost: 127.0.0.1\r\n".encode()
JSON = b"Content-Type: application/json\r\n"
JOB = json.dumps(
    {"program_id": "count", "backend": "local_exact", "params": {"upto": 0}}
).encode()  # fmt: skip
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def request(method, path, *headers, body=b"", known=KNOWN):
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    head = b"%b %b HTTP/1.1\r\n" % (method, path) + known + b"".join(headers) + length
    return head + b"Connection: close\r\n\r\n" + body


def get(path, *headers, **more):
    return request(b"GET", path, *headers, **more)


def post(*headers, body=JOB):
    return request(b"POST", b"/api/v1/jobs", JSON, *headers, body=body)


def handshake(path, known=KNOWN):
    return b"GET %b HTTP/1.1\r\n" % path + known + UPGRADE + b"\r\n"


def opened(body):
    return request(b"POST", b"/api/v1/sessions", JSON, body=body)


def put(body, *headers):
    return request(b"PUT", b"/api/v1/jobs/none/tags", *headers, body=body)


def framed(*headers, rest=b""):
    return b"POST /api/v1/jobs HTTP/1.1\r\n" + KNOWN + JSON + b"".join(headers) + b"\r\n" + rest


def exchange(server, raw):
    """Send bytes; return status, headers and body of what comes back until the connection ends."""
    address = ("127.0.0.1", int(server.root.rpartition(":")[2]))
    with closing(socket.create_connection(address, timeout=30)) as client:
        client.sendall(raw)
        answer = http.client.HTTPResponse(client, method="GET")
        answer.begin()
        return answer.status, answer.headers, answer.read()


REFUSED = {
    "a zero in the path": (get(b"/api/v1/jobs/%00"), 404),
    "no UTF-8 in the path": (get(b"/api/v1/jobs/%ff%fe"), 404),
    "half a pair in the path": (get(b"/api/v1/sessions/%ed%a0%80"), 404),
    "eight bits in the path": (get(b"/api/v1/jobs/\xff\xfe"), 400),
    "a raw zero in the path": (get(b"/api/v1/jobs/\x00"), 400),
    "a space in the path": (get(b"/api/v1/jobs/a b"), 400),
    "no slash at all": (get(b"api/v1/jobs"), 404),
    "a long path": (get(b"/api/v1/jobs/" + b"a" * 60_000), 400),
    "dots": (get(b"/api/v1/jobs/../../openapi.json"), 404),
    "a slash in an id": (get(b"/api/v1/jobs/a%2Fb"), 404),
    "a slash at the end": (get(b"/api/v1/jobs/"), 404),
    "two slashes": (get(b"//api/v1/jobs"), 404),
    "OPTIONS *": (request(b"OPTIONS", b"*"), 404),
    "TRACE": (request(b"TRACE", b"/api/v1/jobs"), 405),
    "CONNECT": (request(b"CONNECT", b"/api/v1/jobs"), 405),
    "a method that nobody knows": (request(b"FROB", b"/api/v1/jobs"), 405),
    "a limit of 5,000 digits": (get(b"/api/v1/jobs?limit=" + b"9" * 5000), 400),
    "other digits": (get(b"/api/v1/jobs?limit=%D9%A2"), 400),
    "no number": (get(b"/api/v1/jobs?limit=nan"), 400),
    "an offset beyond 32 bits": (get(b"/api/v1/jobs?offset=2147483648"), 400),
    "interim results from beyond": (get(b"/api/v1/jobs/a/interim_results?from=1" + b"0" * 20), 400),
    "before the year 1": (get(b"/api/v1/jobs?created_after=0001-01-01T00:00:00%2B14:00"), 400),
    "after the year 9999": (get(b"/api/v1/jobs?created_before=9999-12-31T23:59:59-14:00"), 400),
    "a zone that is none": (get(b"/api/v1/jobs?created_after=2026-01-01T00:00:00%2B99:99"), 400),
    "a version in eight bits": (get(b"/api/v1/jobs", b"IBM-API-Version: \xff\r\n"), 400),
    "an instance in eight bits": (get(b"/api/v1/jobs", b"Service-CRN: \xff\r\n"), 403),
    "a token in eight bits": (
        get(b"/api/v1/jobs", known=b"Host: 127.0.0.1\r\nAuthorization: Bearer \xff.\xff.\xff\r\n"),
        401,
    ),
    "no host": (b"GET /api/v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    "a zero in a header": (get(b"/api/v1/jobs", b"X: a\x00b\r\n"), 400),
    "no colon": (get(b"/api/v1/jobs", b"nonsense\r\n"), 400),
    "a length below zero": (framed(b"Content-Length: -5\r\n"), 400),
    "a length of 400 digits": (framed(b"Content-Length: " + b"9" * 400 + b"\r\n"), 400),
    "a length in other digits": (framed(b"Content-Length: \xb2\r\n", rest=b"{}"), 400),
    "two lengths": (framed(b"Content-Length: 2\r\nContent-Length: 5\r\n", rest=b"{}"), 400),
    "a length and chunks": (
        framed(
            b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", rest=b"2\r\n{}\r\n0\r\n\r\n"
        ),
        400,
    ),
    "a chunk of no length": (framed(b"Transfer-Encoding: chunked\r\n", rest=b"zz\r\n{}\r\n"), 400),
    "gzip": (post(b"Content-Encoding: gzip\r\n", body=gzip.compress(JOB)), 415),
    "gzip of tags": (put(gzip.compress(b"{}"), JSON, b"Content-Encoding: GZIP\r\n"), 415),
    "no content type": (put(b'{"tags": []}'), 400),
    "XML by its type": (put(b'{"tags": []}', b"Content-Type: text/xml\r\n"), 400),
    "a content type of nothing": (put(b'{"tags": []}', b"Content-Type: ;;;\r\n"), 400),
    "brackets": (put(b"[" * 100_000, JSON), 400),
    "braces": (opened(b'{"a":' * 50_000), 400),
    "no UTF-8 in the body": (put(b'{"tags": ["\xff"]}', JSON), 400),
    "NaN": (
        opened(b'{"backend": "local_exact", "max_ttl": NaN}'),
        400,
    ),
    "infinity": (
        opened(b'{"backend": "local_exact", "max_ttl": 1e999}'),
        400,
    ),
    "10,000 digits": (
        opened(b'{"backend": "local_exact", "max_ttl": ' + b"9" * 10_000 + b"}"),
        400,
    ),
    "half a pair in the body": (
        opened(b'{"backend": "\\ud800"}'),
        400,
    ),
    "a long idempotency key": (post(b"Idempotency-Key: " + b"k" * 300 + b"\r\n"), 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 403),
    "a socket where there is none": (handshake(b"/api/v1/jobs"), 404),
    "a socket nowhere": (handshake(b"/elsewhere"), 404),
    "a socket of no job": (handshake(b"/api/v1/stream/jobs/none"), 404),
    "a socket from no number": (handshake(b"/api/v1/stream/events?from=x"), 400),
    "a socket from beyond": (handshake(b"/api/v1/stream/jobs/a?from=1" + b"0" * 20), 400),
    "a socket without a token": (handshake(b"/api/v1/jobs", known=b"Host: [::1]\r\n"), 401),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_the_one_shape(server, name):
    raw, expected = REFUSED[name]
    status, headers, body = exchange(server, raw)
    assert (status, headers.get_content_type()) == (expected, "application/json"), body
    refusal = json.loads(body)
    assert set(refusal) == {"errors", "trace"}
    assert refusal["trace"] == headers["X-Request-Id"]
    assert refusal["errors"][0]["message"]
    assert "Traceback" not in server.log()


TAKEN = {
    "a header of two lines": (
        get(b"/api/v1/versions", b"X-Request-Id: a\r\n b\r\n"),
        b"2026-04-15",
    ),
    "chunks": (
        framed(
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n",
            rest=b"%x;of=one\r\n" % len(JOB) + JOB + b"\r\n0\r\nTrailer: yes\r\n\r\n",
        ),
        b'"id"',
    ),
    "a coding that is none": (post(b"Content-Encoding: identity\r\n"), b'"id"'),
    "a key of eight bits": (post(b"Idempotency-Key: \xe9\xff\r\n"), b'"id"'),
    "filters of zeros and halves": (
        get(b"/api/v1/jobs?program=%00&backend=%ed%a0%80&tags=%ff&session_id=%00"),
        b'"count":0',
    ),
    "a search for zeros": (get(b"/api/v1/workloads?search=%00%ed%a0%80%25_"), b'"total_count":0'),
    "the last moment": (get(b"/api/v1/jobs?created_after=9999-12-31T23:59:59Z"), b'"count":0'),
    "the first moment": (get(b"/api/v1/workloads?created_before=0001-01-01T00:00:00Z"), b":0,"),
    "an absolute address": (get(b"http://elsewhere/api/v1/versions"), b"2026-04-15"),
    "3,000 headers": (
        get(b"/api/v1/versions", *(b"X-%d: y\r\n" % number for number in range(3000))),
        b"2026-04-15",
    ),
    "HTTP/1.0": (b"GET /api/v1/versions HTTP/1.0\r\n" + KNOWN + b"\r\n", b"2026-04-15"),
    "an upgrade to HTTP/2": (
        get(b"/api/v1/versions", b"Upgrade: h2c\r\nHTTP2-Settings: x\r\n"),
        b"2026-04-15",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_only_unusual_is_taken(server, name):
    raw, expected = TAKEN[name]
    status, headers, body = exchange(server, raw)
    assert status == 200, body
    assert expected in body
    assert headers["X-Request-Id"]


def test_who_asks_first_whether_to_send_a_body_is_told(server):
    address = ("127.0.0.1", int(server.root.rpartition(":")[2]))
    with closing(socket.create_connection(address, timeout=30)) as client:
        length = b"Content-Length: %d\r\n" % len(JOB)
        client.sendall(framed(b"Expect: 100-continue\r\nConnection: close\r\n", length))
        assert client.recv(65536).startswith(b"HTTP/1.1 100 Continue")
        client.sendall(JOB)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == 200


def test_a_connection_goes_on_after_every_refusal(server):
    port = int(server.root.rpartition(":")[2])
    good = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    asked = [
        ("GET", "/jobs/none", b"", {}, 404),
        ("PATCH", "/jobs", b"{}", {}, 405),
        ("GET", "/jobs", b"", {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/jobs", b"", {"Service-CRN": "another"}, 403),
        ("POST", "/jobs", b"nonsense", {}, 400),
        ("PUT", "/jobs/none/tags", b"nonsense", {}, 400),
        ("POST", "/jobs", gzip.compress(JOB), {"Content-Encoding": "gzip"}, 415),
        ("POST", "/nowhere", b"x" * 100_000, {}, 404),
    ]
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client:
        client.connect()
        ours = client.sock.getsockname()
        for method, path, body, headers, expected in asked:
            client.request(method, f"/api/v1{path}", body or None, {**good, **headers})
            answer = client.getresponse()
            assert (answer.status, bool(answer.read())) == (expected, True), path
            client.request("GET", "/api/v1/versions", headers=good)
            answer = client.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True), path
            assert client.sock.getsockname() == ours, f"another connection after {path}"
