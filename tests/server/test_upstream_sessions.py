"""IBM's own Session and Batch, unmodified, against this server: their states over time."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from server.upstream import run

pytestmark = pytest.mark.skipif(
    find_spec("qiskit_ibm_runtime") is None, reason="qiskit-ibm-runtime is not installed"
)

STEPS = """
from qiskit_ibm_runtime import Batch, SamplerV2, Session
from qiskit_ibm_runtime.exceptions import IBMInputValueError, IBMRuntimeError

(folder,) = more
qpu = service.backend("qpu")
circuit = QuantumCircuit(127, 1)
circuit.x(0)
circuit.measure(0, 0)

def until(session, word):
    end = time.monotonic() + 60
    while session.status() != word:
        assert time.monotonic() < end, (word, session.details())
        time.sleep(0.05)

def stamps(session):
    return [stamp["status"] for stamp in session.details()["timestamps"]]

def hold(session):
    # a job that runs until it is released
    path = os.path.join(folder, str(session.session_id))
    inputs = {"seconds": 60, "release": path}
    return session._run("sleep", inputs), lambda: open(path, "w").close()
"""


@pytest.fixture(scope="module")
def server(start):
    limits = {"session_idle_seconds": 1, "batch_idle_seconds": 1}
    with start(devices=["name=qpu,kind=eagle", "name=sim,qubits=3"], limits=limits) as running:
        yield running


LIFE = """
session = Session(qpu, max_time="2h 30m")
found["words"] = [session.status()]
found["new"] = session.details()
held, release = hold(session)
until(session, "In progress, accepting new jobs")
sampler = SamplerV2(mode=session)
job = sampler.run([circuit], shots=10)
release()
found["counts"] = job.result()[0].data.c.get_counts()
until(session, "Pending")  # nothing came for a second
found["rested"] = session.details()
sampler.run([circuit], shots=10).result()
found["again"] = stamps(session)
again = Session.from_id(session.session_id, service)
found["same"] = [again.session_id == session.session_id, again.backend(), job.session_id]
found["jobs"] = len(service.jobs(session_id=session.session_id))
session.close()
until(session, "Closed")
session.close()
found["end"] = session.details()
found["usage"] = session.usage()
for what, call in {
    "run by this": lambda: sampler.run([circuit]),
    "run by another": lambda: SamplerV2(mode=again).run([circuit]),
    "no batch": lambda: Batch.from_id(session.session_id, service),
    "unknown": lambda: Session.from_id("none", service),
}.items():
    try:
        call()
    except (IBMInputValueError, IBMRuntimeError) as error:
        found[what] = str(error)
found["simulator"] = Session(service.backend("sim")).session_id
"""


def test_a_session_over_time(server, tmp_path):
    found = run(server, STEPS + LIFE, str(tmp_path))
    new, rested, end = found["new"], found["rested"], found["end"]
    assert found["words"] == ["Pending"]
    assert (new["state"], new["mode"], new["max_time"]) == ("open", "dedicated", 9000)
    assert (new["interactive_timeout"], new["active_timeout"]) == (1, 9000)
    assert new["backend_name"] == "qpu"
    assert new["started_at"] is new["activated_at"] is new["closed_at"] is None
    assert sum(found["counts"].values()) == 10
    assert rested["state"] == "inactive"
    assert rested["accepting_jobs"] is True
    assert rested["started_at"] < rested["last_job_completed"]
    assert 1.0 <= rested["usage_time"] <= 9000 - rested["active_timeout"] + 1
    assert found["again"] == ["open", "active", "inactive", "active"]
    session_id = found["same"][2]
    assert found["same"] == [True, "qpu", session_id]
    assert found["jobs"] == 3
    assert end["state"] == "closed"
    assert end["accepting_jobs"] is False
    assert end["active_timeout"] == 0
    assert end["closed_at"] >= end["last_job_completed"] > end["last_job_started"]
    assert found["usage"] == end["usage_time"] > rested["usage_time"]
    assert "The session is closed." in found["run by this"]
    assert "4001" in found["run by another"]
    assert "atch" in found["no batch"]
    assert "ession not found" in found["unknown"]
    assert found["simulator"] is None, "that client opens no session on a simulator"


BATCH = """
with Batch(qpu) as batch:
    jobs = [SamplerV2().run([circuit], shots=10) for _ in range(3)]
    found["mode"] = batch.details()["mode"]
found["shots"] = [job.result()[0].data.c.num_shots for job in jobs]
until(batch, "Closed")
found["usage"] = [batch.usage(), sum(job.usage() for job in jobs)]
found["sessions"] = [job.session_id == batch.session_id for job in jobs]

cancelled = Batch(qpu)
held, release = hold(cancelled)
jobs = [held, *(SamplerV2(mode=cancelled).run([circuit], shots=10) for _ in range(2))]
until(cancelled, "In progress, accepting new jobs")
cancelled.cancel()
found["closing"] = cancelled.status()
release()
until(cancelled, "Closed")
found["cancelled"] = [str(job.status()) for job in jobs]

short = Session(qpu, max_time=2)
SamplerV2(mode=short).run([circuit], shots=10).result()
until(short, "Closed")
found["reason"] = stamps(short)
"""


def test_batches_cancelling_and_the_time_to_live(server, tmp_path):
    found = run(server, STEPS + BATCH, str(tmp_path))
    assert found["mode"] == "batch"
    assert found["shots"] == [10, 10, 10]
    assert found["usage"][0] == pytest.approx(found["usage"][1], abs=0.01)
    assert found["sessions"] == [True] * 3
    assert found["closing"] == "In progress, not accepting new jobs"
    assert found["cancelled"] == ["DONE", "CANCELLED", "CANCELLED"]
    assert found["reason"][:2] == ["open", "active"]
    assert found["reason"][-1] == "closed"
