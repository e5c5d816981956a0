"""Devices and the instance."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from runtime_widgets.server import device_models, models, problems
from runtime_widgets.server.configuration import configuration, processor_type, properties
from runtime_widgets.server.core import Core
from runtime_widgets.server.devices import VERSION, DeviceSpec
from runtime_widgets.server.paths import PLAN_ID
from runtime_widgets.server.records import iso, month_of
from runtime_widgets.server.responses import AsciiJSON
from runtime_widgets.server.routes.common import (
    MomentQuery,
    TheCore,
    TheVersion,
    epoch_seconds,
    refusals,
)

__all__ = ["router"]

router = APIRouter(tags=["devices"])
LAST_WAITS = 100
Name = Annotated[str, Path(max_length=128)]
Calibration = Annotated[str | None, Query(max_length=256, description="its one, or none")]


def _spec(core: Core, name: str, calibration_id: str | None = None) -> DeviceSpec:
    for spec in core.context.settings.devices:
        if spec.name == name:
            if calibration_id not in (None, spec.calibration_id):
                raise problems.not_found(f"calibration of {name}", str(calibration_id))
            return spec
    raise problems.not_found("device", name)


@router.get("/backends", response_model=models.Devices, responses=refusals())
def backends(
    core: TheCore, version: TheVersion, fields: str | None = None, include_mocks: bool = False
) -> Response:
    """List the devices; with ``fields=wait_time_seconds`` also how long their last jobs waited."""
    specs = [spec for spec in core.context.settings.devices if include_mocks or not spec.mock]
    if version < "2025-01-01":  # what clients of that time know
        return AsciiJSON({"devices": [spec.name for spec in specs]})
    devices = [_device(core, spec) for spec in specs]
    if fields is not None and "wait_time_seconds" in fields.split(","):
        for device in devices:
            waits = core.store.waits_seconds(device["name"], LAST_WAITS)
            if waits:  # nothing is said of a device that has taken no job yet
                device["wait_time_seconds"] = _percentiles(waits)
    return AsciiJSON({"devices": devices})


def _percentiles(waits: list[float]) -> dict[str, int]:
    """Return whole seconds: that is what IBM's schema says, and what strict clients read."""
    ordered = sorted(waits)
    last = len(ordered) - 1
    return {
        "average": round(sum(ordered) / len(ordered)),
        "p50": round(ordered[round(last * 0.5)]),
        "p95": round(ordered[round(last * 0.95)]),
    }


def _device(core: Core, spec: DeviceSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "status": {"name": "online"},
        "queue_length": core.scheduler.queues.length(spec.name),
        "qubits": spec.qubits,
        "physical_qubits": spec.qubits,
        "simulator": spec.simulator,
        "is_simulator": spec.simulator,
        "backend_version": VERSION,
        "processor_type": processor_type(spec),
        **({"class": "mock"} if spec.mock else {}),
    }


@router.get(
    "/backends/{name}/configuration",
    response_model=device_models.Configuration,
    responses=refusals(404),
)
def get_configuration(core: TheCore, name: Name, calibration_id: Calibration = None) -> Response:
    """What the device takes: gates, couplings, limits."""
    settings = core.context.settings
    spec = _spec(core, name, calibration_id)
    return AsciiJSON(configuration(spec, settings.limits.max_shots, aer=settings.aer))


@router.get(
    "/backends/{name}/properties", response_model=device_models.Properties, responses=refusals(404)
)
def get_properties(
    core: TheCore,
    name: Name,
    updated_before: MomentQuery = None,
    calibration_id: Calibration = None,
) -> Response:
    """The calibration data; an empty object for a device without noise, or before its data."""
    before = epoch_seconds(updated_before, "updated_before")
    return AsciiJSON(properties(_spec(core, name, calibration_id), before))


@router.get(
    "/backends/{name}/status", response_model=device_models.DeviceStatus, responses=refusals(404)
)
def get_status(core: TheCore, name: Name) -> Response:
    """Whether the device takes jobs, and how many wait."""
    spec = _spec(core, name)
    status = {
        "backend_name": spec.name,
        "backend_version": VERSION,
        "state": True,
        "status": "active",
        "message": "available",
        "length_queue": core.scheduler.queues.length(spec.name),
    }
    return AsciiJSON(status)


@router.get(
    "/backends/{name}/defaults", response_model=device_models.Defaults, responses=refusals(404)
)
def get_defaults(core: TheCore, name: Name) -> Response:
    """The pulses behind the gates: none of these devices takes any. Clients of old ask for them."""
    _spec(core, name)
    return AsciiJSON({})


@router.get("/instances/usage", response_model=models.UsageReport, responses=refusals())
def usage(core: TheCore) -> Response:
    """Usage of this calendar month (UTC); in whole seconds where there is a limit.

    Of a dedicated session the time that it was active counts, also while it is open.
    """
    period = month_of(core.context.clock())
    limit = core.context.settings.usage_limit_seconds
    consumed = core.usage_seconds(period[0])
    report = {
        "instance_id": core.context.settings.instance,
        "plan_id": PLAN_ID,
        "usage_consumed_seconds": round(consumed, 6) if limit is None else math.ceil(consumed),
        "usage_limit_seconds": limit,
        "usage_allocation_seconds": None,
        "usage_limit_reached": limit is not None and consumed >= limit,
        "usage_period": {"start_time": iso(period[0]), "end_time": iso(period[1])},
    }
    return AsciiJSON(report)
