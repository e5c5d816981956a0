"""Options of a primitive: by attribute, in groups, and each at its place of a submission."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from qiskit import QuantumCircuit
from qiskit.transpiler import CouplingMap
from support.embedded import bell
from support.scripted import Answer

from runtime_widgets import errors
from runtime_widgets._primitive_options import PrimitiveOptions
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.primitives import EstimatorV2, SamplerV2
from runtime_widgets.service import QiskitRuntimeService

DEVICE = "local_exact"
GROUPS = [
    "dynamical_decoupling", "environment", "execution", "experimental", "resilience", "simulator",
    "twirling",
]  # fmt: skip


@pytest.fixture
def device(scripted):
    """A device of a service that takes every submission; nothing is asked of it here."""
    theirs = QiskitRuntimeService(params=scripted.params())
    scripted.answers(Answer(200, {"id": "j", "backend": DEVICE}))
    yield RuntimeBackend(theirs, theirs.client, {"backend_name": DEVICE})
    theirs.close()


@pytest.fixture
def sent(scripted):
    """Return the function that gives the last submission's body."""
    return lambda: json.loads(scripted.seen[-1].body)


def pair():
    return QuantumCircuit(2), "ZZ"


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_is_there_as_soon_as_it_is_looked_at(name):
    options = PrimitiveOptions()
    getattr(options, name).anything = 1
    assert options == {name: {"anything": 1}}
    assert name in dir(options)


def test_what_was_not_set_and_is_no_group_is_an_attribute_error():
    options = PrimitiveOptions()
    for place in (options, options.twirling, options.resilience):
        with pytest.raises(AttributeError, match="default_shots"):
            _ = place.default_shots
        with pytest.raises(AttributeError, match="default_shots"):
            del place.default_shots
    with pytest.raises(AttributeError):
        _ = options.twirling.zne


def test_a_group_that_was_given_is_a_copy():
    given = {"twirling": {"enable_gates": True}, "resilience": {"zne": {"amplifier": "pea"}}}
    before = copy.deepcopy(given)
    options = PrimitiveOptions(given)
    options.twirling.strategy = "all"
    options.resilience.zne.extrapolator = "linear"
    assert given == before
    for again in (copy.deepcopy(options), pickle.loads(pickle.dumps(options)), options.copy()):
        assert again == options
        again.twirling.strategy = "active"
        assert options.twirling.strategy == "all"


def test_an_update_of_a_group_leaves_its_other_options():
    options = PrimitiveOptions({"twirling": {"enable_gates": True}})
    options.update(twirling={"strategy": "all"}, default_shots=5)
    assert options == {"twirling": {"enable_gates": True, "strategy": "all"}, "default_shots": 5}


def test_a_sampler_s_options_go_where_ibm_s_client_has_them(device, sent):
    sampler = SamplerV2(device, {"default_shots": 9}, tags=["a"], max_execution_time=60)
    options = sampler.options
    options.dynamical_decoupling.enable = True
    options.twirling.enable_gates = True
    options.execution.meas_type = "classified"
    options.simulator.coupling_map = CouplingMap([(0, 1)])
    options.experimental.image = "name:tag"
    options.experimental.more = 1
    options.experimental.execution = {"fast": True}
    options.environment.job_tags = ["b", "a"]
    options.environment.log_level = "DEBUG"
    options.environment.private = True
    options.max_execution_time = 300
    assert hasattr(options, "resilience")  # looked at, and left empty
    job = sampler.run([bell()])
    body = sent()
    assert body["params"]["options"] == {
        "default_shots": 9,
        "dynamical_decoupling": {"enable": True},
        "twirling": {"enable_gates": True},
        "execution": {"meas_type": "classified", "fast": True},
        "simulator": {"coupling_map": [[0, 1]]},
        "experimental": {"more": 1},
    }
    assert set(body["params"]) == {"pubs", "options", "version", "support_qiskit"}
    assert (body["cost"], body["tags"], body["log_level"]) == (300, ["a", "b"], "DEBUG")
    assert (body["private"], body["runtime"]) == (True, "name:tag")
    assert (job.tags, job.image) == (["a", "b"], "name:tag")
    assert options.experimental.execution == {"fast": True}


def test_a_resilience_level_stands_beside_the_options(device, sent):
    estimator = EstimatorV2(device, options={"resilience_level": 2, "default_precision": 0.1})
    estimator.options.resilience.zne.noise_factors = [1, 3]
    estimator.options.environment.image = "name:tag"
    estimator.run([pair()])
    params = sent()["params"]
    assert params["resilience_level"] == 2
    assert params["options"] == {
        "default_precision": 0.1, "resilience": {"zne": {"noise_factors": [1, 3]}},
    }  # fmt: skip
    assert sent()["runtime"] == "name:tag"


@pytest.mark.parametrize("primitive", [SamplerV2, EstimatorV2])
@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"max_execution_time": "5"}, "max_execution_time"),
        ({"tags": [str(n) for n in range(9)]}, "at most 8 tags"),
        ({"tags": "x"}, "list"),
        ({"tags": 5}, "list"),
        ({"options": 5}, "mapping"),
        ({"options": {"max_execution_time": 0}}, "max_execution_time"),
        ({"options": {"environment": {"job_tags": "x"}}}, "list"),
        ({"options": {"environment": {"log_level": "LOUD"}}}, "log_level"),
        ({"options": {"environment": {"job_tag": ["x"]}}}, "no option job_tag.*job_tags"),
        ({"options": {"environment": 5}}, "group"),
        (
            {"tags": list("abcde"), "options": {"environment": {"job_tags": list("fghi")}}},
            "at most 8 tags",
        ),
    ],
)
def test_what_cannot_be_right_is_refused_when_it_is_made(device, scripted, primitive, how, words):
    with pytest.raises(errors.IBMInputValueError, match=words):
        primitive(device, **how)
    assert scripted.seen == []


def test_what_is_set_later_is_refused_before_it_is_sent(device, scripted):
    sampler = SamplerV2(device)
    sampler.options.environment.log_level = "LOUD"
    with pytest.raises(errors.IBMInputValueError, match="log_level"):
        sampler.run([bell()])
    assert scripted.seen == []


def test_the_embedded_runtime_takes_each_and_says_what_has_no_effect(service):
    estimator = EstimatorV2(service.backend(DEVICE), options={"resilience_level": 2})
    options = estimator.options
    options.default_precision = 0.1
    options.dynamical_decoupling.enable = True
    options.twirling.enable_gates = True
    options.resilience.zne_mitigation = True
    options.resilience.zne.noise_factors = [1, 3]
    options.execution.rep_delay = 0.0005
    options.simulator.seed_simulator = 7
    options.experimental.more = 1
    options.environment.job_tags = ["mine"]
    options.environment.log_level = "INFO"
    options.max_execution_time = 100
    job = estimator.run([pair()])
    assert float(job.result(60)[0].data.evs) == pytest.approx(1.0, abs=0.5)
    assert job.tags == ["mine"]
    told = job.logs()
    for name in (
        "dynamical_decoupling.enable", "execution.rep_delay", "experimental.more",
        "resilience.zne,", "resilience.zne_mitigation", "resilience_level", "twirling.enable_gates",
    ):  # fmt: skip
        assert name in told
    assert "seed_simulator" not in told
