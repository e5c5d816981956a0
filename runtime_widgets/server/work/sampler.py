"""The program `sampler`: measured bits of each PUB, chunk by chunk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives import BitArray, DataBin, PrimitiveResult, SamplerPubResult
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.codec import DataSlice, ExecutionSpan, ExecutionSpans
from runtime_widgets.server.programs import Program
from runtime_widgets.server.work.chunks import cut
from runtime_widgets.server.work.circuits import simulation_cost
from runtime_widgets.server.work.options import APPLIED, read_options, warn_about_unused
from runtime_widgets.server.work.options_schema import SamplerOptions
from runtime_widgets.server.work.pubs import facts_of, sampler_pubs
from runtime_widgets.server.work.sampling import Sampled, sample_pub
from runtime_widgets.server.work.simulators import prepared

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
    options = read_options(work.params, SamplerOptions)
    seeds = np.random.SeedSequence(options.seed).spawn(len(pubs))
    warn_about_unused(options)
    circuits = [prepared(pub.circuit, work.device, work.surroundings) for pub in pubs]
    work.executing()
    spans: list[ExecutionSpan] = []
    results = []
    for index, (pub, circuit) in enumerate(zip(pubs, circuits, strict=True)):
        ready = SamplerPub(circuit, pub.parameter_values, pub.shots)
        cost = simulation_cost(circuit, work.device)
        chunks = cut(math.prod(pub.shape), pub.shots, cost)
        sampled = sample_pub(work, index, ready, seeds[index], chunks)
        spans += _spans(index, pub, sampled)
        metadata = {"shots": pub.shots, "circuit_metadata": pub.circuit.metadata or {}}
        results.append(SamplerPubResult(_data(pub, sampled), metadata=metadata))
    metadata = {
        "version": 2,
        "execution": {"execution_spans": ExecutionSpans(tuple(spans))},
        "dynamical_decoupling": APPLIED["dynamical_decoupling"],
        "twirling": APPLIED["twirling"],
    }
    return PrimitiveResult(results, metadata=metadata)


def _spans(index: int, pub: SamplerPub, sampled: Sampled) -> list[ExecutionSpan]:
    """Say when each part of a PUB ran: its shots are counted along the flattened shape."""
    shape = (*pub.shape, pub.shots)
    found = []
    for timed in sampled.chunks:
        where = DataSlice(shape, (timed.shots_before, timed.shots_before + timed.shots))
        found.append(ExecutionSpan(timed.start, timed.stop, {index: where}))
    return found


def _data(pub: SamplerPub, sampled: Sampled) -> DataBin:
    fields = {}
    for register in pub.circuit.cregs:
        array = sampled.arrays[register.name]
        fields[register.name] = BitArray(array.reshape(*pub.shape, *array.shape[1:]), register.size)
    return DataBin(**fields, shape=pub.shape)


PROGRAM = Program(run, check)
