"""Programs that fail, die, hang or take too much: their job pays, and nobody else."""

from __future__ import annotations

import os
import signal

from server.support import alive, until


def pid_of(server, job_id):
    """Wait for the first interim result of show_pid."""
    published = until(lambda: server.get(f"/jobs/{job_id}/interim_results").json())
    return published[0]["payload"]["pid"]


def completes(server):
    return server.wait(server.submit("sleep", {}))["state"]["status"] == "Completed"


def test_a_program_that_raises_fails_its_job_and_logs_the_traceback(server):
    job = server.wait(server.submit("fail"))
    assert job["state"]["status"] == "Failed"
    assert job["state"]["reason"] == "ValueError: this program always fails"
    assert job["state"]["reason_code"] == 5203
    assert "logs" in job["state"]["reason_solution"]
    logs = server.get(f"/jobs/{job['id']}/logs")
    assert logs.headers["content-type"].startswith("text/plain")
    assert "Traceback" in logs.text
    assert "raise ValueError" in logs.text
    assert "WARNING mine: about to fail" in logs.text
    assert "printed before it failed" in logs.text
    assert server.get(f"/jobs/{job['id']}/results").status_code == 204
    assert completes(server)


def test_the_log_level_is_the_jobs(server):
    job = server.wait(server.submit("fail", log_level="ERROR"))
    assert "about to fail" not in server.get(f"/jobs/{job['id']}/logs").text


def test_a_program_that_exits_fails_its_job(server):
    job = server.wait(server.submit("leave"))
    assert job["state"]["status"] == "Failed"
    assert "SystemExit" in job["state"]["reason"]
    assert completes(server)


def test_a_result_that_cannot_be_written_fails_its_job(server):
    job = server.wait(server.submit("strange"))
    assert job["state"]["status"] == "Failed"
    assert "object" in job["state"]["reason"]
    assert completes(server)


def test_a_program_that_ends_its_process_fails_its_job(server):
    job = server.wait(server.submit("die"))
    assert job["state"]["status"] == "Failed"
    assert "exit code 7" in job["state"]["reason"]
    assert completes(server)


def test_a_killed_worker_fails_its_job_and_is_replaced(server):
    job_id = server.submit("show_pid")
    behind = server.submit("sleep")
    os.kill(pid_of(server, job_id), signal.SIGKILL)
    state = server.wait(job_id)["state"]
    assert state["status"] == "Failed"
    assert "SIGKILL" in state["reason"]
    assert server.wait(behind)["state"]["status"] == "Completed"


def test_cancel_ends_the_worker(server):
    job_id = server.submit("show_pid")
    pid = pid_of(server, job_id)
    assert alive(pid)
    assert server.ask("POST", f"/jobs/{job_id}/cancel").status_code == 204
    assert server.status(job_id) == "Cancelled"
    until(lambda: not alive(pid), seconds=5)
    assert completes(server)


def test_a_job_that_runs_too_long_ends_with_1305(server):
    job_id = server.submit("show_pid", cost=1)
    pid = pid_of(server, job_id)
    job = server.wait(job_id)
    assert job["status"] == "Cancelled - Ran too long"
    assert job["state"]["status"] == "Cancelled"
    assert job["state"]["reason_code"] == 1305
    assert "maximum execution time of 1 s." in job["state"]["reason"]
    assert "maximum execution time" in server.get(f"/jobs/{job_id}/logs").text
    until(lambda: not alive(pid), seconds=5)
    assert completes(server)


def test_a_program_that_eats_all_memory_fails_its_job(start):
    with start(limits={"job_memory_bytes": 3 << 30}) as server:
        job = server.wait(server.submit("eat"))
        assert job["state"]["status"] == "Failed"
        assert "memory" in job["state"]["reason"]
        assert "smaller" in job["state"]["reason_solution"]
        assert completes(server)


def test_a_program_that_cannot_be_imported_any_more_fails_its_job(start, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    monkeypatch.setenv("FADING_MODULE", str(broken))
    with start(programs=["gone=fading_module:run", "own=own_programs:sleep"]) as server:
        broken.touch()
        job = server.wait(server.submit("gone"))
        assert job["state"]["status"] == "Failed"
        assert "fading_module was broken" in job["state"]["reason"]
        assert server.wait(server.submit("own"))["state"]["status"] == "Completed"


def test_a_result_that_is_too_large_fails_its_job(start):
    with start(limits={"max_message_bytes": 500_000}) as server:
        job = server.wait(server.submit("pour", {"megabytes": 1}))
        assert job["state"]["status"] == "Failed"
        assert "500,000 are allowed" in job["state"]["reason"]
        assert completes(server)


def test_long_logs_are_cut(start):
    with start(limits={"max_log_bytes": 40}) as server:
        job = server.wait(server.submit("fail"))
        logs = server.get(f"/jobs/{job['id']}/logs").text
        assert logs.endswith("was not kept: they are too long\n")
        assert logs.count("not kept") == 1
