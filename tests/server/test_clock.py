"""A clock that is set back: by hand, by a network, or with a machine that was put to sleep."""

from __future__ import annotations

import pytest
from server.world import World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, post_processing_seconds=0.3)
    yield made
    made.store.close()


def test_a_job_that_has_ended_does_not_keep_its_device_until_the_clock_is_there_again(world):
    first, second = world.submit(), world.submit()
    world.run(first, 0.1)
    world.now -= 7200
    world.core.tick()
    assert world.status(first) == "Running"  # for the rest of its shortest time
    world.now += 0.4
    world.core.tick()
    assert world.status(first) == "Completed"
    assert world.status(second) == "Running"


def test_no_job_gives_time_back(world):
    job_id = world.submit()
    world.report("executing", job_id)
    world.now -= 3600
    world.core.cancel(job_id)
    assert world.core.job(job_id)["usage_seconds"] == 0.0
    assert world.store.usage_seconds(0.0) == 0.0


def test_a_job_still_ends_at_its_maximum_execution_time(world):
    job_id = world.submit(cost=20)
    world.report("executing", job_id)
    world.now -= 3600
    world.core.tick()
    world.now += 21
    world.core.tick()
    assert world.core.job(job_id)["reason_code"] == 1305
    assert world.core.job(job_id)["usage_seconds"] == pytest.approx(21)
