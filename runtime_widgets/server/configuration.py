"""What a device says of itself, in the words of the protocol."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runtime_widgets.server.devices import (
    CALIBRATED,
    VERSION,
    DeviceSpec,
    calibration,
    coupling_map,
    gate_table,
    gates_of,
)

__all__ = ["configuration", "properties"]

_DESCRIPTIONS = {
    "exact": "Statevector simulator, without noise.",
    "noisy": "Simulator with gate and readout errors from its calibration data.",
    "wide": "Stabilizer simulator for Clifford circuits, matrix product states for others.",
}


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
        "supported_instructions": [*instructions, *dynamic],
        "supported_features": [],
        "local": False,
        "simulator": True,
        "conditional": aer,
        "dynamic_reprate_enabled": False,
        "open_pulse": False,
        "memory": True,
        "max_shots": max_shots,
        "max_experiments": 1000,
        "n_registers": 1,
        "credits_required": False,
        "online_date": CALIBRATED,
        "processor_type": {"family": "simulator", "segment": spec.kind},
    }


def properties(spec: DeviceSpec, updated_before: float | None = None) -> dict[str, Any]:
    """Return the calibration data; empty if there are none, or none as old as that."""
    calibrated = datetime.fromisoformat(CALIBRATED.replace("Z", "+00:00")).timestamp()
    if updated_before is not None and updated_before < calibrated:
        return {}
    return calibration(spec)
