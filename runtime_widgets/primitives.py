"""SamplerV2 and EstimatorV2: qiskit's primitives, run as jobs of a Runtime service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.primitives.containers.estimator_pub import EstimatorPubLike
from qiskit.primitives.containers.sampler_pub import SamplerPubLike

from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.session import Session, current_session

__all__ = ["EstimatorV2", "SamplerV2"]


class PrimitiveOptions(dict[str, Any]):
    """Options of a primitive: a dict whose keys are attributes too.

    Which options there are, and what they may be, is the service's word.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            msg = f"option {name!r} has not been set"
            raise AttributeError(msg) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]


class RuntimePrimitive:
    """What the two primitives have in common: a device, and options for the server.

    Parameters
    ----------
    mode : RuntimeBackend or Session or Batch, optional
        The device, or the session or batch to run in; by default that of the ``with`` block.
    options : mapping, optional
        Options of the primitive, such as ``{"default_shots": 1000}`` for a sampler or
        ``{"default_precision": 0.01}`` for an estimator.
    tags : iterable of str
        Tags of its jobs.
    max_execution_time : int, optional
        Seconds after which the service ends a job.

    Raises
    ------
    IBMInputValueError
        If `mode` is none of these.
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
        # A text is left as it is, to be refused: its letters are no tags.
        self._tags = tags if isinstance(tags, str) else list(tags)
        self._max_execution_time = max_execution_time
        self.options = PrimitiveOptions(options or {})
        """Options that are sent to the primitive, such as ``default_shots``."""

    @property
    def backend(self) -> RuntimeBackend:
        """The device."""
        device: RuntimeBackend = self._mode if self._session is None else self._session.device
        return device

    @property
    def mode(self) -> Any:
        """What it runs in: a device, a session or a batch."""
        return self._mode

    def _submit(self, pubs: list[Any]) -> RuntimeJob:
        inputs = {"pubs": pubs, "options": dict(self.options)}
        options: dict[str, Any] = {
            "job_tags": self._tags,
            "max_execution_time": self._max_execution_time,
        }
        if self._session is not None:
            return self._session.run(self._program_id, inputs, options)
        options["backend"] = self._mode
        job: RuntimeJob = self._mode.service.run(self._program_id, inputs, options)
        return job


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
        """
        from qiskit.primitives.containers.sampler_pub import SamplerPub

        return self._submit([SamplerPub.coerce(pub, shots) for pub in pubs])


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
        """
        from qiskit.primitives.containers.estimator_pub import EstimatorPub

        return self._submit([EstimatorPub.coerce(pub, precision) for pub in pubs])
