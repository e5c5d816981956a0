"""The body of a submission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.primitives.containers.sampler_pub import SamplerPub

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.options import RuntimeOptions

__all__ = ["PUBS", "payload"]

PUBS: dict[str, Any] = {"sampler": SamplerPub, "estimator": EstimatorPub}
"""The programs that take PUBs, and of which type."""


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
    """Coerce the primitives' PUBs by qiskit's own rules, so that mistakes show here.

    Raises
    ------
    IBMInputValueError
        If a PUB is not one.
    """
    pub_type = PUBS.get(program_id)
    if pub_type is None or "pubs" not in inputs:
        return dict(inputs)
    pubs = inputs["pubs"]
    try:
        coerced = [pub_type.coerce(pub) for pub in pubs]
    except (TypeError, ValueError) as exc:
        msg = f"The {program_id}'s pubs are not as qiskit's primitives take them: {exc}"
        raise IBMInputValueError(msg) from exc
    return {"options": {}, "version": 2, "support_qiskit": True, **inputs, "pubs": coerced}
