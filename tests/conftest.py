"""Fixtures of all tests. What they are made of is in ``support/``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.embedded import own_programs
from support.scripted import Scripted
from support.waiting import our_threads, until

from runtime_widgets.local import LocalRuntime
from runtime_widgets.service import QiskitRuntimeService

pytest_plugins = ["support.tracking", "support.views"]

# No test writes into the history of whoever runs it; those that are about it have their own.
os.environ["RUNTIME_WIDGETS_HISTORY"] = "off"

# The same examples in each run, and none that fails because a machine is busy.
settings.register_profile(
    "shared",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared")


@pytest.fixture(scope="session")
def runtime() -> Iterator[LocalRuntime]:
    """An embedded runtime that the tests share; a job ends as soon as it has a result."""
    with own_programs() as running:
        yield running


@pytest.fixture
def service(runtime: LocalRuntime) -> Iterator[QiskitRuntimeService]:
    """A service on the shared runtime. Whoever uses it leaves no thread behind."""
    before = our_threads()
    service = QiskitRuntimeService(params=runtime.params())
    yield service
    service.close()
    until(lambda: not (our_threads() - before), "the end of the service's threads")


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """An HTTP server that answers as the test says."""
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def flag(tmp_path: Path) -> Iterator[Path]:
    """A file that is not there; once it is, jobs that wait for it go on. They all do at the end."""
    path = tmp_path / "go"
    yield path
    path.touch()


@pytest.fixture(scope="module")
def authority():
    """A certificate authority as an organisation has one."""
    import trustme

    return trustme.CA()


@pytest.fixture
def bundle(authority, tmp_path):
    """Path of the authority's certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)
