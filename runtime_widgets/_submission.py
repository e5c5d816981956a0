"""The body of a submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.options import RuntimeOptions

__all__ = ["PUBS", "coerced", "payload"]

PUBS: dict[str, Any] = {"sampler": SamplerPub, "estimator": EstimatorPub}
"""The programs that take PUBs, and of which type."""

_SHOWN = 10


def payload(
    program_id: str,
    inputs: Mapping[str, Any],
    options: RuntimeOptions,
    session_id: str | None,
) -> dict[str, Any]:
    """Build the body of ``POST /jobs``; what was not said is left out."""
    body = {
        "program_id": program_id,
        "backend": options.backend_name,
        "params": _inputs(program_id, inputs),
        "log_level": options.log_level,
        "tags": options.job_tags or None,
        "session_id": session_id,
        "cost": options.max_execution_time,
        "private": options.private or None,
        "runtime": options.image,
    }
    return {k: v for k, v in body.items() if v is not None}


def _inputs(program_id: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if program_id not in PUBS or "pubs" not in inputs:
        return dict(inputs)
    pubs = coerced(program_id, inputs["pubs"])
    return {"options": {}, "version": 2, "support_qiskit": True, **inputs, "pubs": pubs}


def coerced(program_id: str, pubs: Any, default: Any = None) -> list[Any]:
    """Coerce a primitive's PUBs by qiskit's own rules, so that mistakes show here.

    Parameters
    ----------
    program_id : str
        One of :data:`PUBS`.
    pubs : iterable
        What a user gave.
    default : int or float, optional
        Shots or precision of the PUBs that say none.

    Raises
    ------
    IBMInputValueError
        If a PUB is not one; the error says which.
    """
    if isinstance(pubs, QuantumCircuit) or not isinstance(pubs, Iterable):
        msg = (
            f"The {program_id} takes a list of PUBs, such as [circuit], not {type(pubs).__name__}."
        )
        raise IBMInputValueError(msg)
    return [_coerced(program_id, index, pub, default) for index, pub in enumerate(pubs)]


def _coerced(program_id: str, index: int, pub: Any, default: Any) -> Any:
    try:
        made = PUBS[program_id].coerce(pub, default)
    except (TypeError, ValueError, QiskitError) as exc:
        msg = f"pubs[{index}] is not as qiskit's {program_id} takes it: {exc}"
        raise IBMInputValueError(msg) from exc
    # qiskit counts the parameters, and does not look at their names before it runs them.
    wanted = {parameter.name for parameter in made.circuit.parameters}
    given = {name for names in made.parameter_values.data for name in names}
    if wanted != given:
        msg = (
            f"pubs[{index}]: the circuit's parameters are {_named(wanted)}; "
            f"values were given for {_named(given)}."
        )
        raise IBMInputValueError(msg)
    return made


def _named(names: Iterable[str]) -> str:
    """Return names in a row; of very many, the first few."""
    found = sorted(names)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(repr(name) for name in found[:_SHOWN]) + more
