"""Circuits of a few qubits, all their parameter sets at once, as density matrices.

A twirled circuit on 127 qubits is mostly qubits by themselves, each with a dozen gates and a
hundred sets of random angles. Aer needs milliseconds for one of those; here all sets of a qubit
are one small array, and the answer is the same: gate errors depolarize, readout errors flip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.exceptions import QiskitError

from runtime_widgets.server.work.circuits import is_dynamic

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

    from runtime_widgets.server.work.noise import Noise
    from runtime_widgets.server.work.parts import Part

    Complexes = NDArray[np.complex128]

__all__ = ["SMALL_QUBITS", "is_small", "sample_small"]

SMALL_QUBITS = 5
# Numbers of one array, at most: 64 MiB of them.
MOST_NUMBERS = 1 << 22
# Its form with lists of axes is not in numpy's types.
_by_axes: Callable[..., Complexes] = np.einsum
_QUIET = frozenset({"barrier", "delay", "measure"})
_ROTATIONS = frozenset({"rz", "rx", "rzz"})


def is_small(circuit: QuantumCircuit) -> bool:
    """Say whether a circuit can be simulated here: few qubits, known gates, measured at its end."""
    if circuit.num_qubits > SMALL_QUBITS or is_dynamic(circuit):
        return False
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name in _QUIET:
            continue
        free = any(isinstance(value, ParameterExpression) for value in operation.params)
        if instruction.clbits or not (operation.name in _ROTATIONS if free else _known(operation)):
            return False
    return True


def _known(operation: Any) -> bool:
    """Say whether a gate without free parameters tells its matrix."""
    try:
        operation.to_matrix()
    except (AttributeError, QiskitError):  # a gate of one's own, or no gate
        return False
    return True


def sample_small(
    part: Part, values: NDArray[np.float64], shots: int, noise: Noise, seed: np.random.SeedSequence
) -> dict[str, NDArray[np.uint8]]:
    """Sample a circuit for every row of `values`.

    Returns
    -------
    dict
        Register -> bytes of shape (rows, shots, bytes of the register), as in BitArray.
    """
    circuit = part.circuit
    width = 4**circuit.num_qubits
    step = max(1, MOST_NUMBERS // max(width * 16, shots * 2**circuit.num_qubits))
    dice = np.random.default_rng(seed)
    rows = []
    for start in range(0, len(values), step):
        probabilities = _probabilities(part, values[start : start + step], noise)
        edges = np.cumsum(probabilities, axis=1)[:, :-1]
        drawn = dice.random((len(edges), shots, 1))
        rows.append((drawn >= edges[:, None, :]).sum(axis=-1, dtype=np.uint8))
    return _registers(circuit, np.concatenate(rows))


def _probabilities(part: Part, values: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    """Return the probability of each outcome, (rows, 2**qubits), readout errors included."""
    circuit = part.circuit
    count = circuit.num_qubits
    places = part.qubits if part.qubits is not None else tuple(range(count))
    columns = {parameter: index for index, parameter in enumerate(circuit.parameters)}
    state = np.zeros((len(values), *[2] * (2 * count)), dtype=complex)
    state.reshape(len(values), -1)[:, 0] = 1
    for instruction in circuit.data:
        name = instruction.operation.name
        if name in _QUIET:
            continue
        where = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        gate = _matrix(instruction.operation, values, columns)
        strength = noise.gates.get((name, tuple(places[qubit] for qubit in where)), 0.0)
        state = _evolved(state, _channel(gate, strength), where, count)
    size = 2**count
    found = np.einsum("nii->ni", state.reshape(len(values), size, size)).real
    found = np.clip(found, 0, None).reshape(len(values), *[2] * count)
    for qubit in range(count):
        flips = noise.readout.get(places[qubit])
        if flips is not None:
            axis = count - qubit  # axis 0 is the rows, qubit 0 the last
            found = np.moveaxis(np.tensordot(flips, found, (1, axis)), 0, axis)
    flat: NDArray[np.float64] = found.reshape(len(values), size)
    flat /= flat.sum(axis=1, keepdims=True)
    return flat


def _matrix(
    operation: Any, values: NDArray[np.float64], columns: dict[Parameter, int]
) -> Complexes:
    """Return a gate's matrix, for all rows (1, d, d) or for each (rows, d, d)."""
    if not any(isinstance(value, ParameterExpression) for value in operation.params):
        return np.asarray(operation.to_matrix(), dtype=complex)[None]
    half = _angles(operation.params[0], values, columns) / 2
    if operation.name == "rx":
        cos, sin = np.cos(half), -1j * np.sin(half)
        rx: Complexes = np.stack([np.stack([cos, sin], -1), np.stack([sin, cos], -1)], -2)
        return rx
    signs = np.array([-1, 1] if operation.name == "rz" else [-1, 1, 1, -1])
    diagonal: Complexes = np.exp(1j * half[:, None] * signs)
    return diagonal[:, :, None] * np.eye(len(signs))


def _angles(
    angle: ParameterExpression, values: NDArray[np.float64], columns: dict[Parameter, int]
) -> NDArray[np.float64]:
    if isinstance(angle, Parameter):
        return values[:, columns[angle]]
    used = list(angle.parameters)
    rows = values[:, [columns[parameter] for parameter in used]]
    return np.array([float(angle.bind(dict(zip(used, row, strict=True)))) for row in rows.tolist()])


def _channel(gate: Complexes, strength: float) -> Complexes:
    """Return a gate and the depolarizing error after it, as (rows, ket, bra, ket in, bra in)."""
    size = gate.shape[-1]
    channel: Complexes = (1 - strength) * np.einsum("nab,ncd->nacbd", gate, gate.conj())
    if strength:
        identity = np.eye(size)
        channel = channel + strength / size * np.einsum("ac,bd->acbd", identity, identity)
    return channel


def _evolved(state: Complexes, channel: Complexes, where: list[int], count: int) -> Complexes:
    """Apply a channel to some qubits of all rows."""
    # Of each index the highest bit is the last qubit.
    kets = [count - qubit for qubit in reversed(where)]
    bras = [count + ket for ket in kets]
    axes = list(range(2 * count + 1))
    new = [2 * count + 1 + index for index in range(2 * len(where))]
    after = list(axes)
    for axis, label in zip([*kets, *bras], new, strict=True):
        after[axis] = label
    shape = (len(channel), *[2] * (4 * len(where)))
    if len(channel) == 1:
        return _by_axes(channel.reshape(shape[1:]), [*new, *kets, *bras], state, axes, after)
    return _by_axes(channel.reshape(shape), [0, *new, *kets, *bras], state, axes, after)


def _registers(
    circuit: QuantumCircuit, outcomes: NDArray[np.uint8]
) -> dict[str, NDArray[np.uint8]]:
    """Write outcomes, numbers whose bits are qubits, into the bytes of registers."""
    found = {
        register.name: np.zeros((*outcomes.shape, -(-register.size // 8)), dtype=np.uint8)
        for register in circuit.cregs
    }
    source: dict[Any, int] = {}
    for instruction in circuit.data:
        if instruction.operation.name == "measure":
            source[instruction.clbits[0]] = circuit.find_bit(instruction.qubits[0]).index
    for bit, qubit in source.items():
        for register, index in circuit.find_bit(bit).registers:
            array = found[register.name]
            array[..., -1 - index // 8] |= ((outcomes >> qubit) & 1) << (index % 8)
    return found
