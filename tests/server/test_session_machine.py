"""Any history of sessions, jobs, time and crashes: what must hold in all of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from server.world import World

from runtime_widgets.server.models import NewSession
from runtime_widgets.server.problems import Problem

DEVICES = st.sampled_from(["one", "one", "one", "two"])  # most of it on one
RANKS = {"open": 0, "active": 1, "inactive": 1, "closed": 2}


class Life(RuleBasedStateMachine):
    """One server, and what users and time do to it."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.world = World(self.folder)
        self.sessions: list[str] = []
        self.jobs: list[str] = []
        self.seen: dict[str, tuple[int, int]] = {}
        for mode in ("dedicated", "batch", "dedicated"):
            self.open_one(mode, "one", 10_000)

    def open_one(self, mode, device, seconds):
        wanted = NewSession(mode=mode, backend=device, max_ttl=seconds)
        self.sessions.append(self.world.core.sessions.create(wanted)["id"])

    def teardown(self):
        if not hasattr(self, "world"):
            return
        self.all_comes_to_its_end()
        self.world.store.close()
        shutil.rmtree(self.folder)

    # what happens

    @rule(
        mode=st.sampled_from(["dedicated", "batch"]),
        device=DEVICES,
        seconds=st.sampled_from([50, 300, 10_000]),
    )
    def open_session(self, mode, device, seconds):
        self.open_one(mode, device, seconds)

    @rule(device=DEVICES)
    def submit(self, device):
        self.jobs.append(self.world.submit(device))

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def submit_in_a_session(self, data):
        taking = [one for one in self.sessions if self.look(one)["accepting_jobs"]]
        session_id = data.draw(st.sampled_from(taking or self.sessions))
        record = self.look(session_id)
        device = record["backend_name"]
        if record["accepting_jobs"]:
            self.jobs.append(self.world.submit(device, session_id=session_id))
        else:
            with pytest.raises(Problem) as refused:
                self.world.submit(device, session_id=session_id)
            assert refused.value.code == 4001

    @rule(device=DEVICES, seconds=st.sampled_from([0.1, 5.0]))
    def finish(self, device, seconds):
        turn = self.world.core.scheduler.turns.get(device)
        if turn is not None:
            self.world.run(turn.job_id, seconds)

    @precondition(lambda self: len(self.jobs) % 3 == 2)
    @rule(data=st.data())
    def cancel(self, data):
        job_id = data.draw(st.sampled_from(self.jobs))
        if self.world.status(job_id) in ("Queued", "Running"):
            self.world.core.cancel(job_id)

    @precondition(lambda self: len(self.jobs) % 4 == 3)  # not too often
    @rule(data=st.data(), at_once=st.booleans())
    def close(self, data, at_once):
        session_id = data.draw(st.sampled_from(self.sessions))
        if at_once:
            self.world.core.sessions.close(session_id)
        else:
            self.world.core.sessions.accept_jobs(session_id, accepting=False)

    @rule(seconds=st.sampled_from([0.1, 1.5, 20.0, 61.0]))
    def time_passes(self, seconds):
        self.world.now += seconds
        self.world.core.tick()

    @precondition(lambda self: len(self.jobs) % 5 == 4)
    @rule(seconds=st.sampled_from([0.0, 30.0, 400.0]), clean=st.booleans())
    def restart(self, seconds, clean):
        if clean:
            self.world.core.scheduler.release()
        self.world.now += seconds
        self.world.crash()

    # what must hold

    def look(self, session_id):
        return self.world.core.sessions.record(session_id)

    @invariant()
    def a_device_is_one_session_s(self):
        for device in ("one", "two") if hasattr(self, "world") else ():
            found = [self.look(one) for one in self.sessions]
            here = [r for r in found if r["backend_name"] == device and r["state"] == "active"]
            assert len(here) <= 1
            turn = self.world.core.scheduler.turns.get(device)
            if here and here[0]["mode"] == "dedicated" and turn is not None:
                assert turn.session_id == here[0]["id"]

    @invariant()
    def nobody_waits_for_a_free_device(self):
        for device in ("one", "two") if hasattr(self, "world") else ():
            scheduler = self.world.core.scheduler
            waiting = scheduler.waiting(device)
            positions = [o.position for o in scheduler.outlooks(device).values()]
            assert positions == list(range(1, len(waiting) + 1))
            if waiting and device not in scheduler.turns:
                active = [self.look(one) for one in self.sessions]
                assert any(
                    r["state"] == "active" and r["mode"] == "dedicated"
                    for r in active
                    if r["backend_name"] == device
                )

    @invariant()
    def a_session_only_goes_forward(self):
        for session_id in self.sessions if hasattr(self, "world") else ():
            record = self.look(session_id)
            new = (record["revision"], RANKS[record["state"]])
            old = self.seen.get(session_id, (0, 0))
            assert new[0] >= old[0]
            assert new[1] >= old[1]
            self.seen[session_id] = new
            times = [stamp["timestamp"] for stamp in record["timestamps"]]
            assert times == sorted(times)
            assert record["elapsed_time"] >= 0
            assert 0 <= record["active_ttl"] <= record["max_ttl"]
            if record["state"] == "closed":
                jobs = [self.world.core.job(job_id) for job_id in self.jobs]
                mine = [job for job in jobs if job["session_id"] == session_id]
                assert all(job["status"] not in ("Queued", "Running") for job in mine)

    def all_comes_to_its_end(self):
        """With time every session closes, and every job has had its turn or was told why not."""
        for session_id in self.sessions:
            self.world.core.sessions.accept_jobs(session_id, accepting=False)
        for _ in range(2 * len(self.jobs) + 1):
            for turn in list(self.world.core.scheduler.turns.values()):
                self.world.run(turn.job_id, 0.1)
            self.world.core.tick()
        for session_id in self.sessions:
            assert self.look(session_id)["state"] == "closed"
        ends = {self.world.status(job_id) for job_id in self.jobs}
        assert ends <= {"Completed", "Cancelled", "Failed"}


# A history is not shrunk: that takes minutes, and a step or two too many can be read.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
Life.TestCase.settings = settings(
    phases=PHASES, max_examples=20, stateful_step_count=40, deadline=None
)
test_any_history = Life.TestCase
