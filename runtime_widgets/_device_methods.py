"""What a service knows of its devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qiskit.providers.exceptions import QiskitBackendNotFoundError

from runtime_widgets.backends import RuntimeBackend
from runtime_widgets.client import RuntimeClient
from runtime_widgets.errors import IBMNotFoundError

__all__ = ["DeviceMethods"]


class DeviceMethods:
    """The part of a service that is about devices, and what may be used of them."""

    _client: RuntimeClient
    _backends: dict[str, RuntimeBackend]

    def backends(
        self,
        name: str | None = None,
        min_num_qubits: int | None = None,
        simulator: bool | None = None,
        operational: bool | None = None,
        *,
        filters: Callable[[RuntimeBackend], bool] | None = None,
    ) -> list[RuntimeBackend]:
        """Return the devices that fit.

        Parameters
        ----------
        name : str, optional
            Only this one.
        min_num_qubits : int, optional
            At least so many qubits.
        simulator, operational : bool, optional
            Only simulators, or none; only those that take jobs now, or do not.
        filters : callable, optional
            Called with each device; keeps those for which it is true.
        """
        found = []
        for record in self._client.backends():
            if name is not None and record.name != name:
                continue
            if operational is not None and (record.status == "online") != operational:
                continue
            found.append(self._backend(record.name))
        return [
            b
            for b in found
            if (min_num_qubits is None or b.configuration().n_qubits >= min_num_qubits)
            and (simulator is None or b.simulator == simulator)
            and (filters is None or filters(b))
        ]

    def backend(self, name: str) -> RuntimeBackend:
        """Return one device.

        Raises
        ------
        QiskitBackendNotFoundError
            If the service has no device of that name.
        """
        try:
            return self._backend(name)
        except IBMNotFoundError as exc:
            names = ", ".join(record.name for record in self._client.backends())
            msg = f"The service has no device {name!r}. It has: {names or 'none'}."
            raise QiskitBackendNotFoundError(msg) from exc

    def least_busy(
        self,
        min_num_qubits: int | None = None,
        *,
        filters: Callable[[RuntimeBackend], bool] | None = None,
    ) -> RuntimeBackend:
        """Return the fitting device with the shortest queue that takes jobs.

        Raises
        ------
        QiskitBackendNotFoundError
            If none fits.
        """
        queues = {r.name: r.queue_length for r in self._client.backends() if r.status == "online"}
        fitting = [
            b
            for b in self.backends(min_num_qubits=min_num_qubits, filters=filters)
            if b.name in queues
        ]
        if not fitting:
            raise QiskitBackendNotFoundError(self._why_none(queues, min_num_qubits))
        # A queue that the service does not tell counts as longest.
        return min(fitting, key=lambda b: (queues[b.name] is None, queues[b.name] or 0))

    def _why_none(self, queues: Mapping[str, Any], min_num_qubits: int | None) -> str:
        """Say why no device fits."""
        if not queues:
            return "No device takes jobs just now."
        largest = max(self._backend(name).configuration().n_qubits for name in queues)
        if min_num_qubits is not None and largest < min_num_qubits:
            return f"No device has {min_num_qubits} qubits: the largest has {largest}."
        return "No device that takes jobs passes the filters."

    def usage(self) -> dict[str, Any]:
        """Return the instance's QPU seconds used and allowed in this period, as they come."""
        return dict(self._client.instance_usage().raw)

    def _backend(self, name: str) -> RuntimeBackend:
        if name not in self._backends:
            configuration = self._client.backend_configuration(name)
            self._backends[name] = RuntimeBackend(self, self._client, configuration)
        return self._backends[name]
