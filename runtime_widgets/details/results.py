"""A plain summary of what a job returned."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from runtime_widgets.codec import ExecutionSpans, Limits, decode
from runtime_widgets.codec.reader import parse
from runtime_widgets.details.items import item_output, items_of
from runtime_widgets.details.kept import kept
from runtime_widgets.details.plain import outline
from runtime_widgets.details.pubs import pub_output
from runtime_widgets.details.shapes import (
    PlainText,
    PubOutput,
    ResultsInfo,
    SpansInfo,
)
from runtime_widgets.errors import CodecError

if TYPE_CHECKING:
    from runtime_widgets.job import RuntimeJob
    from runtime_widgets.wire import JobRecord

__all__ = ["read_results"]

PUBS = 20
"""Most PUBs that are summed up at once."""
MOST_SUMMED = 150_000
"""Characters of summaries, as JSON, after which no further PUB is summed up."""
LIMITS = Limits(max_text_bytes=1 << 28, max_bytes=1 << 29)
"""256 MiB as they were sent, 512 MiB decompressed: more is for ``job.result()`` alone."""

PRIVATE = (
    "The results of a private job can be read once only, so this view never reads them. "
    "job.result() does."
)


def read_results(job: RuntimeJob, first: int) -> ResultsInfo:
    """Read a job's results and sum them up; of a private job, say why not.

    Parameters
    ----------
    job : RuntimeJob
        The job.
    first : int
        The first PUB that is summed up.
    """
    record = _record(job)
    interim = record.interim_count
    note = _why_none(job, record)
    if note:
        return ResultsInfo(note=note, interim=interim)
    text = kept.text(job, "results", lambda: job.tracker.client.job_results(job.job_id()) or "")
    if not text or text.isspace():
        return ResultsInfo(note="The service has no result of this job.", interim=interim)
    size = len(text)
    data = parse(text, limits=LIMITS)
    del text
    if _is_primitive(data):
        return _primitive(data["__value__"], first, interim, size)
    items = items_of(data)
    if items is not None:
        return _program(data, items, first, interim, size)
    return ResultsInfo(plain=outline(data, 20_000), interim=interim, size=size)


def _record(job: RuntimeJob) -> JobRecord:
    """Return the job's record: what is known of it, and only if nothing is by asking."""
    if job.state.record is None:
        # Whether it is private must be known before anything is read.
        job.status()
    return cast("JobRecord", job.state.record)


def _why_none(job: RuntimeJob, record: JobRecord) -> str:
    """Say why there is no result to read; nothing where there is one."""
    if job.state.gone:
        return "The service does not know this job any more."
    if not job.state.is_final:
        return "The job has not ended: it has no result yet."
    if record.state.key == "failed":
        return "The job failed, so it has no result."
    if record.state.key == "cancelled":
        return "The job was cancelled, so it has no result."
    return PRIVATE if job.is_private() else ""


def _is_primitive(data: Any) -> bool:
    if not isinstance(data, Mapping) or data.get("__type__") != "PrimitiveResult":
        return False
    value = data.get("__value__")
    return isinstance(value, Mapping) and isinstance(value.get("pub_results"), list)


def _primitive(value: Mapping[str, Any], first: int, interim: int, size: int) -> ResultsInfo:
    given = value["pub_results"]
    first, pubs = _page(first, len(given), lambda index: pub_output(index, given[index]))
    metadata = value.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    spans = _spans(metadata)
    return ResultsInfo(
        pubs=pubs,
        first=first,
        total=len(given),
        metadata=_metadata(metadata),
        spans=spans,
        interim=interim,
        size=size,
    )


def _program(
    data: Mapping[str, Any], items: Sequence[Any], first: int, interim: int, size: int
) -> ResultsInfo:
    version = data["schema_version"]
    first, pubs = _page(first, len(items), lambda index: item_output(index, items[index], version))
    return ResultsInfo(
        what="item",
        pubs=pubs,
        first=first,
        total=len(items),
        metadata=_metadata({name: value for name, value in data.items() if name != "data"}),
        interim=interim,
        size=size,
    )


def _page(first: int, total: int, make: Callable[[int], PubOutput]) -> tuple[int, list[PubOutput]]:
    """Sum up as many as are shown at once, from `first` on; return where that is, too."""
    first = max(0, min(first, total - 1))
    pubs: list[PubOutput] = []
    spent = 0
    for index in range(first, min(first + PUBS, total)):
        pub = make(index)
        spent += len(json.dumps(asdict(pub), default=str))
        if pubs and spent > MOST_SUMMED:
            break
        pubs.append(pub)
    return first, pubs


def _metadata(data: Any) -> PlainText | None:
    return outline(data, 2000) if data else None


def _spans(metadata: dict[str, Any]) -> SpansInfo | None:
    """Take the execution spans out of the metadata, and say when they began and ended."""
    execution = metadata.get("execution")
    if not isinstance(execution, Mapping):
        return None
    try:
        spans = decode(execution.get("execution_spans"), limits=LIMITS, keep_unknown=True)
    except CodecError:
        return None
    if not isinstance(spans, ExecutionSpans) or not len(spans):
        return None
    rest = {name: value for name, value in execution.items() if name != "execution_spans"}
    metadata.pop("execution")
    if rest:
        metadata["execution"] = rest
    return SpansInfo(len(spans), spans.start.timestamp(), spans.stop.timestamp())
