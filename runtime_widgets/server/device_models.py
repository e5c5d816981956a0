"""What a device says of itself, for the OpenAPI page: configuration, calibration, status."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from runtime_widgets.server.models import Extension, ProcessorType, Time

__all__ = ["Configuration", "Defaults", "DeviceStatus", "Properties"]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Gate(_Answer):
    name: str
    parameters: list[str]
    qasm_def: str
    coupling_map: list[list[int]] | None = None


class Configuration(_Answer):
    """What a device takes. A ``coupling_map`` of null means that every pair is coupled."""

    backend_name: str
    backend_version: str
    sample_name: str
    description: str
    n_qubits: int
    basis_gates: list[str]
    gates: list[_Gate]
    coupling_map: list[list[int]] | None
    coords: list[list[int]]
    supported_instructions: list[str]
    supported_features: list[str]
    local: bool
    simulator: bool
    conditional: bool
    dynamic_reprate_enabled: bool
    open_pulse: bool
    memory: bool
    max_shots: int
    max_experiments: int
    n_registers: int
    u_channel_lo: list[list[dict[str, object]]]
    credits_required: bool
    online_date: Time
    processor_type: ProcessorType
    dt: Annotated[float | None, Field(description="nanoseconds")] = None
    dtm: Annotated[float | None, Field(description="nanoseconds")] = None
    timing_constraints: dict[str, int] | None = None
    meas_map: list[list[int]] | None = None
    default_rep_delay: Annotated[float | None, Field(description="microseconds")] = None
    rep_delay_range: Annotated[list[float] | None, Field(description="microseconds")] = None


class _Value(_Answer):
    date: Time
    name: str
    unit: str
    value: float


class _GateProperties(_Answer):
    gate: str
    name: Annotated[str, Extension]
    qubits: list[int]
    parameters: list[_Value]


class _Calibration(_Answer):
    backend_name: str
    backend_version: str
    last_update_date: Time
    calibration_id: Annotated[str, Extension]
    qubits: list[list[_Value]]
    gates: list[_GateProperties]
    general: list[_Value]


class _Nothing(_Answer):
    """There are none."""


class Properties(RootModel[_Calibration | _Nothing]):
    """The calibration data of a device; empty where it has no noise, or had no data yet."""


class Defaults(_Answer):
    """The pulses behind a device's gates: there are none."""


class DeviceStatus(_Answer):
    """Whether a device takes jobs, and how many wait."""

    backend_name: Annotated[str, Extension]
    backend_version: str
    state: bool
    status: Literal["active", "internal", "maintenance"]
    message: str
    length_queue: int
