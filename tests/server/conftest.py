from __future__ import annotations

import pytest
from server.support import Server

OWN = ["sleep", "mark", "count", "pour", "big", "fail", "die", "show_pid", "eat", "strange"]
OWN += ["leave"]
PROGRAMS = [f"{name}=own_programs:{name}" for name in OWN]


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Make servers; whatever still runs is ended with the session."""
    made = []

    def make(**options):
        data = options.pop("data", None) or tmp_path_factory.mktemp("runtime") / "data"
        server = Server(data, **{"programs": PROGRAMS, **options})
        made.append(server)
        return server

    yield make
    for server in made:
        if server.process is not None and server.process.poll() is None:
            server.kill()


@pytest.fixture(scope="module")
def server(start):
    """One server for the tests of a file."""
    with start() as running:
        yield running
