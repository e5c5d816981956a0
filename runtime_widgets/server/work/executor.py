"""The program `executor`: quantum programs, to which the newest client-side primitives compile.

Parameters and results are those of ibm-quantum-schemas, ``executor``, versions 0.1 to 2.0.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.codec.tensors import tensor_to_wire
from runtime_widgets.server import problems
from runtime_widgets.server.programs import Program
from runtime_widgets.server.work.chunks import Chunk, cut
from runtime_widgets.server.work.circuits import check_circuit, simulation_cost
from runtime_widgets.server.work.executor_reader import ReadItem, ReadProgram, read_program
from runtime_widgets.server.work.pubs import facts_of, measures
from runtime_widgets.server.work.samplexes import VALUES, SamplexDraw
from runtime_widgets.server.work.sampling import Sampled, TimedChunk, sample_pub
from runtime_widgets.server.work.simulators import prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Surroundings, Work

__all__ = ["PROGRAM"]

_log = logging.getLogger("runtime_widgets.options")


def check(params: dict[str, Any], device: DeviceSpec, around: Surroundings) -> dict[str, Any]:
    """Check the parameters and count what they hold."""
    program = read_program(params)
    _check(program, device, around)
    shots = program.params.quantum_program.shots
    # Only shapes are counted, so the values may be anything of the right shape.
    pubs = [
        SamplerPub.coerce((item.circuit, _anything(item), shots), shots) for item in program.items
    ]
    return facts_of(pubs, device)


def _anything(item: ReadItem) -> NDArray[np.float64]:
    return np.broadcast_to(0.0, (math.prod(item.shape), item.circuit.num_parameters))


def _check(program: ReadProgram, device: DeviceSpec, around: Surroundings) -> None:
    asked = program.params.quantum_program
    limits = around.limits
    if asked.meas_level != "classified":
        raise problems.bad_params(
            f"quantum_program.meas_level is {asked.meas_level!r}: a simulator measures bits, and "
            "has no analogue signal to give.",
            "Use meas_level='classified' (meas_type of a sampler's options).",
        )
    if asked.shots > limits.max_shots:
        raise problems.bad_params(
            f"quantum_program.shots is {asked.shots:,}; 1 to {limits.max_shots:,} are allowed."
        )
    needed = 0
    for index, item in enumerate(program.items):
        check_circuit(item.circuit, device, around)
        if not measures(item.circuit):
            raise problems.bad_circuit(
                f"quantum_program.items[{index}]: the circuit measures nothing into a classical "
                "register.",
                "Add measurements, for example circuit.measure_all().",
            )
        needed += _bytes_of(item, asked.shots)
    if needed > limits.max_result_bytes:
        raise problems.bad_params(
            f"The results would take {needed:,} bytes; {limits.max_result_bytes:,} are allowed. "
            "Use fewer shots or elements."
        )


def _bytes_of(item: ReadItem, shots: int) -> int:
    """Return what the results of an item take, bits in bytes."""
    row: int = sum(-(-register.size // 8) for register in item.circuit.cregs)
    elements = math.prod(item.shape)
    drawn: int = item.values.bytes_for(elements) if isinstance(item.values, SamplexDraw) else 0
    return elements * shots * max(row, 1) + drawn


def run(work: Work) -> dict[str, Any]:
    """Run every item; an interim result for every chunk."""
    program = read_program(work.params)
    _warn(program)
    seeds = np.random.SeedSequence().spawn(2 * len(program.items))
    circuits = [prepared(item.circuit, work.device, work.surroundings) for item in program.items]
    work.executing()
    data, timing = [], []
    for index, (item, circuit) in enumerate(zip(program.items, circuits, strict=True)):
        values, drawn = _values(item, seeds[2 * index])
        pub = SamplerPub.coerce((circuit, values, program.params.quantum_program.shots))
        chunks = _chunks(item, pub, simulation_cost(circuit, work.device))
        sampled = sample_pub(work, index, pub, seeds[2 * index + 1], chunks)
        data.append(_item_json(program, item, sampled, drawn))
        timing += _timing_json(program, index, item, sampled.chunks)
    asked = program.params.quantum_program
    result: dict[str, Any] = {
        "schema_version": program.params.schema_version,
        "data": data,
        "metadata": {"chunk_timing": timing},
    }
    # As they came: what they mean is the client's.
    return {**result, **{name: getattr(asked, name) for name in program.version.echoes}}


def _values(
    item: ReadItem, seed: np.random.SeedSequence
) -> tuple[NDArray[np.float64], dict[str, NDArray[Any]]]:
    """Return the values, (elements, parameters), and what else a samplex has drawn."""
    drawn: dict[str, NDArray[Any]] = {}
    if isinstance(item.values, SamplexDraw):
        drawn = item.values.draw(item.shape, seed)
        values = np.asarray(drawn.pop(VALUES), dtype=float)
    else:
        values = item.values
    return values.reshape(math.prod(item.shape), values.shape[-1]), drawn


def _chunks(item: ReadItem, pub: SamplerPub, cost: float) -> list[Chunk]:
    """Cut an item as its owner wishes, or as a sampler's PUB."""
    sets = math.prod(item.shape)
    if item.chunk_size is None or sets == 1:
        return cut(sets, pub.shots, cost)
    starts = range(0, sets, item.chunk_size)
    return [
        Chunk(index, len(starts), start, min(start + item.chunk_size, sets), pub.shots)
        for index, start in enumerate(starts)
    ]


def _item_json(
    program: ReadProgram, item: ReadItem, sampled: Sampled, drawn: dict[str, NDArray[Any]]
) -> dict[str, Any]:
    compressed = program.version.compressed
    results = {name: tensor_to_wire(array, compressed=compressed) for name, array in drawn.items()}
    for register in item.circuit.cregs:
        array = sampled.arrays[register.name]
        # The last byte of a BitArray has the first bits, the highest first.
        bits = np.unpackbits(array[..., ::-1], axis=-1, count=register.size, bitorder="little")
        whole = bits.astype(bool).reshape(*item.shape, *bits.shape[1:])
        results[register.name] = tensor_to_wire(whole, compressed=compressed)
    metadata = {"scheduler_timing": None, "stretch_values": None}
    return {
        "results": results,
        "metadata": None if program.params.schema_version == "v0.1" else metadata,
    }


def _timing_json(
    program: ReadProgram, index: int, item: ReadItem, chunks: list[TimedChunk]
) -> list[dict[str, Any]]:
    """Say when which elements ran; a lone element whose shots were cut is one chunk."""
    if math.prod(item.shape) == 1:
        spans = [(chunks[0].start, chunks[-1].stop, 0, 1)]
    else:
        spans = [(timed.start, timed.stop, timed.chunk.start, timed.chunk.stop) for timed in chunks]
    found = []
    for start, stop, first, last in spans:
        part: dict[str, Any] = {"idx_item": index, "size": last - first}
        if not program.version.in_items:
            part["permutation"] = list(range(len(item.shape)))
            part["element_range"] = [first, last, 1]
        times = {"start": start.isoformat(), "stop": stop.isoformat()}
        found.append({**times, "parts": [part]})
    return found


def _warn(program: ReadProgram) -> None:
    """Name the options that have no effect on a simulator in the job's log."""
    options = program.params.options
    told = {
        "init_qubits": not options.init_qubits,
        "rep_delay": options.rep_delay is not None,
        "scheduler_timing": options.scheduler_timing,
        "stretch_values": options.stretch_values,
        **{f"experimental.{name}": True for name in options.experimental},
        **dict.fromkeys(options.model_extra or {}, True),
    }
    named = sorted(name for name, is_set in told.items() if is_set)
    if named:
        _log.warning("These options have no effect on this device: %s", ", ".join(named))


PROGRAM = Program(run, check)
