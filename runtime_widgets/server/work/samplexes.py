"""Samplexes, which draw the values of a circuit's parameters; samplomatic reads and runs them.

It is an optional part: ``pip install "runtime-widgets[samplex]"``.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runtime_widgets.codec.blobs import read_base64
from runtime_widgets.codec.limits import Limits, PayloadError
from runtime_widgets.codec.qpy_check import check_circuit, find_starts
from runtime_widgets.server import problems

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SamplexDraw", "read_samplex"]

HINT = (
    'Install it where the server runs: pip install "runtime-widgets[samplex]". Circuit items, '
    "which need no samplex, run without it."
)
VALUES = "parameter_values"


@dataclass(frozen=True)
class SamplexDraw:
    """A samplex and its arguments.

    Attributes
    ----------
    shape
        The shape of the arguments; an axis that an item's shape adds to it, or stretches,
        enumerates randomizations.
    """

    samplex: Any
    arguments: Any
    shape: tuple[int, ...]
    num_parameters: int

    def bytes_for(self, elements: int) -> int:
        """Return the memory of what is drawn for so many elements."""
        return int(self.samplex.outputs().num_bytes(num_randomizations=elements))

    def draw(self, shape: tuple[int, ...], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Draw for every element of an item's shape.

        Returns
        -------
        dict
            Arrays of shape ``(*shape, ...)``; the circuit's values under ``parameter_values``.
        """
        given = (1,) * (len(shape) - len(self.shape)) + self.shape
        swept = [axis for axis, side in enumerate(given) if side > 1]
        others = [axis for axis in range(len(shape)) if axis not in swept]
        rounds = math.prod(shape[axis] for axis in others)
        dice = np.random.default_rng(seed)
        found: dict[str, NDArray[Any]] = {}
        for point in np.ndindex(*(shape[axis] for axis in swept)):
            index: list[Any] = [slice(None)] * len(shape)
            for axis, step in zip(swept, point, strict=True):
                index[axis] = step
            own = tuple(0 if side == 1 else step for side, step in zip(given, index, strict=True))
            own = own[len(shape) - len(self.shape) :]
            drawn = self.samplex.sample(
                self.arguments[own], num_randomizations=rounds, rng=dice, max_workers=1
            )
            for name, array in drawn.items():
                if name not in found:
                    found[name] = np.empty((*shape, *array.shape[1:]), array.dtype)
                sides = tuple(shape[axis] for axis in others)
                found[name][tuple(index)] = array.reshape(*sides, *array.shape[1:])
        if VALUES not in found:
            found[VALUES] = np.zeros((*shape, 0))
        return found


def read_samplex(text: str, ssv: int, arguments: dict[str, Any], limits: Limits) -> SamplexDraw:
    """Read a samplex and bind its arguments.

    Raises
    ------
    Problem
        samplomatic is not installed, or too old.
    PayloadError
        The samplex is none, or asks for other arguments.
    """
    try:
        from samplomatic.serialization import samplex_from_json
        from samplomatic.ssv import SSV
    except ImportError as exc:
        raise problems.bad_params(
            "This program has samplex items; to run them the server needs samplomatic.", HINT
        ) from exc
    if ssv > SSV:
        raise problems.bad_params(
            f"A samplex in format {ssv}; the samplomatic of this server reads up to {SSV}.",
            'A newer one reads it: pip install -U "runtime-widgets[samplex]"',
        )
    _inspect(text, ssv, limits)
    samplex = samplex_from_json(text).finalize()
    bound = samplex.inputs().make_broadcastable().bind(**arguments)
    if not bound.fully_bound:
        missing = bound.describe(prefix="", include_bound=False)
        raise PayloadError(f"arguments are missing: {' '.join(str(missing).split())[:300]}")
    outputs = samplex.outputs().get_specs(VALUES)
    count = outputs[0].shape[-1] if outputs else 0
    return SamplexDraw(samplex, bound, tuple(bound.shape), int(count))


def _inspect(text: str, ssv: int, limits: Limits) -> None:
    """Look at the QPY inside before qiskit does: samplomatic keeps expressions in a circuit."""
    try:
        header = json.loads(text)["attrs"]
        if int(header["ssv"]) != ssv:
            raise PayloadError(f"ssv is {ssv}, but the data say {str(header['ssv'])[:20]}")
        table = json.loads(header["param_table"])
    except (ValueError, TypeError, KeyError, RecursionError) as exc:
        raise PayloadError("a samplex that is not a JSON graph with its header") from exc
    raw = read_base64(table.get("circuit_base64"), "table of parameters")
    if len(raw) < 20 or raw[:6] != b"QISKIT" or raw[6] < limits.min_qpy_version:
        raise PayloadError("a table of parameters that is not QPY, or older than is read")
    for start in find_starts(raw, 1):
        check_circuit(raw, limits, start)
