"""What the drawer of a job shows: read from real jobs, from huge ones, and from hostile ones."""

from __future__ import annotations

import json
import os
import signal
import threading

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, PubResult, SamplerPubResult
from server.quantum_programs import flips, item, program, tensor
from support.embedded import bell
from support.scripted import TOKEN, Answer
from support.service import FakeService
from support.waiting import until

from runtime_widgets import _pace, details, errors
from runtime_widgets.codec import dumps, encode
from runtime_widgets.details import counts, inputs
from runtime_widgets.details.kept import MOST_CHARACTERS, Kept, kept
from runtime_widgets.details.plain import in_a_line, outline
from runtime_widgets.details.reading import MOST_BYTES
from runtime_widgets.service import QiskitRuntimeService

DEVICE = {"backend": "local_exact"}
SCRIPT = "<img src=x onerror=alert(1)>"
LONE = "\ud83d"


@pytest.fixture(autouse=True)
def nothing_kept():
    yield
    kept.drop()


@pytest.fixture
def fake(scripted, monkeypatch):
    monkeypatch.setattr(_pace, "interval_s", lambda _age_s, *, running: 1000.0)
    return FakeService(scripted)


@pytest.fixture
def theirs(fake):
    service = QiskitRuntimeService(params=fake.http.params())
    yield service
    service.close()


@pytest.fixture
def ended(fake, theirs):
    """Make a job that has ended with this result, or with these inputs."""

    def ended_(result=None, *, text=None, status="Completed", **more):
        fake.add("job-1", status, **more)
        fake.results["job-1"] = dumps(result) if text is None else text
        job = theirs.job("job-1")
        fake.forget_requests()
        return job

    return ended_


def read(job, part, index=0):
    """Read a part as a page would get it: as JSON, within its bound."""
    found = details.read(job, part, index)
    text = json.dumps(found, allow_nan=False, ensure_ascii=False)
    assert len(text.encode("utf-8")) <= MOST_BYTES
    return found


def run(service, program, inputs, **more):
    job = service.run(program, inputs, {**DEVICE, **more})
    job.wait_for_final_state(60)
    return job


def ansatz():
    circuit = QuantumCircuit(2, name="ansatz")
    circuit.ry(Parameter("θ"), 0)
    circuit.cx(0, 1)
    return circuit


def sampled(*bits, **more):
    data = DataBin(**dict(zip(("c", "d", "e"), bits, strict=False)))
    return SamplerPubResult(data, metadata=more)


# results


def test_a_sampler_s_results_are_its_registers_most_frequent_outcomes(service):
    job = run(service, "sampler", {"pubs": [(bell(), None, 1000)]})
    found = read(job, "results")
    (pub,) = found["pubs"]
    (register,) = pub["outcomes"]
    expected = job.result()[0].data.meas.get_counts()
    assert {b["bits"]: b["count"] for b in register["top"]} == expected
    assert [b["count"] for b in register["top"]] == sorted(expected.values(), reverse=True)
    assert sum(b["share"] for b in register["top"]) == pytest.approx(1)
    assert (register["name"], register["num_bits"], register["shots"]) == ("meas", 2, 1000)
    assert (register["counted"], register["distinct"]) == (1000, len(expected))
    assert (found["total"], found["note"]) == (1, "")
    assert found["spans"]["count"] >= 1
    assert found["interim"] == job.state.interim_seen > 0


def test_outcomes_of_all_sets_of_parameters_are_counted_together(service):
    circuit = ansatz()
    circuit.measure_all()
    values = np.linspace(0, 3, 5).reshape(5, 1)
    job = run(service, "sampler", {"pubs": [(circuit, values, 200)]})
    (pub,) = read(job, "results")["pubs"]
    (register,) = pub["outcomes"]
    assert (pub["shape"], register["shots"], register["sets"]) == ([5], 200, 5)
    assert register["counted"] == sum(b["count"] for b in register["top"]) == 1000


def test_an_estimator_s_results_are_values_with_their_errors(service):
    pub = (ansatz(), ["ZZ", {"XX": 0.5}], np.array([[0.3], [1.2]]))
    job = run(service, "estimator", {"pubs": [pub]})
    (found,) = read(job, "results")["pubs"]
    (values,) = found["values"]
    data = job.result()[0].data
    assert [v["value"] for v in values["first"]] == data.evs.tolist()
    assert [v["error"] for v in values["first"]] == data.stds.tolist()
    assert [v["at"] for v in values["first"]] == [[0], [1]]
    assert (values["name"], values["error_name"], values["shape"]) == ("evs", "stds", [2])
    assert (values["low"], values["high"]) == (data.evs.min(), data.evs.max())


def test_the_result_of_an_own_program_is_an_outline(service):
    said = {"energy": -1.25, "angles": [0.1, 0.2], "note": SCRIPT, "grid": np.eye(2)}
    found = read(run(service, "echo", {"say": said}), "results")
    assert found["plain"]["text"].split("\n") == [
        "energy: -1.25",
        "angles: [0.1, 0.2]",
        f'note: "{SCRIPT}"',
        "grid: array float64 [2, 2]: 1, 0, 0, 1",
    ]
    assert found["pubs"] == []


def test_a_noise_learner_s_result_is_an_outline(service):
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    device = {"backend": "local_noisy"}
    job = run(service, "noise-learner", {"circuits": [circuit], "options": {}}, **device)
    text = read(job, "results")["plain"]["text"]
    assert "LayerError:" in text
    assert "PauliLindbladError:" in text
    inputs = read(job, "inputs")
    assert (inputs["what"], inputs["total"]) == ("circuit", 1)
    assert inputs["pubs"][0]["circuit"]["ops"] == [{"name": "cz", "count": 1}]


def test_a_quantum_program_s_results_are_the_outcomes_of_each_item(service):
    asked = program((flips(), item([np.pi, 0.0])), (flips(), item([[0, 0], [0, np.pi]], shape=[2])))
    found = read(run(service, "executor", asked), "results")
    one, two = found["pubs"]
    assert (found["what"], found["total"]) == ("item", 2)
    tops = {r["name"]: [(b["bits"], b["count"]) for b in r["top"]] for r in one["outcomes"]}
    assert tops == {"a": [("1", 100)], "b": [("000000000", 100)]}
    b = two["outcomes"][1]
    assert (b["sets"], b["shots"], b["counted"]) == (2, 100, 200)
    assert [(x["bits"], x["count"]) for x in b["top"]] == [("000000000", 100), ("100000000", 100)]


def test_flips_of_a_twirled_register_are_undone_before_it_is_counted(ended):
    bits, flipped = np.array([[[1, 0], [0, 1]]], bool), np.array([[[1, 0]]], bool)
    arrays = {"c": tensor(bits, "bool"), "measurement_flips.c": tensor(flipped, "bool")}
    data = {"schema_version": "v2.0", "data": [{"results": arrays, "metadata": None}]}
    (register,) = read(ended(text=json.dumps(data)), "results")["pubs"][0]["outcomes"]
    assert [(b["bits"], b["count"]) for b in register["top"]] == [("00", 1), ("11", 1)]


def test_programs_of_ibm_s_client_are_summed_up_in_every_version(service):
    pytest.importorskip("samplomatic")
    theirs = pytest.importorskip("server.test_executor_upstream")
    from qiskit_ibm_runtime.options_models import ExecutorOptions

    for version, converter in theirs.CONVERTERS.items():
        params = converter.encoder(theirs.program(version), ExecutorOptions())
        job = run(service, "executor", params.model_dump(mode="json"))
        found = read(job, "results")
        _, boxed, twirled = found["pubs"]
        assert [pub["trouble"] for pub in found["pubs"]] == [None] * 3
        assert [b["bits"] for b in boxed["outcomes"][0]["top"]] == ["1"]
        (bits,) = [one for one in twirled["outcomes"] if one["name"] == "meas"]
        assert {b["bits"]: b["count"] for b in bits["top"]} == {"00": 300, "01": 300}
        asked = read(job, "inputs")["pubs"]
        assert [pub["trouble"] for pub in asked] == [None] * 3
        assert [pub["shots"] for pub in asked] == [50] * 3


@pytest.mark.parametrize(
    "results",
    [
        {"c": {"data": "no base64", "shape": [2, 2], "dtype": "bool"}},
        {"c": {"data": "", "shape": [1 << 40], "dtype": "f64"}},
        {"measurement_flips.c": tensor([[True]], "bool")},
        {"c": tensor([[True] * 3], "bool"), "measurement_flips.c": tensor([[True] * 2], "bool")},
        {"c": tensor([[1.0]]), "measurement_flips.c": tensor([[True]], "bool")},
    ],
)
def test_an_item_that_cannot_be_read_says_so(ended, results):
    data = {"schema_version": "v2.0", "data": [{"results": results}]}
    (pub,) = read(ended(text=json.dumps(data)), "results")["pubs"]
    assert pub["trouble"].startswith("This item's result cannot be read")


def test_a_job_that_has_not_ended_has_no_result_yet_but_interim_ones(service, flag):
    job = service.run("hold", {"until": str(flag), "first": 1}, DEVICE)
    with job.tracker.follow(job.job_id()):
        until(lambda: job.state.interim_seen == 1, "the interim result")
        found = read(job, "results")
    assert (found["note"], found["interim"]) == (
        "The job has not ended: it has no result yet.",
        1,
    )


ENDS = {
    "Failed": "The job failed, so it has no result.",
    "Cancelled": "The job was cancelled, so it has no result.",
}


@pytest.mark.parametrize("status", ENDS)
def test_what_ended_badly_is_not_asked_for_results(fake, ended, status):
    assert read(ended(1, status=status), "results")["note"] == ENDS[status]
    assert not [call for call in fake.asked() if "results" in call]


def test_a_private_job_s_results_are_never_read(fake, ended, theirs):
    ended(1, private=True)
    # One of which nothing is known yet either.
    unread = QiskitRuntimeService(params=fake.http.params())
    fresh = unread.job("job-1")
    try:
        for job in (theirs.job("job-1"), fresh):
            assert "can be read once only" in read(job, "results")["note"]
            for part in ("inputs", "raw"):
                read(job, part)
    finally:
        unread.close()
    assert not [call for call in fake.asked() if "results" in call]
    assert fake.results == {"job-1": "1"}


def test_a_service_without_the_result_says_so(ended):
    assert read(ended(text=""), "results")["note"] == "The service has no result of this job."


# huge


def test_a_million_shots_of_127_qubits_are_a_few_kilobytes(ended):
    rng = np.random.default_rng(7)
    array = rng.integers(0, 256, size=(1_000_000, 16), dtype=np.uint8)
    array[:, 0] &= 0x7F
    array[:1000] = array[0]
    result = PrimitiveResult([sampled(BitArray(array, 127))])
    job = ended(result)
    found = read(job, "results")
    (register,) = found["pubs"][0]["outcomes"]
    assert (register["distinct"], register["counted"]) == (999_001, 1_000_000)
    assert register["top"][0]["count"] == 1000
    assert len(register["top"]) == counts.TOP
    assert len(json.dumps(found)) < 5000
    assert found["size"] > 20_000_000
    assert kept.characters == 0


def test_outcomes_are_counted_as_qiskit_counts_them():
    rng = np.random.default_rng(3)
    for width, num_bits in ((1, 3), (2, 10), (8, 64), (9, 65)):
        array = rng.integers(0, 2, size=(4, 500, width), dtype=np.uint8)
        bits = BitArray(array, num_bits)
        found = counts.outcomes_of("c", bits)
        expected = bits.get_counts()
        best = sorted(expected.items(), key=lambda item: (-item[1], item[0]))[: counts.TOP]
        assert [(b.bits, b.count) for b in found.top] == best
        assert found.distinct == len(expected)


def test_registers_of_no_bits_and_of_no_shots_are_no_trouble():
    assert counts.outcomes_of("c", BitArray(np.zeros((5, 0), np.uint8), 0)).top == []
    assert counts.outcomes_of("c", BitArray(np.zeros((0, 1), np.uint8), 3)).distinct == 0


def test_of_very_many_shots_it_says_how_many_were_counted(monkeypatch):
    monkeypatch.setattr(counts, "MOST_BYTES", 100)
    found = counts.outcomes_of("c", BitArray(np.zeros((70, 2), np.uint8), 9))
    assert (found.counted, found.shots * found.sets, found.top[0].share) == (50, 70, 1)


def test_many_pubs_come_a_page_at_a_time_and_are_fetched_once(fake, ended):
    array = np.zeros((10, 1), np.uint8)
    job = ended(PrimitiveResult([sampled(BitArray(array, 3)) for _ in range(300)]))
    first, later = read(job, "results"), read(job, "results", 290)
    assert (first["total"], len(first["pubs"])) == (300, 20)
    assert [pub["index"] for pub in later["pubs"]] == list(range(290, 300))
    assert read(job, "results", 10_000)["pubs"][-1]["index"] == 299
    assert [call for call in fake.asked() if "results" in call] == ["GET /jobs/job-1/results"]


def test_pubs_that_say_much_are_fewer(ended):
    many = {f"r{i}": BitArray(np.arange(100, dtype=np.uint8)[:, None], 8) for i in range(40)}
    pub = SamplerPubResult(DataBin(**many), metadata={"x": ["y" * 300] * 100})
    found = read(ended(PrimitiveResult([pub] * 30)), "results")
    assert 0 < len(found["pubs"]) < 20
    assert (found["pubs"][0]["fields"], found["total"]) == (40, 30)
    assert len(found["pubs"][0]["outcomes"]) == 12


def test_a_large_array_is_its_first_values_and_its_range(ended):
    evs = np.linspace(-1, 1, 100_000).reshape(100, 1000)
    evs[5, 5] = np.nan
    pub = PubResult(DataBin(evs=evs, stds=np.full_like(evs, 0.1), odd=np.array([1j, np.inf])))
    (values, odd) = read(ended(PrimitiveResult([pub])), "results")["pubs"][0]["values"]
    assert (values["count"], len(values["first"])) == (100_000, 12)
    assert (values["low"], values["high"]) == (-1, 1)
    assert [v["value"] for v in odd["first"]] == ["0+1j", "inf+0j"]
    assert odd["low"] is None


def test_a_result_is_kept_for_a_moment_and_no_longer(ended):
    job = ended(PrimitiveResult([sampled(BitArray(np.zeros((9, 1), np.uint8), 3))]))
    small = Kept(kept_s=0.01)
    asked = []
    assert small.text(job, "results", lambda: asked.append(1) or "abc") == "abc"
    until(lambda: small.characters == 0, "its being dropped")
    small.text(job, "results", lambda: asked.append(2) or "abc")
    assert asked == [1, 2]
    small.drop()


def test_what_is_kept_is_bounded_and_goes_with_its_service(ended, theirs):
    job = ended(1)
    mine = Kept()
    mine.text(job, "inputs", lambda: "i" * 5_000_000)
    mine.text(job, "results", lambda: "r" * 5_000_000)
    assert mine.characters == 5_000_000
    mine.text(job, "more", lambda: "r" * (MOST_CHARACTERS + 1))
    assert mine.characters == 0
    mine.text(job, "inputs", lambda: "i")
    theirs.close()
    assert mine.characters == 0
    mine.text(job, "inputs", lambda: "i")
    assert mine.characters == 0
    until(
        lambda: "runtime-widgets-details" not in {t.name for t in threading.enumerate()}, "its end"
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_keeps_nothing_and_waits_for_no_lock(ended):
    job = ended(1)
    mine = Kept()
    mine.text(job, "inputs", lambda: "i" * 100)
    with mine._lock:
        child = os.fork()
    if child == 0:
        signal.alarm(20)  # rather than wait for ever
        os._exit(0 if mine.characters == 0 else 3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert mine.characters == 100
    mine.drop()


# hostile


def test_hostile_results_are_text_and_valid_json(ended):
    nested = {"deep": 1}
    for _ in range(50):
        nested = {"deeper": nested}
    raw = {
        SCRIPT: f"{SCRIPT}{LONE}",
        "nan": float("nan"),
        "inf": [float("inf")] * 3,
        "long": "x" * 100_000,
        "many": list(range(100_000)),
        "wide": {f"k{i}": i for i in range(10_000)},
        "nested": nested,
        "odd": {"__type__": "Strange", "__value__": {"a": [{}]}},
        "bad": {"__type__": "ndarray", "__value__": "no base64"},
        LONE: None,
    }
    found = read(ended(text=json.dumps(raw)), "results")
    text = found["plain"]["text"]
    assert f'{SCRIPT}: "{SCRIPT}\ufffd"' in text
    assert "nan: NaN" in text
    assert "99,988 more" in text
    assert "bad: ndarray, unreadable" in text
    assert len(text) <= 20_000


@pytest.mark.parametrize(
    "text", ["<html>no json</html>", "[" * 100_000, '{"a": 1, "a": 2}', "\x00"]
)
def test_garbage_for_a_result_is_an_error_with_a_name(ended, text):
    with pytest.raises(errors.CodecError, match="Cannot decode"):
        read(ended(text=text), "results")


@pytest.mark.parametrize(
    "pub",
    [
        None,
        7,
        {"__type__": "Strange", "__value__": 1},
        {"__type__": "PubResult", "__value__": {"data": {"__type__": "Other", "__value__": 1}}},
        {"__type__": "PubResult"},
        {"__type__": "SamplerPubResult", "__value__": {"data": {"__type__": "DataBin",
            "__value__": {"fields": {"c": {"__type__": "BitArray", "__value__": {}}}}}}},
    ],
)  # fmt: skip
def test_a_pub_that_cannot_be_read_spoils_no_other(ended, pub):
    good = encode(sampled(BitArray(np.zeros((9, 1), np.uint8), 3)))
    value = {"pub_results": [pub, good], "metadata": {"execution": {"execution_spans": "?"}}}
    text = json.dumps({"__type__": "PrimitiveResult", "__value__": value})
    bad, fine = read(ended(text=text), "results")["pubs"]
    assert bad["trouble"].startswith("This PUB's result cannot be read")
    assert fine["outcomes"][0]["counted"] == 9


def test_an_outline_is_bounded_whatever_it_is_of():
    wide = [[[[{"a": [{"b": list(range(99))}] * 99}] * 99] * 99] * 99] * 99
    found = outline(wide, 1000)
    assert found.cut
    assert len(found.text) <= 1000
    assert len(in_a_line(wide)) <= 200


# inputs


def test_a_sampler_s_inputs_are_circuits_shots_and_the_options_that_were_set(service):
    circuit = ansatz()
    circuit.measure_all()
    options = {"default_shots": 100, "simulator": {"seed_simulator": 3}}
    pubs = [(bell(), None, 1000), (circuit, np.zeros((5, 1)))]
    job = run(service, "sampler", {"pubs": pubs, "options": options})
    found = read(job, "inputs")
    first, second = found["pubs"]
    assert (first["shots"], second["shots"], second["values_shape"]) == (1000, None, [5, 1])
    about = second["circuit"]
    assert (about["name"], about["num_qubits"], about["depth"]) == ("ansatz", 2, 3)
    assert (about["parameters"], about["num_parameters"]) == (["θ"], 1)
    assert {op["name"]: op["count"] for op in about["ops"]} == dict(circuit.count_ops())
    assert found["options"] == [
        {"name": "default_shots", "value": "100"},
        {"name": "simulator.seed_simulator", "value": "3"},
    ]
    assert (found["program"], found["device"], found["total"]) == ("sampler", "local_exact", 2)
    assert found["plain"] is None


def test_an_estimator_s_inputs_have_observables_and_precision(service):
    pub = (ansatz(), [["ZZ"], [{"XX": 0.5, "IZ": -1}]], np.zeros((3, 1)), 0.1)
    job = run(service, "estimator", {"pubs": [pub], "resilience_level": 1})
    found = read(job, "inputs")
    (one,) = found["pubs"]
    assert (one["precision"], one["shots"], one["values_shape"]) == (0.1, None, [3, 1])
    assert (one["num_observables"], one["observables_shape"]) == (2, [2, 1])
    assert one["observables"][0] == "ZZ"
    assert sorted(one["observables"][1].split(" + ")) == ["- IZ", "0.5 XX"]
    assert found["options"] == [{"name": "resilience_level", "value": "1"}]


def test_an_own_program_s_inputs_are_an_outline(service):
    found = read(run(service, "echo", {"say": {"x": [1, 2]}}), "inputs")
    assert found["plain"]["text"] == "say:\n  x: [1, 2]"
    assert (found["pubs"], found["options"]) == ([], [])


def test_inputs_are_fetched_once_for_several_tabs(fake, ended):
    job = ended(params={"pubs": [[encode(bell()), None, 5]] * 50, "options": {}})
    for index in (0, 20, 40):
        assert read(job, "inputs", index)["first"] == index
    assert read(job, "circuit", 49)["index"] == 49
    assert len([call for call in fake.asked() if call == "GET /jobs/job-1"]) == 1


def test_very_long_circuits_come_fewer_at_once(ended, monkeypatch):
    monkeypatch.setattr(inputs, "MOST_INSTRUCTIONS", 10)
    found = read(ended(params={"pubs": [[encode(bell()), None, 5]] * 20}), "inputs")
    assert (len(found["pubs"]), found["total"]) == (2, 20)


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"pubs": [None, 3, [], [5], [SCRIPT, SCRIPT, SCRIPT, SCRIPT]], "options": 7},
        {"pubs": [[{"__type__": "QuantumCircuit", "__value__": "!"}, None, True]]},
        {"pubs": {"no": "list"}, "options": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}},
        {"quantum_program": {"items": [None, {"circuit": {"circuit_b64": "eA=="}}], "shots": "x"}},
        {"quantum_program": {"items": [{}], "circuits": {"data": ["OPENQASM 3;"]}}},
        {"pubs": [[{}, None, None]], LONE: {SCRIPT: float("nan")}},
    ],
)
@pytest.mark.parametrize("program", ["sampler", "estimator", "mine"])
def test_hostile_inputs_are_summed_up_all_the_same(ended, params, program):
    job = ended(params=params, program={"id": program})
    found = read(job, "inputs")
    assert found["note"] or found["part"] == "inputs"
    for pub in found["pubs"]:
        assert pub["trouble"]
        with pytest.raises(errors.IBMError):
            read(job, "circuit", pub["index"])


def test_the_items_of_a_quantum_program_are_shown(ended):
    job = ended(params=program((flips(), item([0.1, 0.2]))), program={"id": "executor"})
    found = read(job, "inputs")
    (one,) = found["pubs"]
    assert (found["what"], one["shots"], one["values_shape"]) == ("item", 100, [2])
    assert one["circuit"]["parameters"] == ["x", "y"]
    assert "Rx(x)" in read(job, "circuit", 0)["text"]


# drawings


def drawn(ended, circuit):
    kept.drop()
    return read(ended(params={"pubs": [[encode(circuit), None, 5]]}), "circuit")


def test_a_circuit_is_drawn_by_qiskit(ended):
    expected = str(bell().draw("text", fold=100, idle_wires=False).single_string())
    found = drawn(ended, bell())
    assert (found["text"], found["note"]) == (expected, "")


def test_a_long_circuit_is_cut_and_says_so(ended):
    circuit = QuantumCircuit(3)
    for _ in range(1000):
        circuit.cx(0, 1)
    found = drawn(ended, circuit)
    assert found["note"].endswith("These are the first 500 of 1,000.")
    assert found["text"].count("■") == 500


def test_a_wide_circuit_is_cut_and_a_wider_instruction_not_drawn(ended):
    wide = QuantumCircuit(200)
    wide.h(range(200))
    assert drawn(ended, wide)["note"] == (
        "Too many qubits to draw all of it. These are the first 150 of 200."
    )
    wall = QuantumCircuit(200)
    wall.barrier()
    assert "too large to draw" in drawn(ended, wall)["note"]


def test_what_is_in_branches_counts(ended):
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((0, 1)):
        for _ in range(600):
            circuit.x(0)
    found = drawn(ended, circuit)
    assert found["text"] == ""
    assert "too large to draw" in found["note"]


def test_there_is_no_circuit_behind_the_last_one(ended):
    job = ended(params={"pubs": [[encode(bell()), None, 5]]})
    for index in (-1, 1, 10**9):
        with pytest.raises(errors.IBMInputValueError, match="no circuit number"):
            read(job, "circuit", index)


# the raw record, and errors


def test_the_raw_record_is_what_the_service_sent_without_inputs(ended, fake):
    job = ended(params={"pubs": []}, own={"field": [1, SCRIPT, LONE]})
    found = read(job, "raw")
    sent = {name: value for name, value in fake.jobs["job-1"].items() if name != "params"}
    sent["own"] = {"field": [1, SCRIPT, "\ufffd"]}
    assert json.loads(found["text"]) == sent
    assert (found["cut"], found["hidden"]) == (False, [])
    assert "exclude_params=true" in fake.http.seen[-1].target


def test_the_raw_record_holds_no_token(ended):
    more = {"access_token": "abc", "x": [{"Authorization": "Bearer abc", "said": f"a {TOKEN} b"}]}
    found = read(ended(**more), "raw")
    assert TOKEN not in found["text"]
    assert "abc" not in found["text"]
    assert found["hidden"] == ["access_token", "x.Authorization", "x.said"]


def test_a_long_record_is_cut_and_says_so(ended):
    found = read(ended(tags=["x" * 80] * 5000), "raw")
    assert found["cut"]
    assert len(found["text"]) == 60_000


@pytest.mark.parametrize("part", ["results", "inputs", "circuit", "raw"])
def test_a_service_in_trouble_is_an_error_with_its_words(fake, ended, part):
    job = ended(1)
    fake.trouble = Answer(401, {"errors": [{"code": 1200, "message": "No entry."}]})
    with pytest.raises(errors.IBMAuthError, match="No entry"):
        read(job, part)


def test_an_unknown_part_is_refused(ended):
    with pytest.raises(errors.IBMInputValueError, match="no part 'secrets'"):
        details.read(ended(1), "secrets")
