"""QRMI, a client in Rust whose types are generated from the service's published description.

It reads every answer strictly by that description, so that what it can read is as it should be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from qiskit import QuantumCircuit
from server.support import TOKEN, bits, circuit_json, field, read_array, until

qrmi = pytest.importorskip("qrmi", reason="there is no wheel of qrmi for this platform")

DEVICES = ["name=one,kind=eagle", "name=plain,qubits=4,kind=exact"]
# The newer name of the service, and the older one.
SERVICES = {"IBMQuantumComputeService": "QCS", "IBMQiskitRuntimeService": "QRS"}
UNDONE = (qrmi.TaskStatus.Queued, qrmi.TaskStatus.Running)


@pytest.fixture(scope="module")
def server(start):
    with start(devices=DEVICES) as running:
        yield running


def environment(server, short, **more):
    facts = {
        "ENDPOINT": server.api,
        "IAM_ENDPOINT": server.root,
        "IAM_APIKEY": TOKEN,
        "SERVICE_CRN": server.facts["instance"],
        **more,
    }
    return {f"QRMI_IBM_{short}_{name}": value for name, value in facts.items()}


@pytest.fixture(params=SERVICES)
def resource(server, request):
    kind = getattr(qrmi.ResourceType, request.param)
    config = environment(server, SERVICES[request.param])
    return qrmi.QuantumResource.from_config("one", kind, config)


def flipped(*, measured: bool) -> QuantumCircuit:
    circuit = QuantumCircuit(127, 2 if measured else 0)
    circuit.x(0)
    if measured:
        circuit.measure([0, 1], [0, 1])
    return circuit


def run(resource, program, *pub, options=None):
    params = {"pubs": [list(pub)], "version": 2, "support_qiskit": True, "options": options or {}}
    payload = qrmi.Payload.QiskitPrimitive(input=json.dumps(params), program_id=program)
    task = resource.task_start(payload)
    until(lambda: resource.task_status(task) not in UNDONE)
    return task


def test_a_device_is_seen_as_it_is(resource):
    assert resource.resource_id() == "one"
    status = resource.status().to_dict()
    assert status["status"] == "online"
    target = json.loads(resource.target().value)
    assert target["configuration"]["n_qubits"] == 127
    assert len(target["properties"]["qubits"]) == 127
    assert resource.metadata()["backend_name"] == "one"


def test_a_sampler_task_runs_in_a_session(server, resource):
    lock = resource.acquire()
    assert server.get(f"/sessions/{lock}").json()["mode"] == "dedicated"
    assert resource.acquire() == lock  # it is asked about, not opened again
    task = run(resource, "sampler", circuit_json(flipped(measured=True)), None, 50)
    assert resource.task_status(task) == qrmi.TaskStatus.Completed
    measured = bits(json.loads(resource.task_result(task).value), 0, "c")
    assert measured.shape == (50,)
    assert (measured == 1).mean() > 0.8
    assert isinstance(resource.task_logs(task), str)
    resource.task_stop(task)  # it has ended: nothing to stop
    assert server.job(task)["session_id"] == lock
    assert resource.metadata()["session_id"] == lock
    resource.release(lock)
    assert server.get(f"/sessions/{lock}").json()["accepting_jobs"] is False


def test_an_estimator_task_runs(resource):
    observable = {"I" * 126 + "Z": 1.0}
    task = run(resource, "estimator", circuit_json(flipped(measured=False)), observable, None, 0.05)
    result = json.loads(resource.task_result(task).value)
    assert -1.1 < float(read_array(field(result, 0, "evs"))) < -0.8


def test_a_task_is_stopped(server, resource):
    first = server.submit("sleep", {"seconds": 30}, backend="one")
    circuit = circuit_json(flipped(measured=True))
    params = {"pubs": [[circuit, None, 1]], "version": 2, "options": {}}
    payload = qrmi.Payload.QiskitPrimitive(input=json.dumps(params), program_id="sampler")
    task = resource.task_start(payload)
    assert resource.task_status(task) == qrmi.TaskStatus.Queued
    with pytest.raises(qrmi.TaskNotReadyError):
        resource.task_result(task)
    for each in (task, first):
        resource.task_stop(each)
        assert resource.task_status(each) == qrmi.TaskStatus.Cancelled


def test_refusals_are_told_apart(server, resource):
    with pytest.raises(qrmi.TaskNotFoundError):
        resource.task_status("no-such-task")
    with pytest.raises(qrmi.InvalidInputError, match="pubs"):
        run(resource, "sampler", {"__type__": "QuantumCircuit", "__value__": "nonsense"})
    config = environment(server, "QCS", IAM_APIKEY="wrong")
    kind = qrmi.ResourceType.IBMQuantumComputeService
    stranger = qrmi.QuantumResource.from_config("one", kind, config)
    with pytest.raises(qrmi.AuthenticationFailedError):
        stranger.status()


PROVIDER = """
import json, sys, qrmi
provider = qrmi.ResourceProvider(qrmi.ResourceType.IBMQuantumComputeService, json.load(sys.stdin))
filters = [None, "is_simulator=true", "num_qubits=127&name=on*&status=online", "num_qubits=500"]
print(json.dumps([[each.resource_id() for each in provider.resources(f)] for f in filters]))
"""


def test_devices_are_found_by_filters(server):
    # In a process of its own, for it writes what it is given into its environment.
    ran = subprocess.run(
        [sys.executable, "-c", PROVIDER],
        input=json.dumps(environment(server, "QCS")),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    assert ran.returncode == 0, ran.stderr
    every, simulators, fitting, none = json.loads(ran.stdout)
    assert "one" in every
    assert simulators == ["plain"]
    assert fitting == ["one"]
    assert none == []
