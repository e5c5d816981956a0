"""A plain summary of what a job was given, and its circuits drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runtime_widgets.details.circuits import drawing
from runtime_widgets.details.kept import kept
from runtime_widgets.details.plain import in_a_line, outline
from runtime_widgets.details.shapes import CircuitText, InputsInfo, Named, PubInput
from runtime_widgets.details.sources import Source, source_of
from runtime_widgets.details.text import clipped
from runtime_widgets.errors import IBMInputValueError

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob

__all__ = ["read_drawing", "read_inputs"]

PUBS = 20
MOST_SUMMED = 150_000
"""Characters of summaries, as JSON, after which no further PUB is summed up."""
MOST_INSTRUCTIONS = 300_000
"""Instructions of circuits after which no further one is read: about two seconds' work."""
OPTIONS = 60
ALWAYS = {"version": 2, "support_qiskit": True}
"""What every client sends beside the options."""


def read_inputs(job: RuntimeJob, first: int) -> InputsInfo:
    """Read a job's inputs and sum them up.

    Parameters
    ----------
    job : RuntimeJob
        The job.
    first : int
        The first PUB that is summed up.
    """
    params, size = _params(job)
    record = job.state.record
    about = InputsInfo(
        program=(record.program_id if record else "") or job.primitive_id,
        device=job.backend_name,
        image=job.image,
        max_seconds=record.cost if record else None,
    )
    if params is None:
        return _with(about, note="The service has no inputs of this job.")
    source = source_of(about.program, params)
    options = list(_options(about.program, params))
    used = {"options"} | (source.used if source else set())
    rest = {
        name: value
        for name, value in params.items()
        if name not in used and not (name in ALWAYS and value == ALWAYS[name])
        and not (name == "resilience_level" and about.program == "estimator")
    }  # fmt: skip
    first = max(0, min(first, source.total - 1)) if source and source.total else 0
    return _with(
        about,
        what=source.what if source else "PUB",
        pubs=_pubs(source, first) if source else [],
        first=first,
        total=source.total if source else 0,
        options=options[:OPTIONS],
        num_options=len(options),
        plain=outline(rest, 8000) if rest else None,
        size=size,
    )


def read_drawing(job: RuntimeJob, index: int) -> CircuitText:
    """Draw the circuit of one PUB.

    Raises
    ------
    IBMInputValueError
        If there is no such PUB.
    CodecError
        If the circuit cannot be read or drawn.
    """
    params, _ = _params(job)
    record = job.state.record
    program = (record.program_id if record else "") or job.primitive_id
    source = source_of(program, params) if params is not None else None
    if source is None or not 0 <= index < source.total:
        msg = f"This job has no circuit number {index + 1}."
        raise IBMInputValueError(msg)
    return drawing(index, source.circuit(index))


def _params(job: RuntimeJob) -> tuple[Mapping[str, Any] | None, int]:
    """Return a job's inputs as they were sent, and their length as text."""
    text = kept.text(job, "inputs", lambda: _asked(job))
    params = json.loads(text)
    return (params, len(text)) if isinstance(params, Mapping) else (None, 0)


def _asked(job: RuntimeJob) -> str:
    if job.state.record is None:
        job.status()
    return json.dumps(job.tracker.client.job_json(job.job_id()).get("params"), ensure_ascii=False)


def _with(about: InputsInfo, **more: Any) -> InputsInfo:
    return InputsInfo(**{**vars(about), **more})


def _pubs(source: Source, first: int) -> list[PubInput]:
    pubs: list[PubInput] = []
    spent = work = 0
    for index in range(first, min(first + PUBS, source.total)):
        pub = source.summary(index)
        spent += len(json.dumps(asdict(pub), default=str))
        work += pub.circuit.size if pub.circuit else 0
        if pubs and (spent > MOST_SUMMED or work > MOST_INSTRUCTIONS):
            break
        pubs.append(pub)
    return pubs


def _options(program: str, params: Mapping[str, Any]) -> Iterator[Named]:
    """Yield the options that were sent, each by its path."""
    if program == "estimator" and params.get("resilience_level") is not None:
        yield Named("resilience_level", in_a_line(params["resilience_level"]))
    options = params.get("options")
    if isinstance(options, Mapping):
        yield from _flat(options, "")


def _flat(group: Mapping[str, Any], path: str) -> Iterator[Named]:
    for name, value in group.items():
        inner = f"{path}{clipped(str(name), 60)}"
        nested = isinstance(value, Mapping) and "__type__" not in value and value
        if nested and path.count(".") < 4:
            yield from _flat(value, f"{inner}.")
        else:
            yield Named(inner, in_a_line(value))
