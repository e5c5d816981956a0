"""Reads a part, whichever it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runtime_widgets.details.inputs import read_drawing, read_inputs
from runtime_widgets.details.raw import read_raw
from runtime_widgets.details.results import read_results
from runtime_widgets.details.text import clean
from runtime_widgets.errors import IBMInputValueError

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob

__all__ = ["MOST_BYTES", "read_part"]

MOST_BYTES = 400_000
"""Longest answer, as JSON."""


def read_part(job: RuntimeJob, part: str, index: int) -> dict[str, Any]:
    """Read a part of a job: see :func:`runtime_widgets.details.read`."""
    found: Any
    if part == "results":
        found = read_results(job, index)
    elif part == "inputs":
        found = read_inputs(job, index)
    elif part == "circuit":
        found = read_drawing(job, index)
    elif part == "raw":
        found = read_raw(job)
    else:
        msg = f"A job has no part {part!r}: results, inputs, circuit and raw are known."
        raise IBMInputValueError(msg)
    answer: dict[str, Any] = clean(asdict(found))
    return answer
