"""BackendProperties: a device's calibration, as the server gives it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.wire import parse_time

__all__ = ["BackendProperties"]

_SI = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}
_HZ = {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9}


class BackendProperties:
    """Calibration data of a device at one time.

    Parameters
    ----------
    data : mapping
        ``GET /backends/{name}/properties``, as it came.

    Attributes
    ----------
    backend_name, backend_version : str
        Which device.
    last_update_date : datetime or None
        When it was calibrated (UTC).
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)
        self.backend_name = str(data.get("backend_name", ""))
        self.backend_version = str(data.get("backend_version", ""))
        self.last_update_date: datetime | None = parse_time(data.get("last_update_date"))
        self._qubits = [_named(items) for items in data.get("qubits") or []]
        self._gates = {
            (str(g.get("gate")), tuple(g.get("qubits") or ())): _named(g.get("parameters") or [])
            for g in data.get("gates") or []
            if isinstance(g, Mapping)
        }

    def __repr__(self) -> str:
        when = self.last_update_date.isoformat() if self.last_update_date else "no date"
        return f"<BackendProperties {self.backend_name}: {len(self._qubits)} qubits, {when}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BackendProperties) and self._data == other._data

    __hash__ = None  # type: ignore[assignment]  # it holds a dict, and is compared by it

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BackendProperties:
        """Make it from the server's JSON."""
        return cls(data)

    def to_dict(self) -> dict[str, Any]:
        """Return the server's JSON."""
        return dict(self._data)

    @property
    def num_qubits(self) -> int:
        """Number of qubits that have calibration data."""
        return len(self._qubits)

    def t1(self, qubit: int) -> float:
        """Relaxation time T1 of a qubit, in seconds."""
        return self.qubit_property(qubit, "T1")

    def t2(self, qubit: int) -> float:
        """Dephasing time T2 of a qubit, in seconds."""
        return self.qubit_property(qubit, "T2")

    def frequency(self, qubit: int) -> float:
        """Frequency of a qubit, in Hz."""
        return self.qubit_property(qubit, "frequency")

    def readout_error(self, qubit: int) -> float:
        """Probability that a qubit is read out wrongly."""
        return self.qubit_property(qubit, "readout_error")

    def readout_length(self, qubit: int) -> float:
        """Duration of a readout, in seconds."""
        return self.qubit_property(qubit, "readout_length")

    def gate_error(self, gate: str, qubits: int | Sequence[int]) -> float:
        """Error rate of a gate on its qubits."""
        return self.gate_property(gate, qubits, "gate_error")

    def gate_length(self, gate: str, qubits: int | Sequence[int]) -> float:
        """Duration of a gate on its qubits, in seconds."""
        return self.gate_property(gate, qubits, "gate_length")

    def qubit_property(self, qubit: int, name: str) -> float:
        """Return one figure of a qubit, in SI units.

        Raises
        ------
        IBMInputValueError
            If there is no such qubit or figure.
        """
        if not 0 <= qubit < len(self._qubits) or name not in self._qubits[qubit]:
            msg = f"{self.backend_name} has no {name} for qubit {qubit}."
            raise IBMInputValueError(msg)
        return self._qubits[qubit][name]

    def gate_property(self, gate: str, qubits: int | Sequence[int], name: str) -> float:
        """Return one figure of a gate on its qubits, in SI units.

        Raises
        ------
        IBMInputValueError
            If there is no such gate or figure.
        """
        key = (gate, (qubits,) if isinstance(qubits, int) else tuple(qubits))
        figures = self._gates.get(key, {})
        if name not in figures:
            msg = f"{self.backend_name} has no {name} for {gate} on {key[1]}."
            raise IBMInputValueError(msg)
        return figures[name]

    def is_qubit_operational(self, qubit: int) -> bool:
        """Whether a qubit is in use; those that say nothing are."""
        return bool(self._qubits[qubit].get("operational", 1.0))

    def gates(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return each gate with its qubits."""
        return list(self._gates)


def _named(items: Any) -> dict[str, float]:
    """Read a list of ``{name, unit, value}`` into SI figures by name."""
    figures = {}
    for item in items if isinstance(items, list) else []:
        value = item.get("value") if isinstance(item, Mapping) else None
        if isinstance(value, (int, float)) and math.isfinite(value):
            unit = str(item.get("unit", ""))
            figures[str(item.get("name"))] = float(value) * _SI.get(unit, _HZ.get(unit, 1.0))
    return figures
