"""The program `sampler`: measured bits of each PUB, chunk by chunk."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, SamplerPubResult
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.codec import DataSlice, ExecutionSpan, ExecutionSpans
from runtime_widgets.server.programs import Program
from runtime_widgets.server.work.chunks import Chunk, cut
from runtime_widgets.server.work.circuits import simulation_cost
from runtime_widgets.server.work.options import read_options, warn_about_unused
from runtime_widgets.server.work.pubs import facts_of, sampler_pubs
from runtime_widgets.server.work.simulators import prepared, sampler_for

if TYPE_CHECKING:
    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["PROGRAM"]


def check(params: dict[str, Any], device: DeviceSpec, around: Surroundings) -> dict[str, Any]:
    """Check the parameters and count what they hold."""
    return facts_of(sampler_pubs(params, device, around), device)


def run(work: Work) -> PrimitiveResult[SamplerPubResult]:
    """Sample every PUB; an interim result for every chunk."""
    pubs = sampler_pubs(work.params, work.device, work.surroundings)
    seeds = np.random.SeedSequence(read_options(work.params).seed).spawn(len(pubs))
    warn_about_unused(work.params)
    circuits = [prepared(pub.circuit, work.device, work.surroundings) for pub in pubs]
    ready = [
        SamplerPub(circuit, pub.parameter_values, pub.shots)
        for pub, circuit in zip(pubs, circuits, strict=True)
    ]
    work.executing()
    spans: list[ExecutionSpan] = []
    results = [_run_pub(work, index, pub, seeds[index], spans) for index, pub in enumerate(ready)]
    metadata = {"version": 2, "execution": {"execution_spans": ExecutionSpans(tuple(spans))}}
    return PrimitiveResult(results, metadata=metadata)


def _run_pub(
    work: Work,
    index: int,
    pub: SamplerPub,
    seed: np.random.SeedSequence,
    spans: list[ExecutionSpan],
) -> SamplerPubResult:
    """Sample one PUB; when each chunk ran is added to `spans`."""
    sets = math.prod(pub.shape)
    chunks = cut(sets, pub.shots, simulation_cost(pub.circuit, work.device))
    parts: list[DataBin] = []
    shots_done = 0
    for chunk, chunk_seed in zip(chunks, seed.spawn(len(chunks)), strict=True):
        start = datetime.now(timezone.utc)
        part = _run_chunk(work, pub, chunk, chunk_seed)
        parts.append(part)
        measured = chunk.shots * (chunk.stop - chunk.start)
        where = DataSlice((*pub.shape, pub.shots), (shots_done, shots_done + measured))
        spans.append(ExecutionSpan(start, datetime.now(timezone.utc), {index: where}))
        shots_done += measured
        progress = {
            "pub": index, "chunk": chunk.index, "chunks": chunk.count,
            "start": chunk.start, "stop": chunk.stop, "sets_total": sets,
            "shots_done": shots_done, "shots_total": pub.shots * sets,
        }  # fmt: skip
        data = SamplerPubResult(part, metadata={"shots": chunk.shots})
        work.publish({**progress, "data": data})
    metadata = {"shots": pub.shots, "circuit_metadata": {}}
    return SamplerPubResult(_joined(pub, parts), metadata=metadata)


def _run_chunk(work: Work, pub: SamplerPub, chunk: Chunk, seed: np.random.SeedSequence) -> DataBin:
    values = pub.parameter_values
    if pub.shape:
        values = values.ravel()[chunk.start : chunk.stop]
    part = SamplerPub(pub.circuit, values, chunk.shots)
    number = int(seed.generate_state(1, np.uint32)[0])
    sampler = sampler_for(pub.circuit, work.device, work.surroundings, number)
    data: DataBin = sampler.run([part]).result()[0].data
    return data


def _joined(pub: SamplerPub, parts: list[DataBin]) -> DataBin:
    """Put the chunks together: along the parameter sets, or along the shots."""
    fields = {}
    for register in pub.circuit.cregs:
        arrays = [part[register.name].array for part in parts]
        joined = np.concatenate(arrays, axis=0 if pub.shape else -2)
        shape = (*pub.shape, pub.shots, joined.shape[-1])
        fields[register.name] = BitArray(joined.reshape(shape), register.size)
    return DataBin(**fields, shape=pub.shape)


PROGRAM = Program(run, check)
