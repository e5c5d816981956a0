"""The two WebSockets: changes of all jobs, interim results of one."""

from __future__ import annotations

import json
import time

import pytest
from server.support import TOKEN, until
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def read(socket, stop, limit_s=60):
    """Read messages until one satisfies `stop`; return them all."""
    found = []
    end = time.monotonic() + limit_s
    while not found or not stop(found[-1]):
        found.append(json.loads(socket.recv(timeout=max(0.1, end - time.monotonic()))))
    return found


def ended(job_id):
    return lambda m: m.get("job", {}).get("id") == job_id and m["job"]["ended"] is not None


def test_interim_results_come_numbered_and_end_with_1000(server):
    job_id = server.submit("count", {"upto": 5, "pause": 0.02})
    with server.socket(f"/stream/jobs/{job_id}") as socket:
        assert json.loads(socket.recv(timeout=30)) == {"ack": True, "job_id": job_id, "from": 0}
        found = [json.loads(socket.recv(timeout=30)) for _ in range(5)]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert [message["seq"] for message in found] == [1, 2, 3, 4, 5]
    assert [message["payload"] for message in found] == [{"number": n} for n in range(5)]
    assert closed.value.rcvd.code == 1000
    assert server.job(job_id)["interim_count"] == 5


def test_interim_results_are_replayed_after_a_number(server):
    job_id = server.submit("count", {"upto": 120})  # more than one page
    server.wait(job_id)
    with server.socket(f"/stream/jobs/{job_id}?from=100") as socket:
        socket.recv(timeout=30)
        found = [json.loads(socket.recv(timeout=30))["seq"] for _ in range(20)]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=30)
    assert found == list(range(101, 121))


def test_the_stream_of_a_job_that_is_deleted_ends(server):
    job_id = server.submit("sleep")
    server.wait(job_id)
    assert server.ask("DELETE", f"/jobs/{job_id}").status_code == 204
    with pytest.raises(InvalidStatus) as refused, server.socket(f"/stream/jobs/{job_id}"):
        pass
    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body)["errors"][0]["code"] == 40400


def test_the_stream_of_a_job_ends_when_it_is_cancelled(server):
    job_id = server.submit("sleep", {"seconds": 60})
    with server.socket(f"/stream/jobs/{job_id}") as socket:
        socket.recv(timeout=30)
        server.ask("POST", f"/jobs/{job_id}/cancel")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
    assert closed.value.rcvd.code == 1000


@pytest.mark.parametrize("path", ["/stream/jobs/none-such", "/stream/none-such"])
def test_an_unknown_stream_is_refused(server, path):
    with pytest.raises(InvalidStatus) as refused, server.socket(path):
        pass
    assert refused.value.response.status_code in (403, 404)


@pytest.mark.parametrize("path", ["/stream/events", "/stream/jobs/x"])
def test_a_stream_needs_the_token(server, path):
    url = "ws" + server.api.removeprefix("http") + path
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        with pytest.raises(InvalidStatus) as refused:
            connect(url, additional_headers=headers, proxy=None).close()
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body)["errors"][0]["code"] == 1200


def test_the_legacy_token_header_opens_a_stream(server):
    url = "ws" + server.api.removeprefix("http") + "/stream/events"
    with connect(url, additional_headers={"X-Access-Token": TOKEN}, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=30))["hello"] is True


def test_events_tell_every_step_of_a_job(server, tmp_path):
    release = tmp_path / "release"
    with server.socket("/stream/events") as socket:
        hello = json.loads(socket.recv(timeout=30))
        assert "gap" not in hello
        job_id = server.submit("sleep", {"seconds": 60, "release": str(release)})
        running = lambda m: m["job"]["state"]["status"] == "Running"  # noqa: E731
        found = read(socket, running)
        release.touch()
        found += read(socket, ended(job_id))
    assert found[-1]["job"]["state"]["status"] == "Completed"
    assert all("params" not in message["job"] for message in found)
    numbers = [message["seq"] for message in found]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > hello["seq"]
    revisions = [message["job"]["revision"] for message in found]
    assert revisions == sorted(revisions)
    record = server.job(job_id)
    assert found[-1]["job"] == record


def test_events_tell_the_growing_usage_of_a_job_that_executes(server, tmp_path):
    release = tmp_path / "release"
    with server.socket("/stream/events") as socket:
        socket.recv(timeout=30)
        job_id = server.submit("sleep", {"seconds": 60, "release": str(release)})
        of_usage = []
        while len(of_usage) < 3:
            (message,) = read(socket, lambda _: True)
            usage = message["job"]["usage"]
            if usage["qpu_charge_time_seconds"] > 0:
                of_usage.append(message)
        release.touch()
        read(socket, ended(job_id))
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.5)  # nothing executes: nothing is told
    records = [message["job"] for message in of_usage]
    assert {record["id"] for record in records} == {job_id}
    assert {record["revision"] for record in records[1:]} == {records[-1]["revision"]}
    seconds = [record["usage"]["qpu_charge_time_seconds"] for record in records]
    assert seconds == sorted(set(seconds))
    assert len({message["seq"] for message in of_usage[1:]}) == 1, "it is no change"


def test_events_tell_when_others_move_up(server, tmp_path):
    release = tmp_path / "release"
    first = server.submit("sleep", {"seconds": 60, "release": str(release)})
    server.wait(first, "Running")
    second, third = (server.submit("sleep", {"seconds": 0.3}) for _ in range(2))
    assert server.job(third)["position_in_queue"] == 2
    with server.socket("/stream/events") as socket:
        socket.recv(timeout=30)
        release.touch()
        found = read(socket, ended(third))
    positions = [m["job"].get("position_in_queue") for m in found if m["job"]["id"] == third]
    assert positions[0] == 1
    assert second in {message["job"]["id"] for message in found}


def test_places_in_a_queue_are_told_together_as_of_one_moment(server, tmp_path):
    release = tmp_path / "release"
    first = server.submit("sleep", {"seconds": 60, "release": str(release)})
    server.wait(first, "Running")
    waiting = [server.submit("sleep", {"seconds": 0.05}) for _ in range(40)]
    with server.socket("/stream/events") as socket:
        socket.recv(timeout=30)
        release.touch()
        found = read(socket, ended(waiting[-1]))
    places = [m["job"]["position_in_queue"] for m in found if "position_in_queue" in m["job"]]
    assert len(places) > 40
    runs = [[places[0]]]
    for place in places[1:]:
        if place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    assert {run[0] for run in runs} == {1}, "places that belong to different moments"


def test_events_tell_of_tags_and_of_deletion(server):
    job_id = server.submit("sleep")
    server.wait(job_id)
    with server.socket("/stream/events") as socket:
        socket.recv(timeout=30)
        server.ask("PUT", f"/jobs/{job_id}/tags", json={"tags": ["new"]})
        assert read(socket, lambda m: True)[-1]["job"]["tags"] == ["new"]
        server.ask("DELETE", f"/jobs/{job_id}")
        assert read(socket, lambda m: "deleted" in m)[-1]["deleted"] == job_id


def test_events_are_replayed_after_a_number(server):
    with server.socket("/stream/events") as socket:
        hello = json.loads(socket.recv(timeout=30))
    job_id = server.submit("sleep")
    server.wait(job_id)
    query = f"?from={hello['seq']}&epoch={hello['epoch']}"
    with server.socket("/stream/events" + query) as socket:
        assert "gap" not in json.loads(socket.recv(timeout=30))
        found = read(socket, ended(job_id))
    assert len(found) == 1, "the latest record of a job is enough"


@pytest.mark.parametrize("query", ["?from=999999999", "?from=0&epoch=other", "?from=-1"])
def test_events_that_are_not_known_any_more_are_a_gap(server, query):
    with server.socket("/stream/events" + query) as socket:
        hello = json.loads(socket.recv(timeout=30))
    assert hello["gap"] is True
    assert hello["hello"] is True


def test_a_flood_of_changes_is_few_messages(server):
    with server.socket("/stream/events") as socket:
        socket.recv(timeout=30)
        job_id = server.submit("count", {"upto": 600, "pause": 0.001})
        found = read(socket, ended(job_id))
    assert found[-1]["job"]["revision"] > 600
    assert len(found) < 100


def test_a_reader_that_does_not_read_blocks_nobody_and_misses_nothing(server):
    """Forty megabytes are more than the buffers between the two hold."""
    job_id = server.submit("pour", {"megabytes": 40})
    with server.socket(f"/stream/jobs/{job_id}") as lazy, server.socket("/stream/events") as keen:
        keen.recv(timeout=30)
        assert server.wait(job_id)["state"]["status"] == "Completed"
        others = [server.submit("count", {"upto": 20}) for _ in range(10)]
        read(keen, ended(others[-1]))
        lazy.recv(timeout=30)
        found = [json.loads(lazy.recv(timeout=30))["seq"] for _ in range(40)]
        with pytest.raises(ConnectionClosed) as closed:
            lazy.recv(timeout=30)
    assert found == list(range(1, 41))
    assert closed.value.rcvd.code == 1000


def test_sockets_that_come_and_go_leave_nothing_behind(server):
    for _ in range(20):
        with server.socket("/stream/events") as socket:
            socket.recv(timeout=30)
    job_id = server.submit("sleep")
    assert server.wait(job_id)["state"]["status"] == "Completed"
    until(lambda: "Traceback" not in server.log())
