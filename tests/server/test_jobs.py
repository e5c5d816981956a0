"""The life of a job over the raw protocol."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from server.support import FINAL, bell, bits, check_error, circuit_json, until


@pytest.fixture
def held(server, tmp_path):
    """A job that runs until the file is made; everything behind it is queued."""
    release = tmp_path / "release"
    job_id = server.submit("sleep", {"seconds": 60, "release": str(release)})
    server.wait(job_id, "Running")
    yield job_id, release
    release.touch()
    if server.get(f"/jobs/{job_id}").status_code == 200:
        server.wait(job_id)


def test_a_job_runs_and_its_result_is_text(server):
    job_id = server.sample([circuit_json(bell()), None, 200])
    result = server.result(job_id)
    assert result["__type__"] == "PrimitiveResult"
    assert set(bits(result, 0, "meas")) == {0, 3}


def test_the_record_of_a_finished_job(server):
    job_id = server.sample([circuit_json(bell())], tags=["a", "b"], runtime="image:1", cost=100)
    server.wait(job_id)
    job = server.job(job_id)
    assert job["program"] == {"id": "sampler"}
    assert job["backend"] == "local_exact"
    assert job["status"] == job["state"]["status"] == "Completed"
    assert job["tags"] == ["a", "b"]
    assert (job["runtime"], job["cost"], job["private"]) == ("image:1", 100, False)
    assert job["attempts"] == 1
    assert job["usage"]["status"] == "complete"
    assert job["usage"]["qpu_charge_time_seconds"] > 0
    assert "position_in_queue" not in job
    times = [job[name] for name in ("created", "running", "ended")]
    assert all(time.endswith("Z") for time in times)
    assert times == sorted(times)


def test_params_come_back_as_they_were_sent(server):
    text = '{"seconds":0, "odd":  [1.0, 1e2, "\\u00e9", 12345678901234567890],\n "z": {"a":null}}'
    body = '{"backend": "local_exact", "params": ' + text + ', "program_id": "sleep"}'
    job_id = server.post_job(body).json()["id"]
    assert f'"params": {text}' in server.get(f"/jobs/{job_id}").text
    assert server.get(f"/jobs/{job_id}").json()["params"] == json.loads(text)
    listed = server.get("/jobs", limit=1, exclude_params="false").json()["jobs"][0]
    assert listed["params"] == json.loads(text)
    for path in (f"/jobs/{job_id}", "/jobs"):
        assert '"params"' not in server.get(path, exclude_params="true").text


def test_queued_jobs_have_positions_that_move_up(server, held):
    job_id, release = held
    waiting = [server.submit("sleep", {}) for _ in range(3)]
    assert [server.job(w)["position_in_queue"] for w in waiting] == [1, 2, 3]
    assert server.job(job_id)["queue_length"] == 3
    assert server.get(f"/jobs/{waiting[1]}/metrics").json()["position_in_queue"] == 2
    status = server.get("/backends/local_exact/status").json()
    assert status["length_queue"] == 3
    listed = server.get("/jobs", pending="true", exclude_params="true").json()["jobs"]
    assert [job.get("position_in_queue") for job in listed] == [3, 2, 1, None]
    assert server.ask("POST", f"/jobs/{waiting[0]}/cancel").status_code == 204
    assert server.status(waiting[0]) == "Cancelled"
    assert [server.job(w)["position_in_queue"] for w in waiting[1:]] == [1, 2]
    release.touch()
    ends = [server.wait(w)["ended"] for w in waiting[1:]]
    assert ends == sorted(ends)


def test_estimates_come_from_measured_jobs(start):
    with start() as server:
        first = server.submit("sleep", {"seconds": 2.0})
        assert server.job(first)["estimated_running_time_seconds"] is None
        assert "estimated_completion_time" not in server.job(first)
        server.wait(first)
        running = server.submit("sleep", {"seconds": 60})
        queued = server.submit("sleep", {})
        job = server.job(queued)
        assert job["estimated_running_time_seconds"] >= 2.0
        assert job["estimate_basis"] == "measured: 1 job of sleep on local_exact"
        assert job["created"] <= job["estimated_start_time"] < job["estimated_completion_time"]
        assert "estimated_completion_time" in server.job(running)
        waits = server.get("/backends", fields="wait_time_seconds").json()["devices"]
        assert set(waits[0]["wait_time_seconds"]) == {"average", "p50", "p95"}
        assert "wait_time_seconds" not in waits[1]
        server.ask("POST", f"/jobs/{running}/cancel")


def test_usage_grows_while_a_job_runs(server, held):
    job_id, _ = held
    until(lambda: server.job(job_id)["usage"]["qpu_charge_time_seconds"] > 0)
    assert server.job(job_id)["usage"]["status"] == "pending"


def test_cancel_of_a_running_job_frees_the_device(server, held):
    job_id, _ = held
    behind = server.submit("sleep", {})
    assert server.ask("POST", f"/jobs/{job_id}/cancel").status_code == 204
    assert server.status(job_id) == "Cancelled"
    assert server.wait(behind)["state"]["status"] == "Completed"
    error = check_error(server.ask("POST", f"/jobs/{job_id}/cancel"), 409)
    assert error["message"] == "It is Cancelled already and cannot be cancelled any more."
    assert server.get(f"/jobs/{job_id}/results").status_code == 204


def test_tags_are_replaced(server, held):
    job_id, _ = held
    revision = server.job(job_id)["revision"]
    answer = server.ask("PUT", f"/jobs/{job_id}/tags", json={"tags": ["x", "y", "x"]})
    assert answer.status_code == 204
    assert answer.content == b""
    assert server.job(job_id)["tags"] == ["x", "y"]
    assert server.job(job_id)["revision"] > revision
    assert server.ask("PUT", f"/jobs/{job_id}/tags", json={"tags": []}).status_code == 204
    assert server.job(job_id)["tags"] == []


def test_a_job_is_deleted_when_it_has_ended_and_not_before(server, held):
    job_id, release = held
    check_error(server.ask("DELETE", f"/jobs/{job_id}"), 409)
    release.touch()
    server.wait(job_id)
    assert server.ask("DELETE", f"/jobs/{job_id}").status_code == 204
    check_error(server.get(f"/jobs/{job_id}"), 404)
    check_error(server.ask("DELETE", f"/jobs/{job_id}"), 404)


def test_a_waiting_job_can_be_deleted_and_the_next_one_moves_up(server, held):
    _, release = held
    waiting, after = server.submit(), server.submit()
    assert server.ask("DELETE", f"/jobs/{waiting}").status_code == 204
    check_error(server.get(f"/jobs/{waiting}"), 404)
    assert server.job(after)["position_in_queue"] == 1
    release.touch()
    assert server.wait(after)["state"]["status"] == "Completed"


@pytest.mark.parametrize(
    "path", ["", "/results", "/interim_results", "/logs", "/metrics"], ids=lambda p: p or "job"
)
def test_an_unknown_job_is_404(server, path):
    check_error(server.get(f"/jobs/none-such{path}"), 404)


def test_the_results_of_a_private_job_are_read_once(server):
    job_id = server.submit("count", {"upto": 2}, private=True)
    assert server.job(job_id)["private"] is True
    server.wait(job_id)
    assert server.get(f"/jobs/{job_id}").json()["params"] == {}
    assert server.get(f"/jobs/{job_id}/interim_results").json() == []
    assert server.get(f"/jobs/{job_id}/results").json() == 2
    again = server.get(f"/jobs/{job_id}/results")
    assert (again.status_code, again.content) == (204, b"")


def test_the_same_idempotency_key_gives_the_same_job(server):
    body = {"program_id": "sleep", "backend": "local_exact", "params": {"n": 1}}
    key = {"Idempotency-Key": "key-1"}
    before = server.get("/jobs").json()["count"]
    ids = {server.post_job(body, **key).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    assert server.get("/jobs").json()["count"] == before + 1
    check_error(server.post_job({**body, "params": {"n": 2}}, **key), 409)


@pytest.fixture(scope="module")
def jobs(start):
    with start(devices=["name=one", "name=two"]) as server:
        ids = []
        for number in range(6):
            device = ("one", "two")[number % 2]
            tags = ["all", f"n{number}"]
            program = "sleep" if number < 4 else "fail"
            ids.append(server.submit(program, {}, backend=device, tags=tags))
        for job_id in ids:
            server.wait(job_id)
        yield server, ids


class TestList:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [5, 4, 3, 2, 1, 0]),
            ({"sort": "ASC"}, [0, 1, 2, 3, 4, 5]),
            ({"limit": 2}, [5, 4]),
            ({"limit": 2, "offset": 3}, [2, 1]),
            ({"backend": "two"}, [5, 3, 1]),
            ({"program": "fail"}, [5, 4]),
            ({"tags": ["all", "n2"]}, [2]),
            ({"tags": "n9"}, []),
            ({"pending": "true"}, []),
            ({"pending": "false", "limit": 1}, [5]),
            ({"session_id": "none"}, []),
            ({"exclude_params": "true", "limit": 1}, [5]),
        ],
    )
    def test_is_narrowed(self, jobs, query, expected):
        server, ids = jobs
        page = server.get("/jobs", **query).json()
        assert [ids.index(job["id"]) for job in page["jobs"]] == expected
        assert page["limit"] == query.get("limit", 200)
        assert page["offset"] == query.get("offset", 0)

    def test_is_narrowed_by_time(self, jobs):
        server, ids = jobs
        third = server.job(ids[2])["created"]
        after = server.get("/jobs", created_after=third).json()
        before = server.get("/jobs", created_before=third).json()
        assert {ids.index(job["id"]) for job in after["jobs"]} == {2, 3, 4, 5}
        assert {ids.index(job["id"]) for job in before["jobs"]} == {0, 1, 2}
        tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
        assert server.get("/jobs", created_after=tomorrow.isoformat()).json()["count"] == 0
        for text in ("yesterday", "2026-13-01", "0001-01-01T00:00:00+23:00", "\0"):
            check_error(server.get("/jobs", created_after=text), 400)

    def test_counts_all_pages_and_never_less_than_the_offset(self, jobs):
        server, _ = jobs
        assert server.get("/jobs", limit=2).json()["count"] == 6
        beyond = server.get("/jobs", offset=50).json()
        assert beyond["jobs"] == []
        assert beyond["count"] == 50

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": 0}, {"limit": 201}, {"limit": "x"}, {"offset": -1}, {"offset": 10**20},
            {"sort": "UP"}, {"pending": "perhaps"}, {"tags": [f"t{n}" for n in range(2000)]},
        ],
        ids=str,
    )  # fmt: skip
    def test_refuses_a_bad_query(self, jobs, query):
        check_error(jobs[0].get("/jobs", **query), 400)


def test_usage_of_the_instance_adds_up(server):
    job_id = server.submit("sleep", {"seconds": 0.1})
    used = server.wait(job_id)["usage"]["qpu_charge_time_seconds"]
    report = server.get("/instances/usage").json()
    assert report["usage_consumed_seconds"] >= used >= 0.1
    assert report["usage_limit_reached"] is False
    assert report["instance_id"] == server.facts["instance"]


def test_a_job_is_seen_running_for_its_shortest_time_and_its_device_is_held(start):
    with start(post_processing_seconds=30.0) as server:
        job_id = server.submit("sleep", {})
        behind = server.submit("sleep", {})
        until(lambda: server.job(job_id)["usage"]["qpu_charge_time_seconds"] > 0)
        metrics = until(lambda: server.get(f"/jobs/{job_id}/metrics").json())
        assert metrics["timestamps"]["finished"] is None
        assert (server.status(job_id), server.status(behind)) == ("Running", "Queued")
        assert FINAL.isdisjoint({server.status(job_id)})
