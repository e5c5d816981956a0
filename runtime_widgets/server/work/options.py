"""The options of the primitives that have an effect here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime_widgets.server import problems

__all__ = ["Options", "read_options", "warn_about_unused"]

_log = logging.getLogger("runtime_widgets.options")

DEFAULT_SHOTS = 4096
DEFAULT_PRECISION = 1 / 64
MAX_SEED = 2**63 - 1
_USED = {"default_shots", "default_precision", "seed_simulator", "seed_estimator", "simulator"}


@dataclass(frozen=True)
class Options:
    """What a primitive is told.

    Attributes
    ----------
    seed
        Seed of all that is random, None for fresh randomness.
    """

    shots: int = DEFAULT_SHOTS
    precision: float = DEFAULT_PRECISION
    seed: int | None = None


def read_options(params: Mapping[str, Any]) -> Options:
    """Read ``params.options``; what is unknown is left alone, what is wrong refused."""
    raw = params.get("options")
    raw = {} if raw is None else raw
    if not isinstance(raw, Mapping):
        raise problems.bad_params("options is an object.")
    simulator = raw.get("simulator")
    simulator = {} if simulator is None else simulator
    if not isinstance(simulator, Mapping):
        raise problems.bad_params("options.simulator is an object.")
    seed = simulator.get("seed_simulator")
    for key in ("seed_simulator", "seed_estimator"):
        seed = raw.get(key) if seed is None else seed
    if seed is not None and (type(seed) is not int or not 0 <= seed <= MAX_SEED):
        raise problems.bad_params("options: a seed is an integer of at least 0.")
    shots = raw.get("default_shots")
    if shots is None:
        execution = raw.get("execution")
        shots = execution.get("shots") if isinstance(execution, Mapping) else None
    precision = raw.get("default_precision")
    if precision is not None and (
        isinstance(precision, bool) or not isinstance(precision, (int, float))
    ):
        raise problems.bad_params("options.default_precision is a number.")
    if shots is not None and type(shots) is not int:
        raise problems.bad_params("options.default_shots is an integer.")
    return Options(
        DEFAULT_SHOTS if shots is None else shots,
        DEFAULT_PRECISION if precision is None else float(precision),
        seed,
    )


def warn_about_unused(params: Mapping[str, Any]) -> None:
    """Say in the job's logs which options have no effect on a simulator of this server."""
    unused = sorted(
        name
        for name, value in (params.get("options") or {}).items()
        if name not in _USED and value not in (None, {}, [], False)
    )
    if unused:
        _log.warning("These options have no effect on this device: %s", ", ".join(unused))
