"""What noise learners answer, in both directions, and what only looks like it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliList

from runtime_widgets import codec
from runtime_widgets.codec import LayerError, PauliLindbladError
from runtime_widgets.errors import CodecError

MODULE = "qiskit_ibm_runtime.utils.noise_learner_result"


def layer():
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    return circuit


def model(kind=PauliLindbladError):
    return kind(PauliList(["IX", "ZZ"]), np.array([0.25, 1e-300]))


def same(one, other):
    assert one.circuit == other.circuit
    assert one.qubits == other.qubits
    assert (one.error is None) == (other.error is None)
    if one.error is not None:
        assert one.error.generators == other.error.generators
        assert one.error.rates.tolist() == other.error.rates.tolist()


@pytest.mark.parametrize("error", [model(), None])
def test_a_layer_survives(error):
    sent = LayerError(layer(), [7, 3], error)
    (found,) = codec.loads(codec.dumps([sent]), limits=codec.UNTRUSTED_LIMITS)
    assert isinstance(found, LayerError)
    same(found, sent)


def test_it_is_written_as_ibms_client_reads_it_and_the_other_way_around():
    theirs = pytest.importorskip("qiskit_ibm_runtime.results.noise_learner")
    from qiskit_ibm_runtime import RuntimeDecoder, RuntimeEncoder

    ours = LayerError(layer(), [7, 3], model())
    read = json.loads(codec.dumps(ours), cls=RuntimeDecoder)
    assert isinstance(read, theirs.LayerError)
    same(read, ours)
    made = theirs.LayerError(layer(), [7, 3], model(theirs.PauliLindbladError))
    same(codec.loads(json.dumps(made, cls=RuntimeEncoder)), made)
    same(codec.loads(codec.dumps(made)), made)  # a user hands theirs to our client


def envelope(name, value, module=MODULE):
    return {"__type__": "_json", "__module__": module, "__class__": name, "__value__": value}


@pytest.mark.parametrize("name", ["system", None, ["LayerError"]])
def test_other_classes_of_that_type_are_unknown_and_kept_as_they_came(name):
    other = json.dumps({"a": envelope(name, {"x": {"__type__": "complex", "__value__": [1, 2]}})})
    kept = codec.loads(other, keep_unknown=True)
    assert kept["a"].type_name == "_json"
    assert codec.dumps(kept) == other
    with pytest.raises(CodecError, match="unknown type"):
        codec.loads(other)


PAULIS = codec.encode(PauliList(["IX"]))
RATES = codec.encode(np.array([0.5]))
ERROR = envelope("PauliLindbladError", {"generators": PAULIS, "rates": RATES})
CIRCUIT = codec.encode(layer())


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("LayerError", [], "no object"),
        ("LayerError", {}, "KeyError"),
        ("LayerError", {"circuit": 1, "qubits": []}, "circuit"),
        ("LayerError", {"circuit": CIRCUIT, "qubits": 3}, "qubits"),
        ("LayerError", {"circuit": CIRCUIT, "qubits": [0, True]}, "qubits"),
        ("LayerError", {"circuit": CIRCUIT, "qubits": [0]}, "numbers of qubits"),
        ("LayerError", {"circuit": CIRCUIT, "qubits": [0, 1], "error": 5}, "error"),
        ("PauliLindbladError", 3, "no object"),
        ("PauliLindbladError", {"generators": ["IX"], "rates": RATES}, "PauliList"),
        ("PauliLindbladError", {"generators": PAULIS, "rates": [0.5, 0.5]}, "number of rates"),
        ("PauliLindbladError", {"generators": PAULIS, "rates": ["x"]}, "ValueError"),
    ],
)
def test_what_does_not_hold_what_it_says_is_refused(name, value, match):
    with pytest.raises(CodecError, match=match):
        codec.decode(envelope(name, value))


def test_an_error_of_other_qubits_than_its_layer_is_refused():
    wide = codec.encode(LayerError(QuantumCircuit(3), [0, 1, 2], model()))
    with pytest.raises(CodecError, match="numbers of qubits"):
        codec.decode(wide)
