"""Workloads: jobs that stand alone, sessions and batches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from runtime_widgets.server import problems, workload_models
from runtime_widgets.server.responses import AsciiJSON
from runtime_widgets.server.routes.common import MomentQuery, TheCore, epoch_seconds, refusals
from runtime_widgets.server.workloads import Cursor, WorkloadFilter, page_of

__all__ = ["router"]

router = APIRouter(tags=["workloads"])
Status = Literal["completed", "canceled", "failed", "pending", "in_progress"]
_CURSOR = Query(max_length=512, description="from the page before; of use for the same order only")


@router.get("/workloads", response_model=workload_models.Workloads, responses=refusals())
def workloads(
    request: Request,
    core: TheCore,
    user: Annotated[Literal["me"] | None, Query(description="there is no other here")] = None,
    sort: Literal["createdAt", "-createdAt"] = "createdAt",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    previous: Annotated[str | None, _CURSOR] = None,
    following: Annotated[str | None, Query(alias="next", max_length=512)] = None,
    backend: str | None = None,
    search: Annotated[str | None, Query(description="in ids and tags, in any case")] = None,
    status: Annotated[list[Status] | None, Query(description="any of them")] = None,
    mode: Literal["job", "session", "batch"] | None = None,
    created_after: MomentQuery = None,
    created_before: MomentQuery = None,
    tags: Annotated[list[str] | None, Query(description="all of them", max_length=8)] = None,
) -> Response:
    """List the jobs that stand alone, the sessions and the batches, the oldest first.

    A page that has more after it, or before it, says in ``next`` and ``previous`` where.
    """
    del user
    ascending = sort == "createdAt"
    if previous is not None and following is not None:
        raise problems.malformed("A page is asked for by next or by previous, not by both.")
    narrowed = WorkloadFilter(
        backend=backend,
        search=search,
        statuses=tuple(status or ()),
        mode=mode,
        created_after=epoch_seconds(created_after, "created_after"),
        created_before=epoch_seconds(created_before, "created_before"),
        tags=tuple(tags or ()),
        except_backends=core.context.settings.mocks(backend),
    )
    page = page_of(
        core,
        narrowed,
        limit=limit,
        ascending=ascending,
        after=None if following is None else Cursor.read(following, ascending=ascending),
        before=None if previous is None else Cursor.read(previous, ascending=ascending),
    )
    answer: dict[str, Any] = {
        "workloads": page.workloads,
        "total_count": page.total,
        "limit": limit,
    }
    for name, cursor in (("previous", page.previous), ("next", page.next)):
        if cursor is not None:
            answer[name] = {"href": _link(request, name, cursor)}
    return AsciiJSON(answer)


def _link(request: Request, name: str, cursor: Cursor) -> str:
    """Return the address of another page of the same list."""
    asked = request.url.remove_query_params(["previous", "next"])
    return str(asked.include_query_params(**{name: cursor.text()}))
