"""Quantum programs of circuit items, in the published schema, on each kind of device."""

from __future__ import annotations

import io
from datetime import datetime

import numpy as np
import pytest
from qiskit import QuantumCircuit, qpy
from server.quantum_programs import (
    NEWEST,
    blob,
    fixed,
    flips,
    item,
    program,
    read_tensor,
    tensor,
    text,
)

PI = np.pi


def run(server, params, backend="local_exact"):
    return server.result(server.submit("executor", params, backend=backend))


def test_arguments_broadcast_and_every_register_comes_back(server):
    angles = np.array([[[0, 0], [PI, 0], [0, PI]], [[PI, PI], [0, 0], [PI, 0]]])
    result = run(server, program((flips(), item(angles)), (fixed(), item(np.zeros(0)))))
    assert result["schema_version"] == "v2.0"
    first, second = (entry["results"] for entry in result["data"])
    a, b = read_tensor(first["a"]), read_tensor(first["b"])
    assert (a.shape, b.shape) == ((2, 3, 100, 1), (2, 3, 100, 9))
    expected = angles > 1
    assert (a[..., 0] == expected[..., :1]).all()
    assert (b[..., 8] == expected[..., 1:]).all()
    assert not b[..., :8].any()
    measured = read_tensor(second["meas"])
    assert measured.shape == (100, 2)
    assert measured[:, 0].all()
    assert not measured[:, 1].any()


def test_passthrough_data_and_role_come_back_as_they_were_sent(server):
    data = {"a": [1, 2.5, None, True, "x"], "t": tensor([1.0, 2.0]), "nested": {"u": []}}
    params = program(
        (fixed(), item(np.zeros(0))), passthrough_data=data, semantic_role="sampler-v2"
    )
    result = run(server, params)
    assert result["passthrough_data"] == data
    assert result["semantic_role"] == "sampler-v2"


def test_a_shape_repeats_an_item(server):
    angles = np.array([[0.0, 0.0], [PI, 0.0]])
    params = program((flips(), item(angles, shape=[4, 2])), shots=7)
    a = read_tensor(run(server, params)["data"][0]["results"]["a"])
    assert a.shape == (4, 2, 7, 1)
    assert not a[:, 0].any()
    assert a[:, 1].all()


def test_repetitions_and_elements_are_independent(server):
    half = QuantumCircuit(1)
    half.h(0)
    half.measure_all()
    params = program((half, item(np.zeros((3, 0)))), shots=200)
    rows = read_tensor(run(server, params)["data"][0]["results"]["meas"])[..., 0]
    assert rows.shape == (3, 200)
    assert not (rows[0] == rows[1]).all()
    assert not (rows[1] == rows[2]).all()


def test_timing_covers_every_element_once(server):
    params = program(
        (flips(), item(np.zeros((5, 7, 2)), chunk_size=10)),
        (fixed(), item(np.zeros(0), chunk_size=3)),
    )
    result = run(server, params)
    spans = result["metadata"]["chunk_timing"]
    times = [(datetime.fromisoformat(s["start"]), datetime.fromisoformat(s["stop"])) for s in spans]
    assert all(start <= stop for start, stop in times)
    assert [start for start, _ in times] == sorted(start for start, _ in times)
    parts = [part for span in spans for part in span["parts"]]
    assert [part["size"] for part in parts] == [10, 10, 10, 5, 1]
    assert [part["element_range"] for part in parts[:4]] == [
        [0, 10, 1], [10, 20, 1], [20, 30, 1], [30, 35, 1],
    ]  # fmt: skip
    assert [part["permutation"] for part in parts] == [[0, 1]] * 4 + [[]]
    assert [part["idx_item"] for part in parts] == [0, 0, 0, 0, 1]


def test_earlier_versions_of_the_schema(server):
    angles = [[0.0, 0.0], [PI, 0.0]]
    plain = tensor(angles, packed=False)
    one = {"item_type": "circuit", "circuit_arguments": plain, "chunk_size": "auto"}
    buffer = io.BytesIO()
    qpy.dump(flips(), buffer, version=16)
    own = {"circuit_b64": text(buffer.getvalue(), packed=False), "qpy_version": 16}
    together = blob(flips(), packed=False, version=16)
    asked = {
        "v0.1": {"shots": 9, "items": [{**one, "circuit": own}]},
        "v0.2": {"shots": 9, "items": [{**one, "circuit": own}], "passthrough_data": {"x": 1}},
        "v1.0": {"shots": 9, "circuits": together, "items": [{**one, "shape": []}]},
        "v1.1": {"shots": 9, "circuits": together, "items": [one], "semantic_role": "r"},
    }
    for version, body in asked.items():
        params = {"schema_version": version, "quantum_program": body, "options": {}}
        result = run(server, params)
        assert result["schema_version"] == version
        (entry,) = result["data"]
        a = read_tensor(entry["results"]["a"], packed=False)
        assert a.shape == (2, 9, 1)
        assert not a[0].any()
        assert a[1].all()
        assert result.get("passthrough_data") == body.get("passthrough_data")
        assert result.get("semantic_role") == body.get("semantic_role")


def test_qubits_that_never_meet_are_measured_right_on_the_noisy_device(server):
    """Such a circuit is simulated in parts: the bits must find their places again."""
    circuit = QuantumCircuit(16)
    circuit.x([0, 5, 15])
    circuit.sx(8)
    circuit.cz(8, 9)
    circuit.barrier()
    circuit.measure_all()
    params = program((circuit, item(np.zeros(0))), shots=400)
    bits = read_tensor(run(server, params, "local_noisy")["data"][0]["results"]["meas"])
    means = bits.mean(axis=0)
    assert (means[[0, 5, 15]] > 0.9).all()
    assert 0.35 < means[8] < 0.65
    rest = [q for q in range(16) if q not in (0, 5, 8, 15)]
    assert (means[rest] < 0.1).all()


def test_a_box_runs_as_its_content(server):
    circuit = QuantumCircuit(2)
    with circuit.box():
        circuit.x(1)
        with circuit.box():
            circuit.x(0)
            circuit.cx(0, 1)
    circuit.measure_all()
    for backend in ("local_exact", "local_wide"):
        result = run(server, program((circuit, item(np.zeros(0)))), backend)
        bits = read_tensor(result["data"][0]["results"]["meas"])
        assert bits[:, 0].all()
        assert not bits[:, 1].any()


def test_circuits_may_be_in_openqasm(server):
    pytest.importorskip("qiskit_qasm3_import")
    source = 'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; x q[1]; c = measure q;'
    params = program((fixed(), item(np.zeros(0))), circuits={"data": [source]})
    bits = read_tensor(run(server, params)["data"][0]["results"]["c"])
    assert bits[:, 1].all()
    assert not bits[:, 0].any()


def test_options_without_effect_are_named_in_the_log(server):
    options = {"rep_delay": 0.0002, "scheduler_timing": True, "experimental": {"x": 1}, "new": 2}
    params = program((fixed(), item(np.zeros(0))), options={"init_qubits": True, **options})
    job = server.submit("executor", params)
    server.result(job)
    log = server.get(f"/jobs/{job}/logs").text
    assert "WARNING" in log
    for name in ("rep_delay", "scheduler_timing", "experimental.x", "new"):
        assert name in log
    assert "init_qubits" not in log


def test_interim_results_come_as_it_runs(server):
    job = server.submit("executor", program((flips(), item(np.zeros((4, 2)))), shots=10))
    server.result(job)
    assert server.job(job)["interim_count"] == 4


def test_the_newest_qpy_is_read(server):
    assert NEWEST >= 17
    params = program((fixed(), item(np.zeros(0))), circuits=blob(fixed(), version=NEWEST))
    assert run(server, params)["data"]
