"""Quantum programs as IBM's client writes and reads them: every version, circuits and samplexes."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from server.quantum_programs import flips
from server.upstream import run

converters = pytest.importorskip(
    "qiskit_ibm_runtime.quantum_program.params_converters",
    reason="a qiskit-ibm-runtime with quantum programs is not installed",
)
samplomatic = pytest.importorskip("samplomatic")
CONVERTERS = converters.QUANTUM_PROGRAM_PARAMS_CONVERTERS


def twirled():
    """A template, whose samplex also twirls the measurement."""
    circuit = QuantumCircuit(2)
    with circuit.box([samplomatic.Twirl()]):
        circuit.rx(Parameter("p"), 0)
        circuit.cz(0, 1)
    with circuit.box([samplomatic.Twirl()]):
        circuit.measure_all()
    return samplomatic.build(circuit)


def boxed():
    circuit = QuantumCircuit(1)
    with circuit.box([samplomatic.Twirl()]):
        circuit.x(0)
    circuit.measure_all()
    return circuit


def program(version):
    from qiskit_ibm_runtime import QuantumProgram

    data = {"x": [1, "y", None], "array": np.array([1.0, 2.0])}
    made = QuantumProgram(50, passthrough_data=None if version == "v0.1" else data)
    made._semantic_role = "not-one-of-theirs"
    angles = [[[0, 0], [np.pi, 0], [0, np.pi]], [[np.pi, np.pi], [0, 0], [np.pi, 0]]]
    made.append_circuit_item(flips(), circuit_arguments=np.array(angles))
    made.append_circuit_item(boxed())
    template, samplex = twirled()
    made.append_samplex_item(
        template,
        samplex=samplex,
        samplex_arguments={"parameter_values": np.array([[0.0], [np.pi]])},
        shape=(6, 2),
    )
    return made


@pytest.mark.parametrize("version", CONVERTERS)
def test_their_programs_run_and_they_read_the_result(server, version):
    from qiskit_ibm_runtime.decoders.executor.decoder import ExecutorResultDecoder
    from qiskit_ibm_runtime.options_models import ExecutorOptions

    params = CONVERTERS[version].encoder(program(version), ExecutorOptions())
    job = server.submit("executor", params.model_dump(mode="json"))
    assert server.result(job)
    result = ExecutorResultDecoder.decode(server.get(f"/jobs/{job}/results").text)
    first, second, third = result
    assert first["a"].shape == (2, 3, 50, 1)
    assert first["a"][..., 0].all(axis=-1).tolist() == [[False, True, False], [True, False, True]]
    assert first["b"][..., 8].all(axis=-1).tolist() == [[False, False, True], [True, False, False]]
    assert second["meas"].all()
    flipped = third["meas"] ^ third["measurement_flips.meas"]
    assert flipped.shape == (6, 2, 50, 2)
    assert not flipped[:, 0].any()
    assert flipped[:, 1, :, 0].all()
    assert not flipped[:, 1, :, 1].any()
    # Drawn for each randomization: 12 draws of 2 bits are all alike once in four million times.
    assert len({row.tobytes() for row in third["measurement_flips.meas"].reshape(12, -1)}) > 1
    sizes = [part.size for span in result.metadata.chunk_timing for part in span.parts]
    assert sum(sizes) == 6 + 1 + 12
    if version != "v0.1":
        assert result.passthrough_data["x"] == [1, "y", None]
        assert result.passthrough_data["array"].tolist() == [1.0, 2.0]
    if version >= "v1":
        assert result._semantic_role == "not-one-of-theirs"


def test_arguments_of_a_samplex_that_are_missing_are_named(server):
    from qiskit_ibm_runtime.options_models import ExecutorOptions
    from server.support import check_error

    params = CONVERTERS["v2.0"].encoder(program("v2.0"), ExecutorOptions()).model_dump(mode="json")
    params["quantum_program"]["items"][2]["samplex_arguments"] = {}
    body = {"program_id": "executor", "backend": "local_exact", "params": params}
    error = check_error(server.post_job(body), 400)
    assert "items[2].samplex" in error["message"]
    assert "parameter_values" in error["message"]


def test_a_server_without_samplomatic_says_what_it_needs(monkeypatch):
    """In this process, because in a server's own it is installed."""
    from qiskit_ibm_runtime.options_models import ExecutorOptions

    from runtime_widgets.server.problems import Problem
    from runtime_widgets.server.work.executor_reader import read_program

    params = CONVERTERS["v2.0"].encoder(program("v2.0"), ExecutorOptions()).model_dump(mode="json")
    monkeypatch.setitem(sys.modules, "samplomatic.serialization", None)
    with pytest.raises(Problem) as caught:
        read_program(params)
    assert caught.value.status == 400
    assert "samplomatic" in caught.value.message
    assert 'pip install "runtime-widgets[samplex]"' in caught.value.solution
    params["quantum_program"]["items"][2:] = []
    circuits = CONVERTERS["v2.0"].encoder(_circuits_alone(), ExecutorOptions())
    assert len(read_program(circuits.model_dump(mode="json")).items) == 1


def _circuits_alone():
    from qiskit_ibm_runtime import QuantumProgram

    made = QuantumProgram(10)
    made.append_circuit_item(boxed())
    return made


SCRIPT = """
from qiskit_ibm_runtime.executor_estimator import Estimator
from qiskit_ibm_runtime.executor_sampler import Sampler

backend = service.backend("local_noisy")
circuit = QuantumCircuit(2)
circuit.h(0)
circuit.cx(0, 1)
circuit.rx(Parameter("t"), 1)
ready = generate_preset_pass_manager(backend=backend, optimization_level=1).run(circuit)
measured = ready.measure_all(inplace=False)
measured.metadata = {"mine": [1]}
for name in (False, True):
    sampler = Sampler(backend)
    sampler.options.default_shots = 320
    sampler.options.twirling.enable_gates = sampler.options.twirling.enable_measure = name
    result = sampler.run([(measured, [[0.0], [3.14159265]])]).result()
    data = result[0].data.meas
    found[f"sampler {name}"] = [list(data.shape), data.num_shots, result[0].metadata]
observable = SparsePauliOp(["ZZ"]).apply_layout(ready.layout)
job = Estimator(backend).run([(ready, [observable], [[0.0], [3.14159265]])], precision=0.1)
found["estimates"] = job.result()[0].data.evs.tolist()
found["program"] = [job.primitive_id, service.job(job.job_id()).inputs["schema_version"]]
"""


def test_the_primitives_that_are_made_of_it_run_unpatched(server):
    found = run(server, SCRIPT)
    for name in ("sampler False", "sampler True"):
        shape, shots, _metadata = found[name]
        assert (shape, shots) == ([2], 320)
    assert found["sampler False"][2]["circuit_metadata"] == {"mine": [1]}
    assert found["estimates"][0] > 0.5
    assert found["estimates"][1] < -0.5
    assert found["program"] == ["executor", "v2.0"]
