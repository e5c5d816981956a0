"""Circuits that are simulated in parts: the same distribution as by the whole."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.circuit.classical import expr
from qiskit.primitives import BitArray
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import DensityMatrix, Operator, SuperOp

from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.problems import Problem
from runtime_widgets.server.settings import Limits
from runtime_widgets.server.work import small
from runtime_widgets.server.work.chunks import Chunk
from runtime_widgets.server.work.circuits import check_circuit
from runtime_widgets.server.work.context import Surroundings, Work
from runtime_widgets.server.work.noise import noise_of
from runtime_widgets.server.work.parts import Part, parts_of
from runtime_widgets.server.work.sampling import sample_pub
from runtime_widgets.server.work.simulators import prepared

DEVICE = DeviceSpec("noisy", 6, "noisy", 3)
A, B = Parameter("a"), Parameter("b")


def random_circuit(dice, qubits=3, gates=30):
    circuit = QuantumCircuit(qubits)
    for kind, qubit in dice.integers((0, 0), (6, qubits), size=(gates, 2)).tolist():
        if kind == 0:
            circuit.rz(A, qubit)
        elif kind == 1:
            circuit.rz(2 * B + A, qubit)
        elif kind == 2:
            circuit.x(qubit)
        elif kind < 5:
            circuit.sx(qubit)
        else:
            circuit.cz(qubit, (qubit + 1) % qubits)
    return circuit


def by_the_book(circuit, values, places):
    """Qiskit's density matrices, gate by gate, with the device's own calibration data."""
    noise = noise_of(DEVICE)
    state = DensityMatrix.from_int(0, 2**circuit.num_qubits)
    bound = circuit.assign_parameters(dict(zip((A, B), values, strict=True)))
    for instruction in bound.data:
        where = [bound.find_bit(qubit).index for qubit in instruction.qubits]
        state = state.evolve(Operator(instruction.operation), where)
        key = (instruction.operation.name, tuple(places[qubit] for qubit in where))
        strength, size = noise.gates.get(key, 0.0), 2 ** len(where)
        mixed = np.outer(np.eye(size).ravel(), np.eye(size).ravel()) / size
        error = SuperOp((1 - strength) * np.eye(size**2) + strength * mixed)
        state = state.evolve(error, where)
    found = np.diag(state.data).real
    flips = np.array([[1.0]])
    for qubit in range(circuit.num_qubits):
        flips = np.kron(noise.readout[places[qubit]], flips)
    return flips @ found


@pytest.mark.parametrize("seed", range(6))
def test_the_probabilities_are_those_of_qiskits_density_matrices(seed):
    dice = np.random.default_rng(seed)
    circuit = random_circuit(dice)
    values = dice.uniform(-3, 3, (4, 2))
    columns = ["ab".index(parameter.name) for parameter in circuit.parameters]
    places = (1, 2, 3) if seed % 2 else (4, 1, 0)
    part = Part(circuit, columns, places)
    found = small._probabilities(part, values[:, columns], noise_of(DEVICE))
    assert np.allclose(found, [by_the_book(circuit, row, places) for row in values])


def test_the_bits_find_their_registers():
    one, two = ClassicalRegister(3, "one"), ClassicalRegister(17, "two")
    circuit = QuantumCircuit(QuantumRegister(8), one, two)
    circuit.x([1, 4, 7])
    circuit.cx(4, 5)
    circuit.measure([1, 4, 5, 0, 7], [two[16], one[2], two[8], two[0], two[7]])
    parts = parts_of(circuit, compact=True)
    assert all(part.circuit.num_qubits <= 2 for part in parts)
    total = {"one": 0, "two": 0}
    exact = noise_of(DeviceSpec("exact", 8, "exact"))
    for part in parts:
        values = np.zeros((2, 0))
        found = small.sample_small(part, values, 5, exact, np.random.SeedSequence(1))
        for name, array in found.items():
            assert array.shape == (2, 5, -(-circuit.num_clbits // 8) if name == "two" else 1)
            numbers = {int.from_bytes(row.tobytes(), "big") for row in array.reshape(10, -1)}
            assert len(numbers) == 1
            total[name] |= numbers.pop()
    assert total == {"one": 0b100, "two": 1 << 16 | 1 << 8 | 1 << 7}


def test_what_is_measured_together_stays_together():
    """A condition ties qubits as a gate does, and so does a bit that two are measured into."""
    circuit = QuantumCircuit(QuantumRegister(9, "q"), ClassicalRegister(9, "c"))
    circuit.h(range(9))
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure(1, 1)
    circuit.measure([2, 3], [2, 2])
    circuit.measure(range(4, 9), range(4, 9))
    groups = {part.qubits for part in parts_of(circuit, compact=True)}
    assert {(2, 3), (4,), (5,), (6,), (7,), (8,)} < groups
    assert any({0, 1} <= set(group) for group in groups)


def test_parameter_sets_and_qubits_are_drawn_apart():
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.measure_all()
    rows = []
    for part in parts_of(circuit, compact=True):
        noise = noise_of(DEVICE)
        seed = np.random.SeedSequence(part.qubits)
        found = small.sample_small(part, np.zeros((30, 0)), 64, noise, seed)["meas"]
        rows += [row.tobytes() for row in found]
    assert len(set(rows)) == 60


def test_shots_follow_the_probabilities():
    circuit = QuantumCircuit(1)
    circuit.rx(A, 0)
    circuit.measure_all()
    (part,) = parts_of(circuit, compact=True)
    exact = noise_of(DeviceSpec("exact", 1, "exact"))
    angles = np.linspace(0, np.pi, 5)[:, None]
    found = small.sample_small(part, angles, 20_000, exact, np.random.SeedSequence(4))["meas"]
    assert np.allclose(found[..., 0].mean(axis=1), np.sin(angles[:, 0] / 2) ** 2, atol=0.02)


def test_many_rows_are_taken_in_turns(monkeypatch):
    monkeypatch.setattr(small, "MOST_NUMBERS", 64)
    circuit = QuantumCircuit(1)
    circuit.rx(A, 0)
    circuit.measure_all()
    (part,) = parts_of(circuit, compact=True)
    exact = noise_of(DeviceSpec("exact", 1, "exact"))
    angles = np.tile([[0.0], [np.pi]], (50, 1))
    found = small.sample_small(part, angles, 3, exact, np.random.SeedSequence(4))["meas"]
    assert (found[..., 0] == (np.arange(100) % 2)[:, None]).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.reset(0),
        lambda c: (c.measure(0, 0), c.x(0)),
        lambda c: c.p(A, 0),
        lambda c: c.initialize("1", 0),
        lambda c: c.unitary(np.eye(2), 0) and c.cp(A, 0, 1),
    ],
)
def test_what_is_not_understood_is_left_to_the_simulator(change):
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    assert small.is_small(circuit)
    change(circuit)
    assert not small.is_small(circuit)
    assert not small.is_small(QuantumCircuit(small.SMALL_QUBITS + 1))


def counts_of(circuit):
    """Sample a circuit on an exact device; return register -> counts."""
    device = DeviceSpec("exact", 8, "exact")
    around = Surroundings({device.name: device}, {}, aer=True, limits=Limits())
    check_circuit(circuit, device, around)
    work = Work({}, device, lambda _value: None, lambda: None, around)
    pub = SamplerPub.coerce((prepared(circuit, device, around), None, 200))
    seed = np.random.SeedSequence(3)
    sampled = sample_pub(work, 0, pub, seed, [Chunk(0, 1, 0, 1, 200)])
    return {
        register.name: BitArray(sampled.arrays[register.name][0], register.size).get_counts()
        for register in circuit.cregs
    }


@pytest.mark.parametrize("nested", [False, True])
def test_what_is_stored_into_a_bit_is_stored(nested):
    """Such an instruction names its bits in an expression only."""
    pytest.importorskip("qiskit_aer")
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.measure(0, 0)
    if nested:
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.barrier(0)
            circuit.store(circuit.clbits[1], expr.lift(True))
    else:
        circuit.store(circuit.clbits[1], expr.bit_not(expr.bit_not(circuit.clbits[0])))
    circuit.x(2)
    circuit.measure(2, 2)
    assert set(counts_of(circuit)["c"]) == {"100", "111"}


def test_a_branch_that_the_simulator_would_always_take_is_refused():
    circuit = QuantumCircuit(1, 2)
    with circuit.for_loop(range(2)):
        circuit.x(0)
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.store(circuit.clbits[1], expr.lift(True))
    circuit.measure(0, 0)
    with pytest.raises(Problem, match="acts on no qubit"):
        counts_of(circuit)


def test_branches_may_act_on_qubits_that_are_not_neighbours():
    pytest.importorskip("qiskit_aer")
    circuit = QuantumCircuit(3, 1)
    circuit.x(1)
    with circuit.if_test((circuit.clbits[0], 1)) as otherwise:
        circuit.x(0)
    with otherwise:
        circuit.x(2)
    circuit.measure(1, 0)
    assert counts_of(circuit) == {"c": {"1": 200}}
