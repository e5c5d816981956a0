"""IBM's client lists jobs: every filter, every order, page by page, and it comes to an end."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from server.support import until
from server.upstream import QUIET, client, connect, pointed_at

upstream = client()
# A list that never ends fails here, not after the timeout of all tests.
pytestmark = [QUIET, pytest.mark.timeout(60)]
COUNT = 45  # more than two of the client's pages of 20


@pytest.fixture(scope="module")
def world(start, tmp_path_factory):
    """A server whose jobs are known, and the client's service on it."""
    with start() as server, pointed_at(server, tmp_path_factory.mktemp("home")):
        jobs = [server.submit("sleep", tags=["all", f"n{n % 2}"]) for n in range(COUNT - 3)]
        session = server.ask(
            "POST", "/sessions", json={"mode": "batch", "backend": "local_noisy"}
        ).json()["id"]
        jobs += [
            server.submit("count", {"upto": 1}, backend="local_noisy", session_id=session)
            for _ in range(2)
        ]
        for job in jobs:
            server.wait(job)
        halfway = datetime.now()  # noqa: DTZ005 -- local and without a zone, as users write it
        flag = tmp_path_factory.mktemp("flag") / "go"
        jobs.append(server.submit("sleep", {"seconds": 100, "release": str(flag)}, tags=["last"]))
        yield {"jobs": jobs, "session": session, "halfway": halfway, "service": connect(server)}
        flag.touch()


def ids(world, **how):
    return [job.job_id() for job in world["service"].jobs(**how)]


def test_all_jobs_come_once_each_the_newest_first(world):
    found = ids(world, limit=None)
    assert found == list(reversed(world["jobs"]))
    assert ids(world, limit=None, descending=False) == world["jobs"]


@pytest.mark.parametrize("limit", [1, 19, 20, 21, COUNT - 1, COUNT, COUNT + 1, 100])
@pytest.mark.parametrize("skip", [0, 1, 20, COUNT - 1, COUNT, COUNT + 30])
def test_a_part_of_the_list_is_that_part(world, limit, skip):
    newest = list(reversed(world["jobs"]))
    assert ids(world, limit=limit, skip=skip) == newest[skip : skip + limit]


def test_without_a_number_there_are_ten(world):
    assert ids(world) == list(reversed(world["jobs"]))[:10]


def test_skipping_without_a_limit_ends_too(world):
    newest = list(reversed(world["jobs"]))
    for skip in (7, COUNT, COUNT + 30):
        assert ids(world, limit=None, skip=skip) == newest[skip:]


def test_filters(world):
    jobs = world["jobs"]
    last, batch = jobs[-1:], list(reversed(jobs[-3:-1]))
    assert ids(world, limit=None, pending=True) == last
    assert len(ids(world, limit=None, pending=False)) == COUNT - 1
    assert ids(world, backend_name="local_noisy") == batch
    assert ids(world, backend_name="no-such-device") == []
    assert ids(world, program_id="count") == batch
    assert ids(world, session_id=world["session"]) == batch
    assert len(ids(world, limit=None, job_tags=["all"])) == COUNT - 3
    assert len(ids(world, limit=None, job_tags=["all", "n1"])) == (COUNT - 3) // 2
    assert ids(world, job_tags=["all", "last"]) == []
    assert ids(world, job_tags=["last"], pending=True, program_id="sleep") == last
    assert ids(world, instance=world["service"].active_instance(), limit=1) == last
    assert ids(world, include_mocks=True, limit=1) == last


def test_dates_are_local_times_without_a_zone_and_with_one(world):
    last = world["jobs"][-1:]
    for halfway in (world["halfway"], world["halfway"].astimezone()):
        assert ids(world, limit=None, created_after=halfway) == last
        assert len(ids(world, limit=None, created_before=halfway)) == COUNT - 1
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    assert ids(world, created_after=tomorrow) == []
    assert len(ids(world, limit=None, created_before=tomorrow)) == COUNT


def test_what_is_listed_can_be_asked_like_any_job(world):
    (job,) = world["service"].jobs(limit=1)
    until(lambda: job.status() == "RUNNING")
    assert job.tags == ["last"]
    assert job.backend().name == "local_exact"
    (in_batch,) = world["service"].jobs(limit=1, program_id="count")
    assert in_batch.session_id == world["session"]
    with pytest.raises(upstream.IBMInputValueError):
        world["service"].jobs(job_tags=[1])
