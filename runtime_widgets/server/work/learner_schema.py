"""The parameters of the program ``noise-learner``, as its published schemas have them.

Sources: ibm-quantum-schemas, ``noise_learner_v2/version_0_1`` and ``noise_learner_v3/version_*``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from runtime_widgets.server import problems
from runtime_widgets.server.work.layers import Strategy

__all__ = ["BoxOptions", "BoxParams", "LayerOptions", "validated"]

Count = Annotated[StrictInt, Field(ge=1)]
Natural = Annotated[StrictInt, Field(ge=0)]
DEPTHS = (0, 1, 2, 4, 16, 32)
M = TypeVar("M", bound=BaseModel)


class LayerOptions(BaseModel):
    """The options of a learner of layers (version 2)."""

    model_config = ConfigDict(extra="forbid")

    max_layers_to_learn: Natural | None = 4
    shots_per_randomization: Count = 128
    num_randomizations: Count = 32
    layer_pair_depths: list[Natural] = Field(default_factory=lambda: [*DEPTHS])
    twirling_strategy: Strategy = "active-accum"
    support_qiskit: StrictBool = True
    experimental: dict[str, Any] = Field(default_factory=dict)
    simulator: dict[str, Any] | None = None


class BoxOptions(BaseModel):
    """The options of a learner of boxes (version 3); further ones are let through, as there."""

    shots_per_randomization: Count = 128
    num_randomizations: Count = 32
    layer_pair_depths: list[Natural] = Field(default_factory=lambda: [*DEPTHS])
    bit_flip_checks: dict[str, Any] | None = None
    post_selection: dict[str, Any] | None = None
    init_qubits: StrictBool = True
    rep_delay: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class BoxParams(BaseModel):
    """The parameters of a learner of boxes."""

    schema_version: Literal["v0.1", "v0.2", "v0.3"]
    instructions: dict[str, Any]
    options: BoxOptions


def validated(kind: type[M], raw: Any, place: str) -> M:
    """Read parameters; what is wrong with them is a bad request that says where."""
    try:
        return kind.model_validate(raw)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join([place, *(str(part) for part in first["loc"])]).strip(".")[:120]
        raise problems.bad_params(f"{where}: {str(first['msg'])[:300]}") from exc
