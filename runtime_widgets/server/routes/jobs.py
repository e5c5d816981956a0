"""Jobs: submit, list, look, cancel, tag, delete."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Path, Query, Request
from pydantic.config import JsonDict
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from runtime_widgets.server import models
from runtime_widgets.server.core import Core
from runtime_widgets.server.problems import Problem
from runtime_widgets.server.responses import AsciiJSON, ReadOnce
from runtime_widgets.server.routes.common import (
    MomentQuery,
    TheCore,
    TheVersion,
    epoch_seconds,
    refusals,
)
from runtime_widgets.server.store import JobFilter
from runtime_widgets.server.versions import metrics_of, usage_of

__all__ = ["router"]

router = APIRouter(prefix="/jobs", tags=["jobs"])
INTERIM_PAGE = 10
OURS: JsonDict = {"x-extension": True}
LENT_LOOK_SECONDS, LENT_LOOKS = 0.05, 100  # five seconds for the reader who came before
JobId = Annotated[str, Path(max_length=64)]
# Checks of submissions wait for a worker process: they have threads of their own, so that
# nobody who only asks for a status waits behind them.
_checks = CapacityLimiter(64)


def _with_params(record: dict[str, Any], params: str) -> str:
    """Write a record as JSON with the text of its parameters put in as it is."""
    return f'{json.dumps(record)[:-1]}, "params": {params}}}'


def _in_words_of(version: str, record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "usage": usage_of(record["usage"], version)}


def _json(text: str) -> Response:
    return Response(text.encode("utf-8"), media_type="application/json")


@router.post(
    "",
    response_model=models.Submitted,
    responses=refusals(404, 409, 413, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": models.JobSubmission.model_json_schema()}},
        }
    },
)
async def submit(
    request: Request,
    core: TheCore,
    idempotency_key: Annotated[str | None, Header(max_length=256, json_schema_extra=OURS)] = None,
) -> Response:
    """Submit a job. It is decoded and checked before it is accepted.

    With an ``Idempotency-Key`` the same body gives the same job again; another body is refused
    with 409.
    """
    body = await request.body()
    row = await to_thread.run_sync(core.submit, body, idempotency_key, limiter=_checks)
    answer: dict[str, Any] = {"id": row["id"], "backend": row["backend"]}
    if row["session_id"]:
        answer["session_id"] = row["session_id"]
    if row["private"]:
        answer["private"] = True
    return AsciiJSON(answer)


@router.get("", response_model=models.JobList, responses=refusals())
def list_jobs(
    core: TheCore,
    version: TheVersion,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    pending: bool | None = None,
    program: str | None = None,
    backend: str | None = None,
    created_after: MomentQuery = None,
    created_before: MomentQuery = None,
    sort: Literal["ASC", "DESC"] = "DESC",
    tags: Annotated[list[str] | None, Query(description="all of them", max_length=8)] = None,
    session_id: str | None = None,
    exclude_params: bool = True,
    include_mocks: Annotated[bool, Query(description="also those of mock devices")] = False,
) -> Response:
    """List jobs, the newest first; with their parameters only where these are asked for."""
    narrowed = JobFilter(
        pending=pending,
        program=program,
        backend=backend,
        created_after=epoch_seconds(created_after, "created_after"),
        created_before=epoch_seconds(created_before, "created_before"),
        tags=tuple(tags or ()),
        session_id=session_id,
        except_backends=() if include_mocks else core.context.settings.mocks(backend),
    )
    records, total = core.list_jobs(narrowed, limit=limit, offset=offset, ascending=sort == "ASC")
    records = [_in_words_of(version, record) for record in records]
    # A client that pages until offset == count must come to an end.
    page = {"count": max(total, offset), "limit": limit, "offset": offset}
    if exclude_params:
        return AsciiJSON({"jobs": records, **page})
    return StreamingResponse(_page(core, records, page), media_type="application/json")


def _page(core: Core, records: list[dict[str, Any]], page: dict[str, int]) -> Iterator[str]:
    """Write a page with parameters job by job: all of them may be more than memory holds."""
    yield '{"jobs": ['
    for index, record in enumerate(records):
        params = "{}" if record["private"] else core.store.params(record["id"]) or "{}"
        yield f"{', ' if index else ''}{_with_params(record, params)}"
    yield f"], {json.dumps(page)[1:]}"


@router.get("/{job_id}", response_model=models.JobRecord, responses=refusals(404))
def get_job(
    core: TheCore, version: TheVersion, job_id: JobId, exclude_params: bool = False
) -> Response:
    """Look at one job. The parameters of a private job are not shown."""
    row = core.job(job_id)
    record = _in_words_of(version, core.records([row])[0])
    if exclude_params:
        return AsciiJSON(record)
    return _json(_with_params(record, core.params(row)))


@router.delete("/{job_id}", status_code=204, responses=refusals(404, 409))
def delete_job(core: TheCore, job_id: JobId) -> Response:
    """Delete a job that has ended or not begun, with all that belongs to it."""
    core.delete(job_id)
    return Response(status_code=204)


@router.post("/{job_id}/cancel", status_code=204, responses=refusals(404, 409))
def cancel_job(core: TheCore, job_id: JobId) -> Response:
    """Cancel a queued or running job."""
    core.cancel(job_id)
    return Response(status_code=204)


@router.put("/{job_id}/tags", status_code=204, responses=refusals(404, 413))
def set_tags(core: TheCore, job_id: JobId, body: models.Tags) -> Response:
    """Replace the tags: at most 8, each of at most 86 characters."""
    core.set_tags(job_id, body.tags)
    return Response(status_code=204)


@router.get(
    "/{job_id}/results",
    response_class=PlainTextResponse,
    responses={**refusals(404, 409), 204: {"description": "There is no result, or it was read"}},
)
async def results(core: TheCore, job_id: JobId) -> Response:
    """Read the result, as Runtime JSON. The result of a private job can be read once.

    Of two that read it at the same time, the second gets it only if the first breaks off.
    """
    row = await to_thread.run_sync(core.job, job_id)
    try:
        text = await _lent(core, job_id)
    except Problem as problem:
        if problem.status != 410:
            raise
        text = None  # IBM's client takes any refusal for a fault, and this for "no result"
    if text is None:
        return Response(status_code=204)
    if not row["private"]:
        return PlainTextResponse(text, headers={"Cache-Control": "no-store"})
    sent = partial(core.private.sent, job_id)
    return ReadOnce(text, sent, lambda arrived: core.private.settle(job_id, arrived=arrived))


async def _lent(core: Core, job_id: str) -> str | None:
    """Return a result; wait a while for the reader who was quicker."""
    for _ in range(LENT_LOOKS):
        if not core.private.lent(job_id):
            try:
                return await to_thread.run_sync(core.results, job_id)
            except Problem as problem:
                # Between the look and the asking, another may have been quicker.
                if problem.status != 409:
                    raise
        await asyncio.sleep(LENT_LOOK_SECONDS)
    return await to_thread.run_sync(core.results, job_id)


@router.get("/{job_id}/interim_results", response_class=PlainTextResponse, responses=refusals(404))
def interim_results(
    core: TheCore,
    job_id: JobId,
    after: Annotated[int, Query(alias="from", ge=0, le=2**31 - 1, json_schema_extra=OURS)] = 0,
) -> Response:
    """Read the interim results that are numbered above ``from``, as a JSON list."""
    core.job(job_id)
    return StreamingResponse(_interim(core, job_id, after), media_type="text/plain")


def _interim(core: Core, job_id: str, after: int) -> Iterator[str]:
    """Write the list page by page: the data of a large job come here a second time."""
    between = "["
    while lines := core.store.interim(job_id, after, INTERIM_PAGE):
        for line in lines:
            yield between + line["text"]
            between, after = ", ", line["seq"]
    yield "[]" if between == "[" else "]"


@router.get("/{job_id}/logs", response_class=PlainTextResponse, responses=refusals(404))
def logs(core: TheCore, job_id: JobId) -> Response:
    """Read the logs; 404 if there are none."""
    return PlainTextResponse(core.logs(job_id).encode("utf-8", "backslashreplace"))


@router.get("/{job_id}/metrics", response_model=models.Metrics, responses=refusals(404))
def metrics(core: TheCore, version: TheVersion, job_id: JobId) -> Response:
    """Read times, usage, queue position and estimates."""
    return AsciiJSON(metrics_of(core.metrics(job_id), version))
