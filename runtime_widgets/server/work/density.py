"""The noisy device without Aer: density matrices of qiskit's quantum_info, up to ten qubits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.providers import BackendV2, JobStatus, JobV1, Options
from qiskit.quantum_info import DensityMatrix, Operator, SuperOp
from qiskit.result import Result
from qiskit.transpiler import Target

from runtime_widgets.server.devices import DeviceSpec, calibration, gates_of
from runtime_widgets.server.work.circuits import active_qubits
from runtime_widgets.server.work.noise import depolarizing_strength, value_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

__all__ = ["DensityBackend"]

_SKIPPED = frozenset({"barrier", "delay", "measure"})


class _Done(JobV1):
    """A job that has run already; the primitives want one."""

    def __init__(self, backend: BackendV2, result: Result) -> None:
        super().__init__(backend, "density")
        self._result = result

    def submit(self) -> None:
        """Do nothing: it has run."""

    def result(self) -> Result:
        """Return the result."""
        return self._result

    def status(self) -> JobStatus:
        """Return DONE."""
        return JobStatus.DONE


class DensityBackend(BackendV2):
    """Runs circuits that measure at their end, with gate and readout errors.

    Parameters
    ----------
    device
        The device whose calibration data make the noise.
    """

    def __init__(self, device: DeviceSpec) -> None:
        super().__init__(name=device.name)
        names = get_standard_gate_name_mapping()
        self._target = Target(num_qubits=device.qubits)
        for name in dict.fromkeys((*gates_of(device), "h", "sdg", "s", "measure")):
            self._target.add_instruction(names[name])
        self._gates: dict[tuple[str, tuple[int, ...]], SuperOp] = {}
        self._readout: list[NDArray[np.float64]] = []
        self._read(calibration(device))

    @property
    def target(self) -> Target:
        """The gates that the simulator knows, on all qubits."""
        return self._target

    @property
    def max_circuits(self) -> None:
        """There is no limit."""
        return

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1024, memory=False, seed_simulator=None)

    def run(self, run_input: Any, **options: Any) -> _Done:
        """Run circuits; `shots`, `memory` and `seed_simulator` are the options."""
        circuits = run_input if isinstance(run_input, list) else [run_input]
        dice = np.random.default_rng(options.get("seed_simulator"))
        shots = int(options.get("shots") or self.options.shots)
        found = [self._one(circuit, shots, dice) for circuit in circuits]
        result = {
            "backend_name": self.name, "backend_version": "1", "job_id": "density",
            "qobj_id": "", "success": True, "results": found,
        }  # fmt: skip
        return _Done(self, Result.from_dict(result))

    def _read(self, data: dict[str, Any]) -> None:
        for gate in data["gates"]:
            qubits = tuple(gate["qubits"])
            error = value_of(gate["parameters"], "gate_error")
            strength = depolarizing_strength(error, len(qubits))
            if strength:
                self._gates[gate["gate"], qubits] = _depolarizing(strength, len(qubits))
        for qubit in data["qubits"]:
            to_0, to_1 = value_of(qubit, "prob_meas0_prep1"), value_of(qubit, "prob_meas1_prep0")
            # Column: what the qubit is; row: what is read.
            self._readout.append(np.array([[1 - to_1, to_0], [to_1, 1 - to_0]]))

    def _one(self, circuit: QuantumCircuit, shots: int, dice: np.random.Generator) -> Any:
        physical = active_qubits(circuit) or [0]
        place = {qubit: index for index, qubit in enumerate(physical)}
        measured: dict[int, int] = {}  # classical bit -> qubit
        state = DensityMatrix.from_int(0, 2 ** len(physical))
        for instruction in circuit.data:
            qubits = tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
            name = instruction.operation.name
            if name == "measure":
                measured[circuit.find_bit(instruction.clbits[0]).index] = qubits[0]
            if name in _SKIPPED:
                continue
            where = [place[qubit] for qubit in qubits]
            state = state.evolve(Operator(instruction.operation), where)
            noise = self._gates.get((name, qubits))
            state = state if noise is None else state.evolve(noise, where)
        probabilities = self._read_out(np.real(np.diag(state.data)), physical)
        drawn = dice.choice(len(probabilities), size=shots, p=probabilities)
        return _experiment(circuit, drawn, {bit: place[q] for bit, q in measured.items()}, shots)

    def _read_out(
        self, probabilities: NDArray[np.float64], physical: list[int]
    ) -> NDArray[np.float64]:
        """Apply each qubit's readout error to the probabilities of the outcomes."""
        count = len(physical)
        tensor = np.clip(probabilities, 0, None).reshape((2,) * count)
        for index, qubit in enumerate(physical):
            axis = count - 1 - index  # qubit 0 is the last axis
            tensor = np.moveaxis(np.tensordot(self._readout[qubit], tensor, (1, axis)), 0, axis)
        flat: NDArray[np.float64] = tensor.reshape(-1)
        flat /= flat.sum()
        return flat


def _depolarizing(strength: float, qubits: int) -> SuperOp:
    dimension = 2**qubits
    identity = np.eye(dimension**2)
    mixed = np.outer(np.eye(dimension).ravel(), np.eye(dimension).ravel()) / dimension
    return SuperOp((1 - strength) * identity + strength * mixed)


def _experiment(
    circuit: QuantumCircuit, drawn: NDArray[np.int64], bits: dict[int, int], shots: int
) -> dict[str, Any]:
    """Write the shots as qiskit's result has them: hexadecimal memory and counts."""
    values = np.zeros(len(drawn), dtype=object)
    for bit, index in bits.items():
        values += ((drawn >> index) & 1).astype(object) << bit
    memory = [hex(int(value)) for value in values]
    header = {
        "name": circuit.name,
        "memory_slots": circuit.num_clbits,
        "creg_sizes": [[register.name, register.size] for register in circuit.cregs],
        "metadata": {},
    }
    data = {"counts": dict(Counter(memory)), "memory": memory}
    return {"shots": shots, "success": True, "data": data, "header": header}
