"""Whether a device can run a circuit, and what that will cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qiskit.circuit import Gate, Instruction

from runtime_widgets.server import problems
from runtime_widgets.server.devices import DeviceSpec, coupled_gates, coupling_map, gates_of
from runtime_widgets.server.work.boxes import without_boxes
from runtime_widgets.server.work.context import Surroundings

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = [
    "active_qubits",
    "by_tensors",
    "check_circuit",
    "check_gates",
    "is_dynamic",
    "simulation_cost",
]

ALWAYS = frozenset({"measure", "reset", "barrier", "delay", "global_phase"})
CONTROL_FLOW = frozenset(
    {"if_else", "while_loop", "for_loop", "switch_case", "break_loop", "continue_loop", "box"}
)
AER_HINT = 'Install Aer where the server runs: pip install "runtime-widgets[aer]"'
DENSITY_QUBITS = 10
# Of a stand-in for a processor: beyond, its state is no longer kept as a whole.
WHOLE_QUBITS = 24


def active_qubits(circuit: QuantumCircuit) -> list[int]:
    """Return the indices of the qubits on which something other than a barrier acts."""
    found: set[int] = set()
    for instruction in circuit.data:
        if instruction.operation.name not in ("barrier", "delay"):
            found.update(circuit.find_bit(qubit).index for qubit in instruction.qubits)
    return sorted(found)


def by_tensors(circuit: QuantumCircuit, device: DeviceSpec, observed: Iterable[int] = ()) -> bool:
    """Say whether a circuit is simulated by a tableau or by tensors, not by its whole state.

    `observed` are the qubits that will be measured as well.
    """
    if device.simulator:
        return device.kind == "wide"
    return len({*active_qubits(circuit), *observed}) > WHOLE_QUBITS


def simulation_cost(circuit: QuantumCircuit, device: DeviceSpec) -> float:
    """Return gates times the size of the state, or on a wide device of its tableau."""
    qubits = len(active_qubits(circuit))
    size = float(qubits**2) if by_tensors(circuit, device) else 2.0 ** min(qubits, 60)
    return max(1, len(circuit.data)) * size


def is_dynamic(circuit: QuantumCircuit) -> bool:
    """Say whether anything but measuring at the end depends on measuring or resetting."""
    measured: set[Any] = set()
    for instruction in circuit.data:
        name = instruction.operation.name
        if name in CONTROL_FLOW or name in ("reset", "initialize") or name == "store":
            return True
        if name in ("barrier", "delay"):
            continue
        if measured.intersection(instruction.qubits):
            return True
        if name == "measure":
            measured.update(instruction.qubits)
    return False


def check_circuit(circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings) -> None:
    """Refuse a circuit that the device cannot run, with the instruction and the qubits."""
    if circuit.num_qubits > device.qubits:
        raise problems.bad_circuit(
            f"The circuit '{_name(circuit)}' has {circuit.num_qubits} qubits; "
            f"{device.name} has {device.qubits}.",
            "Choose a device with more qubits.",
        )
    circuit = without_boxes(circuit)
    if _has_variables(circuit):
        raise problems.bad_circuit(
            f"The circuit '{_name(circuit)}' has classical variables; no simulator of "
            f"{device.name} knows them.",
            "Keep what is measured in classical registers, and decide by these.",
        )
    if _decides_for_bits_alone(circuit):
        raise problems.bad_circuit(
            f"The circuit '{_name(circuit)}' has control flow that acts on no qubit; the "
            f"simulators of {device.name} would not look at its condition.",
            "Put a barrier on a qubit into it.",
        )
    check_gates(circuit, device, range(circuit.num_qubits))
    if not around.aer:
        _check_without_aer(circuit, device)
    if not by_tensors(circuit, device):
        _check_memory(circuit, device, around)


def check_gates(circuit: QuantumCircuit, device: DeviceSpec, places: Sequence[int]) -> None:
    """Refuse a circuit with instructions that the device does not know, or not where they act.

    `places` are the device's qubits that the circuit's are.
    """
    if device.noisy:
        _check_isa(circuit, device, list(places))
    else:
        _check_defined(circuit, device, list(places))


def _has_variables(circuit: QuantumCircuit) -> bool:
    """Say whether a circuit, or a block in it, has variables: Aer 0.18 ends its process at them."""
    return circuit.num_vars > 0 or any(
        _has_variables(block)
        for instruction in circuit.data
        for block in getattr(instruction.operation, "blocks", ())
    )


def _decides_for_bits_alone(circuit: QuantumCircuit) -> bool:
    """Say whether a branch or a loop only stores to bits: Aer 0.18 does that in any case."""
    return any(
        not instruction.qubits or any(map(_decides_for_bits_alone, instruction.operation.blocks))
        for instruction in circuit.data
        if getattr(instruction.operation, "blocks", ())
    )


def _check_isa(circuit: QuantumCircuit, device: DeviceSpec, physical: list[int]) -> None:
    """Every instruction is one of the basis gates, and acts where it may."""
    gates = {*gates_of(device), *ALWAYS}
    pairs = {tuple(pair) for pair in coupling_map(device) or ()}
    coupled = coupled_gates(device)
    for instruction in circuit.data:
        operation = instruction.operation
        qubits = tuple(physical[circuit.find_bit(qubit).index] for qubit in instruction.qubits)
        if operation.name in CONTROL_FLOW:
            for block in getattr(operation, "blocks", ()):
                _check_isa(block, device, list(qubits))
        elif operation.name == "store":
            continue
        elif operation.name not in gates or (operation.name in coupled and qubits not in pairs):
            raise problems.bad_circuit(
                f"The instruction {operation.name} on qubits {qubits} is not supported by "
                f"{device.name}.",
                "Transpile the circuit for this device: "
                "generate_preset_pass_manager(backend=backend, optimization_level=1).run(circuit)",
            )


def _check_defined(circuit: QuantumCircuit, device: DeviceSpec, places: list[int]) -> None:
    """Every instruction is one of qiskit's own, or says what it consists of."""
    for instruction in circuit.data:
        operation = instruction.operation
        qubits = [places[circuit.find_bit(qubit).index] for qubit in instruction.qubits]
        for block in getattr(operation, "blocks", ()):
            _check_defined(block, device, qubits)
        if type(operation) not in (Gate, Instruction) or operation.name in ALWAYS:
            continue
        if operation.definition is None:
            raise problems.bad_circuit(
                f"The instruction {operation.name[:60]} on qubits {tuple(qubits)} has no "
                f"definition: {device.name} does not know what it does.",
                "Define it, or use gates of qiskit's library.",
            )
        _check_defined(operation.definition, device, qubits)


def _check_without_aer(circuit: QuantumCircuit, device: DeviceSpec) -> None:
    """Without Aer there are no dynamic circuits, and small density matrices only."""
    if is_dynamic(circuit):
        raise problems.bad_circuit(
            f"The circuit '{_name(circuit)}' measures or resets in its middle, or has control "
            f"flow; {device.name} needs Aer for that.",
            AER_HINT,
        )
    active = len(active_qubits(circuit))
    if device.noisy and active > DENSITY_QUBITS:
        raise problems.bad_circuit(
            f"The circuit '{_name(circuit)}' uses {active} qubits; without Aer {device.name} "
            f"simulates noise on at most {DENSITY_QUBITS}.",
            AER_HINT,
        )


def _check_memory(circuit: QuantumCircuit, device: DeviceSpec, around: Surroundings) -> None:
    """Refuse a state that would not fit: 16 bytes an amplitude, twice for work space.

    Aer simulates a noisy circuit of many qubits by trajectories of a statevector, so the
    estimate is that of a statevector there too.
    """
    qubits = circuit.num_qubits if device.kind == "exact" else len(active_qubits(circuit))
    needed = 32 << qubits
    limit = around.limits.statevector_memory_bytes
    if needed > limit:
        raise problems.bad_circuit(
            f"The circuit '{_name(circuit)}' needs about {needed >> 20:,} MiB for its state on "
            f"{device.name}; {limit >> 20:,} MiB are allowed.",
            "Use fewer qubits, or a device that simulates without the whole state.",
        )


def _name(circuit: QuantumCircuit) -> str:
    return str(circuit.name)[:60]
