"""The devices, declared in one place, and what they say about themselves.

A device here is a simulator and says so (``simulator: true``), but for those that stand in for a
processor: IBM's client gives a simulator neither calibration data nor sessions. Their
description says what they are. Calibration data are drawn from a generator seeded with the
device's seed and name, so that they are the same after every restart, and the noise model of the
simulation is built from these very numbers.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

from runtime_widgets.server.lattices import brick_wall, grid, heavy_hex, heavy_hex_places

__all__ = [
    "DEVICES",
    "EXACT_GATES",
    "NOISY_GATES",
    "WIDE_GATES",
    "DeviceSpec",
    "calibration",
    "coordinates",
    "coupled_gates",
    "coupling_map",
    "declared",
    "parse_spec",
]

Kind = Literal["exact", "noisy", "wide", "eagle", "heron"]
# Kinds that stand in for a processor, and its number of qubits.
PROCESSORS = {"eagle": 127, "heron": 156}
_FIELDS = ("name", "qubits", "kind", "seed")
# It is a part of addresses.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_NUMBER = re.compile(r"-?[0-9]{1,18}")
# Circuits of few qubits run on each of them; of a noisy one all are described to clients.
_MOST_QUBITS = 1000


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
        ``wide`` (stabilizer or matrix product state; needs qiskit-aer). ``eagle`` and ``heron``
        are noisy, and stand in for a processor of that family: its lattice, its basis gates, and
        ``simulator: false``. Of their qubits only those that a circuit uses are simulated.
    seed
        Seed of the calibration data.
    """

    name: str
    qubits: int
    kind: Kind
    seed: int = 7

    @property
    def noisy(self) -> bool:
        """Whether it has calibration data, and with them errors."""
        return self.kind in ("noisy", *PROCESSORS)

    @property
    def mock(self) -> bool:
        """Whether it is only there to try jobs on; IBM's client knows it by its name.

        ``run(..., dry_run=True)`` on ``ibm_x`` sends the job to ``mock_x``. Mock devices, and
        their jobs, are listed only for those who ask for them.
        """
        return self.name.startswith("mock_")

    @property
    def calibration_id(self) -> str:
        """The name of its one set of calibration data."""
        return f"{self.name}-{self.seed}"

    @property
    def simulator(self) -> bool:
        """Whether it tells clients that it is a simulator."""
        return self.kind not in PROCESSORS


DEVICES: tuple[DeviceSpec, ...] = (
    DeviceSpec("local_exact", 20, "exact"),
    DeviceSpec("local_noisy", 16, "noisy"),
    DeviceSpec("local_wide", 64, "wide"),
)

NOISY_GATES = ("cz", "id", "rz", "sx", "x")
EAGLE_GATES = ("ecr", "id", "rz", "sx", "x")
HERON_GATES = ("cz", "id", "rx", "rz", "rzz", "sx", "x")
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
    parts: dict[str, str] = {}
    for part in filter(str.strip, text.split(",")):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key not in _FIELDS:
            raise _refused(text, f"there is no {key}=; there are {', '.join(_FIELDS)}")
        if key in parts:
            raise _refused(text, f"{key}= comes twice")
        parts[key] = value
    if not _NAME.fullmatch(parts.get("name", "")):
        raise _refused(text, "it takes a name=, of letters, digits and the signs _ . -")
    kind = cast("Kind", parts.get("kind", "exact"))
    if kind not in get_args(Kind):
        raise _refused(text, f"kind is one of {', '.join(get_args(Kind))}")
    of_kind = PROCESSORS.get(kind)
    qubits = _whole(text, "qubits", parts.get("qubits", f"{of_kind or 5}"))
    if of_kind is not None and qubits != of_kind:
        raise _refused(text, f"the kind {kind} has {of_kind} qubits")
    if not 1 <= qubits <= _MOST_QUBITS:
        raise _refused(text, f"qubits is 1 to {_MOST_QUBITS}")
    return DeviceSpec(parts["name"], qubits, kind, _whole(text, "seed", parts.get("seed", "7")))


def _whole(text: str, field: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise _refused(text, f"{field} is a whole number, not {value!r}")
    return int(value)


def _refused(text: str, why: str) -> ValueError:
    return ValueError(f"--device {text!r}: {why}")


def declared(specs: list[DeviceSpec | str] | None, *, aer: bool) -> tuple[DeviceSpec, ...]:
    """Return the devices to offer: the given ones, or the standard ones that can run here."""
    if not specs:
        return tuple(spec for spec in DEVICES if aer or spec.kind != "wide")
    chosen = tuple(parse_spec(spec) if isinstance(spec, str) else spec for spec in specs)
    if len({spec.name for spec in chosen}) != len(chosen):
        raise ValueError("--device: two devices have the same name")
    wide = [spec.name for spec in chosen if spec.kind == "wide"]
    if wide and not aer:
        raise ValueError(f'--device {wide[0]} needs Aer: pip install "runtime-widgets[aer]"')
    return chosen


# The columns of the rows, and those of the bridges between them.
_HEXAGONS: dict[str, tuple[list[range], tuple[range, range]]] = {
    "eagle": (
        [range(14), *[range(15)] * 5, range(1, 15)],
        (range(0, 13, 4), range(2, 15, 4)),
    ),
    "heron": ([range(16)] * 8, (range(3, 16, 4), range(1, 14, 4))),
}


@lru_cache(maxsize=32)
def _pairs(kind: Kind, qubits: int) -> tuple[tuple[int, int], ...] | None:
    """Return where a gate of two qubits may act, or None: everywhere."""
    if kind == "eagle":  # its gate has a direction
        return tuple(heavy_hex(*_HEXAGONS[kind]))
    if kind == "heron":
        pairs = heavy_hex(*_HEXAGONS[kind])
    elif kind == "noisy":
        pairs = brick_wall(qubits)
    else:
        return None
    return tuple(pair for a, b in pairs for pair in ((a, b), (b, a)))


def coupling_map(spec: DeviceSpec) -> list[list[int]] | None:
    """Return the directed pairs of a noisy device, or None where every pair is coupled."""
    pairs = _pairs(spec.kind, spec.qubits)
    return None if pairs is None else [list(pair) for pair in pairs]


def coordinates(spec: DeviceSpec) -> list[list[int]]:
    """Return the row and the column of each qubit, for drawings of the device."""
    hexagons = _HEXAGONS.get(spec.kind)
    return grid(spec.qubits) if hexagons is None else heavy_hex_places(*hexagons)


def coupled_gates(spec: DeviceSpec) -> dict[str, float]:
    """Return the gates that act on coupled pairs alone, and their lengths in nanoseconds."""
    lengths = {"cz": 68.0, "ecr": 533.0, "rzz": 68.0}
    return {name: lengths[name] for name in gates_of(spec) if spec.noisy and name in lengths}


def gates_of(spec: DeviceSpec) -> tuple[str, ...]:
    """Return the names of the gates that the device takes as they are."""
    return {
        "exact": EXACT_GATES,
        "noisy": NOISY_GATES,
        "wide": WIDE_GATES,
        "eagle": EAGLE_GATES,
        "heron": HERON_GATES,
    }[spec.kind]


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
    single = [name for name in gates_of(spec) if name in ("id", "rx", "sx", "x")]
    for qubit in range(spec.qubits):
        error = dice.uniform(1e-4, 6e-4)
        gates += [_gate(name, [qubit], error, 35.5) for name in single]
        gates.append(_gate("rz", [qubit], 0.0, 0.0))
    errors: dict[frozenset[int], float] = {}
    for pair in pairs:
        error = errors.setdefault(frozenset(pair), dice.uniform(3e-3, 1.5e-2))
        gates += [_gate(name, pair, error, ns) for name, ns in coupled_gates(spec).items()]
    return {
        "backend_name": spec.name,
        "backend_version": VERSION,
        "last_update_date": CALIBRATED,
        "calibration_id": spec.calibration_id,
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
            coupled = name in coupled_gates(spec)
            entry["coupling_map"] = pairs if coupled else [[q] for q in range(spec.qubits)]
        table.append(entry)
    return table
