"""The parameters of the program ``executor``, as its published schema has them.

The shape of every version that a client writes (ibm-quantum-schemas, ``executor/version_*``):
0.1 and 0.2 have a circuit in each item, 1.0 and 1.1 have all circuits in one blob, and 2.0
compresses blob and tensors. What a payload's blobs hold is read in `executor_reader.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

__all__ = ["VERSIONS", "CircuitItem", "ExecutorParams", "SamplexItem", "Version"]


class Version(BaseModel):
    """What the versions of the schema differ in.

    Attributes
    ----------
    compressed
        Tensors and circuits are zlib streams.
    in_items
        Each item holds its circuit, and a timing does not say which elements it is for.
    newest_qpy, newest_ssv
        The newest format of a circuit and of a samplex that it may hold.
    echoes
        Members of the program that the result repeats.
    """

    model_config = ConfigDict(frozen=True)

    compressed: bool = False
    in_items: bool = False
    newest_qpy: int = 17
    newest_ssv: int = 4
    echoes: tuple[str, ...] = ("passthrough_data", "semantic_role")


VERSIONS = {
    "v0.1": Version(in_items=True, newest_qpy=16, newest_ssv=1, echoes=()),
    "v0.2": Version(in_items=True, newest_ssv=2, echoes=("passthrough_data",)),
    "v1.0": Version(newest_ssv=3),
    "v1.1": Version(),
    "v2.0": Version(compressed=True, newest_qpy=255, newest_ssv=1 << 30),
}

Count = Annotated[StrictInt, Field(ge=1)]
Side = Annotated[StrictInt, Field(ge=0)]


class _Item(BaseModel):
    circuit: dict[str, Any] | None = None
    shape: list[Side] = Field(default_factory=list, max_length=32)
    chunk_size: Count | Literal["auto"] = "auto"


class CircuitItem(_Item):
    """A circuit and the values of its parameters."""

    item_type: Literal["circuit"] = "circuit"
    circuit_arguments: dict[str, Any]


class _Samplex(BaseModel):
    ssv: Count
    samplex_json: str


class SamplexItem(_Item):
    """A circuit, and a samplex that draws the values of its parameters."""

    item_type: Literal["samplex"]
    samplex: _Samplex
    samplex_arguments: dict[str, StrictBool | StrictInt | dict[str, Any]]


Item = Annotated[CircuitItem | SamplexItem, Field(discriminator="item_type")]


class _Program(BaseModel):
    shots: Count
    circuits: dict[str, Any] | None = None
    items: list[Item] = Field(min_length=1, max_length=1000)
    meas_level: Literal["classified", "kerneled", "avg_kerneled", "both"] = "classified"
    semantic_role: str | None = None
    passthrough_data: Any = None


class ExecutorOptions(BaseModel):
    """The options; further ones are kept, to be named in the job's log."""

    model_config = ConfigDict(extra="allow")

    init_qubits: StrictBool = True
    rep_delay: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    scheduler_timing: StrictBool = False
    stretch_values: StrictBool = False
    experimental: dict[str, Any] = Field(default_factory=dict)


class ExecutorParams(BaseModel):
    """The parameters."""

    schema_version: str
    quantum_program: _Program
    options: ExecutorOptions
