"""kill -9 at any moment: no job is lost, and none is run to completion twice."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from datetime import datetime

import pytest
import requests
from server.support import bell, circuit_json, until


def ends_of(file):
    """Return the names that ran to their end, in order."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [line.split()[1] for line in lines if line.startswith("end")]


@pytest.mark.parametrize("seed", [1, 2])
def test_twenty_jobs_survive_kills_at_random_moments(start, tmp_path, seed):
    dice = random.Random(seed)
    file = tmp_path / "file"
    server = start()
    with server:
        names = [f"job{number:02}" for number in range(20)]
        ids = [
            server.submit("mark", {"file": str(file), "name": name, "seconds": 0.05})
            for name in names
        ]
        time.sleep(dice.uniform(0, 0.3))
        server.kill()
    kept: dict[str, tuple[str, int]] = {}  # id -> result, how often the program had ended
    for _ in range(4):
        with start(data=server.data) as again:
            for job_id, (text, _) in kept.items():
                assert again.get(f"/jobs/{job_id}/results").text == text
            time.sleep(dice.uniform(0, 0.5))
            for name, job_id in zip(names, ids, strict=True):
                answer = again.get(f"/jobs/{job_id}/results")
                if answer.status_code == 200 and job_id not in kept:
                    kept[job_id] = (answer.text, ends_of(file).count(name))
            again.kill()
    with start(data=server.data) as last:
        jobs = [last.wait(job_id) for job_id in ids]
        assert last.get("/jobs").json()["count"] == 20
    assert [job["state"]["status"] for job in jobs] == ["Completed"] * 20, jobs
    times = [job["ended"] for job in jobs]
    assert times == sorted(times), "the queue kept its order"
    assert set(ends_of(file)) == set(names)
    for name, job_id in zip(names, ids, strict=True):
        if job_id in kept:
            assert ends_of(file).count(name) == kept[job_id][1], "what was done ran again"


def test_a_submission_that_was_cut_off_is_sent_again_by_its_key(start):
    """Every job exists once, whether or not its answer got lost in the kill."""
    dice = random.Random(3)
    server, made = start(), 0
    body = {"program_id": "sleep", "backend": "local_exact", "params": {}}
    for _ in range(3):
        with server:
            killer = threading.Timer(dice.uniform(0.01, 0.2), server.process.kill)
            killer.start()
            with suppress(requests.ConnectionError):
                while True:
                    answer = server.post_job(body, **{"Idempotency-Key": f"key{made}"})
                    assert answer.status_code == 200
                    made += 1
            killer.join()
            server.kill()
        server = start(data=server.data)
    with server:
        ids = {
            server.post_job(body, **{"Idempotency-Key": f"key{number}"}).json()["id"]
            for number in range(made + 1)
        }
        assert len(ids) == server.get("/jobs").json()["count"] == made + 1
        for job_id in ids:
            assert server.wait(job_id)["state"]["status"] == "Completed"


def test_a_finished_result_is_there_after_a_kill(start):
    first = start(post_processing_seconds=0.3)
    with first:
        job_id = first.sample([circuit_json(bell()), None, 100])
        first.result(job_id)
        text = first.get(f"/jobs/{job_id}/results").text
        first.kill()
    with start(data=first.data) as second:
        assert second.get(f"/jobs/{job_id}/results").text == text
        assert second.job(job_id)["attempts"] == 1


def test_a_job_whose_result_was_stored_is_not_run_again(start, tmp_path):
    """The kill falls between the stored outcome and the final state."""
    file = tmp_path / "file"
    first = start(post_processing_seconds=600.0)
    with first:
        job_id = first.submit("mark", {"file": str(file), "name": "once"})
        while ends_of(file) != ["once"] or first.job(job_id)["revision"] < 4:
            time.sleep(0.01)
        assert first.status(job_id) == "Running"
        first.kill()
    with start(data=first.data) as second:
        job = second.wait(job_id)
        assert job["state"]["status"] == "Completed"
        assert job["attempts"] == 1
        assert second.get(f"/jobs/{job_id}/results").json() == "once"
    assert ends_of(file) == ["once"]


def test_the_running_job_runs_again_before_the_queued_ones_and_is_given_up_after_three(start):
    server = start()
    with server:
        job_id = server.submit("count", {"upto": 1000, "pause": 0.05})
        behind = server.submit("sleep", {})
        until(lambda: server.job(job_id)["interim_count"])
        server.kill()
    last_seq = 0
    for attempt in (2, 3):
        with start(data=server.data) as again:
            assert again.status(behind) == "Queued"
            assert again.wait(job_id, "Running")["attempts"] == attempt
            query = {"from": last_seq}
            while not (lines := again.get(f"/jobs/{job_id}/interim_results", **query).json()):
                time.sleep(0.02)
            assert {line["attempt"] for line in lines} == {attempt}
            assert lines[0]["seq"] > last_seq
            last_seq = lines[-1]["seq"]
            told = again.get(f"/jobs/{job_id}/logs").text.splitlines()
            assert len(told) == attempt - 1
            assert f"Attempt {attempt} of this job begins" in told[-1]
            assert f"attempt {attempt - 1} was running" in told[-1]
            assert datetime.fromisoformat(told[-1][:19])  # when
            again.kill()
    with start(data=server.data) as last:
        state = last.wait(job_id)["state"]
        assert state["status"] == "Failed"
        assert "Given up after 3 attempts" in state["reason"]
        assert last.wait(behind)["state"]["status"] == "Completed"


def test_a_session_keeps_its_device_over_a_kill(start, tmp_path):
    release = {"seconds": 60, "release": str(tmp_path / "release")}
    server = start()
    with server:
        body = {"backend": "local_exact", "max_ttl": 600, "interactive_ttl": 300}
        session_id = server.ask("POST", "/sessions", json=body).json()["id"]
        first = server.submit("sleep", release, session_id=session_id)
        other = server.submit("sleep")
        second = server.submit("sleep", session_id=session_id)
        server.wait(first, "Running")
        before = server.get(f"/sessions/{session_id}").json()
        server.kill()
    with start(data=server.data) as again:
        again.wait(first, "Running")
        after = again.get(f"/sessions/{session_id}").json()
        assert after["state"] == "active"
        assert after["timestamps"] == before["timestamps"]
        (tmp_path / "release").touch()
        assert again.wait(second)["state"]["status"] == "Completed"
        assert again.status(other) == "Queued"
        assert again.ask("DELETE", f"/sessions/{session_id}/close").status_code == 204
        assert again.wait(other)["state"]["status"] == "Completed"
        assert again.get(f"/sessions/{session_id}").json()["state"] == "closed"
