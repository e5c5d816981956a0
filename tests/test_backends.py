from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import pytest
from qiskit import QuantumCircuit, generate_preset_pass_manager
from qiskit.providers import BackendV2
from qiskit.transpiler import Target
from support.embedded import bell
from support.scripted import Answer

from runtime_widgets import errors
from runtime_widgets.backend_properties import BackendProperties
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.client import RuntimeClient
from runtime_widgets.queue_info import QueueInfo
from runtime_widgets.service import QiskitRuntimeService

CONFIGURATION = {
    "backend_name": "ibm_x",
    "backend_version": "1.2.3",
    "n_qubits": 3,
    "basis_gates": ["cz", "rz", "sx", "x", "id", "if_else", "delay"],
    "gates": [{"name": "cz", "coupling_map": [[0, 1], [1, 2]]}],
    "coupling_map": [[0, 1], [1, 2]],
    "simulator": False,
    "dt": 1e-9,
}
PROPERTIES = {
    "backend_name": "ibm_x",
    "backend_version": "1.2.3",
    "last_update_date": "2026-11-22T10:00:00Z",
    "qubits": [
        [
            {"name": "T1", "unit": "us", "value": 100.0 + n},
            {"name": "T2", "unit": "ms", "value": 0.2},
            {"name": "frequency", "unit": "GHz", "value": 5.0},
            {"name": "readout_error", "unit": "", "value": 0.01},
            {"name": "readout_length", "unit": "ns", "value": 800},
            {"name": "operational", "unit": "", "value": n != 2},
        ]
        for n in range(3)
    ],
    "gates": [
        {
            "gate": "cz",
            "qubits": [0, 1],
            "parameters": [
                {"name": "gate_error", "unit": "", "value": 0.005},
                {"name": "gate_length", "unit": "ns", "value": 68},
            ],
        },
        {"gate": "sx", "qubits": [0], "parameters": []},
    ],
    "general": [],
}


@pytest.fixture
def client(scripted):
    client = RuntimeClient(scripted.params())
    yield client
    client.close()


@pytest.fixture
def backend(client, scripted):
    scripted.answers(Answer(200, PROPERTIES))
    return RuntimeBackend(None, client, CONFIGURATION)


# devices of the embedded runtime


def test_three_kinds_of_device_are_there(service):
    devices = {b.name: b for b in service.backends()}
    assert {"local_exact", "local_noisy"} <= set(devices)
    assert all(isinstance(b, BackendV2) for b in devices.values())
    assert devices["local_noisy"].num_qubits >= 12
    assert all(b.simulator for b in devices.values())
    assert devices["local_noisy"].coupling_map is not None
    assert devices["local_exact"].properties() is None


def test_devices_are_chosen_by_what_they_can(service):
    def names(**wanted):
        return {b.name for b in service.backends(**wanted)}

    assert names(name="local_noisy") == {"local_noisy"}
    assert names(simulator=False) == set()
    assert names(operational=False) == set()
    assert names(operational=True) == names()
    assert names(min_num_qubits=17) == names() - {"local_noisy"}
    assert names(filters=lambda b: b.name.endswith("exact")) == {"local_exact"}
    assert names(name="none") == set()


def test_the_least_busy_device_is_the_one_with_the_shortest_queue(service, flag):
    jobs = [service.run("hold", {"until": str(flag)}, backend="local_exact") for _ in range(3)]
    assert service.least_busy().name != "local_exact"
    assert service.least_busy(filters=lambda b: b.name == "local_exact").name == "local_exact"
    for job in jobs:
        job.cancel()


def test_a_paused_device_is_never_the_least_busy(scripted, client):
    devices = [
        {"name": "paused", "status": {"name": "paused"}, "queue_length": 0},
        {"name": "silent", "status": {"name": "online"}},
        {"name": "busy", "status": {"name": "online"}, "queue_length": 50},
    ]

    def script(request):
        if request.path == "/identity/token":
            return Answer(200, {"access_token": "b"})
        if request.path.endswith("/backends"):
            return Answer(200, {"devices": devices})
        return Answer(200, {**CONFIGURATION, "backend_name": request.path.split("/")[-2]})

    scripted.script = script
    service = QiskitRuntimeService(params=scripted.params())
    assert service.least_busy().name == "busy"
    assert {b.name for b in service.backends(operational=True)} == {"silent", "busy"}
    service.close()


def test_a_device_tells_its_status(service):
    status = service.backend("local_exact").status()
    assert status.operational
    assert status.backend_name == "local_exact"
    assert status.pending_jobs >= 0


def test_circuits_are_fitted_to_a_noisy_device_and_run_there(service):
    backend = service.backend("local_noisy")
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 2)
    circuit.measure_all()
    fitted = generate_preset_pass_manager(1, backend=backend, seed_transpiler=1).run(circuit)
    assert set(fitted.count_ops()) <= {*backend.operation_names, "barrier"}
    job = service.run("sampler", {"pubs": [(fitted, None, 128)]}, backend=backend)
    counts = job.result(60)[0].data.meas.get_counts()
    assert sum(counts.values()) == 128
    assert job.properties().to_dict() == backend.properties().to_dict()


def test_a_circuit_that_a_device_cannot_run_is_refused_with_the_instruction(service):
    with pytest.raises(errors.IBMApiError, match="h") as caught:
        service.run("sampler", {"pubs": [bell()]}, backend="local_noisy")
    assert caught.value.status_code == 400


def test_a_device_is_asked_about_once(service):
    assert service.backend("local_noisy") is service.backend("local_noisy")


# what is made of the server's JSON


def test_the_target_has_every_gate_where_it_can_act(backend):
    target = backend.target
    assert isinstance(target, Target)
    assert target.num_qubits == 3
    assert target.dt == 1e-9
    wanted = {"cz", "rz", "sx", "x", "id", "if_else", "delay", "measure", "reset"}
    assert set(target.operation_names) == wanted
    assert set(target.qargs_for_operation_name("cz")) == {(0, 1), (1, 2)}
    assert target["cz"][(0, 1)].error == 0.005
    assert target["cz"][(0, 1)].duration == pytest.approx(68e-9)
    assert target["cz"][(1, 2)].error is None
    assert target["measure"][(0,)].error == 0.01
    assert target.qubit_properties[1].t1 == pytest.approx(101e-6)
    assert backend.max_circuits is None


def test_the_target_is_asked_for_once(backend, scripted):
    assert backend.target is backend.target
    assert len(scripted.calls("GET")) == 1


def test_a_device_without_calibration_has_a_target_all_the_same(client, scripted):
    scripted.answers(Answer(404))
    backend = RuntimeBackend(None, client, CONFIGURATION)
    assert backend.properties() is None
    assert list(backend.target["cz"]) == [(0, 1), (1, 2)]
    assert backend.target["cz"][(0, 1)] is None


def test_a_gate_that_nobody_knows_is_named(client, scripted):
    scripted.answers(Answer(404))
    configuration = {**CONFIGURATION, "basis_gates": ["cz", "warp"]}
    with pytest.raises(errors.IBMInputValueError, match="warp"):
        _ = RuntimeBackend(None, client, configuration).target


def test_a_configuration_s_entries_are_attributes(backend):
    assert backend.configuration().n_qubits == 3
    assert backend.configuration().to_dict() == CONFIGURATION
    with pytest.raises(AttributeError, match="colour"):
        _ = backend.configuration().colour
    assert "ibm_x" in repr(backend.configuration())
    assert "3 qubits" in repr(backend)


def test_properties_of_a_time_are_asked_for_in_utc(backend, scripted):
    moment = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
    assert isinstance(backend.properties(datetime=moment), BackendProperties)
    assert scripted.seen[-1].query == {"updated_before": ["2026-11-22T10:00:00Z"]}


def test_properties_are_kept_until_a_refresh(backend, scripted):
    assert backend.properties() is backend.properties()
    assert len(scripted.calls("GET")) == 1
    backend.properties(refresh=True)
    assert len(scripted.calls("GET")) == 2


def test_jobs_are_not_sent_by_the_device(backend):
    with pytest.raises(errors.IBMError, match="SamplerV2"):
        backend.run(bell())


# figures


def test_figures_are_in_si_units():
    properties = BackendProperties.from_dict(PROPERTIES)
    assert properties.t1(2) == pytest.approx(102e-6)
    assert properties.t2(0) == pytest.approx(2e-4)
    assert properties.frequency(0) == pytest.approx(5e9)
    assert properties.readout_error(1) == 0.01
    assert properties.readout_length(1) == pytest.approx(8e-7)
    assert properties.gate_error("cz", [0, 1]) == 0.005
    assert properties.gate_length("cz", (0, 1)) == pytest.approx(68e-9)
    assert [properties.is_qubit_operational(q) for q in range(3)] == [True, True, False]
    assert properties.gates() == [("cz", (0, 1)), ("sx", (0,))]
    assert properties.last_update_date == datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
    assert properties == BackendProperties(PROPERTIES)
    assert "3 qubits" in repr(properties)


@pytest.mark.parametrize(
    "ask",
    [
        lambda p: p.t1(3),
        lambda p: p.t1(-1),
        lambda p: p.qubit_property(0, "colour"),
        lambda p: p.gate_error("cz", [1, 0]),
        lambda p: p.gate_error("sx", 0),
        lambda p: p.gate_length("warp", 0),
    ],
)
def test_a_figure_that_is_not_there_is_said_so(ask):
    with pytest.raises(errors.IBMInputValueError, match="ibm_x has no"):
        ask(BackendProperties(PROPERTIES))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"qubits": None, "gates": None},
        {"qubits": [None, 5, [7, {"name": "T1"}]], "gates": [None, {"gate": 5}]},
        {"qubits": [[{"name": "T1", "unit": "us", "value": math.nan}]]},
        {"last_update_date": "whenever"},
    ],
)
def test_properties_with_holes_are_read_as_far_as_they_go(data):
    properties = BackendProperties(data)
    assert properties.last_update_date is None
    with pytest.raises(errors.IBMInputValueError):
        properties.t1(0)


# the queue, for people


def test_queue_information_leaves_out_what_is_unknown():
    assert QueueInfo().format() == "Nothing is known about the queue."
    start = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
    text = QueueInfo(position=3, status="Queued", estimated_start_time=start, job_id="j").format()
    assert text.splitlines() == [
        "Job: j",
        "Status: Queued",
        "Position in queue: 3",
        "Estimated start: 2026-11-22 10:00:00 UTC",
    ]
