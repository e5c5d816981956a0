"""What :func:`runtime_widgets.details.read` returns.

The one definition: ``js/gen_wire.py`` writes ``js/src/details/shapes.gen.ts`` from it. Every
list here is bounded, and the number beside it says how many there are in all. Texts are the
service's or a user's: text, never HTML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "Bits",
    "CircuitInfo",
    "CircuitText",
    "InputsInfo",
    "Named",
    "OpCount",
    "Outcomes",
    "PlainText",
    "PubInput",
    "PubOutput",
    "RawRecord",
    "ResultsInfo",
    "SpansInfo",
    "Value",
    "Values",
]


@dataclass(frozen=True)
class PlainText:
    """Something of no form that is known here, as an outline in text.

    `cut`: not all of it is here.
    """

    text: str
    cut: bool = False


@dataclass(frozen=True)
class Named:
    """A name and its value as text, such as an option."""

    name: str
    value: str


@dataclass(frozen=True)
class Bits:
    """An outcome, its last bit first, and how often it was measured.

    `share` is of the shots that were counted: 0 to 1. `cut`: there are more bits.
    """

    bits: str
    count: int
    share: float
    cut: bool = False


@dataclass(frozen=True)
class Outcomes:
    """The outcomes in a register: `top` are the most frequent of `distinct`.

    `shots` is for each of the `sets` of parameters (of a quantum program's item: the elements,
    randomizations among them), which are counted together. `counted` is
    how many shots the figures are of: fewer than ``shots * sets`` where those are too many.
    """

    name: str
    num_bits: int
    shots: int
    sets: int
    counted: int
    distinct: int
    top: list[Bits]


@dataclass(frozen=True)
class Value:
    """One value of an array, and where it stands. A text where it is no finite real number."""

    at: list[int]
    value: float | str
    error: float | str | None = None


@dataclass(frozen=True)
class Values:
    """An array: its first values of `count`, with their standard errors where it has any.

    `low` and `high` are the least and the greatest finite value of all; None where it holds no
    real numbers.
    """

    name: str
    dtype: str
    shape: list[int]
    count: int
    first: list[Value]
    low: float | None = None
    high: float | None = None
    error_name: str | None = None


@dataclass(frozen=True)
class PubOutput:
    """What came of one PUB. `trouble` is a sentence where it could not be read.

    `fields`: how many registers and arrays it has; those left out are too many.
    """

    index: int
    shape: list[int] = field(default_factory=list)
    outcomes: list[Outcomes] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    others: list[Named] = field(default_factory=list)
    fields: int = 0
    metadata: PlainText | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class SpansInfo:
    """When the device worked on it: so many spans of time, seconds since the epoch."""

    count: int
    start: float
    stop: float


@dataclass(frozen=True)
class ResultsInfo:
    """What a job returned.

    `note` is a sentence where there is nothing to show, and then the rest is empty. The PUBs
    are those from `first` on, of `total`; `what` is what they are called: "PUB", or "item" of a
    quantum program. `plain` is for what is no result of a primitive.
    `interim` is how many interim results there were; `size` is of the whole result as the
    service sent it, in bytes.
    """

    part: Literal["results"] = "results"
    note: str = ""
    what: str = "PUB"
    pubs: list[PubOutput] = field(default_factory=list)
    first: int = 0
    total: int = 0
    plain: PlainText | None = None
    metadata: PlainText | None = None
    spans: SpansInfo | None = None
    interim: int = 0
    size: int | None = None


@dataclass(frozen=True)
class OpCount:
    """How many instructions of a name."""

    name: str
    count: int


@dataclass(frozen=True)
class CircuitInfo:
    """A circuit in figures. `used` are the qubits that something happens to.

    `depth` is None where the circuit is too long to find it out. `kinds` is how many names of
    instructions there are, `num_parameters` how many parameters.
    """

    name: str
    num_qubits: int
    used: int
    num_clbits: int
    size: int
    depth: int | None
    ops: list[OpCount]
    kinds: int
    parameters: list[str]
    num_parameters: int


@dataclass(frozen=True)
class PubInput:
    """One PUB, or what other programs have in its place. `trouble`: it could not be read.

    `values_shape` is of the array of parameter values. `observables` are those first, of
    `num_observables`, whose array has `observables_shape`.
    """

    index: int
    circuit: CircuitInfo | None = None
    values_shape: list[int] | None = None
    shots: int | None = None
    precision: float | None = None
    observables: list[str] = field(default_factory=list)
    num_observables: int = 0
    observables_shape: list[int] | None = None
    others: list[Named] = field(default_factory=list)
    trouble: str | None = None


@dataclass(frozen=True)
class InputsInfo:
    """What a job was given. `note` is a sentence where there is nothing to show.

    `what` is what `pubs` are called: "PUB", or "circuit" and "item" of other programs.
    `options` are those that were sent, of `num_options`: the service's defaults are not among
    them. `plain` is what else was sent. `size` of all inputs, in characters as they were sent.
    """

    part: Literal["inputs"] = "inputs"
    note: str = ""
    program: str = ""
    device: str = ""
    image: str = ""
    max_seconds: int | None = None
    what: str = "PUB"
    pubs: list[PubInput] = field(default_factory=list)
    first: int = 0
    total: int = 0
    options: list[Named] = field(default_factory=list)
    num_options: int = 0
    plain: PlainText | None = None
    size: int = 0


@dataclass(frozen=True)
class CircuitText:
    """A circuit drawn as text. `note` is a sentence where not all of it is drawn."""

    index: int
    name: str
    text: str
    part: Literal["circuit"] = "circuit"
    note: str = ""


@dataclass(frozen=True)
class RawRecord:
    """A job's record as the service sent it, without inputs and results: JSON.

    `hidden` names what was taken out because it looks like a secret.
    """

    text: str
    part: Literal["raw"] = "raw"
    cut: bool = False
    hidden: list[str] = field(default_factory=list)
