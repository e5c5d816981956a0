"""What a device says of itself, in the words of the protocol."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runtime_widgets.server.devices import (
    CALIBRATED,
    VERSION,
    DeviceSpec,
    calibration,
    coordinates,
    coupling_map,
    gate_table,
    gates_of,
)

__all__ = ["configuration", "processor_type", "properties"]

_DESCRIPTIONS = {
    "exact": "Statevector simulator, without noise.",
    "noisy": "Simulator with gate and readout errors from its calibration data.",
    "wide": "Stabilizer simulator for Clifford circuits, matrix product states for others.",
    "eagle": "Stand-in for an Eagle processor; the qubits that a circuit uses are simulated.",
    "heron": "Stand-in for a Heron processor; the qubits that a circuit uses are simulated.",
}
_REVISIONS = {"eagle": "3", "heron": "2"}


def configuration(spec: DeviceSpec, max_shots: int, *, aer: bool) -> dict[str, Any]:
    """Return the configuration; with Aer the device also takes control flow and resets."""
    dynamic = ["if_else", "while_loop", "for_loop", "switch_case"] if aer else []
    instructions = [*gates_of(spec), "measure", "delay", "barrier", *(["reset"] if aer else [])]
    return {
        "backend_name": spec.name,
        "backend_version": VERSION,
        "sample_name": spec.kind,
        "description": _DESCRIPTIONS[spec.kind],
        "n_qubits": spec.qubits,
        "basis_gates": list(gates_of(spec)),
        "gates": gate_table(spec),
        "coupling_map": coupling_map(spec),
        "coords": coordinates(spec),
        "supported_instructions": [*instructions, *dynamic],
        # Both words are in use for "takes control flow and measurements in the middle".
        "supported_features": ["dynamic_circuits", "qasm3"] if aer else [],
        "local": False,
        "simulator": spec.simulator,
        "conditional": aer,
        "dynamic_reprate_enabled": False,
        "open_pulse": False,
        "memory": True,
        "max_shots": max_shots,
        "max_experiments": 1000,
        "n_registers": 1,
        "u_channel_lo": [],
        "credits_required": False,
        "online_date": CALIBRATED,
        "processor_type": processor_type(spec),
        **({} if spec.simulator else _timing(spec)),
    }


def processor_type(spec: DeviceSpec) -> dict[str, str]:
    """Return the family and the revision of a processor that is stood in for."""
    if spec.simulator:  # some clients take a type without a revision for none
        return {"family": "simulator", "revision": "1", "segment": spec.kind}
    return {"family": spec.kind.capitalize(), "revision": _REVISIONS[spec.kind]}


def _timing(spec: DeviceSpec) -> dict[str, Any]:
    """Return what a processor says of its clock; the simulation has none."""
    return {
        "dt": 0.5,  # nanoseconds, which the lengths of all gates are multiples of
        "dtm": 0.5,
        "timing_constraints": {
            "acquire_alignment": 1,
            "granularity": 1,
            "min_length": 1,
            "pulse_alignment": 1,
        },
        "meas_map": [list(range(spec.qubits))],
        "default_rep_delay": 250.0,  # microseconds
        "rep_delay_range": [0.0, 500.0],
    }


def properties(spec: DeviceSpec, updated_before: float | None = None) -> dict[str, Any]:
    """Return the calibration data; empty if there are none, or none as old as that."""
    calibrated = datetime.fromisoformat(CALIBRATED.replace("Z", "+00:00")).timestamp()
    if updated_before is not None and updated_before < calibrated:
        return {}
    return calibration(spec)
