"""Workloads: jobs that stand alone, sessions and batches in one list; and what the service is."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

import pytest
from server.support import check_error

CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/local:00000000-rw::"


@pytest.fixture
def empty(start):
    with start() as server:
        yield server


@pytest.fixture(scope="module")
def seven(start):
    """A server with seven jobs, w0 to w6 by their tags."""
    with start() as server:
        for number in range(7):
            server.wait(server.submit("count", {"upto": 0}, tags=[f"w{number}", "all_of_them"]))
        yield server


def session_of(server, mode, backend="local_exact"):
    answer = server.ask("POST", "/sessions", json={"mode": mode, "backend": backend})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def page(server, **query):
    answer = server.get("/workloads", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(found):
    return [row["id"] for row in found["workloads"]]


def names(found):
    return [row["tags"][0] for row in found["workloads"]]


def follow(server, found, name):
    href = urlsplit(found[name]["href"])
    assert f"{href.scheme}://{href.netloc}" == server.root
    assert href.path == "/api/v1/workloads"
    answer = server.session.get(found[name]["href"], timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_jobs_alone_sessions_and_batches_are_rows(empty):
    done = empty.submit("count", {"upto": 1}, tags=["Mine"])
    failed = empty.submit("fail")
    dedicated = session_of(empty, "dedicated")
    inside = empty.submit("count", {"upto": 1}, session_id=dedicated)
    for job_id in (done, failed, inside):
        empty.wait(job_id)
    batch = session_of(empty, "batch", "local_noisy")
    empty.ask("DELETE", f"/sessions/{batch}/close")
    found = page(empty)
    assert (found["total_count"], found["limit"]) == (4, 10)
    assert not {"next", "previous"} & set(found)
    rows = {row["id"]: row for row in found["workloads"]}
    assert ids(found) == [done, failed, dedicated, batch]  # the oldest first; no jobs of sessions
    job = empty.job(done)
    seconds = job["usage"]["qpu_charge_time_seconds"]
    rows[done].pop("estimated_running_time_seconds", None)
    assert rows[done] == {
        "id": done, "created": job["created"], "ended": job["ended"], "backend": "local_exact",
        "instance": CRN, "user_id": "local", "mode": "job", "status": "completed",
        "accepting_jobs": None, "tags": ["Mine"], "usage_seconds": seconds,
        "usage": {"qpu_charge_time_seconds": seconds, "status": "complete"},
    }  # fmt: skip
    assert rows[failed]["status"] == "failed"
    assert "this program always fails" in rows[failed]["status_reason"]
    assert (rows[dedicated]["mode"], rows[dedicated]["accepting_jobs"]) == ("session", True)
    assert rows[dedicated]["status"] == "in_progress"
    assert (rows[batch]["mode"], rows[batch]["accepting_jobs"]) == ("batch", False)
    assert (rows[batch]["status"], rows[batch]["backend"]) == ("completed", "local_noisy")
    assert rows[batch]["ended"]
    for query, expected in (
        ({"mode": "job"}, [done, failed]),
        ({"mode": "session"}, [dedicated]),
        ({"mode": "batch"}, [batch]),
        ({"status": "failed"}, [failed]),
        ({"status": ["failed", "in_progress"]}, [failed, dedicated]),
        ({"backend": "local_noisy"}, [batch]),
        ({"search": "mIN"}, [done]),
        ({"search": dedicated[2:9].upper()}, [dedicated]),
        ({"search": "%"}, []),
        ({"tags": "Mine"}, [done]),
        ({"tags": ["Mine", "other"]}, []),
        ({"created_after": rows[dedicated]["created"]}, [dedicated, batch]),
        ({"created_before": rows[failed]["created"]}, [done, failed]),
        ({"sort": "-createdAt", "user": "me"}, [batch, dedicated, failed, done]),
    ):
        assert ids(page(empty, **query)) == expected, query
        assert page(empty, **query)["total_count"] == len(expected), query


@pytest.mark.parametrize("status", ["pending", "in_progress", "canceled"])
def test_the_status_of_a_job_that_has_not_ended_well(empty, status):
    running = empty.submit("sleep", {"seconds": 600})
    empty.wait(running, "Running")
    waiting = empty.submit("sleep", {"seconds": 600})
    ended = empty.submit("sleep", {"seconds": 600})
    empty.ask("POST", f"/jobs/{ended}/cancel")
    expected = {"pending": waiting, "in_progress": running, "canceled": ended}[status]
    assert ids(page(empty, status=status)) == [expected]


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt"])
def test_pages_forth_and_back(seven, sort):
    order = [f"w{number}" for number in range(7)][:: 1 if sort == "createdAt" else -1]
    first = page(seven, limit=3, sort=sort, tags="all_of_them")
    second = follow(seven, first, "next")
    third = follow(seven, second, "next")
    assert [names(each) for each in (first, second, third)] == [order[:3], order[3:6], order[6:]]
    assert "previous" not in first
    assert "next" not in third
    assert {each["total_count"] for each in (first, second, third)} == {7}
    back = follow(seven, third, "previous")
    assert names(back) == order[3:6]
    again = follow(seven, back, "previous")
    assert names(again) == order[:3]
    assert "previous" not in again
    assert names(follow(seven, again, "next")) == order[3:6]


def test_turning_pages_shows_each_once_while_jobs_are_added(seven):
    found = page(seven, limit=2, sort="-createdAt", tags="all_of_them")
    seen = names(found)
    while "next" in found:
        seven.submit("count", {"upto": 0}, tags=["new", "all_of_them"])
        found = follow(seven, found, "next")
        seen += names(found)
    assert [name for name in seen if name != "new"] == [f"w{n}" for n in range(6, -1, -1)]
    assert len(seen) == 7
    for row in page(seven, tags="new", limit=50)["workloads"]:
        seven.wait(row["id"])
        assert seven.ask("DELETE", f"/jobs/{row['id']}").status_code == 204


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 51},
        {"limit": "many"},
        {"sort": "name"},
        {"user": "you"},
        {"mode": "dedicated"},
        {"status": "Queued"},
        {"created_after": "yesterday"},
        {"next": ""},
        {"next": "x"},
        {"next": "é"},
        {"next": cursor(1.0, "a")},
        {"next": cursor("1.0", "a", 1)},
        {"next": cursor(float("nan"), "a", 1)},
        {"next": cursor(10**400, "a", 1)},
        {"next": cursor(True, "a", 2)},
        {"next": cursor(1.0, ["a"], 1)},
        {"next": cursor(1.0, "\ud800", 1)},
        {"next": cursor(1.0, "a", 0)},  # of the list in the other order
        {"previous": "x"},
        {"next": cursor(1.0, "a", 1), "previous": cursor(1.0, "a", 1)},
    ],
    ids=str,
)
def test_what_cannot_be_asked_for_is_refused(seven, query):
    check_error(seven.get("/workloads", **query), 400)


def test_a_place_where_nothing_is_left_is_an_empty_page(seven):
    found = page(seven, next=cursor(4e9, "z", 1))
    assert found == {"workloads": [], "total_count": 7, "limit": 10}


def test_tags_are_found_by_a_part_of_them(seven):
    assert seven.get("/tags", type="job", search="OF_the").json() == {"tags": ["all_of_them"]}
    assert seven.get("/tags", type="job", search="a__").json() == {"tags": []}
    check_error(seven.get("/tags", type="job", search="al"), 400)
    check_error(seven.get("/tags", type="device", search="all"), 400)


def test_what_the_instance_is(start, seven):
    details = seven.get("/instance").json()
    assert details["backends"][:2] == ["local_exact", "local_noisy"]
    assert details["plan_id"] == seven.get("/instances/usage").json()["plan_id"]
    assert seven.get("/instances/configuration").json() == {}
    with start(usage_limit_seconds=90) as limited:
        assert limited.get("/instances/configuration").json() == {"instance_limit": 90}
        assert limited.get("/instance").json()["instance_limit_seconds"] == "90"


def test_usage_in_the_words_of_each_version(seven):
    job_id = ids(page(seven, limit=1))[0]
    known = seven.get("/versions").json()["versions"]
    assert [each["version"] for each in known if each["status"] == "live"] == [
        "2026-03-15", "2026-04-15",
    ]  # fmt: skip

    def metrics(version):
        headers = {} if version is None else {"IBM-API-Version": version}
        answer = seven.ask("GET", f"/jobs/{job_id}/metrics", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    newest, middle, oldest = map(metrics, ("2026-04-15", "2026-03-15", "2025-05-01"))
    seconds = newest["usage"]["qpu_charge_time_seconds"]
    ns = round(seconds * 1e9)
    assert newest["usage"] == {"qpu_charge_time_seconds": seconds, "status": "complete"}
    assert newest["circuits_execution_time_ns"] == ns
    assert middle["usage"] == {**newest["usage"], "circuits_execution_time_ns": ns}
    assert oldest["usage"] == {**middle["usage"], "quantum_seconds": seconds, "seconds": seconds}
    assert oldest["bss"] == {"seconds": seconds}
    assert not {"bss", "circuits_execution_time_ns"} & set(middle)
    # No version means the newest, and a date between two the earlier of them.
    assert metrics(None) == metrics("2031-01-01") == newest
    assert metrics("2026-04-14") == middle
    assert metrics("1999-12-31") == oldest
    job = seven.ask("GET", f"/jobs/{job_id}", headers={"IBM-API-Version": "2026-02-15"}).json()
    listed = seven.ask("GET", "/jobs", headers={"IBM-API-Version": "2026-02-15"}).json()["jobs"]
    assert job["usage"] == oldest["usage"]
    assert listed[-1]["usage"] == oldest["usage"]


@pytest.mark.parametrize(
    "version", ["", "newest", "2026-13-01", "20260415", "2026-4-15", "٢٠٢٦-04-15"]
)
def test_a_version_that_is_no_date_is_refused(seven, version):
    headers = {"IBM-API-Version": version.encode()}
    error = check_error(seven.ask("GET", "/jobs", headers=headers), 400)
    assert "IBM-API-Version" in error["message"]
