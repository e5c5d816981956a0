"""The options of the primitives: honoured, refused, or named in the job's log; never swallowed."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from server.support import array_json, bell, bits, check_error, circuit_json

BELL = circuit_json(bell())
PAIR = circuit_json(QuantumCircuit(2))

# As IBM's client writes all of them.
SAMPLER = {
    "default_shots": 50,
    "dynamical_decoupling": {
        "enable": True, "sequence_type": "XY4", "extra_slack_distribution": "edges",
        "scheduling_method": "asap", "skip_reset_qubits": True,
    },
    "execution": {"init_qubits": True, "rep_delay": 0.00025, "meas_type": "classified"},
    "twirling": {
        "enable_gates": True, "enable_measure": False, "num_randomizations": "auto",
        "shots_per_randomization": 100, "strategy": "active-circuit",
    },
    "simulator": {"seed_simulator": 7, "coupling_map": [[0, 1]], "basis_gates": ["cz"]},
    "experimental": {"a": {"b": 1}},
}  # fmt: skip
ESTIMATOR = {
    "default_precision": 0.05,
    "default_shots": 400,
    "seed_estimator": 42,
    "dynamical_decoupling": {"enable": False, "sequence_type": "XX"},
    "execution": {"init_qubits": True, "rep_delay": None},
    "twirling": {
        "enable_gates": True, "enable_measure": True, "num_randomizations": 16,
        "shots_per_randomization": 100, "strategy": "active",
    },
    "resilience": {
        "measure_mitigation": True,
        "measure_noise_learning": {"num_randomizations": 32, "shots_per_randomization": 100},
        "zne_mitigation": True,
        "zne": {
            "amplifier": "gate_folding_back", "noise_factors": [3, 5], "extrapolator": "linear",
            "extrapolated_noise_factors": [0, 1],
        },
        "pec_mitigation": False,
        "pec": {"max_overhead": 10.0, "noise_gain": "auto"},
        "layer_noise_learning": {
            "max_layers_to_learn": 10, "shots_per_randomization": 64, "num_randomizations": 16,
            "layer_pair_depths": [0, 1, 2, 4],
        },
    },
}  # fmt: skip


def metadata(result, pub=None):
    inner = result["__value__"]
    if pub is not None:
        inner = inner["pub_results"][pub]["__value__"]
    return inner["metadata"]


def refused(server, program, options):
    pub = [BELL] if program == "sampler" else [PAIR, {"ZZ": 1.0}]
    params = {"pubs": [pub], "options": options}
    body = {"program_id": program, "backend": "local_exact", "params": params}
    return check_error(server.post_job(body), 400)


def test_every_option_of_a_sampler_is_taken_and_what_does_nothing_is_named(server):
    job = server.sample([BELL], options=SAMPLER)
    result = server.result(job)
    assert metadata(result, 0)["shots"] == 50
    told = server.get(f"/jobs/{job}/logs").text
    for name in (
        "dynamical_decoupling.enable", "dynamical_decoupling.sequence_type",
        "execution.rep_delay", "twirling.enable_gates", "twirling.strategy",
        "simulator.coupling_map", "simulator.basis_gates", "experimental.a",
    ):  # fmt: skip
        assert name in told
    for name in ("default_shots", "seed_simulator", "init_qubits", "meas_type", "enable_measure"):
        assert name not in told
    assert metadata(result)["twirling"] == {"enable_gates": False, "enable_measure": False}
    assert metadata(result)["dynamical_decoupling"] == {"enable": False}


def test_every_option_of_an_estimator_is_taken_and_what_does_nothing_is_named(server):
    job = server.estimate([PAIR, {"ZZ": 1.0}], options=ESTIMATOR)
    result = server.result(job)
    assert metadata(result, 0)["shots"] == 1600
    assert metadata(result, 0)["target_precision"] == pytest.approx(1 / 40)
    told = server.get(f"/jobs/{job}/logs").text
    for name in ("resilience.measure_mitigation", "resilience.zne_mitigation", "resilience.zne"):
        assert name in told
    for name in ("pec_mitigation", "dynamical_decoupling", "default_precision", "seed_estimator"):
        assert name not in told
    applied = metadata(result)
    assert not any(applied["resilience"].values())


def test_groups_that_are_switched_off_are_not_worth_a_line(server):
    quiet = {
        "dynamical_decoupling": {"enable": False, "sequence_type": "XX"},
        "twirling": {"enable_gates": False, "num_randomizations": 4, "strategy": "active"},
        "execution": {"init_qubits": True},
        "experimental": {},
    }
    job = server.sample([BELL, None, 5], options=quiet)
    server.result(job)
    assert "no effect" not in server.get(f"/jobs/{job}/logs").text


@pytest.mark.parametrize(
    ("program", "options", "path", "meant"),
    [
        ("sampler", {"defalt_shots": 5}, "defalt_shots", "default_shots"),
        ("sampler", {"execution": {"init_qubit": 1}}, "execution.init_qubit",
         "execution.init_qubits"),
        ("sampler", {"twirling": {"enable_gate": True, "strategy": 5}}, "twirling.enable_gate",
         "twirling.enable_gates"),
        ("estimator", {"dynamical_decoupling": {"enabel": True}}, "dynamical_decoupling.enabel",
         "dynamical_decoupling.enable"),
        ("estimator", {"resilience": {"zne": {"noise_factor": [1]}}},
         "resilience.zne.noise_factor", "resilience.zne.noise_factors"),
        ("estimator", {"simulator": {"seed_simulater": 5}}, "simulator.seed_simulater",
         "simulator.seed_simulator"),
        ("estimator", {"execution": {"meas_typ": 5}}, "execution.meas_typ", None),
    ],
    ids=str,
)  # fmt: skip
def test_a_slip_of_the_pen_is_answered_with_the_right_name(server, program, options, path, meant):
    error = refused(server, program, options)
    assert error["message"].startswith(f"options.{path}: there is no such option")
    assert ("Did you mean" in error["solution"]) == (meant is not None)
    assert meant is None or f"Did you mean {meant}?" in error["solution"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"dynamical_decoupling": {"enable": "yes"}}, "dynamical_decoupling.enable"),
        ({"execution": {"rep_delay": "0.1"}}, "execution.rep_delay"),
        ({"twirling": {"num_randomizations": "many"}}, "twirling.num_randomizations"),
        ({"resilience": {"zne": {"noise_factors": [1, "3"]}}}, "resilience.zne.noise_factors"),
        ({"resilience": {"pec": []}}, "resilience.pec"),
    ],
    ids=str,
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_options_own_name(server, options, path):
    assert refused(server, "estimator", options)["message"].startswith(f"options.{path}: ")


def test_what_ibms_client_moves_out_of_the_experimental_ones_is_taken_and_named(server):
    names = ("fast_parametric_update", "scheduler_timing", "stretch_values")
    job = server.sample([BELL, None, 5], options={"execution": dict.fromkeys(names, True)})
    server.result(job)
    told = server.get(f"/jobs/{job}/logs").text
    assert all(f"execution.{name}" in told for name in names)


def test_what_is_experimental_is_open(server):
    job = server.sample([BELL, None, 5], options={"experimental": {"twirling": {"enabel": 1}}})
    server.result(job)
    assert "experimental.twirling" in server.get(f"/jobs/{job}/logs").text


def test_qubits_that_shall_not_be_reset_are_worth_a_line(server):
    job = server.sample([BELL, None, 5], options={"execution": {"init_qubits": False}})
    server.result(job)
    assert "execution.init_qubits" in server.get(f"/jobs/{job}/logs").text


def test_a_resilience_level_is_worth_a_line(server):
    params = {"pubs": [[PAIR, {"ZZ": 1.0}]], "options": {}, "resilience_level": 2}
    job = server.submit("estimator", params)
    server.result(job)
    assert "resilience_level" in server.get(f"/jobs/{job}/logs").text


@pytest.mark.parametrize(
    ("pub", "options", "shots"),
    [
        ([], {}, 4096),
        ([], {"default_shots": 300}, 300),
        ([], {"default_precision": 0.1}, 100),
        ([], {"default_precision": 0.1, "default_shots": 300}, 300),
        ([[], 0.05], {"default_shots": 300}, 400),
        ([[], 0.0], {}, None),
    ],
)
def test_the_shots_of_an_estimate(server, pub, options, shots):
    result = server.result(server.estimate([PAIR, {"ZZ": 1.0}, *pub], options=options))
    assert metadata(result, 0)["shots"] == shots


def test_the_shots_of_a_pub_come_before_those_of_twirling(server):
    twirling = {"enable_gates": True, "num_randomizations": 3, "shots_per_randomization": 7}
    options = {"twirling": twirling, "default_shots": 1000}
    result = server.result(server.sample([BELL], [BELL, None, 9], options=options))
    assert bits(result, 0, "meas").shape == (21,)
    assert bits(result, 1, "meas").shape == (9,)


@pytest.mark.parametrize(
    ("program", "options", "place"),
    [
        ("sampler", {"default_shot": 5}, "default_shot"),
        ("sampler", {"default_precision": 0.1}, "default_precision"),
        ("sampler", {"resilience": {}}, "resilience"),
        ("sampler", {"default_shots": 0}, "default_shots"),
        ("sampler", {"default_shots": True}, "default_shots"),
        ("sampler", {"execution": {"meas_type": "kerneled"}}, "meas_type"),
        ("sampler", {"execution": {"meas_type": "x"}}, "meas_type"),
        ("sampler", {"execution": {"rep_delay": -1}}, "rep_delay"),
        ("sampler", {"execution": 5}, "execution"),
        ("sampler", {"twirling": {"strategy": "x"}}, "strategy"),
        ("sampler", {"twirling": {"num_randomizations": 0}}, "num_randomizations"),
        ("sampler", {"dynamical_decoupling": {"sequence_type": "ZZ"}}, "sequence_type"),
        ("sampler", {"simulator": {"seed": 5}}, "seed"),
        ("estimator", {"default_precision": -0.1}, "default_precision"),
        ("estimator", {"resilience": {"zne": {"noise_factors": [0.5]}}}, "noise_factors"),
        ("estimator", {"resilience": {"zne": {"amplifier": "x"}}}, "amplifier"),
        ("estimator", {"resilience": {"pec": {"max_overhead": 0}}}, "max_overhead"),
        ("estimator", {"execution": {"init_qubits": "yes"}}, "init_qubits"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(server, program, options, place):
    assert place in refused(server, program, options)["message"]


def test_the_metadata_of_a_circuit_comes_back(server):
    circuit = bell()
    circuit.metadata = {"tag": [1, 2]}
    result = server.result(server.sample([circuit_json(circuit), None, 5]))
    assert metadata(result, 0)["circuit_metadata"] == {"tag": [1, 2]}


@pytest.mark.parametrize("shots", [20_000, 8193])
def test_a_lone_parameter_set_may_have_any_number_of_shots(server, shots):
    pub = [BELL, array_json([[]]), shots]
    assert bits(server.result(server.sample(pub)), 0, "meas").shape == (1, shots)


def test_parameter_sets_are_drawn_anew(server):
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.measure_all()
    pub = [circuit_json(circuit), array_json([[]] * 40), 64]
    found = bits(server.result(server.sample(pub, options={"seed_simulator": 1})), 0, "meas")
    assert len({row.tobytes() for row in found}) == 40
