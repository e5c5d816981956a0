"""Sessions and batches over the raw protocol."""

from __future__ import annotations

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
    until(lambda: state(server, session_id) == "closed")


def test_wrong_sessions(server):
    check_error(server.get("/sessions/none"), 404)
    check_error(server.ask("DELETE", "/sessions/none/close"), 404)
    check_error(server.ask("PATCH", "/sessions/none", json={"accepting_jobs": False}), 404)
    for body in (
        {"backend": "none"},
        {"backend": "local_exact", "mode": "fast"},
        {"backend": "local_exact", "max_ttl": 0},
        {},
    ):
        answer = server.ask("POST", "/sessions", json=body)
        check_error(answer, 404 if body.get("backend") == "none" else 400)
    session_id = opened(server)["id"]
    check_error(server.ask("PATCH", f"/sessions/{session_id}", json={}), 400)
    other = {"program_id": "sleep", "backend": "local_noisy", "session_id": session_id}
    check_error(server.post_job({**other, "params": {}}), 400)
