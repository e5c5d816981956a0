"""Attempts that are prepared before their turn, in real processes."""

from __future__ import annotations

import os
import signal

import pytest
from server.support import until

from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.local_pool import LocalPool
from runtime_widgets.server.pool import WorkOrder
from runtime_widgets.server.settings import DEFAULT_INSTANCE, Settings


class Heard(list):
    """What was reported, in order."""

    def executing(self, job_id, attempt):
        self.append("executing")

    def interim(self, job_id, attempt, payload):
        self.append("interim")

    def log(self, job_id, attempt, text):
        self.append("log")

    def done(self, job_id, attempt, result, seconds):
        self.append("done")

    def failed(self, job_id, attempt, reason, seconds):
        self.append("failed")

    def died(self, job_id, attempt, how):
        self.append("died")

    def over(self):
        return bool(self) and self[-1] in ("done", "failed", "died")


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    settings = Settings(
        data=tmp_path_factory.mktemp("pool"),
        token="t",
        instance=DEFAULT_INSTANCE,
        database_url="sqlite://",
        devices=(DeviceSpec("one", 3, "exact"),),
        programs={"sleep": "server.own_programs:sleep", "missing": "no_such_module:run"},
    )
    pool = LocalPool(settings)
    yield pool
    pool.close()


def order(name, program="sleep"):
    return WorkOrder(name, 1, program, "one", "{}", "WARNING")


def prepared(pool, name):
    """Wait until an attempt is prepared; return its process."""
    attempt = pool._ahead[name]
    until(lambda: attempt._prepared)
    return attempt._worker


def test_nothing_is_reported_before_the_turn_comes(pool):
    heard = Heard()
    pool.prepare(order("a"), heard)
    worker = prepared(pool, "a")
    assert heard == []
    pool.start(order("a"), heard)
    until(heard.over)
    assert heard == ["executing", "done"]
    assert worker.alive(), "it can be used again"


def test_a_turn_may_come_while_it_is_being_prepared(pool):
    heard = Heard()
    pool.prepare(order("b"), heard)
    pool.start(order("b"), heard)
    until(heard.over)
    assert heard == ["executing", "done"]


def test_a_preparation_that_fails_is_begun_anew_in_its_turn(pool):
    heard = Heard()
    pool.prepare(order("c", "missing"), heard)
    attempt = pool._ahead["c"]
    until(lambda: attempt._lost)
    assert heard == []
    pool.start(order("c", "missing"), heard)
    until(heard.over)
    assert heard == ["log", "failed"]


def test_a_process_that_is_lost_before_the_turn_costs_nothing(pool):
    heard = Heard()
    pool.prepare(order("d"), heard)
    attempt = pool._ahead["d"]
    os.kill(prepared(pool, "d").pid, signal.SIGKILL)
    until(lambda: attempt._lost)
    pool.start(order("d"), heard)
    until(heard.over)
    assert heard == ["executing", "done"]


def test_what_was_prepared_can_be_given_up(pool):
    heard = Heard()
    pool.prepare(order("e"), heard)
    worker = prepared(pool, "e")
    pool.stop("e")
    until(lambda: not worker.alive())
    assert heard == []
