"""The options of the primitives: which have an effect here, and what is said of the others."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from runtime_widgets.server import problems
from runtime_widgets.server.work.options_refusal import refusal
from runtime_widgets.server.work.options_schema import (
    EstimatorOptions,
    PrimitiveOptions,
    SamplerOptions,
)

__all__ = ["APPLIED", "Options", "read_options", "shots_of", "warn_about_unused"]

_log = logging.getLogger("runtime_widgets.options")

DEFAULT_SHOTS = 4096
DEFAULT_PRECISION = 1 / 64
# Honoured wherever they stand, or true of a simulator whatever they say.
_USED = frozenset(
    {"default_shots", "default_precision", "seed_simulator", "seed_estimator",
     "simulator.seed_simulator", "execution.shots", "execution.meas_type"}
)  # fmt: skip
# Groups that a switch turns on: without it, what else they say is of no matter.
_SWITCHES = {
    "dynamical_decoupling": ("enable",),
    "twirling": ("enable_gates", "enable_measure"),
    "resilience": ("measure_mitigation", "zne_mitigation", "pec_mitigation"),
}

APPLIED: dict[str, Any] = {
    "dynamical_decoupling": {"enable": False},
    "twirling": {"enable_gates": False, "enable_measure": False},
    "resilience": {"measure_mitigation": False, "zne_mitigation": False, "pec_mitigation": False},
}
"""What is applied to every job here, in the words of a result's metadata: nothing."""


@dataclass(frozen=True)
class Options:
    """What a primitive is told.

    Attributes
    ----------
    seed
        Seed of all that is random, None for fresh randomness.
    unused
        Names of options that are set and have no effect.
    """

    shots: int = DEFAULT_SHOTS
    precision: float = DEFAULT_PRECISION
    seed: int | None = None
    unused: tuple[str, ...] = ()


def read_options(params: Mapping[str, Any], kind: type[PrimitiveOptions]) -> Options:
    """Read ``params.options``.

    Raises
    ------
    Problem
        An option is unknown, or has a value that cannot be.
    """
    raw = params.get("options")
    raw = {} if raw is None else raw
    if not isinstance(raw, Mapping):
        raise problems.bad_params("options is an object.")
    try:
        options = kind.model_validate(raw)
    except ValidationError as exc:
        raise refusal(exc, kind) from exc
    if isinstance(options, SamplerOptions):
        _check_meas_type(options)
    shots = _shots(options)
    return Options(
        DEFAULT_SHOTS if shots is None else shots,
        _precision(options, shots),
        _seed(options),
        (*_unused(options), *_level(params)),
    )


def shots_of(precision: float) -> int | None:
    """Return how many shots reach a precision; None for an exact value."""
    return None if precision == 0 else math.ceil(1 / precision**2 - 1e-6)


def warn_about_unused(options: Options) -> None:
    """Say in the job's logs which options have no effect on a simulator of this server."""
    if options.unused:
        _log.warning(
            "These options have no effect on this device: %s", ", ".join(sorted(options.unused))
        )


def _check_meas_type(options: SamplerOptions) -> None:
    asked = options.execution.meas_type if options.execution else None
    if asked not in (None, "classified"):
        raise problems.bad_params(
            f"options.execution.meas_type is {asked!r}: a simulator measures bits, and has no "
            "analogue signal to give.",
            "Use meas_type='classified'.",
        )


def _shots(options: PrimitiveOptions) -> int | None:
    """Return the shots that the options ask for; those of twirling come first, as upstream's do."""
    twirling = options.twirling
    if twirling and (twirling.enable_gates or twirling.enable_measure):
        times, each = twirling.num_randomizations, twirling.shots_per_randomization
        if isinstance(times, int) and isinstance(each, int):
            return times * each
    execution = getattr(options, "execution", None)
    if options.default_shots is None and execution is not None:
        return execution.shots  # type: ignore[no-any-return]
    return options.default_shots


def _precision(options: PrimitiveOptions, shots: int | None) -> float:
    if shots is not None:
        return 1 / math.sqrt(shots)
    asked = options.default_precision if isinstance(options, EstimatorOptions) else None
    return DEFAULT_PRECISION if asked is None else asked


def _seed(options: PrimitiveOptions) -> int | None:
    inner = options.simulator.seed_simulator if options.simulator else None
    found = (inner, options.seed_simulator, options.seed_estimator)
    return next((seed for seed in found if seed is not None), None)


def _unused(options: PrimitiveOptions) -> Iterator[str]:
    """Return the options that ask for something that no device here does."""
    for name, value in _set(options):
        group, _, last = name.partition(".")
        switches = _SWITCHES.get(group, ())
        off = switches and not any(getattr(getattr(options, group), s) for s in switches)
        if off and last not in switches:
            continue
        if name not in _USED and value is not False and not _is_default(name, value):
            yield name


def _is_default(name: str, value: Any) -> bool:
    """Say whether an option asks for what a simulator does anyhow."""
    return name == "execution.init_qubits" and value is True


def _set(options: BaseModel) -> Iterator[tuple[str, Any]]:
    """Return the names of all options that are set, two words deep, and their values."""
    for name in sorted({*options.model_fields_set}):
        value = getattr(options, name)
        if isinstance(value, BaseModel):
            yield from ((f"{name}.{inner}", x) for inner, x in _members(value))
        elif isinstance(value, dict):
            yield from ((f"{name}.{inner}", x) for inner, x in value.items())
        elif value is not None:
            yield name, value
    # False is an answer, too, where the simulator does the thing in any case.
    execution = getattr(options, "execution", None)
    if execution is not None and execution.init_qubits is False:
        yield "execution.init_qubits", "off"


def _members(group: BaseModel) -> Iterator[tuple[str, Any]]:
    for name in sorted(group.model_fields_set):
        value = getattr(group, name)
        if value is not None and value not in ({}, []):
            yield name, value


def _level(params: Mapping[str, Any]) -> list[str]:
    """Check the resilience level, which stands beside the options."""
    level = params.get("resilience_level")
    if level is None:
        return []
    if type(level) is not int or not 0 <= level <= 2:
        raise problems.bad_params(f"resilience_level is {str(level)[:40]!r}; 0, 1 or 2 is needed.")
    return ["resilience_level"] if level else []
