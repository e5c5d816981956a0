"""From decoded parameters to checked PUBs, and what they will cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.server import problems
from runtime_widgets.server.work.circuits import CONTROL_FLOW, check_circuit, simulation_cost
from runtime_widgets.server.work.observables import terms_needed
from runtime_widgets.server.work.options import Options, read_options
from runtime_widgets.server.work.options_schema import EstimatorOptions, SamplerOptions

if TYPE_CHECKING:
    from runtime_widgets.server.devices import DeviceSpec
    from runtime_widgets.server.work.context import Surroundings

__all__ = ["Facts", "estimator_pubs", "facts_of", "measures", "sampler_pubs"]

MAX_PUBS = 1000
MAX_SETS = 1_000_000
MAX_TERMS = 100_000
Facts = dict[str, Any]


@dataclass(frozen=True)
class _Place:
    """Where a PUB stands, for messages."""

    index: int

    def refuse(self, why: str) -> problems.Problem:
        return problems.bad_params(f"pubs[{self.index}]: {why}")


def sampler_pubs(
    params: dict[str, Any], device: DeviceSpec, around: Surroundings
) -> list[SamplerPub]:
    """Check the parameters of a sampler job and return its PUBs.

    Raises
    ------
    Problem
        With the index of the PUB and what is wrong with it.
    """
    options = read_options(params, SamplerOptions)
    pubs = []
    for index, raw in enumerate(_raw_pubs(params)):
        place = _Place(index)
        circuit, values, shots = _padded(raw, 3, place)
        _check(circuit, values, device, around, place)
        shots = options.shots if shots is None else shots
        if type(shots) is not int or not 1 <= shots <= around.limits.max_shots:
            raise place.refuse(f"shots is {shots!r}; 1 to {around.limits.max_shots:,} are allowed.")
        pub = _coerced(SamplerPub, (circuit, values, shots), place)
        if not circuit.cregs or not measures(circuit):
            raise problems.bad_circuit(
                f"pubs[{index}]: the circuit measures nothing into a classical register.",
                "Add measurements, for example circuit.measure_all().",
            )
        _check_sizes(pub, shots, around, place)
        pubs.append(pub)
    return pubs


def estimator_pubs(
    params: dict[str, Any], device: DeviceSpec, around: Surroundings
) -> list[EstimatorPub]:
    """Check the parameters of an estimator job and return its PUBs.

    Raises
    ------
    Problem
        With the index of the PUB and what is wrong with it.
    """
    options = read_options(params, EstimatorOptions)
    pubs = []
    for index, raw in enumerate(_raw_pubs(params)):
        place = _Place(index)
        circuit, observables, values, precision = _padded(raw, 4, place)
        _check(circuit, values, device, around, place)
        precision = _precision(precision, options, device, around, place)
        if measures(circuit):
            raise problems.bad_circuit(
                f"pubs[{index}]: the circuit of an estimator has no measurements.",
                "Remove them: circuit.remove_final_measurements(inplace=False).",
            )
        pub = _coerced(EstimatorPub, (circuit, observables, values, precision), place)
        _check_observables(pub, place)
        pubs.append(pub)
    return pubs


def facts_of(pubs: Sequence[SamplerPub] | Sequence[EstimatorPub], device: DeviceSpec) -> Facts:
    """Count what the PUBs hold.

    `work` is what the time of a simulation grows with, for estimates: parameter sets times gates
    times the size of the state (on a wide device, of its tableau) and the shots.
    """
    work, shots = 0.0, 0
    for pub in pubs:
        sets = math.prod(pub.shape)
        gates = max(1, len(pub.circuit.data))
        work += sets * simulation_cost(pub.circuit, device)
        if isinstance(pub, SamplerPub):
            shots += sets * pub.shots
            work += sets * gates * pub.shots
    facts: Facts = {
        "num_circuits": len(pubs),
        "num_qubits": [pub.circuit.num_qubits for pub in pubs],
        "circuit_depths": [pub.circuit.depth() for pub in pubs],
        "work": work,
    }
    return {**facts, "num_shots": shots} if shots else facts


def _raw_pubs(params: dict[str, Any]) -> list[Any]:
    if params.get("version", 2) != 2:
        raise problems.bad_params("Only version 2 of the primitives runs here.")
    pubs = params.get("pubs")
    if not isinstance(pubs, list) or not 1 <= len(pubs) <= MAX_PUBS:
        raise problems.bad_params(f"pubs is a list of 1 to {MAX_PUBS} entries.")
    return pubs


def _padded(raw: Any, length: int, place: _Place) -> list[Any]:
    least = 1 if length == 3 else 2
    if not isinstance(raw, list) or not least <= len(raw) <= length:
        raise place.refuse(f"a PUB is a list of {least} to {length} entries.")
    return [*raw, *[None] * (length - len(raw))]


def _check(
    circuit: Any, values: Any, device: DeviceSpec, around: Surroundings, place: _Place
) -> None:
    """Check the circuit and its parameter values, before anything is built from them."""
    if not isinstance(circuit, QuantumCircuit):
        raise place.refuse("the first entry is a QuantumCircuit.")
    check_circuit(circuit, device, around)
    if isinstance(values, dict):
        _check_names(circuit, values, place)
    bindings = values.values() if isinstance(values, dict) else [values]
    for array in bindings:
        if array is None or (isinstance(array, list) and not array):
            continue
        try:
            numbers = np.asarray(array)
            finite = bool(np.isfinite(numbers).all()) and numbers.dtype.kind in "biuf"
        except (TypeError, ValueError):
            finite = False
        if not finite:
            raise place.refuse("parameter values are finite real numbers.")


def _check_names(circuit: QuantumCircuit, values: dict[str, Any], place: _Place) -> None:
    """Qiskit counts the parameters of a mapping; whether they are the circuit's is seen here."""
    known = {parameter.name for parameter in circuit.parameters}
    vectors = {name.partition("[")[0] for name in known}
    unknown = set(values) - known - vectors
    if unknown:
        raise place.refuse(f"the circuit has no parameter '{min(unknown)[:60]}'.")


def _coerced(kind: type[Any], parts: tuple[Any, ...], place: _Place) -> Any:
    """Let qiskit build the PUB; what it refuses, and what is too much, is a bad request."""
    try:
        pub = kind.coerce(parts)
    except Exception as exc:
        raise place.refuse(f"{str(exc)[:500]}") from exc
    sets = math.prod(pub.shape)
    if not 1 <= sets <= MAX_SETS:
        raise place.refuse(f"it has {sets:,} parameter sets; 1 to {MAX_SETS:,} are allowed.")
    return pub


def measures(circuit: QuantumCircuit) -> bool:
    """Say whether anything is measured, also inside control flow."""
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name == "measure":
            return True
        if operation.name in CONTROL_FLOW and any(map(measures, getattr(operation, "blocks", ()))):
            return True
    return False


def _check_sizes(pub: SamplerPub, shots: int, around: Surroundings, place: _Place) -> None:
    """Refuse results that would not fit."""
    row = sum(-(-register.size // 8) for register in pub.circuit.cregs)
    needed = math.prod(pub.shape) * shots * max(row, 1)
    if needed > around.limits.max_result_bytes:
        raise place.refuse(
            f"its results would take {needed:,} bytes; {around.limits.max_result_bytes:,} are "
            "allowed. Use fewer shots or parameter sets."
        )


def _precision(
    precision: Any, options: Options, device: DeviceSpec, around: Surroundings, place: _Place
) -> float:
    value = options.precision if precision is None else precision
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise place.refuse(f"precision is {precision!r}; a number of at least 0 is needed.")
    lowest = 1 / math.sqrt(around.limits.max_shots)
    if device.kind != "exact" and value < lowest:
        raise place.refuse(
            f"precision is {value!r}; {device.name} counts shots and reaches {lowest:g}."
        )
    return float(value)


def _check_observables(pub: EstimatorPub, place: _Place) -> None:
    terms = 0
    for observable in np.ravel(pub.observables.tolist()):
        if not observable:
            raise place.refuse("an observable has at least one term.")
        terms += terms_needed(observable)
        if not all(math.isfinite(abs(w)) and not np.imag(w) for w in observable.values()):
            raise place.refuse("the weights of an observable are finite real numbers.")
    if terms > MAX_TERMS:
        raise place.refuse(f"more than {MAX_TERMS:,} terms in its observables.")
