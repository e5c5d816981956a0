"""Sampling one PUB chunk by chunk, with an interim result for each: for sampler and executor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import numpy as np
from qiskit.primitives import BitArray, DataBin, SamplerPubResult
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.server.work.chunks import Chunk
from runtime_widgets.server.work.noise import noise_of
from runtime_widgets.server.work.parts import Part, parts_of
from runtime_widgets.server.work.simulators import sampler_for
from runtime_widgets.server.work.small import sample_small

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runtime_widgets.server.work.context import Work

__all__ = ["Sampled", "TimedChunk", "sample_pub"]


@dataclass(frozen=True)
class TimedChunk:
    """A chunk, when it ran, and how many of the PUB's shots were measured before it."""

    chunk: Chunk
    start: datetime
    stop: datetime
    shots_before: int

    @property
    def shots(self) -> int:
        """All shots of the chunk, those of every parameter set."""
        return self.chunk.shots * (self.chunk.stop - self.chunk.start)


@dataclass(frozen=True)
class Sampled:
    """What was measured.

    Attributes
    ----------
    arrays
        Register -> bytes of shape (parameter sets, shots, bytes of the register), as in BitArray.
    """

    arrays: dict[str, NDArray[np.uint8]]
    chunks: list[TimedChunk]


def sample_pub(
    work: Work, index: int, pub: SamplerPub, seed: np.random.SeedSequence, chunks: list[Chunk]
) -> Sampled:
    """Sample a PUB whose circuit is prepared; `index` is its place in the job."""
    sets = math.prod(pub.shape)
    shapes = {register.name: -(-register.size // 8) for register in pub.circuit.cregs}
    arrays = {
        name: np.zeros((sets, pub.shots, size), dtype=np.uint8) for name, size in shapes.items()
    }
    parts = parts_of(pub.circuit, compact=work.surroundings.aer)
    timed: list[TimedChunk] = []
    done = 0
    for chunk, chunk_seed in zip(chunks, seed.spawn(len(chunks)), strict=True):
        start = datetime.now(timezone.utc)
        part = _run_chunk(work, pub, parts, chunk, chunk_seed)
        timed.append(TimedChunk(chunk, start, datetime.now(timezone.utc), done))
        # Chunks share either all shots or the one parameter set: see `cut`.
        first = done if sets == 1 else 0
        for name, array in arrays.items():
            where = array[chunk.start : chunk.stop, first : first + chunk.shots]
            where[...] = part[name].array.reshape(where.shape)
        done += timed[-1].shots
        progress = {
            "pub": index, "chunk": chunk.index, "chunks": chunk.count,
            "start": chunk.start, "stop": chunk.stop, "sets_total": sets,
            "shots_done": done, "shots_total": pub.shots * sets,
        }  # fmt: skip
        data = SamplerPubResult(part, metadata={"shots": chunk.shots})
        work.publish({**progress, "data": data})
    return Sampled(arrays, timed)


def _run_chunk(
    work: Work, pub: SamplerPub, parts: list[Part], chunk: Chunk, seed: np.random.SeedSequence
) -> DataBin:
    """Sample a chunk, and put what the parts of the circuit measure together."""
    values = pub.parameter_values.as_array(pub.circuit.parameters)
    rows = values.reshape(math.prod(pub.shape), pub.circuit.num_parameters)
    rows = rows[chunk.start : chunk.stop]
    found: dict[str, NDArray[np.uint8]] = {}
    for part, part_seed in zip(parts, seed.spawn(len(parts)), strict=True):
        measured = _run_part(work, part, rows[:, part.columns], chunk.shots, part_seed)
        for name, array in measured.items():
            # The bits of a part are zero in all others.
            found[name] = found[name] | array if name in found else array
    shape = (len(rows),) if pub.shape else ()
    fields = {}
    for register in pub.circuit.cregs:
        array = found[register.name]
        fields[register.name] = BitArray(array if pub.shape else array[0], register.size)
    return DataBin(**fields, shape=shape)


def _run_part(
    work: Work,
    part: Part,
    rows: NDArray[np.float64],
    shots: int,
    seed: np.random.SeedSequence,
) -> dict[str, NDArray[np.uint8]]:
    """Sample a part: register -> bytes of shape (rows, shots, bytes of the register)."""
    if part.small:
        return sample_small(part, rows, shots, noise_of(work.device), seed)
    number = int(seed.generate_state(1, np.uint32)[0])
    sampler = sampler_for(part.circuit, work.device, work.surroundings, number, part.qubits)
    pub = SamplerPub.coerce((part.circuit, rows, shots))
    data = sampler.run([pub]).result()[0].data
    return {name: bits.array for name, bits in data.items()}
