"""SamplerV2 and EstimatorV2: qiskit's primitives, run as jobs of a Runtime service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.primitives.containers.estimator_pub import EstimatorPubLike
from qiskit.primitives.containers.sampler_pub import SamplerPubLike

from runtime_widgets._primitive_options import (
    PrimitiveOptions,
    program_inputs,
    runtime_options,
)
from runtime_widgets._submission import coerced
from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.options import RuntimeOptions
from runtime_widgets.session import Session, current_session

__all__ = ["EstimatorV2", "SamplerV2"]


class RuntimePrimitive:
    """What the two primitives have in common: a device, and options for the server.

    Parameters
    ----------
    mode : RuntimeBackend or Session or Batch, optional
        The device, or the session or batch to run in; by default that of the ``with`` block.
    options : mapping, optional
        Options of the primitive, such as ``{"default_shots": 1000}`` for a sampler or
        ``{"default_precision": 0.01}`` for an estimator; the names are those of
        ``qiskit-ibm-runtime``, in groups such as ``{"twirling": {"enable_gates": True}}``.
    tags : iterable of str
        Tags of its jobs, beside those in ``options.environment.job_tags``.
    max_execution_time : int, optional
        Seconds after which the service ends a job, unless ``options.max_execution_time`` says.

    Raises
    ------
    IBMInputValueError
        If `mode` is none of these, or something of the others cannot be right.
    """

    _program_id: str

    def __init__(
        self,
        mode: Any = None,
        options: Mapping[str, Any] | None = None,
        *,
        tags: Iterable[str] = (),
        max_execution_time: int | None = None,
    ) -> None:
        mode = current_session() if mode is None else mode
        if not isinstance(mode, (RuntimeBackend, Session)):
            msg = f"mode is a device, such as service.backend(...), or a session, not {mode!r}."
            raise IBMInputValueError(msg)
        self._mode: Any = mode
        self._session: Session | None = mode if isinstance(mode, Session) else None
        given = {"job_tags": _listed(tags), "max_execution_time": max_execution_time}
        self._given = _checked(given)
        chosen: Any = {} if options is None else options
        if not isinstance(chosen, Mapping):
            msg = f"options is a mapping of options, not {options!r}."
            raise IBMInputValueError(msg)
        self.options = PrimitiveOptions(chosen)
        """Options by attribute, such as ``options.default_shots = 100`` or
        ``options.dynamical_decoupling.enable = True``."""
        self._for_service()

    def backend(self) -> RuntimeBackend:
        """Return the device; of a session that was looked up, the server is asked what it is."""
        device: RuntimeBackend = self._mode if self._session is None else self._session.device()
        return device

    @property
    def mode(self) -> Any:
        """What it runs in: a device, a session or a batch."""
        return self._mode

    def _for_service(self) -> dict[str, Any]:
        """Return what the service is told beside the program's inputs.

        Raises
        ------
        IBMInputValueError
            If something of it cannot be right.
        """
        given, chosen = self._given, _checked(runtime_options(self.options))
        tags = dict.fromkeys([*given.get("job_tags", ()), *chosen.get("job_tags", ())])
        return _checked({**given, **chosen, "job_tags": list(tags)})

    def _submit(self, pubs: list[Any]) -> RuntimeJob:
        options = self._for_service()
        inputs = {"pubs": pubs, **program_inputs(self._program_id, self.options)}
        if self._session is not None:
            return self._session.run(self._program_id, inputs, options)
        options["backend"] = self._mode
        job: RuntimeJob = self._mode.service.run(self._program_id, inputs, options)
        return job


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a submission, as they came, if they can be right."""
    RuntimeOptions.of(options)
    return {name: value for name, value in options.items() if value is not None}


def _listed(tags: Any) -> Any:
    """Return tags as a list; what is none, and a text, whose letters are no tags, as it came."""
    return tags if isinstance(tags, str) or not isinstance(tags, Iterable) else list(tags)


class SamplerV2(RuntimePrimitive, BaseSamplerV2):
    """Sample circuits on a device; what it is made of, :class:`RuntimePrimitive` says."""

    _program_id = "sampler"

    def run(self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None) -> RuntimeJob:
        """Submit one job for all PUBs.

        Parameters
        ----------
        pubs : iterable
            Circuits, or tuples of a circuit, parameter values and shots.
        shots : int, optional
            For the PUBs that say none.

        Raises
        ------
        IBMInputValueError
            If a PUB or an option cannot be right.
        IBMApiError
            If the service refuses the job.
        """
        return self._submit(coerced(self._program_id, pubs, shots))


class EstimatorV2(RuntimePrimitive, BaseEstimatorV2):
    """Estimate expectation values; what it is made of, :class:`RuntimePrimitive` says."""

    _program_id = "estimator"

    def run(
        self, pubs: Iterable[EstimatorPubLike], *, precision: float | None = None
    ) -> RuntimeJob:
        """Submit one job for all PUBs.

        Parameters
        ----------
        pubs : iterable
            Tuples of a circuit, observables, parameter values and precision.
        precision : float, optional
            For the PUBs that say none: the standard error wanted.

        Raises
        ------
        IBMInputValueError
            If a PUB or an option cannot be right.
        IBMApiError
            If the service refuses the job.
        """
        return self._submit(coerced(self._program_id, pubs, precision))
