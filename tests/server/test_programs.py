"""What the sampler and the estimator compute, on each kind of device."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import UnitaryGate
from qiskit.transpiler import CouplingMap
from server.support import array_json, bell, bits, check_error, circuit_json, field, read_array

from runtime_widgets.codec import ResultDecoder

AER_HINT = 'pip install "runtime-widgets[aer]"'


def rotated(measure=True):
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("t"), 0)
    if measure:
        circuit.measure_all()
    return circuit


def ghz(qubits):
    circuit = QuantumCircuit(qubits)
    circuit.h(0)
    for qubit in range(qubits - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def native(server, circuit):
    """Transpile for the noisy device, by what it says of itself."""
    about = server.get("/backends/local_noisy/configuration").json()
    return transpile(
        circuit,
        basis_gates=about["basis_gates"],
        coupling_map=CouplingMap(about["coupling_map"]),
        seed_transpiler=1,
    )


def feedback():
    """Measure a qubit in a superposition, and flip another if it was 1."""
    circuit = QuantumCircuit(QuantumRegister(2, "q"), ClassicalRegister(1, "mid"))
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    end = ClassicalRegister(1, "end")
    circuit.add_register(end)
    circuit.measure(1, end[0])
    return circuit


def evs(result, pub=0):
    return read_array(field(result, pub, "evs"))


def test_shots_default_given_by_pub_and_by_option(server):
    circuit = circuit_json(bell())
    result = server.result(server.sample([circuit], [circuit, None, 7]))
    assert bits(result, 0, "meas").shape == (4096,)
    assert bits(result, 1, "meas").shape == (7,)
    chosen = server.result(server.sample([circuit, [], None], options={"default_shots": 11}))
    assert bits(chosen, 0, "meas").shape == (11,)


def test_several_classical_registers_keep_their_names_and_sizes(server):
    circuit = QuantumCircuit(QuantumRegister(11, "q"))
    first, second = ClassicalRegister(1, "first"), ClassicalRegister(10, "second")
    circuit.add_register(first, second)
    circuit.x(range(1, 11))
    circuit.measure(0, first[0])
    circuit.measure(range(1, 11), second)
    result = server.result(server.sample([circuit_json(circuit), None, 5]))
    assert list(bits(result, 0, "first")) == [0] * 5
    assert list(bits(result, 0, "second")) == [1023] * 5
    assert field(result, 0, "second")["__value__"]["num_bits"] == 10


def test_sampler_parameters_are_broadcast_over_any_shape(server):
    values = np.array([[0.0, np.pi, 0.0], [np.pi, np.pi, 0.0]])
    pub = [circuit_json(rotated()), array_json(values[..., None]), 20]
    found = bits(server.result(server.sample(pub)), 0, "meas")
    assert found.shape == (2, 3, 20)
    assert np.array_equal(found.mean(axis=-1), [[0, 1, 0], [1, 1, 0]])


def test_one_set_of_parameters_has_no_axis_of_its_own(server):
    pub = [circuit_json(rotated()), array_json([np.pi]), 20_000]  # several chunks of shots
    found = bits(server.result(server.sample(pub)), 0, "meas")
    assert found.shape == (20_000,)
    assert found.all()


def test_parameters_may_be_given_by_name(server):
    pub = [circuit_json(rotated()), {"t": [0.0, np.pi]}, 5]
    assert bits(server.result(server.sample(pub)), 0, "meas").tolist() == [[0] * 5, [1] * 5]


def test_lists_do_as_parameter_values_too(server):
    pub = [circuit_json(rotated()), [[0.0], [np.pi]], 3]
    assert bits(server.result(server.sample(pub)), 0, "meas").tolist() == [[0] * 3, [1] * 3]


@pytest.mark.parametrize("options", [{"seed_simulator": 5}, {"simulator": {"seed_simulator": 5}}])
def test_a_seed_gives_the_same_bits_again(server, options):
    pub = [circuit_json(bell()), None, 20_000]  # several chunks
    first, second = (
        bits(server.result(server.sample(pub, options=options)), 0, "meas") for _ in range(2)
    )
    other = bits(server.result(server.sample(pub, options={"seed_simulator": 6})), 0, "meas")
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert 0.45 < first.mean() / 3 < 0.55


def test_two_pubs_of_a_job_are_not_the_same_dice(server):
    pub = [circuit_json(bell()), None, 500]
    result = server.result(server.sample(pub, pub, options={"seed_simulator": 1}))
    assert not np.array_equal(bits(result, 0, "meas"), bits(result, 1, "meas"))


def test_a_long_pub_publishes_its_chunks_and_they_make_up_the_result(server):
    job_id = server.sample([circuit_json(bell()), None, 20_000])
    result = server.result(job_id)
    chunks = server.get(f"/jobs/{job_id}/interim_results").json()
    assert [chunk["seq"] for chunk in chunks] == [1, 2, 3]
    progress = [chunk["payload"] for chunk in chunks]
    assert [p["shots_total"] for p in progress] == [20_000] * 3
    assert progress[-1]["shots_done"] == 20_000
    parts = []
    for part in progress:
        entry = part["data"]["__value__"]["data"]["__value__"]["fields"]["meas"]["__value__"]
        parts.append(read_array(entry["array"]))
    whole = read_array(field(result, 0, "meas")["__value__"]["array"])
    assert np.array_equal(np.concatenate(parts), whole)


def test_execution_spans_say_when_each_part_was_measured(server):
    job_id = server.sample(
        [circuit_json(bell()), None, 20_000], [circuit_json(rotated()), [[0.1], [0.2]], 10]
    )
    envelope = server.result(job_id)["__value__"]["metadata"]["execution"]["execution_spans"]
    assert envelope["__type__"] == "ExecutionSpans"
    result = ResultDecoder.decode(server.get(f"/jobs/{job_id}/results").text)
    spans = list(result.metadata["execution"]["execution_spans"])
    assert [span.pub_idxs for span in spans] == [[0], [0], [0], [1], [1]]
    assert sum(span.size for span in spans) == 20_020
    masks = [span.mask(0) for span in spans[:3]]
    assert np.array_equal(sum(mask.astype(int) for mask in masks), np.ones(20_000))
    assert spans[3].mask(1).sum(axis=-1).tolist() == [10, 0]
    starts = [span.start for span in spans]
    assert starts == sorted(starts)
    assert all(span.start <= span.stop for span in spans)


def test_every_pub_publishes(server):
    circuit = circuit_json(bell())
    job_id = server.sample([circuit, None, 10], [circuit, None, 10])
    server.wait(job_id)
    chunks = server.get(f"/jobs/{job_id}/interim_results").json()
    assert [chunk["payload"]["pub"] for chunk in chunks] == [0, 1]
    later = server.get(f"/jobs/{job_id}/interim_results", **{"from": 1}).json()
    assert [chunk["seq"] for chunk in later] == [2]


def test_gates_of_ones_own_run_by_their_definitions(server):
    inner = QuantumCircuit(2)
    inner.x(0)
    inner.cx(0, 1)
    circuit = QuantumCircuit(3)
    circuit.append(inner.to_gate(label="mine"), [2, 0])
    circuit.append(UnitaryGate([[0, 1], [1, 0]]), [1])
    circuit.measure_all()
    for device in ("local_exact", "local_wide"):
        result = server.result(server.sample([circuit_json(circuit), None, 9], backend=device))
        assert bits(result, 0, "meas").tolist() == [7] * 9


def test_feedback_on_a_measurement_in_the_middle(server):
    circuit = feedback()
    result = server.result(server.sample([circuit_json(circuit), None, 300]))
    mid, end = bits(result, 0, "mid"), bits(result, 0, "end")
    assert np.array_equal(mid, end)
    assert 0 < mid.sum() < 300


def test_estimator_values_are_exact_at_precision_zero(server):
    pub = [circuit_json(rotated(measure=False)), {"Z": 1.0, "X": 0.5}, [[0.3], [1.2]], 0.0]
    result = server.result(server.estimate(pub))
    expected = np.cos([0.3, 1.2]) + 0.5 * np.sin([0.3, 1.2])
    assert np.allclose(evs(result), expected, atol=1e-12)
    assert np.all(read_array(field(result, 0, "stds")) == 0)


def test_estimator_precision_is_the_error_that_is_told(server):
    pub = [circuit_json(rotated(measure=False)), {"Z": 1.0}, [[0.3]] * 400, 0.05]
    result = server.result(server.estimate(pub, options={"seed_estimator": 3}))
    assert np.all(read_array(field(result, 0, "stds")) == 0.05)
    assert 0.04 < np.std(evs(result)) < 0.06
    default = server.estimate(pub[:3], options={"default_precision": 0.2})
    assert np.all(read_array(field(server.result(default), 0, "stds")) == 0.2)


def test_estimator_observables_and_parameters_are_broadcast(server):
    observables = [[{"Z": 1.0}], [{"X": 1.0}], [{"Y": 1.0}]]  # shape (3, 1)
    values = np.linspace(0, 1, 4)[:, None]  # shape (4,)
    pub = [circuit_json(rotated(measure=False)), observables, array_json(values), 0.0]
    found = evs(server.result(server.estimate(pub)))
    angles = values[:, 0]
    assert np.allclose(found, [np.cos(angles), np.sin(angles), 0 * angles], atol=1e-12)


@pytest.mark.parametrize("letter", ["Z", "0"])
def test_large_exact_circuits_give_the_same_as_small_ones(server, letter):
    """From ten qubits on another simulator runs them."""
    circuit = QuantumCircuit(12)
    circuit.ry(Parameter("t"), 0)
    circuit.cx(0, 11)
    terms = {letter + "I" * 11: 1.0, "I" * 11 + letter: 0.5}
    pub = [circuit_json(circuit), [terms, terms], [[0.3], [1.2]]]
    found = evs(server.result(server.estimate([*pub, 0.0])))
    angles = np.cos([0.3, 1.2])
    expected = 1.5 * (angles if letter == "Z" else (1 + angles) / 2)
    assert np.allclose(found, expected, atol=1e-9)
    result = server.result(server.estimate([*pub, 0.25], options={"seed_simulator": 4}))
    again = server.result(server.estimate([*pub, 0.25], options={"seed_simulator": 4}))
    assert np.array_equal(evs(result), evs(again))
    assert not np.allclose(evs(result), expected, atol=1e-6)
    assert np.all(read_array(field(result, 0, "stds")) == 0.25)


def test_a_large_exact_sampler_is_reproducible(server):
    circuit = QuantumCircuit(12)
    circuit.h(range(12))
    circuit.ccx(0, 1, 2)
    circuit.measure_all()
    pub = [circuit_json(circuit), None, 20_000]
    options = {"seed_simulator": 3}
    first, again = (
        bits(server.result(server.sample(pub, options=options)), 0, "meas") for _ in range(2)
    )
    assert np.array_equal(first, again)
    assert len(np.unique(first)) > 3500


@pytest.mark.parametrize(
    ("letter", "expected"), [("0", 0.0), ("1", 1.0), ("+", 0.5), ("-", 0.5), ("r", 0.5), ("l", 0.5)]
)
def test_projectors_are_observables_too(server, letter, expected):
    circuit = QuantumCircuit(2)
    circuit.x(0)
    pub = [circuit_json(circuit), {"0" + letter: 2.0}, [], 0.0]
    assert np.isclose(evs(server.result(server.estimate(pub))), 2 * expected)
    pub = [circuit_json(circuit), {"0" + letter: 2.0}, [], 0.02]
    found = evs(server.result(server.estimate(pub, backend="local_wide")))
    assert np.isclose(found, 2 * expected, atol=0.2)


def test_estimator_of_a_circuit_without_parameters_gives_one_number(server):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    result = server.result(server.estimate([circuit_json(circuit), {"ZZ": 1.0}, [], 0.0]))
    assert evs(result).shape == ()
    assert np.isclose(evs(result), 1.0)


def test_the_noisy_device_is_noisy_and_reproducible(server):
    pub = [circuit_json(native(server, bell())), None, 4000]
    device = {"backend": "local_noisy", "options": {"seed_simulator": 2}}
    found = bits(server.result(server.sample(pub, **device)), 0, "meas")
    wrong = np.isin(found, [1, 2]).mean()
    assert 0.001 < wrong < 0.15
    again = bits(server.result(server.sample(pub, **device)), 0, "meas")
    assert np.array_equal(found, again)


def test_the_noisy_device_damps_expectation_values(server):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    about = server.get("/backends/local_noisy/configuration").json()
    ready = transpile(
        circuit,
        basis_gates=about["basis_gates"],
        coupling_map=CouplingMap(about["coupling_map"]),
        initial_layout=[0, 1],
    )
    observable = {"I" * (about["n_qubits"] - 2) + "ZZ": 1.0}
    pub = [circuit_json(ready), observable, [], 0.02]
    result = server.result(server.estimate(pub, backend="local_noisy"))
    assert 0.7 < evs(result) < 0.999
    assert 0 < read_array(field(result, 0, "stds")) < 0.1


def test_the_wide_device_runs_what_no_statevector_holds(server):
    result = server.result(server.sample([circuit_json(ghz(50)), None, 40], backend="local_wide"))
    assert set(bits(result, 0, "meas")) <= {0, 2**50 - 1}
    circuit = ghz(40)
    circuit.remove_final_measurements()
    circuit.rz(0.3, 5)  # no Clifford gate
    circuit.measure_all()
    result = server.result(server.sample([circuit_json(circuit), None, 40], backend="local_wide"))
    assert set(bits(result, 0, "meas")) <= {0, 2**40 - 1}


def test_devices_run_side_by_side_and_one_job_at_a_time_each(server, tmp_path):
    release = tmp_path / "release"
    params = {"seconds": 60, "release": str(release)}
    devices = ("local_exact", "local_noisy", "local_wide")
    running = [server.submit("sleep", params, backend=device) for device in devices]
    behind = server.submit("sleep", {}, backend="local_noisy")
    for job_id in running:
        server.wait(job_id, "Running")
    assert server.status(behind) == "Queued"
    release.touch()
    for job_id in [*running, behind]:
        assert server.wait(job_id)["state"]["status"] == "Completed"


def test_metrics_say_what_was_run(server):
    job_id = server.sample([circuit_json(bell()), None, 10], [circuit_json(bell()), None, 20])
    server.wait(job_id)
    metrics = server.get(f"/jobs/{job_id}/metrics").json()
    assert metrics["num_circuits"] == 2
    assert metrics["num_qubits"] == [2, 2]
    assert metrics["circuit_depths"] == [3, 3]
    assert metrics["num_shots"] == 30
    assert metrics["timestamps"]["finished"] == server.job(job_id)["ended"]


def test_options_without_effect_are_named_in_the_logs(server):
    options = {"dynamical_decoupling": {"enable": True}, "default_shots": 5}
    job_id = server.sample([circuit_json(bell())], options=options)
    server.wait(job_id)
    logs = server.get(f"/jobs/{job_id}/logs").text
    assert "dynamical_decoupling" in logs
    assert "default_shots" not in logs


def test_classical_variables_are_refused_before_the_simulator_ends_its_process(server):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.add_var("inner", expr.lift(1, types.Uint(4)))
    for change in (lambda: None, lambda: circuit.add_var("outer", expr.lift(True))):
        change()
        params = {"pubs": [[circuit_json(circuit)]]}
        for backend in ("local_exact", "local_noisy", "local_wide"):
            body = {"program_id": "sampler", "backend": backend, "params": params}
            error = check_error(server.post_job(body), 400)
            assert "classical variables" in error["message"]


def timed(make):
    circuit = QuantumCircuit(2)
    make(circuit)
    circuit.measure_all()
    return circuit


@pytest.mark.parametrize("backend", ["local_exact", "local_noisy", "local_wide"])
def test_delays_stretches_and_boxes_take_no_time_here(server, backend):
    def delays(circuit):
        circuit.x(0)
        circuit.delay(100, 0, "ns")
        circuit.delay(circuit.add_stretch("s"), 1)

    def boxes(circuit):
        with circuit.box(duration=100, unit="ns"):
            circuit.x(0)
            with circuit.box():
                circuit.delay(circuit.add_stretch("s"), 1)

    pubs = [[circuit_json(timed(make)), None, 100] for make in (delays, boxes)]
    result = server.result(server.sample(*pubs, backend=backend))
    for pub in range(2):
        assert (bits(result, pub, "meas") == 1).mean() > 0.9


@pytest.fixture(scope="module")
def plain(start):
    with start(use_aer=False) as running:
        yield running


class TestWithoutAer:
    def test_there_is_no_wide_device(self, plain):
        names = [device["name"] for device in plain.get("/backends").json()["devices"]]
        assert names == ["local_exact", "local_noisy"]

    def test_noise_comes_from_density_matrices(self, plain):
        pub = [circuit_json(native(plain, bell())), None, 4000]
        device = {"backend": "local_noisy", "options": {"seed_simulator": 2}}
        found = bits(plain.result(plain.sample(pub, **device)), 0, "meas")
        assert 0.001 < np.isin(found, [1, 2]).mean() < 0.15
        again = bits(plain.result(plain.sample(pub, **device)), 0, "meas")
        assert np.array_equal(found, again)

    def test_estimates_agree_with_the_noise_of_aer(self, plain, server):
        circuit = QuantumCircuit(2)
        circuit.x([0, 1])
        about = plain.get("/backends/local_noisy/configuration").json()
        ready = transpile(circuit, basis_gates=about["basis_gates"])
        wide = QuantumCircuit(about["n_qubits"]).compose(ready, [0, 1])
        pub = [circuit_json(wide), {"I" * (about["n_qubits"] - 2) + "ZZ": 1.0}, [], 0.005]
        found = [
            float(evs(each.result(each.estimate(pub, backend="local_noisy"))))
            for each in (plain, server)
        ]
        assert abs(found[0] - found[1]) < 0.03
        assert found[0] < 0.99

    def test_too_many_noisy_qubits_say_how_to_get_more(self, plain):
        circuit = QuantumCircuit(16)
        circuit.x(range(11))
        circuit.measure_all()
        self.refused(plain, circuit, "local_noisy", "at most 10")

    def test_a_dynamic_circuit_says_what_it_needs(self, plain):
        self.refused(plain, feedback(), "local_exact", "control flow")

    def refused(self, plain, circuit, device, reason):
        body = {"program_id": "sampler", "backend": device}
        answer = plain.post_job(json.dumps({**body, "params": {"pubs": [[circuit_json(circuit)]]}}))
        error = check_error(answer, 400)
        assert reason in error["message"]
        assert AER_HINT in error["solution"]
