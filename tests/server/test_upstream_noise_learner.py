"""IBM's client learns noise on a server of ours, unmodified, and uses what it has learned."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.transpiler import generate_preset_pass_manager
from server.learned import NOTE, WITHIN, differ, fidelities, predicted, simulated
from server.support import until
from server.upstream import QUIET, client, connect, pointed_at

upstream = client()
pytestmark = QUIET
# The name and the kind are those of `learned.SPECS`: the noise depends on the name.
DEVICES = ["name=eagle,kind=eagle"]


@pytest.fixture(scope="module")
def device(start, tmp_path_factory):
    with (
        start(devices=DEVICES) as server,
        pointed_at(server, tmp_path_factory.mktemp("home")),
    ):
        yield connect(server).backend("eagle")


def entangled():
    circuit = QuantumCircuit(127)
    circuit.ecr(0, 1)
    circuit.ecr(1, 2)
    circuit.ecr(4, 5)
    circuit.ecr(0, 1)
    return circuit


def test_layers_of_circuits(device):
    learner = upstream.noise_learner.NoiseLearner(
        device, {"max_layers_to_learn": 2, "twirling_strategy": "active"}
    )
    job = learner.run([entangled(), (entangled(), "Z" * 127)])
    result = job.result()
    assert [layer.qubits for layer in result] == [[0, 1, 4, 5], [1, 2]]
    for layer in result:
        assert isinstance(layer, upstream.results.LayerError)
        expected = fidelities(simulated("eagle", layer.circuit, layer.qubits))
        assert differ(predicted(layer.error.generators, layer.error.rates), expected) < WITHIN
    assert result.metadata["noise"] == NOTE
    assert result.metadata["input_options"]["max_layers_to_learn"] == 2
    until(lambda: job.metrics()["usage"]["status"] == "complete")
    assert 0 <= job.usage() < 5
    assert job.inputs["circuits"] == [entangled(), entangled()]


def test_what_was_learned_can_be_given_to_an_estimator(device):
    learned = upstream.noise_learner.NoiseLearner(device).run([entangled()]).result()
    estimator = upstream.EstimatorV2(device)
    estimator.options.resilience.zne_mitigation = True
    estimator.options.resilience.zne.amplifier = "pea"
    estimator.options.resilience.layer_noise_model = learned.data
    job = estimator.run([(entangled(), "I" * 126 + "Z")])
    result = job.result()
    # It is taken, and nothing is made of it, which both the result and the log say.
    assert "layer_noise_model" not in result.metadata["resilience"]
    assert "resilience.layer_noise_model" in job.logs()


def test_boxes(device):
    samplomatic = pytest.importorskip("samplomatic")
    from samplomatic.transpiler import generate_boxing_pass_manager

    passes = generate_preset_pass_manager(0, backend=device, initial_layout=[2, 1, 0])
    passes.post_scheduling = generate_boxing_pass_manager(inject_noise_targets="all")
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.measure_all()
    boxed = passes.run(circuit)
    found = samplomatic.utils.find_unique_box_instructions(boxed)
    result = upstream.NoiseLearnerV3(device).run(found).result()
    kinds = [datum.metadata["learning_protocol"] for datum in result]
    assert kinds == ["lindblad", "lindblad", "trex"]
    maps = result.to_dict(found, require_refs=False)
    assert len(maps) == 3
    for model in maps.values():
        assert model.num_qubits == 3
        assert (np.asarray(model.rates) > 0).any()
