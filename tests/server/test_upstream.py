"""IBM's own client, unmodified, against this server: the protocol as somebody else wrote it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from server.upstream import run

pytestmark = pytest.mark.skipif(
    find_spec("qiskit_ibm_runtime") is None, reason="qiskit-ibm-runtime is not installed"
)

SCRIPT = """
from qiskit_ibm_runtime import EstimatorV2, SamplerV2
found |= {"backends": [backend.name for backend in service.backends()], "runs": {}}
for name in found["backends"]:
    backend = service.backend(name)
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.rx(Parameter("t"), 1)
    ready = generate_preset_pass_manager(backend=backend, optimization_level=1).run(circuit)
    measured = ready.measure_all(inplace=False)
    sampled = SamplerV2(backend).run([(measured, [[0.0], [1.0]], 100)])
    data = sampled.result()[0].data.meas
    observable = SparsePauliOp(["ZZ"]).apply_layout(ready.layout)
    estimated = EstimatorV2(backend).run([(ready, observable, [0.0])])
    value = float(estimated.result()[0].data.evs)
    found["runs"][name] = [list(data.shape), data.num_shots, value, str(sampled.status())]
sampled.update_tags(["one", "two"])
found["tags"] = service.job(sampled.job_id()).tags
found["jobs"] = len(service.jobs(limit=None))
found["inputs"] = list(service.job(sampled.job_id()).inputs)
found["usage"] = sampled.usage() > 0 and sampled.metrics()["usage"]["status"]
private = SamplerV2(backend)
private.options.environment.private = True
job = private.run([(measured, [0.0], 10)])
found["private"] = [job.result()[0].data.meas.num_shots, dict(service.job(job.job_id()).inputs)]
"""


def test_the_unmodified_client_works(server):
    found = run(server, SCRIPT)
    assert found["backends"] == ["local_exact", "local_noisy", "local_wide"]
    for shape, shots, value, status in found["runs"].values():
        assert (shape, shots, status) == ([2], 100, "DONE")
        assert 0.7 < value < 1.2
    assert sorted(found["tags"]) == ["one", "two"]
    assert found["jobs"] == 6
    assert "pubs" in found["inputs"]
    assert found["usage"] == "complete"
    assert found["private"] == [10, {}]
