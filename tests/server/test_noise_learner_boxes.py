"""The noise learner of annotated boxes: a model is of what is simulated, dressing included."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import BoxOp, ClassicalRegister, Parameter, QuantumRegister
from qiskit.circuit.annotation import Annotation, QPYSerializer
from qiskit.quantum_info import Pauli, QubitSparsePauli
from server.learned import DEVICES, NOTE, SPECS, WITHIN, differ, fidelities, labels, simulated
from server.quantum_programs import text
from server.support import check_error

samplomatic = pytest.importorskip("samplomatic")
converters = pytest.importorskip(
    "qiskit_ibm_runtime.noise_learner_v3.params_converters",
    reason="a qiskit-ibm-runtime with the noise learner of boxes is not installed",
).NOISE_LEARNER_V3_PARAMS_CONVERTERS


@pytest.fixture(scope="module")
def server(start):
    with start(devices=DEVICES) as running:
        yield running


def boxes(name, *fill, **twirl):
    """Return boxes on a device's register, each filled by a function."""
    circuit = QuantumCircuit(QuantumRegister(SPECS[name].qubits, "q"))
    circuit.add_register(ClassicalRegister(4, "c"))
    for qubits, function in fill:
        body = QuantumCircuit(len(qubits), len(qubits))
        function(body)
        used = circuit.clbits[: len(qubits)]
        box = BoxOp(body, annotations=[samplomatic.Twirl(**twirl)])
        circuit.append(box, qubits, used)
    return list(circuit.data)


def v3_params(instructions, version="v0.3"):
    from qiskit_ibm_runtime.options_models import NoiseLearnerV3Options

    return (
        converters[version].encoder(instructions, NoiseLearnerV3Options()).model_dump(mode="json")
    )


def learn_boxes(server, name, instructions, version="v0.3"):
    """Return what their decoder makes of the models of boxes, and the JSON."""
    from qiskit_ibm_runtime.decoders.noise_learner_v3.decoder import NoiseLearnerV3ResultDecoder

    job = server.submit("noise-learner", v3_params(instructions, version), backend=name)
    raw = server.result(job)
    assert NOTE in server.get(f"/jobs/{job}/logs").text
    decoded = NoiseLearnerV3ResultDecoder.decode(json.dumps(raw))
    return [result.to_pauli_lindblad_map() for result in decoded], raw


def dressed(qubits, template, gates):
    """Return a box as it runs: its template, here of an identity, and its gates."""
    circuit = QuantumCircuit(qubits)
    for qubit in range(qubits):
        if template == "rzsx":
            circuit.sx(qubit)
            circuit.rz(np.pi, qubit)
            circuit.sx(qubit)
            circuit.rz(np.pi, qubit)
        else:
            circuit.rx(0, qubit)
    gates(circuit)
    return circuit


def mixed(channel, gates):
    """Return the fidelities that repeating a layer of order two tells: of pairs of Paulis."""
    found = fidelities(channel)
    layer = QuantumCircuit(channel.num_qubits)
    gates(layer)
    moved = {p: Pauli(p).evolve(layer, frame="s").to_label().lstrip("-i") for p in found}
    return {p: np.sqrt(found[p] * found[moved[p]]) for p in found}


def by_map(found):
    return {
        label: found.pauli_fidelity(QubitSparsePauli.from_label(label))
        for label in labels(found.num_qubits)
    }


CASES = [
    ("noisy", "rzsx", "left", (0, 1, 2), lambda c: c.cz(0, 1)),
    ("noisy", "rzsx", "right", (3, 2), lambda c: c.cz(0, 1)),
    ("noisy", "rzsx", "left", (3, 2, 0, 1), lambda c: (c.cz(0, 1), c.cz(3, 2))),
    ("eagle", "rzsx", "left", (2, 0, 1), lambda c: c.ecr(1, 2)),
    ("heron", "rzrx", "left", (0, 1), lambda c: c.cz(0, 1)),
    ("eagle", "rzsx", "left", (1, 2), lambda c: None),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case[:4])))
def test_the_model_of_a_box_has_its_dressing_too(server, case):
    name, template, side, qubits, gates = case
    asked = boxes(name, (qubits, gates), decomposition=template, dressing=side)
    (model,), raw = learn_boxes(server, name, asked)
    # Theirs are numbered in the order of the device.
    order = sorted(qubits)
    body = QuantumCircuit(len(qubits))
    gates(body)
    places = [order.index(qubit) for qubit in qubits]

    def sorted_gates(circuit):
        circuit.compose(body, places, inplace=True)

    channel = simulated(name, dressed(len(qubits), template, sorted_gates), order)
    expected = mixed(channel, sorted_gates)
    found = by_map(model)
    assert min(expected.values()) < 1 - 1e-4
    assert differ(found, expected) < WITHIN
    assert raw["data"][0]["metadata"]["learning_protocol"] == "lindblad"


@pytest.mark.parametrize("version", converters)
def test_every_version_of_the_schema_is_answered_in_it(server, version):
    asked = boxes("noisy", ((0, 1), lambda c: c.cz(0, 1)), ((1,), lambda c: c.measure(0, 0)))
    (gates, measured), raw = learn_boxes(server, "noisy", asked, version)
    assert raw["schema_version"] == version
    assert (gates.num_qubits, gates.num_terms) == (2, 15)
    assert (measured.num_qubits, measured.num_terms) == (1, 1)


def test_paulis_that_repeating_a_layer_mixes_share_a_rate(server):
    _, raw = learn_boxes(server, "noisy", boxes("noisy", ((0, 1), lambda c: c.cz(0, 1))))
    groups = raw["data"][0]["generators_sparse"]
    assert [["X", [0]], ["XZ", [0, 1]]] in groups
    assert [["Z", [0]]] in groups
    assert sum(map(len, groups)) == 15


def test_a_measured_box_tells_how_often_bits_flip(server):
    def measure(circuit):
        circuit.measure([0, 1], [0, 1])

    (model,), raw = learn_boxes(server, "noisy", boxes("noisy", ((5, 2), measure)))
    assert raw["data"][0]["metadata"]["learning_protocol"] == "trex"
    told = server.get("/backends/noisy/properties").json()
    for place, qubit in enumerate((2, 5)):
        values = {entry["name"]: entry["value"] for entry in told["qubits"][qubit]}
        (error,) = [
            gate["parameters"][0]["value"]
            for gate in told["gates"]
            if (gate["gate"], gate["qubits"]) == ("sx", [qubit])
        ]
        kept = 1 - values["prob_meas0_prep1"] - values["prob_meas1_prep0"]
        kept *= (1 - 2 * error) ** 2
        label = "IZ" if place == 0 else "ZI"
        assert model.pauli_fidelity(QubitSparsePauli.from_label(label)) == pytest.approx(kept)
    assert [model.num_qubits, model.num_terms] == [2, 2]


def test_a_box_of_an_exact_device_has_no_noise(server):
    asked = boxes("exact", ((0, 1), lambda c: c.cx(0, 1)), ((0,), lambda c: c.measure(0, 0)))
    models, _ = learn_boxes(server, "exact", asked)
    assert not any(model.rates.any() for model in models)


def test_longer_cycles_are_averaged_whole(server):
    def turned(circuit):  # a Clifford layer of order three on its first qubit
        circuit.sx(0)
        circuit.rz(np.pi / 2, 0)
        circuit.cz(0, 1)

    _, raw = learn_boxes(server, "noisy", boxes("noisy", ((0, 1), turned)))
    groups = raw["data"][0]["generators_sparse"]
    assert max(map(len, groups)) > 2
    assert sum(map(len, groups)) == 15


def many_gates(circuit):
    circuit.cz(0, 1)
    circuit.cz(0, 1)


def open_angle(circuit):
    circuit.rz(Parameter("x"), 0)
    circuit.cz(0, 1)


NOT_LEARNED = {
    "two layers": ((0, 1), many_gates),
    "an open angle": ((0, 1), open_angle),
    "half of it measured": ((0, 1), lambda c: c.measure(0, 0)),
    "a reset": ((0,), lambda c: c.reset(0)),
}


@pytest.mark.parametrize("name", NOT_LEARNED)
def test_a_box_that_cannot_be_learned_is_refused(server, name):
    params = v3_params(boxes("noisy", NOT_LEARNED[name]))
    body = {"program_id": "noise-learner", "backend": "noisy", "params": params}
    assert "instructions[0]" in check_error(server.post_job(body), 400)["message"]


def bare():
    circuit = QuantumCircuit(QuantumRegister(16, "q"))
    circuit.cz(0, 1)
    return circuit


def empty():
    circuit = QuantumCircuit(QuantumRegister(16, "q"))
    circuit.append(BoxOp(QuantumCircuit(0), annotations=[Bytes(b"")]), [])
    return circuit


def unannotated():
    circuit = QuantumCircuit(QuantumRegister(16, "q"))
    with circuit.box():
        circuit.cz(0, 1)
    return circuit


class Raw(QPYSerializer):
    """Writes annotations that already are bytes."""

    def dump_annotation(self, namespace, annotation):
        return annotation.payload

    def load_annotation(self, payload):
        raise NotImplementedError


class Bytes(Annotation):
    """An annotation of some bytes."""

    namespace = "samplomatic"

    def __init__(self, payload):
        self.payload = payload


def annotated(payload):
    circuit = QuantumCircuit(QuantumRegister(16, "q"))
    with circuit.box([Bytes(payload)]):
        circuit.cz(0, 1)
    return circuit


def words(*given):
    sizes = struct.pack("!QQQ", *(len(word) for word in given))
    return b"\0\5Twirl" + sizes + "".join(given).encode()


def sent(circuit):
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer, version=17, annotation_factories={"samplomatic": Raw})
    return {"circuit_b64": text(buffer.getvalue(), packed=False), "qpy_version": 17}


def test_an_annotation_is_read_by_its_bytes(server):
    params = v3_params(boxes("noisy", ((0, 1), lambda c: c.cz(0, 1))))
    params["instructions"] = sent(annotated(words("pauli", "left", "rzsx")))
    assert server.result(server.submit("noise-learner", params, backend="noisy"))["data"]


REFUSED = {
    "no instructions": (None, "instructions"),
    "a version to come": ({"schema_version": "v9.0"}, "schema_version"),
    "a version that is none": ({"schema_version": 3}, "schema_version"),
    "bad options": ({"options": {"num_randomizations": 0}}, "options.num_randomizations"),
    "no base64": ({"instructions": {"circuit_b64": "!!"}}, "instructions"),
    "no QPY": (
        {"instructions": {"circuit_b64": text(b"x" * 99, packed=False)}}, "QPY"
    ),
    "no box": ({"instructions": sent(bare())}, "a box is needed"),
    "a box of nothing": ({"instructions": sent(empty())}, "no qubits"),
    "no annotation": ({"instructions": sent(unannotated())}, "no annotation Twirl"),
    "an empty annotation": ({"instructions": sent(annotated(b""))}, "cut short"),
    "half an annotation": ({"instructions": sent(annotated(b"\0\5Twirl\0"))}, "cut short"),
    "lengths beyond the end": (
        {"instructions": sent(annotated(b"\0\5Twirl" + b"\xff" * 24))}, "dressing"
    ),
    "a dressing that is none": (
        {"instructions": sent(annotated(words("pauli", "up", "rzsx")))}, "dressing 'up'"
    ),
    "another annotation": ({"instructions": sent(annotated(b"\0\3Tag"))}, "no annotation"),
    "qubits of no device": ({"instructions": sent(QuantumCircuit(2))}, "register"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_malformed_is_refused_with_a_sentence(server, name):
    change, words = REFUSED[name]
    params = v3_params(boxes("noisy", ((0, 1), lambda c: c.cz(0, 1))))
    params = {"schema_version": "v0.3"} if change is None else {**params, **change}
    body = {"program_id": "noise-learner", "backend": "noisy", "params": params}
    assert words in check_error(server.post_job(body), 400)["message"]
