"""PUBs are looked at before they are sent, and what is wrong is said of which."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from support.embedded import bell
from support.scripted import Answer

from runtime_widgets import errors
from runtime_widgets._submission import coerced
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.primitives import EstimatorV2, SamplerV2
from runtime_widgets.service import QiskitRuntimeService


def turned(*angles):
    circuit = QuantumCircuit(1)
    for angle in angles:
        circuit.rx(angle, 0)
    circuit.measure_all()
    return circuit


THETA = turned(Parameter("theta"))


@pytest.mark.parametrize(
    ("pubs", "words"),
    [
        ([(THETA, {"phi": 1.0})], r"pubs\[0\]: .*'theta'; .* for 'phi'\."),
        ([bell(), (THETA, {"phi": 1.0})], r"pubs\[1\]: "),
        (
            [bell(), (THETA, {"theta": 1.0, "phi": 2.0})],
            r"pubs\[1\] is not .*number of values \(2\)",
        ),
        ([THETA], r"pubs\[0\] is not .*number of values \(0\)"),
        ([5], r"pubs\[0\] is not"),
        (bell(), r"list of PUBs, such as \[circuit\], not QuantumCircuit"),
        (None, "list of PUBs, .*not NoneType"),
        (
            [(turned(*ParameterVector("v", 12)), {f"w[{n}]": 0.0 for n in range(12)})],
            r"'v\[0\]', .*and 2 more; .*'w\[0\]', .*and 2 more\.",
        ),
    ],
)
def test_what_is_no_pub_is_refused_by_its_index(scripted, pubs, words):
    service = QiskitRuntimeService(params=scripted.params())
    scripted.answers(Answer(500))
    sampler = SamplerV2(RuntimeBackend(service, service.client, {"backend_name": "b"}))
    with pytest.raises(errors.IBMInputValueError, match=words):
        sampler.run(pubs)
    with pytest.raises(errors.IBMInputValueError, match=words):
        service.run("sampler", {"pubs": pubs}, backend="b")
    service.close()
    assert scripted.seen == []


def test_an_estimator_s_pubs_are_looked_at_too(scripted):
    service = QiskitRuntimeService(params=scripted.params())
    estimator = EstimatorV2(RuntimeBackend(service, service.client, {"backend_name": "b"}))
    circuit = THETA.remove_final_measurements(inplace=False)
    with pytest.raises(errors.IBMInputValueError, match=r"'theta'.*'phi'"):
        estimator.run([(circuit, "Z", {"phi": 1.0})])
    with pytest.raises(errors.IBMInputValueError, match=r"pubs\[0\]"):
        estimator.run([(circuit, "ZQ", [1.0])])
    service.close()
    assert scripted.seen == []


@pytest.mark.parametrize(
    "values", [{"theta": 1.0}, {("theta",): np.zeros((3, 1))}, [1.0], [[1.0], [2.0]]]
)
def test_values_by_name_and_by_place_are_taken(values):
    (pub,) = coerced("sampler", iter([(THETA, values)]), 7)
    assert pub.shots == 7
    assert pub.circuit == THETA
