"""Sessions and batches over the raw protocol."""

from __future__ import annotations

import json

import pytest
from server.support import check_error, until


def opened(server, **more):
    answer = server.ask("POST", "/sessions", json={"backend": "local_exact", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(server, session_id):
    return server.get(f"/sessions/{session_id}").json()["state"]


@pytest.mark.parametrize("mode", ["dedicated", "batch"])
def test_a_session_is_opened_used_and_closed(server, mode):
    session = opened(server, mode=mode, max_ttl=600)
    assert session["state"] == "open"
    assert session["mode"] == mode
    assert session["max_ttl"] == 600
    assert session["accepting_jobs"] is True
    session_id = session["id"]
    job_id = server.submit("sleep", {}, session_id=session_id)
    assert server.wait(job_id)["session_id"] == session_id
    now = server.get(f"/sessions/{session_id}").json()
    assert now["state"] == "active"
    assert now["started_at"] <= now["activated_at"] <= now["last_job_completed"]
    listed = server.get("/jobs", session_id=session_id).json()
    assert [job["id"] for job in listed["jobs"]] == [job_id]
    assert server.ask("DELETE", f"/sessions/{session_id}/close").status_code == 204
    after = server.get(f"/sessions/{session_id}").json()
    assert after["state"] == "closed"
    assert [stamp["status"] for stamp in after["timestamps"]] == ["open", "active", "closed"]
    answer = server.post_job(
        {"program_id": "sleep", "backend": "local_exact", "params": {}, "session_id": session_id}
    )
    assert check_error(answer, 400)["code"] == 4001


def test_a_session_that_takes_no_more_jobs_closes_after_its_jobs(server):
    session_id = opened(server)["id"]
    jobs = [server.submit("sleep", {"seconds": 0.2}, session_id=session_id) for _ in range(2)]
    path = f"/sessions/{session_id}"
    assert server.ask("PATCH", path, json={"accepting_jobs": False}).status_code == 204
    assert state(server, session_id) != "closed"
    for job_id in jobs:
        assert server.wait(job_id)["state"]["status"] == "Completed"
    until(lambda: state(server, session_id) == "closed")
    check_error(server.ask("PATCH", path, json={"accepting_jobs": True}), 409)
    assert server.ask("PATCH", path, json={"accepting_jobs": False}).status_code == 204


def test_closing_cancels_what_is_queued_and_lets_run_what_runs(server):
    session_id = opened(server)["id"]
    running, queued = (
        server.submit("sleep", {"seconds": 0.5}, session_id=session_id) for _ in range(2)
    )
    server.wait(running, "Running")
    assert server.ask("DELETE", f"/sessions/{session_id}/close").status_code == 204
    assert server.job(queued)["state"]["reason_code"] == 4001
    assert server.wait(running)["state"]["status"] == "Completed"
    until(lambda: state(server, session_id) == "closed")


def test_a_session_ends_with_its_time_to_live(server):
    session_id = opened(server, max_ttl=1)["id"]
    server.wait(server.submit("sleep", {}, session_id=session_id))
    until(lambda: state(server, session_id) == "closed")
    assert "maximum time to live" in server.get(f"/sessions/{session_id}").json()["state_reason"]


def test_both_shapes_of_a_new_session_are_taken(server):
    session = opened(server, mode="dedicated", max_ttl=600, backend_name="local_noisy")
    assert session["backend_name"] == "local_exact"
    body = {"backend_name": "local_noisy", "mode": "batch", "interactive_ttl": 3, "active_ttl": 9}
    answer = server.ask("POST", "/sessions", json=body)
    assert answer.status_code == 200
    session = answer.json()
    assert session["backend_name"] == "local_noisy"
    assert (session["interactive_ttl"], session["active_ttl"]) == (3, 9)


def test_jobs_of_a_batch_are_prepared_together_but_run_one_after_the_other(server, tmp_path):
    session_id = opened(server, mode="batch")["id"]
    path = tmp_path / "marks"
    params = [{"file": str(path), "name": name, "seconds": 0.1} for name in "abc"]
    jobs = [server.submit("mark", one, session_id=session_id) for one in params]
    for job_id in jobs:
        assert server.wait(job_id)["state"]["status"] == "Completed"
    marks = path.read_text().split()[1::2]
    assert marks == ["a", "a", "b", "b", "c", "c"]


def test_a_session_is_told_to_those_who_watch(server):
    with server.socket("/stream/events") as socket:
        hello = json.loads(socket.recv(timeout=10))
        session_id = opened(server, mode="batch")["id"]
        job_id = server.submit("sleep", {}, session_id=session_id)
        server.ask("PATCH", f"/sessions/{session_id}", json={"accepting_jobs": False})
        told, numbers = [], [hello["seq"]]
        while not told or told[-1]["state"] != "closed":
            message = json.loads(socket.recv(timeout=10))
            numbers.append(message["seq"])
            if message.get("session", {}).get("id") == session_id:
                told.append(message["session"])
    assert numbers == sorted(numbers)
    revisions = [record["revision"] for record in told]
    assert revisions == sorted(set(revisions))
    assert told[-1] == server.get(f"/sessions/{session_id}").json()
    assert server.job(job_id)["state"]["status"] == "Completed"


def test_wrong_sessions(server):
    check_error(server.get("/sessions/none"), 404)
    check_error(server.ask("DELETE", "/sessions/none/close"), 404)
    check_error(server.ask("PATCH", "/sessions/none", json={"accepting_jobs": False}), 404)
    for body in (
        {"backend": "none"},
        {"backend": "local_exact", "mode": "fast"},
        {"backend": "local_exact", "max_ttl": 0},
        {"backend": "local_exact", "max_ttl": 60, "interactive_ttl": 61},
        {"backend": "local_exact", "max_ttl": 60, "active_ttl": 61},
        {},
    ):
        answer = server.ask("POST", "/sessions", json=body)
        check_error(answer, 404 if body.get("backend") == "none" else 400)
    session_id = opened(server)["id"]
    check_error(server.ask("PATCH", f"/sessions/{session_id}", json={}), 400)
    other = {"program_id": "sleep", "backend": "local_noisy", "session_id": session_id}
    check_error(server.post_job({**other, "params": {}}), 400)
    unknown = {"program_id": "sleep", "backend": "local_exact", "session_id": "none", "params": {}}
    check_error(server.post_job(unknown), 404)
    legacy = {**unknown, "session_id": session_id, "start_session": True}
    assert "POST /sessions" in check_error(server.post_job(legacy), 400)["solution"]
