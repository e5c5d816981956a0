"""The devices, declared in one place, and what they say about themselves.

A device here is a simulator and says so (``simulator: true``). Its calibration data are drawn
from a generator seeded with the device's seed and name, so that they are the same after every
restart, and the noise model of the simulation is built from these very numbers.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

__all__ = [
    "DEVICES",
    "EXACT_GATES",
    "NOISY_GATES",
    "WIDE_GATES",
    "DeviceSpec",
    "calibration",
    "coupling_map",
    "declared",
    "parse_spec",
]

Kind = Literal["exact", "noisy", "wide"]


@dataclass(frozen=True)
class DeviceSpec:
    """One device.

    Attributes
    ----------
    name
        What users call it.
    qubits
        Number of qubits.
    kind
        ``exact`` (statevector), ``noisy`` (calibration data, coupling map, basis gates) or
        ``wide`` (stabilizer or matrix product state; needs qiskit-aer).
    seed
        Seed of the calibration data.
    """

    name: str
    qubits: int
    kind: Kind
    seed: int = 7


DEVICES: tuple[DeviceSpec, ...] = (
    DeviceSpec("local_exact", 20, "exact"),
    DeviceSpec("local_noisy", 16, "noisy"),
    DeviceSpec("local_wide", 64, "wide"),
)

NOISY_GATES = ("cz", "id", "rz", "sx", "x")
EXACT_GATES = (
    *("ccx", "ccz", "ch", "cp", "crx", "cry", "crz", "cs", "csdg", "cswap", "csx", "cu", "cx"),
    *("cy", "cz", "dcx", "ecr", "h", "id", "iswap", "p", "r", "rx", "rxx", "ry", "ryy", "rz"),
    *("rzx", "rzz", "s", "sdg", "swap", "sx", "sxdg", "t", "tdg", "u", "x", "xx_minus_yy"),
    *("xx_plus_yy", "y", "z"),
)
WIDE_GATES = (
    *("cp", "cx", "cy", "cz", "h", "id", "p", "rx", "rxx", "ry", "ryy", "rz", "rzx", "rzz", "s"),
    *("sdg", "swap", "sx", "t", "tdg", "u", "x", "y", "z"),
)
_PARAMETERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("cp", "crx", "cry", "crz", "p", "rx", "ry", "rz"), ("theta",)),
    **dict.fromkeys(("rxx", "ryy", "rzx", "rzz"), ("theta",)),
    **dict.fromkeys(("r", "xx_minus_yy", "xx_plus_yy"), ("theta", "phi")),
    "u": ("theta", "phi", "lam"),
    "cu": ("theta", "phi", "lam", "gamma"),
}
# The day on which the calibration model below was last changed: its data are as old as that.
CALIBRATED = "2026-11-23T00:00:00Z"
VERSION = "1.0.0"


def parse_spec(text: str) -> DeviceSpec:
    """Read ``name=mine,qubits=5,kind=noisy,seed=3``; only the name is needed.

    Raises
    ------
    ValueError
        With a sentence that names the part that is wrong.
    """
    parts = dict(_pair(part) for part in text.split(",") if part.strip())
    unknown = set(parts) - {"name", "qubits", "kind", "seed"}
    if unknown or not parts.get("name"):
        raise ValueError(f"device '{text}': give name=, and if you like qubits=, kind=, seed=")
    kind = parts.get("kind", "exact")
    if kind not in get_args(Kind):
        raise ValueError(f"device '{text}': kind is one of {', '.join(get_args(Kind))}")
    spec = DeviceSpec(parts["name"], int(parts.get("qubits", "5")), cast("Kind", kind))
    if not 1 <= spec.qubits <= 1000:
        raise ValueError(f"device '{text}': qubits is 1 to 1000")
    return replace(spec, seed=int(parts.get("seed", "7")))


def _pair(part: str) -> tuple[str, str]:
    key, _, value = part.partition("=")
    return key.strip(), value.strip()


def declared(specs: list[DeviceSpec | str] | None, *, aer: bool) -> tuple[DeviceSpec, ...]:
    """Return the devices to offer: the given ones, or the standard ones that can run here."""
    if not specs:
        return tuple(spec for spec in DEVICES if aer or spec.kind != "wide")
    chosen = tuple(parse_spec(spec) if isinstance(spec, str) else spec for spec in specs)
    if len({spec.name for spec in chosen}) != len(chosen):
        raise ValueError("two devices have the same name")
    wide = [spec.name for spec in chosen if spec.kind == "wide"]
    if wide and not aer:
        raise ValueError(f'device {wide[0]} needs Aer: pip install "runtime-widgets[aer]"')
    return chosen


def coupling_map(spec: DeviceSpec) -> list[list[int]] | None:
    """Return the directed pairs of a noisy device, or None where every pair is coupled.

    The lattice is a brick wall: rows of about the square root of the number of qubits, with
    every second rung left out, which has the degree (at most three) of a heavy lattice.
    """
    if spec.kind != "noisy":
        return None
    width = max(2, math.isqrt(spec.qubits - 1) + 1)
    pairs: list[tuple[int, int]] = []
    for qubit in range(spec.qubits):
        row, column = divmod(qubit, width)
        if column + 1 < width and qubit + 1 < spec.qubits:
            pairs.append((qubit, qubit + 1))
        alone = column == 0 and qubit + width == spec.qubits - 1  # a last row of one qubit
        if (alone or (row + column) % 2 == 0) and qubit + width < spec.qubits:
            pairs.append((qubit, qubit + width))
    return [list(pair) for a, b in pairs for pair in ((a, b), (b, a))]


def gates_of(spec: DeviceSpec) -> tuple[str, ...]:
    """Return the names of the gates that the device takes as they are."""
    return {"exact": EXACT_GATES, "noisy": NOISY_GATES, "wide": WIDE_GATES}[spec.kind]


def _value(name: str, value: float, unit: str = "") -> dict[str, Any]:
    return {"date": CALIBRATED, "name": name, "unit": unit, "value": value}


def calibration(spec: DeviceSpec) -> dict[str, Any]:
    """Return the device's calibration data; empty for a device that has no noise."""
    pairs = coupling_map(spec)
    if pairs is None:
        return {}
    dice = random.Random(f"{spec.seed}:{spec.name}")  # noqa: S311
    gates: list[dict[str, Any]] = []
    qubits = [_qubit(dice) for _ in range(spec.qubits)]
    for qubit in range(spec.qubits):
        error = dice.uniform(1e-4, 6e-4)
        gates += [_gate(name, [qubit], error, 35.5) for name in ("id", "sx", "x")]
        gates.append(_gate("rz", [qubit], 0.0, 0.0))
    errors: dict[frozenset[int], float] = {}
    for pair in pairs:
        error = errors.setdefault(frozenset(pair), dice.uniform(3e-3, 1.5e-2))
        gates.append(_gate("cz", pair, error, 68.0))
    return {
        "backend_name": spec.name,
        "backend_version": VERSION,
        "last_update_date": CALIBRATED,
        "qubits": qubits,
        "gates": gates,
        "general": [],
    }


def _qubit(dice: random.Random) -> list[dict[str, Any]]:
    t1_us = dice.uniform(120, 320)
    flip_to_0, flip_to_1 = dice.uniform(0.008, 0.03), dice.uniform(0.004, 0.015)
    return [
        _value("T1", t1_us, "us"),
        _value("T2", min(dice.uniform(80, 300), 2 * t1_us), "us"),
        _value("frequency", dice.uniform(4.6, 5.2), "GHz"),
        _value("readout_error", (flip_to_0 + flip_to_1) / 2),
        _value("prob_meas0_prep1", flip_to_0),
        _value("prob_meas1_prep0", flip_to_1),
        _value("readout_length", 1300.0, "ns"),
    ]


def _gate(name: str, qubits: list[int], error: float, length_ns: float) -> dict[str, Any]:
    return {
        "gate": name,
        "name": name + "_".join(map(str, qubits)),
        "qubits": qubits,
        "parameters": [_value("gate_error", error), _value("gate_length", length_ns, "ns")],
    }


def gate_table(spec: DeviceSpec) -> list[dict[str, Any]]:
    """Return the ``gates`` entry of the configuration: name, parameters, where it may act."""
    pairs = coupling_map(spec)
    table = []
    for name in gates_of(spec):
        entry: dict[str, Any] = {"name": name, "parameters": list(_PARAMETERS.get(name, ()))}
        entry["qasm_def"] = f"gate {name}"
        if pairs is not None:
            entry["coupling_map"] = pairs if name == "cz" else [[q] for q in range(spec.qubits)]
        table.append(entry)
    return table
