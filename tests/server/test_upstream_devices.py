"""IBM's client and the devices: filters, configuration, calibration data, targets."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone

import pytest
from qiskit import QuantumCircuit
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit.transpiler import Target
from server.upstream import DEVICES, QUIET, bell, client, connect, isa, pointed_at

upstream = client()
pytestmark = QUIET


@pytest.fixture(scope="module")
def service(start, tmp_path_factory):
    with (
        start(devices=[*DEVICES, "name=mock_eagle,kind=eagle"]) as server,
        pointed_at(server, tmp_path_factory.mktemp("home")),
    ):
        yield connect(server)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["exact", "my_eagle", "my_heron"]),
        ({"include_mocks": True}, ["exact", "my_eagle", "my_heron", "mock_eagle"]),
        ({"name": "my_heron"}, ["my_heron"]),
        ({"min_num_qubits": 100}, ["my_eagle", "my_heron"]),
        ({"min_num_qubits": 500}, []),
        ({"simulator": True}, ["exact"]),
        ({"simulator": False, "operational": True}, ["my_eagle", "my_heron"]),
        ({"operational": False}, []),
        ({"dynamic_circuits": True}, ["exact", "my_eagle", "my_heron"]),
        ({"dynamic_circuits": False}, []),
        ({"open_pulse": True}, []),
        ({"filters": lambda device: device.num_qubits == 127}, ["my_eagle"]),
    ],
    ids=str,
)
def test_devices_are_found_by_filters(service, filters, names):
    assert [device.name for device in service.backends(**filters)] == names


def test_a_device_that_is_not_there_is_not_found(service):
    with pytest.raises(QiskitBackendNotFoundError):
        service.backend("another")


def test_the_least_busy_is_one_that_fits(service):
    assert service.least_busy().name in {"exact", "my_eagle", "my_heron"}
    assert service.least_busy(min_num_qubits=150).name == "my_heron"
    assert service.least_busy(simulator=True, operational=True).name == "exact"
    with pytest.raises(QiskitBackendNotFoundError):
        service.least_busy(min_num_qubits=500)


def test_a_simulator_is_one_and_has_no_calibration_data(service):
    device = service.backend("exact")
    assert device.simulator is True
    assert device.properties() is None
    assert device.target.num_qubits == 6


@pytest.mark.parametrize(("name", "qubits"), [("my_eagle", 127), ("my_heron", 156)])
def test_a_stand_in_shows_all_that_a_processor_shows(service, name, qubits):
    device = service.backend(name)
    assert (device.num_qubits, device.physical_qubits) == (qubits, qubits)
    assert device.configuration().n_qubits == qubits
    assert device.status().operational
    assert device.status().status_msg == "active"
    assert device.status().pending_jobs == 0
    assert len(device.qubit_properties(range(qubits))) == qubits
    assert device.qubit_properties(0).t1 > 0
    properties = device.properties()
    assert len(properties.qubits) == qubits
    assert 0 < properties.readout_error(5) < 0.1
    assert properties.faulty_qubits() == []
    assert isinstance(device.target, Target)
    assert {"reset", "measure", "delay", "if_else"} <= set(device.target.operation_names)
    assert device.target.dt > 0
    device.check_faulty(isa(bell(), device))
    with pytest.raises(AttributeError):
        _ = device.no_such_attribute


def test_calibration_data_are_those_of_a_date(service):
    device, long_ago = service.backend("my_eagle"), datetime(2020, 1, 1, tzinfo=timezone.utc)
    today = device.properties(datetime=datetime.now(timezone.utc) + timedelta(days=1))
    assert today.last_update_date == device.properties().last_update_date
    assert device.properties(datetime=long_ago) is None
    assert device.target_history().num_qubits == 127
    assert device.target_history(datetime=long_ago).num_qubits == 127


def test_a_device_is_read_again_and_copied(service):
    device = service.backend("my_eagle")
    before, configuration = device.target, device.configuration()
    device.refresh()
    assert device.target is not before
    assert device.configuration() is not configuration
    copied = copy.deepcopy(device)
    assert copied.properties().last_update_date == device.properties().last_update_date


def test_fractional_gates_are_those_of_a_heron(service):
    assert "rzz" not in service.backend("my_heron").basis_gates
    heron = service.backend("my_heron", use_fractional_gates=True)
    assert {"rx", "rzz"} <= set(heron.basis_gates)
    assert "rzz" in heron.target.operation_names
    with pytest.raises(upstream.IBMInputValueError, match="fractional"):
        service.backend("my_eagle", use_fractional_gates=True)


def test_a_calibration_is_known_by_its_id_alone(service):
    assert service.backend("my_eagle", calibration_id="my_eagle-7").calibration_id
    with pytest.raises(QiskitBackendNotFoundError):
        service.backend("my_eagle", calibration_id="another")


def test_circuits_are_transpiled_for_a_device_or_refused(service):
    device = service.backend("my_eagle")
    ready = isa(bell(), device)
    assert ready.num_qubits == 127
    assert set(ready.count_ops()) <= {*device.basis_gates, "measure", "barrier"}
    with pytest.raises(upstream.IBMInputValueError, match="128 qubits"):
        upstream.SamplerV2(device).run([QuantumCircuit(128, 1)])
    with pytest.raises(upstream.IBMInputValueError, match="not supported"):
        upstream.SamplerV2(device).run([bell()])


def test_a_dry_run_goes_to_the_mock_of_its_device(service):
    device = service.backend("my_eagle")
    job = upstream.SamplerV2(device).run([isa(bell(), device)], dry_run=True)
    assert job.backend().name == "mock_eagle"
    assert job.backend().is_mock
    assert job.result(timeout=60)[0].data.meas.num_shots == 4096
    assert job.job_id() not in [each.job_id() for each in service.jobs()]
    assert job.job_id() in [each.job_id() for each in service.jobs(include_mocks=True)]
