"""The account: which instances there are. IBM's clients look that up in three places.

They ask the platform's search for the instances, its catalog for their plans, and some its
resource controller for one by name. All three have addresses of their own there; here they are
paths of the same server.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from runtime_widgets.server import models, problems
from runtime_widgets.server.core import Core
from runtime_widgets.server.paths import API, PLAN_ID
from runtime_widgets.server.responses import AsciiJSON
from runtime_widgets.server.routes.common import TheCore, refusals

__all__ = ["INSTANCE_NAME", "router"]

router = APIRouter(tags=["account"])
INSTANCE_NAME = "local"
TAGS = ["local"]
PLAN = "Internal"


def _instance(core: Core) -> dict[str, Any]:
    """Return the instance as the resource controller shows it."""
    crn = core.context.settings.instance
    parts = [*crn.split(":"), *[""] * 10]
    return {
        "id": crn,
        "crn": crn,
        "guid": parts[7],
        "name": INSTANCE_NAME,
        "region_id": parts[5],
        "account_id": parts[6].removeprefix("a/"),
        "resource_plan_id": PLAN_ID,
        "state": "active",
        "type": "service_instance",
    }


@router.post("/v3/resources/search", response_model=models.SearchResult, responses=refusals(413))
def search(core: TheCore, _body: models.SearchQuery) -> Response:
    """Find the instances of this account: there is the one, whatever the query."""
    crn = core.context.settings.instance
    item = {
        "crn": crn,
        "name": INSTANCE_NAME,
        "service_plan_unique_id": PLAN_ID,
        "tags": TAGS,
        # An instance without this is taken for one that may use no device.
        "doc": {"extensions": {"backends": [s.name for s in core.context.settings.devices]}},
    }
    return AsciiJSON({"items": [item], "limit": 1})


@router.get(f"{API}/{PLAN_ID}", response_model=models.Plan, responses=refusals())
def plan() -> Response:
    """Read the instance's plan, as the platform's catalog shows it."""
    shown = {"en": {"display_name": PLAN, "description": "Runs on this machine, at no charge."}}
    return AsciiJSON(
        {
            "id": PLAN_ID,
            "name": PLAN.lower(),
            "kind": "plan",
            "overview_ui": shown,
            "metadata": {"pricing": {"type": "free"}},
        }
    )


@router.get("/v2/resource_instances", response_model=models.Instances, responses=refusals())
def list_instances(
    core: TheCore, name: Annotated[str | None, Query(max_length=256)] = None
) -> Response:
    """List the instances, or those of a name."""
    found = [_instance(core)] if name in (None, INSTANCE_NAME) else []
    return AsciiJSON({"rows_count": len(found), "next_url": None, "resources": found})


@router.get(
    "/v2/resource_instances/{crn:path}", response_model=models.Instance, responses=refusals(404)
)
def get_instance(core: TheCore, crn: Annotated[str, Path(max_length=512)]) -> Response:
    """Look at one instance, by its CRN or by the GUID in it."""
    instance = _instance(core)
    if crn not in (instance["crn"], instance["guid"]):
        raise problems.not_found("instance", crn)
    return AsciiJSON(instance)
