"""The contract: the server's own description holds, whatever is sent. `make fuzz` runs longer."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from server.fuzz import PROGRAMS, fuzz, prepare
from server.support import FINAL

from runtime_widgets.server.models import JobRecord, SessionRecord

pytest.importorskip("schemathesis")
BOUNDS = ("--max-examples", "6", "--generation-deterministic", "--max-failures", "20")


@pytest.fixture(scope="module")
def served(start):
    with start(programs=PROGRAMS) as server:
        prepare(server)
        yield server


@pytest.fixture(scope="module")
def description(served):
    return served.session.get(f"{served.root}/openapi.json", timeout=30).json()


def exchanges(har: Path, description: dict) -> dict[str, set[int]]:
    """Return which statuses each operation was seen to answer with."""
    patterns = {
        re.compile(re.sub(r"\\?{[^}]*}", "[^/]+", path) + r"(\?.*)?"): path
        for path in description["paths"]
    }
    seen = defaultdict(set)
    for entry in json.loads(har.read_text())["log"]["entries"]:
        target = re.sub("^https?://[^/]*", "", entry["request"]["url"])
        for pattern, path in patterns.items():
            if pattern.fullmatch(target):
                operation = description["paths"][path].get(entry["request"]["method"].lower(), {})
                seen[operation.get("operationId")].add(entry["response"]["status"])
    return seen


@pytest.mark.timeout(300)  # ten seconds where nothing else runs
def test_no_answer_is_outside_the_description_and_none_is_a_5xx(served, description, tmp_path):
    har = tmp_path / "all.har"
    done = fuzz(served, *BOUNDS, "--report", "har", "--report-har-path", str(har))
    assert done.returncode == 0, f"{done.stdout}\nThe server's log:\n{served.log()}"
    assert "Traceback" not in served.log()
    operations = {
        each["operationId"] for path in description["paths"].values() for each in path.values()
    }
    seen = exchanges(har, description)
    assert set(seen) >= operations
    # Otherwise it would only have knocked at the door. Which jobs it finds is chance, so an
    # operation may be missed; nobody tells it the key for which identity_token gives a token.
    reached = {name for name, statuses in seen.items() if statuses & {200, 204}}
    assert len(operations - reached - {"identity_token"}) <= 4, operations - reached


def test_what_the_sockets_tell_fits_the_description(served):
    """A job's record is the same wherever it is told, and so is a session's."""
    jobs, sessions, others = [], [], set()
    with served.socket("/stream/events") as events:
        hello = json.loads(events.recv(timeout=30))
        assert hello["hello"] is True
        body = {"mode": "batch", "backend": "local_noisy"}
        session_id = served.ask("POST", "/sessions", json=body).json()["id"]
        job_id = served.submit(
            "count", {"upto": 2}, backend="local_noisy", session_id=session_id, private=True
        )
        while not jobs or jobs[-1]["state"]["status"] not in FINAL:
            message = json.loads(events.recv(timeout=30))
            if message.get("job", {}).get("id") == job_id:
                jobs.append(message["job"])
            elif message.get("session", {}).get("id") == session_id:
                sessions.append(message["session"])
            others |= set(message)
    for job in jobs:
        assert JobRecord.model_validate(job).id == job_id
    assert sessions
    for session in sessions:
        assert SessionRecord.model_validate(session).id == session_id
    assert others <= {"seq", "job", "session", "deleted"}
