"""What a client asks about the service itself: versions, the instance, the tags in use."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from starlette.responses import Response

from runtime_widgets.server import models, workload_models
from runtime_widgets.server.paths import PLAN_ID
from runtime_widgets.server.responses import AsciiJSON
from runtime_widgets.server.routes.common import TheCore, refusals
from runtime_widgets.server.tables import job_tags
from runtime_widgets.server.versions import VERSIONS

__all__ = ["router"]

router = APIRouter(tags=["instance"])
MOST_TAGS = 8


@router.get("/versions", response_model=workload_models.Versions, responses=refusals())
def versions() -> Response:
    """List the versions of the API that may be asked for; here none is going to be dropped."""
    known = [{"version": name, "status": status} for name, status in VERSIONS.items()]
    return AsciiJSON({"versions": known})


@router.get("/instance", response_model=workload_models.InstanceDetails, responses=refusals())
def details(core: TheCore) -> Response:
    """Look at the instance: its devices, its plan and its limit, if one is set."""
    settings = core.context.settings
    told: dict[str, Any] = {
        "backends": [spec.name for spec in settings.devices if not spec.mock],
        "plan_id": PLAN_ID,
    }
    if settings.usage_limit_seconds is not None:
        told["instance_limit"] = settings.usage_limit_seconds
        told["instance_limit_seconds"] = str(settings.usage_limit_seconds)
    return AsciiJSON(told)


@router.get(
    "/instances/configuration",
    response_model=workload_models.InstanceConfiguration,
    responses=refusals(),
)
def configuration(core: TheCore) -> Response:
    """Read the limit of the instance's usage, seconds; nothing where none is set."""
    limit = core.context.settings.usage_limit_seconds
    return AsciiJSON({} if limit is None else {"instance_limit": limit})


@router.get("/tags", response_model=models.Tags, responses=refusals())
def tags(
    core: TheCore,
    kind: Annotated[Literal["job"], Query(alias="type")],
    search: Annotated[str, Query(min_length=3, max_length=100)],
) -> Response:
    """Find tags that contain a text, in any case: the first eight by the alphabet."""
    del kind
    if "\x00" in search:  # no tag has one, and SQLite would stop reading the text there
        return AsciiJSON({"tags": []})
    like = job_tags.c.tag.icontains(search, autoescape=True)
    query = select(job_tags.c.tag).where(like).distinct().order_by(job_tags.c.tag)
    return AsciiJSON({"tags": [row["tag"] for row in core.store.rows(query.limit(MOST_TAGS))]})
