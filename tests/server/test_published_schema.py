"""Our answers against IBM's published schema, member by member.

``recorded/schema/published.json`` has the members of that schema, with their kinds and which of
them are required, under the names of our models, and the few deviations with their reasons.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from server.fuzz import PROGRAMS, prepare

PUBLISHED = json.loads(
    (Path(__file__).parent.parent / "recorded" / "schema" / "published.json").read_text()
)
SCHEMAS = PUBLISHED["schemas"]
KINDS = {
    "string": (str,), "boolean": (bool,), "array": (list,), "object": (dict,),
    "integer": (int,), "number": (int, float),
}  # fmt: skip
# Where a member is an object, or a list of them, of which model it is.
INSIDE = {
    ("JobList", "jobs"): "JobRecord", ("JobRecord", "program"): "_ProgramId",
    ("JobRecord", "state"): "JobState", ("JobRecord", "usage"): "Usage",
    ("Metrics", "timestamps"): "_Timestamps", ("Metrics", "usage"): "Usage",
    ("SessionRecord", "timestamps"): "_Stamp", ("Workloads", "workloads"): "Workload",
    ("Workloads", "next"): "Link", ("Workload", "usage"): "WorkloadUsage",
    ("Devices", "devices"): "Device", ("Device", "status"): "_DeviceStatus",
    ("Device", "processor_type"): "ProcessorType", ("Device", "wait_time_seconds"): "WaitTimes",
    ("Configuration", "gates"): "_Gate", ("Configuration", "processor_type"): "ProcessorType",
    ("_Calibration", "gates"): "_GateProperties", ("_GateProperties", "parameters"): "_Value",
    ("UsageReport", "usage_period"): "UsagePeriod", ("Versions", "versions"): "Version",
    ("ErrorShape", "errors"): "ErrorEntry",
}  # fmt: skip


@pytest.fixture(scope="module")
def served(start):
    with start(programs=PROGRAMS) as server:
        prepare(server)
        body = {"mode": "batch", "backend": "local_noisy"}
        session = server.ask("POST", "/sessions", json=body).json()["id"]
        for name in ("local_exact", "local_noisy"):
            session_id = session if name == "local_noisy" else None
            job_id = server.submit("count", {"upto": 1}, backend=name, session_id=session_id)
        server.wait(job_id)
        yield server


@pytest.fixture(scope="module")
def answers(served):
    """One answer or more of each route, under the name of its model."""
    jobs = served.get("/jobs", limit=50).json()
    session = next(job["session_id"] for job in jobs["jobs"] if "session_id" in job)
    ended = next(job["id"] for job in jobs["jobs"] if job["program"]["id"] == "sampler")
    failed = next(job["id"] for job in jobs["jobs"] if job["state"]["status"] == "Failed")
    waiting = next(job["id"] for job in jobs["jobs"] if job["state"]["status"] == "Queued")
    body = {"program_id": "count", "backend": "local_exact", "params": {"upto": 0}, "private": True}
    submitted = served.post_job({**body, "cost": 2.5}).json()
    opened = {"mode": "batch", "backend": "local_exact"}
    fresh = served.ask("POST", "/sessions", json=opened).json()["id"]
    old = {"IBM-API-Version": "2024-01-01"}
    paths = {
        "JobRecord": [f"/jobs/{each}" for each in (ended, failed, waiting, submitted["id"])],
        "Metrics": [f"/jobs/{each}/metrics" for each in (ended, failed, waiting)],
        "SessionRecord": [f"/sessions/{each}" for each in (session, fresh)],
        "Workloads": ["/workloads?limit=5", "/workloads?mode=batch"],
        "Devices": ["/backends", "/backends?fields=wait_time_seconds"],
        "Configuration": [
            "/backends/local_exact/configuration",
            "/backends/local_noisy/configuration",
        ],
        "_Calibration": ["/backends/local_noisy/properties"],
        "DeviceStatus": ["/backends/local_exact/status"],
        "UsageReport": ["/instances/usage"],
        "InstanceDetails": ["/instance"],
        "InstanceConfiguration": ["/instances/configuration"],
        "Versions": ["/versions"],
        "Tags": ["/tags?type=job&search=found"],
        "ErrorShape": ["/jobs/none", "/jobs?limit=x", "/nowhere"],
    }
    found = {name: [served.get(path).json() for path in each] for name, each in paths.items()}
    found["Metrics"].append(served.ask("GET", f"/jobs/{ended}/metrics", headers=old).json())
    found["JobList"] = [jobs]
    found["Submitted"] = [submitted]
    return found


def faults(name, answer, seen):
    """Say what of an answer is not as the published schema has it."""
    table = SCHEMAS[name]
    kinds = {**table["required"], **table["optional"]}
    seen.add(name)
    found = [f"{name}.{member} is missing" for member in table["required"] if member not in answer]
    for member, value in answer.items():
        inside = INSIDE.get((name, member))
        for each in (value if isinstance(value, list) else [value]) if inside else ():
            if each is not None:
                found += faults(inside, each, seen)
        kind = kinds.get(member, "any")
        fits = kind == "any" or (value is None and kind.endswith("?"))
        fits = fits or type(value) in KINDS[kind.rstrip("?")]
        if not fits and f"{name}.{member}" in PUBLISHED["deviations"]:
            seen.add(f"{name}.{member}")
        elif not fits:
            found.append(f"{name}.{member} is {type(value).__name__}, not {kind}")
    return found


def test_answers_have_what_the_published_schema_requires(answers):
    seen = set()
    found = [
        fault for name, each in answers.items() for answer in each
        for fault in faults(name, answer, seen)
    ]  # fmt: skip
    assert found == []
    # All of the table was looked at, and no deviation is named that is none.
    assert seen == {*SCHEMAS, *PUBLISHED["deviations"]}


def test_what_the_published_schema_has_not_is_marked_as_an_extension(served):
    url = f"{served.root}/openapi.json"
    ours = served.session.get(url, timeout=30).json()["components"]["schemas"]
    for name, table in SCHEMAS.items():
        published = {*table["required"], *table["optional"]}
        described = ours[name]["properties"]
        extensions = {member for member, said in described.items() if said.get("x-extension")}
        assert set(described) - published == extensions, name
        # A list of tags is sent, too, and of what is sent the unknown is ignored.
        assert ours[name].get("additionalProperties") is (None if name == "Tags" else False), name
