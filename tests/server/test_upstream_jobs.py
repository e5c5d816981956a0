"""IBM's client and single jobs: what can be asked of one, from its submission to its deletion."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from server.conftest import PROGRAMS
from server.support import until
from server.upstream import DEVICES, QUIET, bell, client, connect, isa, pointed_at

upstream = client()
pytestmark = QUIET
PATIENCE_S = 60


@pytest.fixture(scope="module")
def running(start, tmp_path_factory):
    with (
        start(devices=list(DEVICES), programs=PROGRAMS) as server,
        pointed_at(server, tmp_path_factory.mktemp("home")),
    ):
        yield server


@pytest.fixture(scope="module")
def service(running):
    return connect(running)


@pytest.fixture(params=["exact", "my_eagle"])
def device(service, request):
    return service.backend(request.param)


@pytest.fixture
def held(running, service, tmp_path):
    """Keep a device busy with a job that runs until the test ends."""
    release = tmp_path / "release"

    def hold(device="exact"):
        job_id = running.submit(
            "sleep", {"seconds": 60, "release": str(release)}, backend=device, tags=["held"]
        )
        running.wait(job_id, "Running")
        return service.job(job_id)

    yield hold
    release.touch()


def sample(device, circuit=None, **options):
    sampler = upstream.SamplerV2(device)
    for name, value in options.items():
        setattr(sampler.options.environment, name, value)
    return sampler.run([isa(circuit or bell(), device)], shots=50)


def test_a_sampler_job_from_its_submission_to_its_result(running, service, device):
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    job = sample(device, job_tags=["a", "b"], log_level="DEBUG")
    assert job.status() in {"QUEUED", "RUNNING", "DONE"}
    counts = job.result(timeout=PATIENCE_S)[0].data.meas.get_counts()
    assert sum(counts.values()) == 50
    assert job.done()
    assert job.in_final_state()
    assert [job.errored(), job.cancelled(), job.running()] == [False, False, False]
    assert job.error_message() is None
    again = service.job(job.job_id())
    assert again.backend().name == device.name
    assert again.primitive_id == "sampler"
    assert sorted(again.tags) == ["a", "b"]
    assert before <= again.creation_date <= datetime.now(timezone.utc) + timedelta(minutes=1)
    assert again.instance == running.facts["instance"]
    assert again.session_id is None
    assert again.private is False
    assert isinstance(again.logs(), str)
    assert (again.properties() is None) == device.simulator
    assert again.result()[0].data.meas.num_shots == 50


def test_its_figures(device):
    job = sample(device)
    job.wait_for_final_state(timeout=PATIENCE_S)
    metrics = job.metrics()
    assert set(metrics["timestamps"]) == {"created", "running", "finished"}
    assert metrics["qiskit_version"]
    assert metrics["usage"]["status"] == "complete"
    assert job.usage() == metrics["usage"]["qpu_charge_time_seconds"] > 0
    assert "quantum_seconds" in job.usage_estimation


def test_its_inputs_are_what_was_sent(service, device):
    theta = Parameter("theta")
    circuit = QuantumCircuit(1, 1)
    circuit.rx(theta, 0)
    circuit.measure(0, 0)
    ready = isa(circuit, device)
    sampler = upstream.SamplerV2(device)
    sampler.options.default_shots = 30
    job = sampler.run([(ready, [[0.0], [1.0]])])
    inputs = service.job(job.job_id()).inputs
    sent, values, shots = inputs["pubs"][0]
    assert sent == ready
    assert np.allclose(values, [[0.0], [1.0]])
    assert shots in (None, 30)
    assert job.result(timeout=PATIENCE_S)[0].data.c.shape == (2,)
    assert job.result()[0].data.c.num_shots == 30


def test_an_estimator_job_with_its_options(device):
    ready = isa(bell(measured=False), device)
    observables = [
        SparsePauliOp(text).apply_layout(ready.layout) if ready.layout else SparsePauliOp(text)
        for text in ("ZZ", "XX", "ZI")
    ]
    estimator = upstream.EstimatorV2(device)
    estimator.options.default_precision = 0.05
    estimator.options.resilience_level = 0
    estimator.options.max_execution_time = 300
    job = estimator.run([(ready, observables)])
    data = job.result(timeout=PATIENCE_S)[0].data
    assert data.evs.shape == data.stds.shape == (3,)
    assert np.allclose(data.evs, [1, 1, 0], atol=0.4)
    assert job.primitive_id == "estimator"


def test_a_waiting_job_and_a_running_one_are_cancelled(service, device, held):
    runs = held(device.name)
    waits = sample(device)
    assert waits.status() == "QUEUED"
    assert runs.status() == "RUNNING"
    for job in (waits, runs):
        job.cancel()
        assert job.status() == "CANCELLED"
        with pytest.raises(upstream.exceptions.RuntimeInvalidStateError):
            job.result()
        with pytest.raises(upstream.exceptions.RuntimeInvalidStateError):
            job.cancel()


def test_waiting_ends_with_its_time(service, held):
    job = held()
    with pytest.raises(upstream.exceptions.RuntimeJobTimeoutError):
        job.wait_for_final_state(timeout=0.1)
    with pytest.raises(upstream.exceptions.RuntimeJobTimeoutError):
        job.result(timeout=0.1)


def test_tags_are_replaced(service):
    job = sample(service.backend("exact"), job_tags=["old"])
    assert sorted(job.update_tags(["new", "er"])) == ["er", "new"]
    assert sorted(service.job(job.job_id()).tags) == ["er", "new"]
    assert job.update_tags([]) == []


def test_a_job_is_deleted_when_it_has_ended_and_while_it_waits(service, held):
    ended = sample(service.backend("exact"))
    ended.wait_for_final_state(timeout=PATIENCE_S)
    runs = held()
    waits = sample(service.backend("exact"))
    for job in (ended, waits):
        service.delete_job(job.job_id())
        with pytest.raises(upstream.RuntimeJobNotFound):
            service.job(job.job_id())
    with pytest.raises(upstream.exceptions.IBMRuntimeError, match="Cancel it first"):
        service.delete_job(runs.job_id())
    with pytest.raises(upstream.RuntimeJobNotFound):
        service.delete_job("no-such-job")


def test_a_private_job_is_read_once(service):
    job = sample(service.backend("exact"), private=True)
    assert job.private
    assert not job.inputs
    assert job.result(timeout=PATIENCE_S)[0].data.meas.num_shots == 50
    until(lambda: not job.result())
    assert service.job(job.job_id()).private


def test_a_job_that_ran_too_long_says_so(running, service):
    job_id = running.submit("sleep", {"seconds": 60}, backend="exact", cost=1)
    job = service.job(job_id)
    with pytest.raises(upstream.RuntimeJobMaxTimeoutError, match="maximum execution time"):
        job.result(timeout=PATIENCE_S)
    assert job.status() == "ERROR"
    assert "maximum execution time" in job.error_message()


def test_a_job_that_failed_says_why(running, service):
    job = service.job(running.submit("fail", backend="exact"))
    with pytest.raises(upstream.RuntimeJobFailureError):
        job.result(timeout=PATIENCE_S)
    assert job.errored()
    assert job.error_message()


def test_what_a_server_refuses_is_told_with_its_reason(service):
    device = service.backend("exact")
    with pytest.raises(upstream.exceptions.IBMRuntimeError, match="pubs is a list"):
        service._run("sampler", {"pubs": []}, {"backend": device})
    with pytest.raises(upstream.RuntimeProgramNotFound, match="unheard-of"):
        service._run("unheard-of", {}, {"backend": device})
