"""Private results: read once, by one reader, and never lost on the way."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from server.support import TOKEN, until

LONG = 40_000_000  # more than the buffers between the two hold
SHORT = 100_000  # the buffers hold all of it


def finished(server, size):
    job_id = server.submit("big", {"bytes": size}, private=True)
    assert server.wait(job_id)["state"]["status"] == "Completed"
    return job_id


def read_part(server, job_id):
    """Ask for a result and read its beginning; return the open connection."""
    client = socket.create_connection(("127.0.0.1", int(server.root.rpartition(":")[2])), 30)
    lines = (f"GET /api/v1/jobs/{job_id}/results HTTP/1.1", "Host: localhost")
    client.sendall("\r\n".join([*lines, f"Authorization: Bearer {TOKEN}", "", ""]).encode())
    assert client.recv(100).startswith(b"HTTP/1.1 200")
    return client


@pytest.mark.parametrize("size", [LONG, SHORT])
def test_a_reader_who_breaks_off_leaves_the_result(server, size):
    job_id = finished(server, size)
    read_part(server, job_id).close()

    def read():
        answer = server.get(f"/jobs/{job_id}/results")
        return answer if answer.status_code == 200 else None

    assert len(until(read, 20).json()) == size
    assert server.get(f"/jobs/{job_id}/results").status_code == 204


@pytest.mark.parametrize("size", [LONG, SHORT])
def test_a_server_that_is_killed_while_it_sends_still_has_the_result(start, size):
    with start() as first:
        job_id = finished(first, size)
        with read_part(first, job_id):
            first.kill()
    with start(data=first.data) as second:
        assert len(second.get(f"/jobs/{job_id}/results").json()) == size


def test_of_two_readers_at_once_one_gets_it(server):
    job_id = finished(server, SHORT)

    def read(_):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{server.api}/jobs/{job_id}/results"
        return requests.get(url, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(read, range(4))) == [200, 204, 204, 204]


def test_while_one_reads_another_is_told_so(server):
    job_id = finished(server, LONG)
    with read_part(server, job_id):
        assert server.get(f"/jobs/{job_id}/results").status_code == 409


def test_what_was_read_is_deleted(start):
    with start() as server:
        job_id = finished(server, SHORT)
        revision = server.job(job_id)["revision"]
        assert server.get(f"/jobs/{job_id}/results").status_code == 200
        until(lambda: server.job(job_id)["revision"] == revision + 1)
    with start(data=server.data) as again:
        assert again.get(f"/jobs/{job_id}/results").status_code == 204
