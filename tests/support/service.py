"""A Runtime service of which a test writes every record, and counts every request.

It pushes nothing, as IBM's does not. What a test wants to see of the true thing is seen with
the embedded runtime; this one is for what that never does: stale pages, unknown words, faults.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from support.scripted import Answer, Request, Scripted, iam

FINAL = {"Completed", "Failed", "Cancelled"}
API = "/api/v1"


class FakeService:
    """Jobs in a dict, answered by a :class:`Scripted` server."""

    def __init__(self, scripted: Scripted) -> None:
        self.http = scripted
        self.jobs: dict[str, dict[str, Any]] = {}
        self.metrics: dict[str, dict[str, Any]] = {}
        self.results: dict[str, str] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.workloads: list[dict[str, Any]] = []
        self.usage: dict[str, Any] | None = None
        self.longest_page = 200
        self.configurations: dict[str, dict[str, Any]] = {}
        self.trouble: Answer | None = None
        self.trouble_at: dict[str, Answer] = {}
        self.devices: Any = [{"name": "ibm_x", "status": {"name": "online"}, "queue_length": 9}]
        scripted.script = self._answer

    def add(self, job_id: str, status: str = "Queued", **more: Any) -> dict[str, Any]:
        self.jobs[job_id] = {
            "id": job_id,
            "backend": "ibm_x",
            "program": {"id": "sampler"},
            "created": "2026-11-23T00:00:00Z",
            "state": {"status": status},
            "tags": [],
            "usage": {"qpu_charge_time_seconds": 1, "status": "complete"},
            **more,
        }
        return self.jobs[job_id]

    def add_session(self, session_id: str, state: str, **more: Any) -> dict[str, Any]:
        self.sessions[session_id] = {
            "id": session_id,
            "backend_name": "ibm_x",
            "mode": "dedicated",
            "state": state,
            "accepting_jobs": True,
            "max_ttl": 28800,
            **more,
        }
        return self.sessions[session_id]

    @property
    def bodies(self) -> list[Any]:
        """The JSON that was sent, in order."""
        return [json.loads(r.body) for r in list(self.http.seen) if r.body.startswith(b"{")]

    def say(self, job_id: str, status: str, **state: Any) -> None:
        """Change a job's status."""
        self.jobs[job_id] = {**self.jobs[job_id], "state": {"status": status, **state}}

    def forget_requests(self) -> None:
        self.http.seen.clear()

    def asked(self) -> list[str]:
        """Return what was asked for, without the base; pages with their offset."""
        found = []
        for request in list(self.http.seen):
            if request.path.startswith(API):
                offset = f"@{request.query['offset'][0]}" if "offset" in request.query else ""
                found.append(f"{request.method} {request.path.removeprefix(API)}{offset}")
        return found

    def _answer(self, request: Request) -> Answer:
        if request.path == "/identity/token":
            return iam()
        if self.trouble is not None:
            return self.trouble
        path = request.path.removeprefix(API)
        if path in self.trouble_at:
            return self.trouble_at[path]
        parts = path.strip("/").split("/")
        if parts == ["jobs"]:
            return self._page(request)
        if parts == ["instances", "usage"] and self.usage is not None:
            return Answer(200, self.usage)
        if parts == ["backends"]:
            return Answer(200, {"devices": self.devices})
        if parts[0] == "jobs" and parts[1] in self.jobs:
            return self._job(request, parts[1], parts[2:])
        if parts[0] == "sessions":
            return self._session(request, parts[1:])
        if parts == ["workloads"]:
            return self._workloads(request)
        if parts[0] == "backends" and parts[1] in self.configurations:
            return Answer(200, self.configurations[parts[1]])
        return Answer(404, {"errors": [{"code": 1291, "message": "Job not found."}]})

    def _session(self, request: Request, rest: list[str]) -> Answer:
        if request.method == "POST":
            wanted = json.loads(request.body)
            made = {"mode": wanted["mode"], "backend_name": wanted["backend"]}
            return Answer(200, self.add_session(f"s{len(self.sessions)}", "open", **made))
        if rest[0] not in self.sessions:
            return Answer(404, {"errors": [{"code": 1216, "message": "Session not found."}]})
        if request.method == "GET":
            return Answer(200, self.sessions[rest[0]])
        self.sessions[rest[0]]["accepting_jobs"] = False
        return Answer(204)

    def _workloads(self, request: Request) -> Answer:
        rows = [w for w in reversed(self.workloads) if w["mode"] in request.query["mode"]]
        start, limit = int(request.query.get("next", ["0"])[0]), int(request.query["limit"][0])
        page = {"workloads": rows[start : start + limit], "total_count": len(rows)}
        if start + limit < len(rows):
            page["next"] = {"href": f"{self.http.url}{API}/workloads?next={start + limit}"}
        return Answer(200, page)

    def _page(self, request: Request) -> Answer:
        rows = [job for job in reversed(self.jobs.values()) if _meant(job, request.query)]
        if request.query.get("sort") == ["ASC"]:
            rows.reverse()
        offset, limit = int(request.query["offset"][0]), int(request.query["limit"][0])
        page = rows[offset : offset + min(limit, self.longest_page)]
        return Answer(200, {"jobs": page, "count": len(rows), "limit": limit, "offset": offset})

    def _job(self, request: Request, job_id: str, rest: list[str]) -> Answer:
        job = self.jobs[job_id]
        if rest == ["metrics"]:
            return Answer(200, self.metrics.get(job_id, {"timestamps": {}, "usage": {}}))
        if rest == ["results"]:
            text = self.results.pop(job_id, None) if job.get("private") else self.results[job_id]
            headers = {"Content-Type": "text/plain"}
            return Answer(204) if text is None else Answer(200, text.encode(), headers)
        if rest == ["logs"]:
            return Answer(200, b"logged", {"Content-Type": "text/plain"})
        if rest == ["cancel"]:
            if job["state"]["status"] in FINAL:
                message = "The job cannot be cancelled any more."
                return Answer(409, {"errors": [{"code": 1228, "message": message}]})
            return Answer(204)
        if request.method == "DELETE":
            del self.jobs[job_id]
            return Answer(204)
        return Answer(200, job)


def _meant(job: dict[str, Any], query: dict[str, list[str]]) -> bool:
    """Say whether a job is in a list, by the filters that the protocol has."""
    first = {name: values[0] for name, values in query.items()}
    pending = str(job["state"]["status"] not in FINAL).lower()
    after, before = first.get("created_after"), first.get("created_before")
    return (
        first.get("pending", pending) == pending
        and first.get("session_id", job.get("session_id")) == job.get("session_id")
        and first.get("program", job["program"]["id"]) == job["program"]["id"]
        and first.get("backend", job["backend"]) == job["backend"]
        and set(query.get("tags", ())) <= set(job["tags"])
        and (after is None or _time(job) >= datetime.fromisoformat(after.replace("Z", "+00:00")))
        and (before is None or _time(job) <= datetime.fromisoformat(before.replace("Z", "+00:00")))
    )


def _time(job: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(job["created"].replace("Z", "+00:00"))
