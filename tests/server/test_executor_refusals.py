"""Quantum programs that are wrong are refused with a sentence, and nothing breaks."""

from __future__ import annotations

import base64
import zlib
from copy import deepcopy

import numpy as np
import pytest
from qiskit import QuantumCircuit
from server.quantum_programs import blob, fixed, flips, item, program, tensor, text
from server.support import check_error

FINE = program((flips(), item(np.zeros((2, 2)))))
BOMB = base64.b64encode(zlib.compress(b"\0" * (256 << 20))).decode()
SAMPLEX = {"item_type": "samplex", "samplex_arguments": {}, "shape": [2], "chunk_size": "auto"}


def changed(path, value):
    params = deepcopy(FINE)
    *steps, last = path
    inner = params
    for step in steps:
        inner = inner[step]
    inner[last] = value
    return params


def asked(name, value):
    return changed(["quantum_program", name], value)


def arguments(value):
    return changed(["quantum_program", "items", 0, "circuit_arguments"], value)


def samplex(ssv, json):
    return asked("items", [{**SAMPLEX, "samplex": {"ssv": ssv, "samplex_json": json}}])


def unmeasured():
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    return circuit


CASES = {
    "no version": ({}, "schema_version"),
    "a version to come": ({**FINE, "schema_version": "v9.0"}, "v9.0"),
    "no program": ({**FINE, "quantum_program": 3}, "quantum_program"),
    "no options": ({"schema_version": "v2.0", "quantum_program": {}}, "quantum_program"),
    "no items": (asked("items", []), "items"),
    "items of no kind": (asked("items", [{"item_type": "x"}]), "items"),
    "no shots": (asked("shots", 0), "shots"),
    "shots as text": (asked("shots", "100"), "shots"),
    "too many shots": (asked("shots", 10**9), "shots"),
    "analogue results": (asked("meas_level", "kerneled"), "no analogue signal"),
    "no circuits": (asked("circuits", None), "circuits"),
    "circuits that are not base64": (asked("circuits", {"b64_data": "!!"}), "base64"),
    "circuits that are no zlib": (asked("circuits", {"b64_data": "AAAA"}), "zlib"),
    "circuits that are no QPY": (asked("circuits", {"b64_data": text(b"x" * 99)}), "QPY"),
    "a bomb of circuits": (asked("circuits", {"b64_data": BOMB}), "circuits"),
    "more circuits than items": (asked("circuits", blob(flips(), flips())), "2 circuits and 1"),
    "a wrong count": (asked("circuits", {**blob(flips()), "num_programs": 7}), "circuits"),
    "a wrong version": (asked("circuits", {**blob(flips()), "qpy_version": 3}), "qpy_version"),
    "a circuit in its item": (
        {**FINE, "schema_version": "v0.1"}, "circuit_b64"
    ),
    "values as a list": (arguments([[0.0, 0.0]]), "circuit_arguments"),
    "values of bytes": (arguments(tensor([[1, 2]], "u8")), "f64"),
    "values of an unknown kind": (arguments({**tensor([[0.0, 0.0]]), "dtype": "O"}), "dtype"),
    "values for other parameters": (arguments(tensor([[0.0] * 3])), "2 parameters"),
    "values that are not finite": (arguments(tensor([[np.nan, 0.0]])), "finite"),
    "values of a wrong length": (arguments({**tensor([0.0] * 3), "shape": [2]}), "tensor"),
    "values that claim too much": (arguments({**tensor([0.0]), "shape": [10**12]}), "elements"),
    "values of a negative shape": (arguments({**tensor([0.0]), "shape": [-1]}), "shape"),
    "a bomb of values": (arguments({"data": BOMB, "shape": [2], "dtype": "f64"}), "longer"),
    "shapes that do not broadcast": (
        changed(["quantum_program", "items", 0, "shape"], [3]), "broadcast"
    ),
    "a huge shape": (changed(["quantum_program", "items", 0, "shape"], [10**9, 2]), "elements"),
    "nothing to run": (arguments(tensor(np.zeros((0, 2)))), "elements"),
    "results that would not fit": (
        changed(["quantum_program", "items", 0, "shape"], [4 * 10**5, 2]), "bytes"
    ),
    "nothing measured": (
        program((unmeasured(), item(np.zeros(0)))), "measures nothing"
    ),
    "chunk sizes of both kinds": (
        program((fixed(), item([], chunk_size=1)), (fixed(), item([]))), "chunk_size"
    ),
    "a chunk size of none": (program((fixed(), item([], chunk_size=0))), "chunk_size"),
    "options that are none": ({**FINE, "options": {"init_qubits": "yes"}}, "init_qubits"),
    "an endless delay": ({**FINE, "options": {"rep_delay": -1}}, "rep_delay"),
    "a samplex of nonsense": (samplex(1, "{"), "samplex"),
    "a samplex of nothing": (samplex(1, "{}"), "samplex"),
    "a samplex of lists": (samplex(1, '{"attrs": {"ssv": "1", "param_table": "[]"}}'), "samplex"),
    "a samplex of a format to come": (samplex(10**6, "{}"), "samplex"),
    "a deep samplex": (samplex(1, "[" * 10**5), "samplex"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_a_sentence(server, name):
    params, words = CASES[name]
    body = {"program_id": "executor", "backend": "local_exact", "params": params}
    error = check_error(server.post_job(body), 400)
    assert words in error["message"] + error.get("solution", "")
    assert len(error["message"]) < 700


def test_the_server_still_runs_programs_after_all_this(server):
    before = server.get("/jobs", limit=1).json()["count"]
    assert server.result(server.submit("executor", FINE))["data"]
    assert server.get("/jobs", limit=1).json()["count"] == before + 1


def test_an_unknown_program_names_those_that_there_are(server):
    body = {"program_id": "calibrate", "backend": "local_exact", "params": {}}
    error = check_error(server.post_job(body), 404)
    for known in ("sampler", "estimator", "executor", "noise-learner"):
        assert known in error["solution"]
