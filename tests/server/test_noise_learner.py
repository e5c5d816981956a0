"""The noise learner: what it answers is the noise that is simulated."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from server.learned import (
    DEVICES,
    GATE,
    NOTE,
    PAIRS,
    SPECS,
    WITHIN,
    differ,
    fidelities,
    predicted,
    simulated,
)
from server.support import array_json, check_error, circuit_json

from runtime_widgets import codec
from runtime_widgets.codec import LayerError


@pytest.fixture(scope="module")
def server(start):
    with start(devices=DEVICES) as running:
        yield running


def layered(name, *layers):
    """Return a circuit of layers on the qubits of a device, parted by barriers."""
    circuit = QuantumCircuit(SPECS[name].qubits)
    for layer in layers:
        circuit.barrier()
        for pair in layer:
            getattr(circuit, GATE[name])(*pair)
    return circuit


def learn(server, name, *circuits, **options):
    params = {"circuits": [circuit_json(c) for c in circuits], "options": options}
    job = server.submit("noise-learner", params, backend=name)
    server.result(job)
    found = codec.loads(server.get(f"/jobs/{job}/results").text)
    for layer in found["data"]:
        assert isinstance(layer, LayerError)
        assert layer.circuit.num_qubits == len(layer.qubits) == layer.error.num_qubits
        assert (layer.error.rates >= 0).all()
    assert "not learned by sampling" in server.get(f"/jobs/{job}/logs").text
    return found["data"], found["metadata"]


@pytest.mark.parametrize("name", ["noisy", "eagle", "heron"])
@pytest.mark.parametrize("strategy", ["active", "active-accum"])
def test_a_model_predicts_the_fidelities_of_what_is_simulated(server, name, strategy):
    first, second = PAIRS[name]
    circuit = layered(name, [first], [second])
    found, _ = learn(server, name, circuit, twirling_strategy=strategy)
    before = () if strategy == "active" else first
    assert [layer.qubits for layer in found] == [[*first], [*before, *second]]
    for layer in found:
        expected = fidelities(simulated(name, layer.circuit, layer.qubits))
        model = predicted(layer.error.generators, layer.error.rates)
        assert min(expected.values()) < 1 - 1e-3
        assert differ(model, expected) < WITHIN


@pytest.mark.parametrize("name", ["noisy", "eagle"])
def test_two_gates_side_by_side_are_one_layer(server, name):
    (layer,), _ = learn(server, name, layered(name, PAIRS[name]))
    assert layer.qubits == sorted(q for pair in PAIRS[name] for q in pair)
    assert layer.circuit.count_ops() == {GATE[name]: 2}
    expected = fidelities(simulated(name, layer.circuit, layer.qubits))
    assert differ(predicted(layer.error.generators, layer.error.rates), expected) < WITHIN


def test_an_idle_qubit_has_no_noise(server):
    (first, layer), _ = learn(server, "eagle", layered("eagle", [(0, 1)], [(1, 2)]))
    assert (first.qubits, layer.qubits) == ([0, 1], [0, 1, 2])
    expected = fidelities(simulated("eagle", layer.circuit, layer.qubits))
    assert expected["IIX"] == pytest.approx(1)
    assert differ(predicted(layer.error.generators, layer.error.rates), expected) < WITHIN
    on_first = [str(p)[-1] != "I" for p in layer.error.generators]
    assert sum(on_first) == 3
    assert not layer.error.rates[on_first].any()


def test_without_noise_there_are_rates_of_zero(server):
    (layer,), _ = learn(server, "exact", layered("exact", [(0, 1), (3, 2)]))
    assert len(layer.error.rates) == 30
    assert not layer.error.rates.any()


def test_the_most_frequent_layers_are_chosen(server):
    many = layered("noisy", [(0, 1)], [(1, 2)], [(0, 1), (2, 3)], [(1, 2)])
    asked = {"twirling_strategy": "active"}
    for most, names in ((0, []), (1, [[1, 2]]), (2, [[1, 2], [0, 1, 2, 3]]), (None, None)):
        found, metadata = learn(server, "noisy", many, max_layers_to_learn=most, **asked)
        ordered = [layer.qubits for layer in found]
        assert ordered == (names if names is not None else [[1, 2], [0, 1, 2, 3], [0, 1]])
        assert metadata["input_options"]["max_layers_to_learn"] == most


def test_the_result_says_what_it_was_asked_and_how_it_was_made(server):
    _, metadata = learn(server, "noisy", layered("noisy", [(0, 1)]), num_randomizations=3)
    assert metadata == {
        "backend": "noisy",
        "input_options": {
            "max_layers_to_learn": 4,
            "shots_per_randomization": 128,
            "num_randomizations": 3,
            "layer_pair_depths": [0, 1, 2, 4, 16, 32],
            "twirling_strategy": "active-accum",
        },
        "noise": NOTE,
    }


def test_twirling_strategies_say_which_qubits_belong_to_a_layer(server):
    circuit = QuantumCircuit(16)
    circuit.x(5)
    circuit.cz(0, 1)
    circuit.barrier()
    circuit.delay(10, 4)
    circuit.cz(1, 2)
    circuit.x(3)
    expected = {
        "active": [[0, 1], [1, 2]],
        "active-accum": [[0, 1, 5], [0, 1, 2, 3, 5]],
        "active-circuit": [[0, 1, 2, 3, 5]] * 2,
        "all": [[*range(16)]] * 2,
    }
    for strategy, qubits in expected.items():
        found, _ = learn(server, "noisy", circuit, twirling_strategy=strategy)
        assert [layer.qubits for layer in found] == qubits


def test_barriers_separate_layers_and_so_do_gates_that_no_pauli_passes(server):
    parted = QuantumCircuit(156)
    parted.cz(0, 1)
    parted.rzz(0.3, 1, 2)  # no Clifford gate: no part of a layer
    parted.cz(2, 3)
    parted.barrier()
    parted.cz(5, 6)
    found, _ = learn(server, "heron", parted, twirling_strategy="active")
    assert [layer.qubits for layer in found] == [[0, 1], [2, 3], [5, 6]]
    turned = QuantumCircuit(156)
    turned.rzz(np.pi / 2, 0, 1)  # this is one
    (layer,), _ = learn(server, "heron", turned)
    expected = fidelities(simulated("heron", layer.circuit, layer.qubits))
    assert differ(predicted(layer.error.generators, layer.error.rates), expected) < WITHIN


def test_pubs_and_parameters_are_taken_for_their_circuits(server):
    circuit = layered("noisy", [(0, 1)])
    circuit.rz(Parameter("x"), 0)
    pub = [circuit_json(circuit), {"Z" * 16: 1.0}, array_json([0.0]), None]
    job = server.submit("noiselearner", {"circuits": [pub], "version": 2}, backend="noisy")
    assert len(server.result(job)["data"]) == 1


MANY = {"circuits": [circuit_json(layered("noisy", [(0, 1)]))]}
REFUSED = {
    "no circuits": ({"options": {}}, "circuits"),
    "an empty list": ({"circuits": []}, "circuits"),
    "a number": ({"circuits": [3]}, "circuits[0]"),
    "OpenQASM": ({"circuits": ["OPENQASM 3.0;"]}, "circuits[0]"),
    "an empty PUB": ({"circuits": [[]]}, "circuits[0]"),
    "a broken circuit": (
        {"circuits": [{"__type__": "QuantumCircuit", "__value__": "AAAA"}]}, "zlib"
    ),
    "another version": ({**MANY, "version": 7}, "version"),
    "an unknown option": ({**MANY, "options": {"x": 1}}, "options.x"),
    "options of another kind": ({**MANY, "options": []}, "options"),
    "fewer layers than none": (
        {**MANY, "options": {"max_layers_to_learn": -1}}, "options.max_layers_to_learn"
    ),
    "an unknown strategy": (
        {**MANY, "options": {"twirling_strategy": "some"}}, "options.twirling_strategy"
    ),
    "no shots": ({**MANY, "options": {"shots_per_randomization": 0}}, "shots_per_randomization"),
    "a gate that is not there": (
        {"circuits": [circuit_json(layered("noisy", [(0, 15)]))]}, "(0, 15)"
    ),
    "too many qubits": (
        {"circuits": [circuit_json(QuantumCircuit(17))]}, "17 qubits"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_malformed_is_refused_with_a_sentence(server, name):
    params, words = REFUSED[name]
    body = {"program_id": "noise-learner", "backend": "noisy", "params": params}
    assert words in check_error(server.post_job(body), 400)["message"]


def test_control_flow_has_no_layers_to_learn(server):
    circuit = QuantumCircuit(16, 1)
    with circuit.if_test((0, 1)):
        circuit.cz(0, 1)
    params = {"circuits": [circuit_json(circuit)]}
    body = {"program_id": "noise-learner", "backend": "noisy", "params": params}
    assert "control flow" in check_error(server.post_job(body), 400)["message"]


def test_models_that_would_not_fit_are_refused(start):
    circuit = QuantumCircuit(16)
    for _ in range(40):
        circuit.cz(0, 1)
        circuit.cz(1, 2)
    params = {"circuits": [circuit_json(circuit)], "options": {"twirling_strategy": "all"}}
    with start(devices=DEVICES, limits={"max_result_bytes": 1823}) as small:
        body = {"program_id": "noise-learner", "backend": "noisy", "params": params}
        assert "2 layers" in check_error(small.post_job(body), 400)["message"]
        params["options"]["max_layers_to_learn"] = 1
        assert small.post_job(body).status_code == 200
