"""What a program is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime_widgets.server.devices import DeviceSpec
from runtime_widgets.server.settings import Limits

__all__ = ["Surroundings", "Work"]


@dataclass(frozen=True)
class Surroundings:
    """What all jobs of a worker process share.

    Attributes
    ----------
    aer
        Whether qiskit-aer may be used.
    """

    devices: dict[str, DeviceSpec]
    programs: dict[str, str]
    aer: bool
    limits: Limits

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Surroundings:
        """Read what the server sent at start."""
        specs = [DeviceSpec(**spec) for spec in data["devices"]]
        devices = {spec.name: spec for spec in specs}
        return cls(devices, data["programs"], data["aer"], Limits(**data["limits"]))


@dataclass(frozen=True)
class Work:
    """One attempt of one job, as a program sees it.

    Attributes
    ----------
    params
        The decoded parameters.
    publish
        Publishes an interim result: anything that the codec can write.
    executing
        To be called once when preparation is over; usage counts from then on.
    """

    params: dict[str, Any]
    device: DeviceSpec
    publish: Callable[[Any], None]
    executing: Callable[[], None]
    surroundings: Surroundings
