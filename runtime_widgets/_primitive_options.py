"""The options of a primitive: by attribute, in groups; and which part of a submission each is.

The groups, and where each option is sent, are those of ``qiskit-ibm-runtime`` 0.51
(``options/options.py`` there).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from typing_extensions import Self

from runtime_widgets.errors import IBMInputValueError

__all__ = ["PrimitiveOptions", "program_inputs", "runtime_options"]

_ENVIRONMENT = frozenset({"image", "job_tags", "log_level", "private"})
_BESIDE = frozenset({"environment", "image", "max_execution_time"})
"""What the service is told, and the program is not."""
_OF_BOTH = frozenset(
    {"default_shots", "dynamical_decoupling", "execution", "simulator", "twirling"}
)
_KNOWN = {
    "sampler": _OF_BOTH,
    "estimator": _OF_BOTH | {"default_precision", "resilience", "seed_estimator"},
}
"""The options that may stand under ``experimental`` too, for what in them is experimental."""


class OptionGroup(dict[str, Any]):
    """Options that belong together: a dict whose keys are attributes too.

    A group of options that is known by name is there as soon as it is looked at; any other
    option that has not been set is an AttributeError.
    """

    _groups: ClassVar[Mapping[str, type[OptionGroup]]] = {}

    def __init__(self, given: Mapping[str, Any] | Iterable[Any] = (), /, **more: Any) -> None:
        super().__init__()
        for name, value in dict(given, **more).items():
            self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._groups and isinstance(value, Mapping):
            # A copy: what is set here later is not for who owns the mapping.
            value = self._groups[name](value)
        super().__setitem__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name not in self and name in self._groups:
            self[name] = {}
        try:
            return self[name]
        except KeyError:
            msg = f"option {name!r} has not been set"
            raise AttributeError(msg) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            msg = f"option {name!r} has not been set"
            raise AttributeError(msg) from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._groups, *self})

    def copy(self) -> Self:
        """Return a copy; its groups are copies too."""
        return type(self)(self)

    def update(  # type: ignore[override]
        self, given: Mapping[str, Any] | Iterable[Any] = (), /, **more: Any
    ) -> None:
        """Set several at once; of a group only those that are named are changed."""
        for name, value in dict(given, **more).items():
            if name in self._groups and isinstance(value, Mapping):
                getattr(self, name).update(value)
            else:
                self[name] = value


class ResilienceOptions(OptionGroup):
    """Options of error mitigation, which have groups of their own."""

    _groups = dict.fromkeys(
        ("layer_noise_learning", "measure_noise_learning", "pec", "zne"), OptionGroup
    )


class PrimitiveOptions(OptionGroup):
    """All options of a primitive; see :class:`OptionGroup`.

    Which options there are, and what they may be, is the service's word.
    """

    _groups: ClassVar[Mapping[str, type[OptionGroup]]] = {
        "dynamical_decoupling": OptionGroup,
        "environment": OptionGroup,
        "execution": OptionGroup,
        "experimental": OptionGroup,
        "resilience": ResilienceOptions,
        "simulator": OptionGroup,
        "twirling": OptionGroup,
    }


def runtime_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a primitive's options the service is told, by RuntimeOptions' names.

    Raises
    ------
    IBMInputValueError
        If ``environment`` is no group, or has an option that is none.
    """
    environment = options.get("environment") or {}
    if not isinstance(environment, Mapping):
        msg = f"options.environment is a group of options, not {environment!r}."
        raise IBMInputValueError(msg)
    unknown = sorted(str(name) for name in environment.keys() - _ENVIRONMENT)
    if unknown:
        msg = (
            f"options.environment has no option {', '.join(unknown)}. "
            f"Known: {', '.join(sorted(_ENVIRONMENT))}."
        )
        raise IBMInputValueError(msg)
    experimental = options.get("experimental")
    image = experimental.get("image") if isinstance(experimental, Mapping) else None
    found = {
        "image": image,
        **environment,
        **{name: options[name] for name in ("image", "max_execution_time") if name in options},
    }
    return {name: value for name, value in found.items() if value is not None}


def program_inputs(program_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a primitive's options the program is given: without groups that are empty."""
    sent = PrimitiveOptions({k: v for k, v in options.items() if k not in _BESIDE})
    experimental = sent.pop("experimental", None)
    if isinstance(experimental, Mapping):
        rest = {k: v for k, v in experimental.items() if k != "image"}
        for name in sorted(rest.keys() & _KNOWN[program_id]):
            sent.update({name: rest.pop(name)})
        experimental = rest
    if experimental is not None:
        sent["experimental"] = experimental
    inputs: dict[str, Any] = {}
    if program_id == "estimator" and "resilience_level" in sent:
        level = sent.pop("resilience_level")
        if level is not None:
            inputs["resilience_level"] = level
    return {"options": _plain(sent), **inputs}


def _plain(group: OptionGroup) -> dict[str, Any]:
    """Return a group as a plain dict: without groups that are empty."""
    found: dict[str, Any] = {}
    for name, value in group.items():
        if isinstance(value, OptionGroup):
            inner = _plain(value)
            if inner:
                found[name] = inner
        else:
            found[name] = value
    return found
