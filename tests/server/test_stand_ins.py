"""Devices that stand in for a processor, mock devices, and what is asked of them by name."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from server.support import array_json, bits, check_error, circuit_json, field, read_array

from runtime_widgets.server.devices import DeviceSpec, coupling_map, parse_spec
from runtime_widgets.server.settings import Settings

DEVICES = ["name=one,kind=eagle", "name=two,kind=heron", "name=mock_one,kind=eagle"]


@pytest.fixture(scope="module")
def server(start):
    with start(devices=DEVICES) as running:
        yield running


def isa(qubits: int, *acted: int) -> QuantumCircuit:
    """Flip some qubits of a wide device, and measure those."""
    circuit = QuantumCircuit(qubits, len(acted))
    for place, qubit in enumerate(acted):
        circuit.x(qubit)
        circuit.measure(qubit, place)
    return circuit


@pytest.mark.parametrize(("kind", "qubits", "links"), [("eagle", 127, 144), ("heron", 156, 176)])
def test_the_lattice_is_heavy_hexagonal(kind, qubits, links):
    pairs = {frozenset(pair) for pair in coupling_map(DeviceSpec("any", qubits, kind))}
    assert len(pairs) == links
    degrees = [sum(qubit in pair for pair in pairs) for qubit in range(qubits)]
    assert set(degrees) <= {1, 2, 3}
    reached, edge = {0}, {0}
    while edge:
        edge = {q for pair in pairs if pair & edge for q in pair} - reached
        reached |= edge
    assert len(reached) == qubits


def test_it_tells_what_a_processor_tells(server):
    for name, gate, family in (("one", "ecr", "Eagle"), ("two", "rzz", "Heron")):
        about = server.get(f"/backends/{name}/configuration").json()
        assert about["simulator"] is False
        assert gate in about["basis_gates"]
        assert "Stand-in" in about["description"]
        assert about["processor_type"]["family"] == family
        assert {"reset", "measure", "if_else"} <= set(about["supported_instructions"])
        data = server.get(f"/backends/{name}/properties").json()
        assert len(data["qubits"]) == about["n_qubits"]
        assert {entry["gate"] for entry in data["gates"]} == set(about["basis_gates"])
        assert server.get(f"/backends/{name}/defaults").json() == {}  # it takes no pulses


@pytest.mark.parametrize("acted", [(126,), tuple(range(0, 127, 3))], ids=["few", "many"])
def test_only_the_qubits_that_are_used_are_simulated(server, acted):
    pub = [circuit_json(isa(127, *acted)), array_json([]), 20]
    measured = bits(server.result(server.sample(pub, backend="one")), 0, "c")
    ones = [int(shot).bit_count() for shot in measured]
    assert sum(ones) / len(ones) > 0.9 * len(acted)


def test_an_observable_on_all_qubits_can_be_estimated(server):
    circuit = QuantumCircuit(127)
    circuit.x(0)
    observables = [{"Z" * 127: 1.0}, {"I" * 126 + "Z": 1.0}]
    pub = [circuit_json(circuit), observables, array_json([]), 0.03]
    values = read_array(field(server.result(server.estimate(pub, backend="one")), 0, "evs"))
    assert values.shape == (2,)
    assert abs(values[0]) < 0.3  # 127 readout errors leave next to nothing of it
    assert -1.0 <= values[1] < -0.8


def test_a_gate_where_nothing_is_coupled_is_refused(server):
    circuit = QuantumCircuit(127, 1)
    circuit.ecr(1, 0)  # the other direction is there
    body = {"pubs": [[circuit_json(circuit), array_json([]), 1]], "version": 2}
    answer = server.post_job({"program_id": "sampler", "backend": "one", "params": body})
    assert "ecr on qubits (1, 0)" in check_error(answer, 400)["message"]


def test_mock_devices_and_their_jobs_are_for_those_who_ask(server):
    def names(**query):
        return {device["name"] for device in server.get("/backends", **query).json()["devices"]}

    def jobs(**query):
        return {job["id"] for job in server.get("/jobs", **query).json()["jobs"]}

    assert names() == {"one", "two"}
    assert names(include_mocks="True") == {"one", "two", "mock_one"}
    pub = [circuit_json(isa(127, 0)), array_json([]), 1]
    job_id = server.sample(pub, backend="mock_one")
    server.wait(job_id)
    assert job_id not in jobs()
    assert job_id in jobs(include_mocks="true")
    assert job_id in jobs(backend="mock_one")

    def workloads(**query):
        found = server.get("/workloads", **query).json()
        return {row["id"] for row in found["workloads"]}

    assert job_id not in workloads()
    assert job_id in workloads(backend="mock_one")


def test_clients_of_old_get_the_names_alone(server):
    for version, first in (("2024-01-01", "one"), ("2024-12-31", "one"), ("2025-01-01", None)):
        headers = {"IBM-API-Version": version}
        devices = server.ask("GET", "/backends", headers=headers).json()["devices"]
        assert devices[0] == first if first else devices[0]["name"] == "one"


def test_a_calibration_is_known_by_its_id(server):
    known = server.get("/backends/one/properties").json()["calibration_id"]
    for part in ("configuration", "properties"):
        path = f"/backends/one/{part}"
        assert server.get(path, calibration_id=known).status_code == 200
        check_error(server.get(path, calibration_id="another"), 404)
    pub = [circuit_json(isa(127, 0)), array_json([]), 1]
    job_id = server.sample(pub, backend="one", calibration_id=known)
    assert server.job(job_id)["calibration_id"] == known
    body = {"program_id": "sampler", "backend": "one", "calibration_id": "another"}
    check_error(server.post_job({**body, "params": {"pubs": [pub], "version": 2}}), 404)


def test_a_job_is_seen_running_for_as_long_as_its_device_takes(tmp_path):
    specs = (DeviceSpec("plain", 2, "exact"), DeviceSpec("stands_in", 127, "eagle"))
    common = {"data": tmp_path, "token": "t", "instance": "i", "database_url": "", "devices": specs}
    settings = Settings(**common)
    assert settings.shortest_seconds("plain") == 0.3
    # IBM's client looks every half second.
    assert settings.shortest_seconds("stands_in") > 0.5
    assert Settings(**common, post_processing_seconds=0.0).shortest_seconds("stands_in") == 0.0


def test_the_number_of_qubits_is_the_processors():
    assert parse_spec("name=a,kind=eagle").qubits == 127
    assert parse_spec("name=a,kind=heron").qubits == 156
    with pytest.raises(ValueError, match="127 qubits"):
        parse_spec("name=a,kind=eagle,qubits=5")
