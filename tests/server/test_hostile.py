"""Bad input: the right refusal, never a 500, and no harm to another job."""

from __future__ import annotations

import base64
import io
import json
import os
import pickle
import signal
import threading
import zlib

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Gate, Parameter, Qubit
from server.support import (
    array_json,
    bell,
    bits,
    check_error,
    children_of,
    circuit_json,
    pack,
    unpack,
    until,
)


def body(*pubs, program="sampler", backend="local_exact", **more):
    params = more.pop("params", {"pubs": list(pubs)})
    return {"program_id": program, "backend": backend, "params": params, **more}


def wrapped(kind, raw):
    return {"__type__": kind, "__value__": pack(raw)}


BELL = circuit_json(bell())


@pytest.fixture(autouse=True)
def unharmed(server):
    """After each attack: another job runs, and nothing was answered with a 500."""
    yield
    result = server.result(server.sample([BELL, None, 10]))
    assert bits(result, 0, "meas").shape == (10,)
    assert "Traceback" not in server.log()


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[]", b"null", b"1", b"nonsense", b"\xff\xfe{}", b'{"program_id": NaN}',
        b'{"program_id": "sampler", "program_id": "sampler"}', b'{"a": 1} {"b": 2}', b'{"a" 1}',
        b'{"a": 1,}', b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 10_000 + b"}",
        b'{"program_id": "sampler", "backend": "local_exact", "params": {"x": Infinity}}',
    ],
    ids=lambda text: repr(text[:30]),
)  # fmt: skip
def test_malformed_json(server, text):
    check_error(server.post_job(text), 400)


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"program_id": "no-such"}, 404, "no-such"),
        ({"program_id": "calibrate"}, 404, "calibrate"),
        ({"backend": "no-such"}, 404, "no-such"),
        ({"backend": "\ud800"}, 400, "backend"),
        ({"program_id": None}, 400, "program_id"),
        ({"program_id": ["sampler"]}, 400, "program_id"),
        ({"backend": ""}, 400, "backend"),
        ({"backend": "x" * 500}, 400, "backend"),
        ({"params": []}, 400, "params"),
        ({"params": None}, 400, "params"),
        ({"cost": 0}, 400, "cost"),
        ({"cost": -1}, 400, "cost"),
        ({"cost": 1e300}, 400, "cost"),
        ({"cost": "long"}, 400, "cost"),
        ({"private": "yes"}, 400, "private"),
        ({"log_level": "LOUD"}, 400, "log_level"),
        ({"session_id": "no-such"}, 404, "no-such"),
        ({"session_id": 5}, 400, "session_id"),
        ({"runtime": "\udfff"}, 400, "runtime"),
        ({"tags": "abc"}, 400, "tags"),
        ({"tags": [1]}, 400, "tags"),
        ({"tags": [""]}, 400, "tag"),
        ({"tags": ["\ud800"]}, 400, "tag"),
    ],
    ids=str,
)
def test_a_wrong_envelope(server, change, status, word):
    error = check_error(server.post_job({**body([BELL]), **change}), status)
    assert word in error["message"]


@pytest.mark.parametrize(
    ("tags", "code"), [([f"t{n}" for n in range(9)], 1204), (["x" * 87], 1205)]
)
def test_too_many_and_too_long_tags(server, tags, code):
    assert check_error(server.post_job(body([BELL], tags=tags)), 400)["code"] == code
    job_id = server.submit("sleep", {}, tags=["x" * 86] + [f"t{n}" for n in range(7)])
    assert len(server.job(job_id)["tags"]) == 8
    answer = server.ask("PUT", f"/jobs/{job_id}/tags", json={"tags": tags})
    assert check_error(answer, 400)["code"] == code


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"tags": 1}', b"{", b'{"tags": ["\xff"]}'], ids=repr
)
def test_malformed_tags(server, text):
    job_id = server.submit("sleep", {})
    headers = {"Content-Type": "application/json"}
    check_error(server.ask("PUT", f"/jobs/{job_id}/tags", data=text, headers=headers), 400)


@pytest.mark.parametrize(
    "shots", [-1, 0, 10**12, 10**30, 1.5, "many", True, [5], float("1e300")], ids=repr
)
def test_impossible_shots(server, shots):
    error = check_error(server.post_job(body([BELL, None, shots])), 400)
    assert "pubs[0]" in error["message"]
    assert "shots" in error["message"]
    params = {"pubs": [[BELL]], "options": {"default_shots": shots}}
    check_error(server.post_job(body(params=params)), 400)


def test_results_that_would_not_fit(server):
    circuit = circuit_json(rotated())
    pub = [circuit, array_json(np.zeros((10_000, 1))), 1_000_000]
    error = check_error(server.post_job(body(pub)), 400)
    assert "bytes" in error["message"]


def rotated(measure=True):
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("t"), 0)
    if measure:
        circuit.measure_all()
    return circuit


@pytest.mark.parametrize(
    "values",
    [
        array_json([[np.nan]]), array_json([[np.inf]]), array_json([[1j]]), array_json(["a"]),
        [["a"]], [[None]], {"wrong": [1.0]}, [[1.0], []],
        [[1e999]], "text", array_json(np.zeros((0, 1))), None,
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_wrong_parameter_values(server, values):
    text = json.dumps(body([circuit_json(rotated()), values, 5])).replace("Infinity", "1e999")
    check_error(server.post_job(text), 400)


def test_values_for_a_circuit_without_parameters(server):
    check_error(server.post_job(body([BELL, [1.0], 5])), 400)


def test_a_sampler_circuit_that_measures_nothing(server):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    error = check_error(server.post_job(body([circuit_json(circuit)])), 400)
    assert "measures nothing" in error["message"]
    assert "measure_all" in error["solution"]


def test_a_sampler_circuit_that_measures_into_no_register(server):
    circuit = QuantumCircuit([Qubit(), Clbit()])
    circuit.measure(0, 0)
    check_error(server.post_job(body([circuit_json(circuit)])), 400)


@pytest.mark.parametrize("device", ["local_exact", "local_wide"])
def test_a_gate_that_nobody_knows_names_it_and_its_qubits(server, device):
    circuit = QuantumCircuit(3, 1)
    circuit.append(Gate("riddle", 2, []), [2, 0])
    circuit.measure(0, 0)
    error = check_error(server.post_job(body([circuit_json(circuit)], backend=device)), 400)
    assert "instruction riddle on qubits (2, 0)" in error["message"]
    outer = QuantumCircuit(4, 1)
    outer.append(circuit.to_instruction(), [3, 2, 1], [0])
    error = check_error(server.post_job(body([circuit_json(outer)], backend=device)), 400)
    assert "instruction riddle on qubits (1, 3)" in error["message"]


def test_an_estimator_circuit_that_measures(server):
    check_error(server.post_job(body([BELL, {"ZZ": 1.0}], program="estimator")), 400)


@pytest.mark.parametrize(
    ("observables", "precision"),
    [
        ({"ZZ": 1.0}, None), ({"Q": 1.0}, None), ({"Z": "much"}, None), ({"Z": 1e999}, None),
        ("", None), (None, None), ([], None), ({}, -1.0), ({"Z": 1.0}, -1.0), ({"Z": 1.0}, "fine"),
        ({"Z": 1.0}, 1e999), (5, None), ({}, None), ([{"Z": 1}, {}], None),
        ([[{"Z": 1}], []], None),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_observables_and_precisions(server, observables, precision):
    pub = [circuit_json(rotated(measure=False)), observables, [[0.1]], precision]
    text = json.dumps(body(pub, program="estimator")).replace("Infinity", "1e999")
    check_error(server.post_job(text), 400)


def test_projectors_that_become_too_many_terms(server):
    circuit = circuit_json(QuantumCircuit(20))
    pub = [circuit, {"0" * 20: 1.0}]
    error = check_error(server.post_job(body(pub, program="estimator")), 400)
    assert "terms" in error["message"]


def test_a_shots_device_has_no_precision_zero(server):
    pub = [circuit_json(rotated(measure=False)), {"Z": 1.0}, [[0.1]], 0.0]
    error = check_error(server.post_job(body(pub, program="estimator", backend="local_wide")), 400)
    assert "precision" in error["message"]


@pytest.mark.parametrize(
    "pubs", [[], {}, None, "x", [1], [[]], [[1, 2, 3, 4, 5]], [[None]]], ids=str
)
def test_wrong_pubs(server, pubs):
    check_error(server.post_job(body(params={"pubs": pubs})), 400)


@pytest.mark.parametrize(
    "options",
    [[], 5, {"simulator": 5}, {"seed_simulator": -1}, {"seed_simulator": "x"},
     {"seed_simulator": 2**80}, {"default_precision": "x"}],
    ids=str,
)  # fmt: skip
def test_wrong_options(server, options):
    check_error(server.post_job(body(params={"pubs": [[BELL]], "options": options})), 400)


def test_version_1_of_the_primitives(server):
    check_error(server.post_job(body(params={"pubs": [[BELL]], "version": 1})), 400)


def test_a_circuit_with_more_qubits_than_the_device(server):
    circuit = QuantumCircuit(21)
    circuit.measure_all()
    error = check_error(server.post_job(body([circuit_json(circuit)])), 400)
    assert "21 qubits" in error["message"]


def test_a_gate_that_the_device_does_not_have_names_it_and_its_qubits(server):
    circuit = QuantumCircuit(3)
    circuit.h(2)
    circuit.measure_all()
    answer = server.post_job(body([circuit_json(circuit)], backend="local_noisy"))
    error = check_error(answer, 400)
    assert "instruction h on qubits (2,)" in error["message"]
    assert "generate_preset_pass_manager" in error["solution"]


def test_a_pair_that_is_not_coupled_is_named(server):
    circuit = QuantumCircuit(16)
    circuit.cz(0, 15)
    circuit.measure_all()
    answer = server.post_job(body([circuit_json(circuit)], backend="local_noisy"))
    assert "instruction cz on qubits (0, 15)" in check_error(answer, 400)["message"]


def test_a_gate_inside_control_flow_is_checked_on_its_real_qubits(server):
    circuit = QuantumCircuit(16, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.cz(3, 12)
    circuit.measure_all()
    answer = server.post_job(body([circuit_json(circuit)], backend="local_noisy"))
    assert "instruction cz on qubits (3, 12)" in check_error(answer, 400)["message"]


def test_a_state_that_does_not_fit_in_memory(start):
    with start(devices=["name=huge,qubits=60"]) as server:
        circuit = QuantumCircuit(40)
        circuit.measure_all()
        answer = server.post_job(body([circuit_json(circuit)], backend="huge"))
        assert "MiB" in check_error(answer, 400)["message"]


QPY = unpack(BELL["__value__"])


@pytest.mark.parametrize(
    "raw",
    [b"", b"QISKIT", QPY[:20], QPY[: len(QPY) // 2], QPY[:-1], b"x" * 500,
     QPY[:6] + b"\xff" + QPY[7:], QPY[:10] + b"\xff" * 40 + QPY[50:]],
    ids=range(8),
)  # fmt: skip
def test_truncated_and_broken_qpy(server, raw):
    error = check_error(server.post_job(body([wrapped("QuantumCircuit", raw)])), 400)
    assert error["message"].startswith("params")


def test_flipped_bytes_of_qpy_are_refused_or_run_but_never_break_anything(server):
    dice = np.random.default_rng(1)
    for _ in range(40):
        raw = bytearray(QPY)
        for place in dice.integers(7, len(raw), 3):
            raw[place] = dice.integers(256)
        answer = server.post_job(body([wrapped("QuantumCircuit", bytes(raw)), None, 1]))
        assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize(
    "value",
    [5, None, [], {"__type__": "ndarray"}, {"__type__": "module", "__value__": "os"},
     {"__type__": "QuantumCircuit", "__value__": "not base64!"},
     {"__type__": "QuantumCircuit", "__value__": base64.b64encode(b"no zlib").decode()},
     {"__type__": 5, "__value__": 5}, {"__type__": "PrimitiveResult", "__value__": 5}],
    ids=str,
)  # fmt: skip
def test_other_things_than_circuits(server, value):
    check_error(server.post_job(body([value])), 400)


class Evil:
    """Leaves a trace where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_an_npy_of_objects_is_refused_and_never_unpickled(server, tmp_path):
    trace = tmp_path / "unpickled"
    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil(str(trace))], dtype=object), allow_pickle=True)
    values = wrapped("ndarray", buffer.getvalue())
    check_error(server.post_job(body([circuit_json(rotated()), values, 5])), 400)
    values = wrapped("ndarray", pickle.dumps(Evil(str(trace))))
    check_error(server.post_job(body([circuit_json(rotated()), values, 5])), 400)
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["QuantumCircuit", "ndarray"])
def test_a_decompression_bomb(server, kind):
    bomb = zlib.compressobj(9)
    zeros = bytes(1 << 20)
    packed = b"".join(bomb.compress(zeros) for _ in range(400)) + bomb.flush()
    value = {"__type__": kind, "__value__": base64.b64encode(packed).decode()}
    check_error(server.post_job(body([value] if kind == "QuantumCircuit" else [BELL, value])), 400)


def test_an_npy_that_claims_more_than_it_holds(server):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, ), }"
    raw = b"\x93NUMPY\x01\x00v\x00" + header.ljust(117, b" ") + b"\n"
    check_error(server.post_job(body([circuit_json(rotated()), wrapped("ndarray", raw)])), 400)


def test_millions_of_values(server):
    text = json.dumps(body([BELL]))[:-1] + ', "x": [' + "0," * 3_000_000 + "0]}"
    check_error(server.post_job(text), 400)


class TestLimits:
    @pytest.fixture
    def small(self, start):
        with start(
            max_body_bytes=1_000_000,
            limits={"check_seconds": 2.0, "check_memory_bytes": 3 << 30},
        ) as running:
            yield running

    def test_a_body_over_the_limit_is_413(self, small):
        text = json.dumps(body([BELL], runtime="x" * 2_000_000))
        check_error(small.post_job(text), 413)
        chunks = (b"x" * 100_000 for _ in range(20))  # no Content-Length
        check_error(small.ask("POST", "/jobs", data=chunks), 413)
        chunks = (b"x" * 100_000 for _ in range(20))
        headers = {"Content-Type": "application/json"}
        check_error(small.ask("POST", "/sessions", data=chunks, headers=headers), 413)
        at_limit = json.dumps(body([BELL])).ljust(1_000_000)
        assert small.post_job(at_limit).status_code == 200

    def test_a_check_that_hangs_or_dies_is_a_refusal(self, small):
        """A stopped checker stands for one that hangs; a killed one for one that crashed."""

        def checkers():
            return children_of(small.facts["pid"])

        assert small.post_job(body([BELL])).status_code == 200
        children = until(checkers)
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for pid in checkers():
                os.kill(pid, signal.SIGSTOP)
            answers = []
            asking = threading.Thread(
                target=lambda: answers.append(small.post_job(body([BELL])))  # noqa: B023
            )
            asking.start()
            if how == signal.SIGKILL:
                for pid in checkers():
                    os.kill(pid, signal.SIGKILL)
            asking.join(timeout=60)
            assert answers
            if answers[0].status_code != 200:  # a killed one may have been replaced in time
                check_error(answers[0], 400)
            for pid in checkers():
                os.kill(pid, signal.SIGCONT)
            job_id = until(lambda: small.post_job(body([BELL])).json().get("id"))
            until(lambda: small.status(job_id) in ("Completed", "Failed"))  # noqa: B023
        assert children
