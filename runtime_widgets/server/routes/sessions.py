"""Sessions and batches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from runtime_widgets.server import models
from runtime_widgets.server.responses import AsciiJSON
from runtime_widgets.server.routes.common import TheCore, refusals

__all__ = ["router"]

router = APIRouter(prefix="/sessions", tags=["sessions"])
SessionId = Annotated[str, Path(max_length=64)]


@router.post("", response_model=models.SessionRecord, responses=refusals(404, 413))
def create(core: TheCore, body: models.NewSession) -> Response:
    """Open a session or a batch."""
    return AsciiJSON(core.sessions.create(body))


@router.get("/{session_id}", response_model=models.SessionRecord, responses=refusals(404))
def get(core: TheCore, session_id: SessionId) -> Response:
    """Look at a session."""
    return AsciiJSON(core.sessions.record(session_id))


@router.patch("/{session_id}", status_code=204, responses=refusals(404, 409, 413))
def patch(core: TheCore, session_id: SessionId, body: models.AcceptJobs) -> Response:
    """Stop taking jobs; the session closes once its jobs have ended."""
    core.sessions.accept_jobs(session_id, body.accepting_jobs)
    return Response(status_code=204)


@router.delete("/{session_id}/close", status_code=204, responses=refusals(404))
def close(core: TheCore, session_id: SessionId) -> Response:
    """Close a session; its queued jobs are cancelled."""
    core.sessions.close(session_id)
    return Response(status_code=204)
