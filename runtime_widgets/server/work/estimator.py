"""The program `estimator`: expectation values of each PUB, chunk by chunk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives import DataBin, PrimitiveResult, PubResult
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.observables_array import ObservablesArray

from runtime_widgets.server.programs import Program
from runtime_widgets.server.work.chunks import cut
from runtime_widgets.server.work.circuits import is_dynamic
from runtime_widgets.server.work.observables import in_paulis
from runtime_widgets.server.work.options import APPLIED, read_options, shots_of, warn_about_unused
from runtime_widgets.server.work.options_schema import EstimatorOptions
from runtime_widgets.server.work.pubs import estimator_pubs, facts_of
from runtime_widgets.server.work.simulators import estimator_for, prepared

if TYPE_CHECKING:
    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["PROGRAM"]


def check(params: dict[str, Any], device: DeviceSpec, around: Surroundings) -> dict[str, Any]:
    """Check the parameters and count what they hold."""
    return facts_of(estimator_pubs(params, device, around), device)


def run(work: Work) -> PrimitiveResult[PubResult]:
    """Estimate every PUB; an interim result for every chunk of its broadcast."""
    pubs = estimator_pubs(work.params, work.device, work.surroundings)
    options = read_options(work.params, EstimatorOptions)
    seeds = np.random.SeedSequence(options.seed).spawn(len(pubs))
    warn_about_unused(options)
    ready = [
        EstimatorPub(
            prepared(pub.circuit, work.device, work.surroundings),
            in_paulis(pub.observables),
            pub.parameter_values,
            pub.precision,
        )
        for pub in pubs
    ]
    work.executing()
    results = [_run_pub(work, index, pub, seeds[index]) for index, pub in enumerate(ready)]
    return PrimitiveResult(results, metadata={**APPLIED, "version": 2})


def _run_pub(work: Work, index: int, pub: EstimatorPub, seed: np.random.SeedSequence) -> PubResult:
    sets = math.prod(pub.shape)
    chunks = cut(sets, 0, 0.0)
    flat = _flat(pub) if pub.shape else pub
    parts: list[DataBin] = []
    for chunk, chunk_seed in zip(chunks, seed.spawn(len(chunks)), strict=True):
        part = _slice(flat, chunk.start, chunk.stop) if pub.shape else pub
        number = int(chunk_seed.generate_state(1, np.uint32)[0])
        estimator = estimator_for(pub, work.device, work.surroundings, number)
        data = _with_errors(estimator.run([part]).result()[0].data, pub, work)
        parts.append(data)
        progress = {
            "pub": index, "chunk": chunk.index, "chunks": chunk.count,
            "start": chunk.start, "stop": chunk.stop, "sets_total": sets,
        }  # fmt: skip
        metadata = {"target_precision": pub.precision}
        work.publish({**progress, "data": PubResult(data, metadata=metadata)})
    metadata = {
        "target_precision": pub.precision,
        "shots": shots_of(pub.precision),
        "circuit_metadata": pub.circuit.metadata or {},
    }
    return PubResult(_joined(pub, parts), metadata=metadata)


def _with_errors(data: DataBin, pub: EstimatorPub, work: Work) -> DataBin:
    """Fill in what the statevector estimator leaves at zero: the noise that it has added."""
    if work.device.kind != "exact" or is_dynamic(pub.circuit):
        return data
    stds = np.full_like(np.asarray(data.evs, dtype=float), pub.precision)
    return DataBin(evs=data.evs, stds=stds, shape=data.shape)


def _flat(pub: EstimatorPub) -> EstimatorPub:
    """Write the broadcast of observables and parameters out along one axis."""
    sets = math.prod(pub.shape)
    observables = np.empty(sets, dtype=object)
    all_observables = np.broadcast_to(
        np.arange(pub.observables.size).reshape(pub.observables.shape), pub.shape
    )
    all_values = np.broadcast_to(
        np.arange(pub.parameter_values.size).reshape(pub.parameter_values.shape), pub.shape
    )
    entries = pub.observables.ravel()
    for position, which in enumerate(all_observables.ravel().tolist()):
        observables[position] = entries[which]
    values = pub.parameter_values.ravel()[all_values.ravel()]
    return EstimatorPub(pub.circuit, ObservablesArray(observables), values, pub.precision)


def _slice(pub: EstimatorPub, start: int, stop: int) -> EstimatorPub:
    return EstimatorPub(
        pub.circuit,
        pub.observables[start:stop],
        pub.parameter_values[start:stop],
        pub.precision,
    )


def _joined(pub: EstimatorPub, parts: list[DataBin]) -> DataBin:
    fields = {
        name: np.concatenate([np.ravel(part[name]) for part in parts]).reshape(pub.shape)
        for name in ("evs", "stds")
    }
    return DataBin(**fields, shape=pub.shape)


PROGRAM = Program(run, check)
