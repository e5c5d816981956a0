"""The options of sampler and estimator, as the service's published schema has them.

Source: ibm-quantum-schemas, ``sampler/version_0_1`` and ``estimator/version_0_1``. There, an
unknown name inside a group is let through and never heard of again; here it is refused wherever
it stands, as it is a slip of the pen far more often than news of the service. ``experimental``
stays open.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

__all__ = ["EstimatorOptions", "PrimitiveOptions", "SamplerOptions"]

MAX_SEED = 2**63 - 1
Count = Annotated[StrictInt, Field(ge=1)]
Natural = Annotated[StrictInt, Field(ge=0)]
Seed = Annotated[StrictInt, Field(ge=0, le=MAX_SEED)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Precision = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Factor = Annotated[float, Field(ge=1, allow_inf_nan=False, strict=True)]
Factors = list[Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]]


class _Group(BaseModel):
    """Options in which every name is known."""

    model_config = ConfigDict(extra="forbid")


class _Execution(_Group):
    init_qubits: StrictBool | None = None
    rep_delay: Seconds | None = None
    shots: Count | None = None  # of the first version of the primitives
    # Not in the schema, and sent by programs all the same: IBM's client puts what stands below
    # ``experimental.execution`` among these before it sends them.
    fast_parametric_update: StrictBool | None = None
    scheduler_timing: StrictBool | None = None
    stretch_values: StrictBool | None = None


class _SamplerExecution(_Execution):
    meas_type: Literal["classified", "kerneled", "avg_kerneled"] | None = None


class _Decoupling(_Group):
    enable: StrictBool | None = None
    sequence_type: Literal["XX", "XpXm", "XY4"] | None = None
    extra_slack_distribution: Literal["middle", "edges"] | None = None
    scheduling_method: Literal["alap", "asap"] | None = None
    skip_reset_qubits: StrictBool | None = None


class _Twirling(_Group):
    enable_gates: StrictBool | None = None
    enable_measure: StrictBool | None = None
    num_randomizations: Count | Literal["auto"] | None = None
    shots_per_randomization: Count | Literal["auto"] | None = None
    strategy: Literal["active", "active-accum", "active-circuit", "all"] | None = None


class _Simulator(_Group):
    seed_simulator: Seed | None = None
    noise_model: dict[str, Any] | None = None
    coupling_map: list[list[Natural]] | None = None
    basis_gates: list[str] | None = None


class _MeasureNoiseLearning(_Group):
    num_randomizations: Count | None = None
    shots_per_randomization: Count | Literal["auto"] | None = None


class _LayerNoiseLearning(_Group):
    max_layers_to_learn: Natural | None = None
    shots_per_randomization: Count | None = None
    num_randomizations: Count | None = None
    layer_pair_depths: list[Natural] | None = None


class _Zne(_Group):
    amplifier: Literal["gate_folding", "gate_folding_front", "gate_folding_back", "pea"] | None = (
        None
    )
    noise_factors: list[Factor] | None = None
    extrapolator: str | list[str] | None = None
    extrapolated_noise_factors: Factors | Literal["auto"] | None = None


class _Pec(_Group):
    max_overhead: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)] | None = None
    noise_gain: Seconds | Literal["auto"] | None = None


class _Resilience(_Group):
    measure_mitigation: StrictBool | None = None
    measure_noise_learning: _MeasureNoiseLearning | None = None
    zne_mitigation: StrictBool | None = None
    zne: _Zne | None = None
    pec_mitigation: StrictBool | None = None
    pec: _Pec | None = None
    layer_noise_learning: _LayerNoiseLearning | None = None
    layer_noise_model: Any = None


class PrimitiveOptions(_Group):
    """What both primitives know.

    Attributes
    ----------
    seed_simulator, seed_estimator
        Names of our own beside the schema's, taken by both.
    """

    default_shots: Count | None = None
    dynamical_decoupling: _Decoupling | None = None
    twirling: _Twirling | None = None
    simulator: _Simulator | None = None
    experimental: dict[str, Any] | None = None
    seed_simulator: Seed | None = None
    seed_estimator: Seed | None = None


class SamplerOptions(PrimitiveOptions):
    """The options of a sampler."""

    execution: _SamplerExecution | None = None


class EstimatorOptions(PrimitiveOptions):
    """The options of an estimator."""

    default_precision: Precision | None = None
    execution: _Execution | None = None
    resilience: _Resilience | None = None
