"""RuntimeBackend: a device of a Runtime service, as qiskit's transpiler needs it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qiskit.circuit import Delay, Instruction, Measure, Parameter, Reset
from qiskit.circuit.controlflow import get_control_flow_name_mapping
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.providers import BackendV2, Options, QubitProperties
from qiskit.transpiler import InstructionProperties, Target

from runtime_widgets.backend_properties import BackendProperties
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMError, IBMInputValueError

__all__ = ["BackendConfiguration", "BackendStatus", "RuntimeBackend"]


@dataclass(frozen=True)
class BackendStatus:
    """Whether a device takes jobs, and how many wait for it."""

    backend_name: str
    backend_version: str
    operational: bool
    pending_jobs: int
    status_msg: str


class BackendConfiguration:
    """What a device is: the server's JSON, its entries also as attributes.

    Parameters
    ----------
    data : mapping
        ``GET /backends/{name}/configuration``, as it came.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_data"][name]
        except KeyError:
            msg = f"the configuration has no {name!r}"
            raise AttributeError(msg) from None

    def __repr__(self) -> str:
        return f"<BackendConfiguration {self._data.get('backend_name')}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the server's JSON."""
        return dict(self._data)


class RuntimeBackend(BackendV2):
    """A device of a Runtime service. Made by :meth:`QiskitRuntimeService.backend`.

    Parameters
    ----------
    service : QiskitRuntimeService
        The service that it belongs to.
    client : RuntimeClient
        The connection to it.
    configuration : mapping
        What the server says that it is.
    """

    def __init__(
        self, service: Any, client: RuntimeClient, configuration: Mapping[str, Any]
    ) -> None:
        super().__init__(
            name=str(configuration["backend_name"]),
            backend_version=str(configuration.get("backend_version", "")),
            description=str(configuration.get("description", "")),
        )
        self._service = service
        self._client = client
        self._configuration = BackendConfiguration(configuration)
        self._target: Target | None = None
        self._properties: BackendProperties | None = None

    def __repr__(self) -> str:
        kind = "simulator" if self.simulator else "device"
        return f"<RuntimeBackend {self.name}: {kind}, {self._configuration.n_qubits} qubits>"

    @property
    def service(self) -> Any:
        """The service that it belongs to."""
        return self._service

    @property
    def simulator(self) -> bool:
        """Whether the server says that it is a simulator."""
        return bool(self._configuration.to_dict().get("simulator"))

    @property
    def target(self) -> Target:
        """Gates, errors and durations, for the transpiler. Asks the server the first time."""
        if self._target is None:
            self._target = _target(self._configuration.to_dict(), self.properties())
        return self._target

    @property
    def max_circuits(self) -> None:
        """No limit on circuits a job."""
        return

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def configuration(self) -> BackendConfiguration:
        """Return what the server says that it is."""
        return self._configuration

    def properties(
        self,
        refresh: bool = False,
        datetime: datetime | None = None,
    ) -> BackendProperties | None:
        """Return its calibration; None if it has none.

        Parameters
        ----------
        refresh : bool
            Ask the server again.
        datetime : datetime, optional
            As it was at that time; a time without a zone is local.
        """
        if datetime is not None:
            data = self._client.backend_properties(self.name, at=datetime)
            return BackendProperties(data) if data else None
        if self._properties is None or refresh:
            data = self._client.backend_properties(self.name)
            self._properties = BackendProperties(data) if data else None
        return self._properties

    def status(self) -> BackendStatus:
        """Ask the server whether it takes jobs, and how many wait."""
        data = self._client.backend_status(self.name)
        message = str(data.get("status") or "")
        return BackendStatus(
            backend_name=str(data.get("backend_name", self.name)),
            backend_version=str(data.get("backend_version", "")),
            operational=bool(data.get("state")),
            pending_jobs=int(data.get("length_queue") or 0),
            status_msg=message,
        )

    def run(self, run_input: Any, **options: Any) -> Any:
        """Refuse: jobs are sent by the primitives.

        Raises
        ------
        IBMError
            Always.
        """
        del run_input, options
        msg = "Use SamplerV2(mode=backend) or EstimatorV2(mode=backend), or service.run()."
        raise IBMError(msg)


def _target(configuration: Mapping[str, Any], properties: BackendProperties | None) -> Target:
    """Build the transpiler's view of a device.

    Raises
    ------
    IBMInputValueError
        If the device has a gate that nobody knows.
    """
    num_qubits = int(configuration["n_qubits"])
    target = Target(
        num_qubits=num_qubits,
        dt=configuration.get("dt"),
        qubit_properties=_qubit_properties(properties, num_qubits),
    )
    coupling = configuration.get("coupling_map")
    places = {
        str(g["name"]): g.get("coupling_map")
        for g in configuration.get("gates") or []
        if isinstance(g, Mapping) and "name" in g
    }
    control_flow = get_control_flow_name_mapping()
    for name in [*configuration["basis_gates"], "measure", "delay", "reset"]:
        if name in target.operation_names:
            continue
        if name in control_flow:
            target.add_instruction(control_flow[name], name=name)
            continue
        gate = _gate(name)
        where = places.get(name) or _places(gate, num_qubits, coupling)
        target.add_instruction(gate, _figures(name, where, properties), name=name)
    return target


def _gate(name: str) -> Instruction:
    if name == "delay":
        return Delay(Parameter("t"))
    known = {**get_standard_gate_name_mapping(), "measure": Measure(), "reset": Reset()}
    if name not in known:
        msg = f"The device has a gate {name!r} that qiskit does not know."
        raise IBMInputValueError(msg)
    return known[name]


def _places(gate: Instruction, num_qubits: int, coupling: Any) -> list[Any] | None:
    """Say where a gate can act; None is "everywhere"."""
    if gate.num_qubits == 1:
        return [[q] for q in range(num_qubits)]
    if gate.num_qubits == 2 and coupling:
        return list(coupling)
    return None


def _figures(
    name: str, where: list[Any] | None, properties: BackendProperties | None
) -> dict[tuple[int, ...], InstructionProperties | None] | None:
    if where is None:
        return None
    return {tuple(qubits): _figure(name, tuple(qubits), properties) for qubits in where}


def _figure(
    name: str, qubits: tuple[int, ...], properties: BackendProperties | None
) -> InstructionProperties | None:
    if properties is None or name == "delay":
        return None
    duration = error = None
    with suppress(IBMInputValueError):
        if name == "measure":
            duration = properties.readout_length(qubits[0])
        else:
            duration = properties.gate_length(name, qubits)
    with suppress(IBMInputValueError):
        if name == "measure":
            error = properties.readout_error(qubits[0])
        else:
            error = properties.gate_error(name, qubits)
    return InstructionProperties(duration=duration, error=error)


def _qubit_properties(
    properties: BackendProperties | None, num_qubits: int
) -> list[QubitProperties] | None:
    if properties is None or properties.num_qubits != num_qubits:
        return None
    found = []
    for qubit in range(num_qubits):
        figures: dict[str, float] = {}
        for ours, theirs in (("t1", "T1"), ("t2", "T2"), ("frequency", "frequency")):
            with suppress(IBMInputValueError):
                figures[ours] = properties.qubit_property(qubit, theirs)
        found.append(QubitProperties(**figures))
    return found
