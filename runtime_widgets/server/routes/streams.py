"""WebSockets: changes of all jobs and sessions, and the interim results of one job.

Neither keeps a queue. A socket remembers the number that it has sent, and reads what is newer
when it is ready to send: a slow reader holds up nobody and costs no memory.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from operator import itemgetter
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, WebSocket
from starlette.websockets import WebSocketDisconnect

from runtime_widgets.server.core import Core
from runtime_widgets.server.hub import Hub
from runtime_widgets.server.problems import Problem
from runtime_widgets.server.responses import error_response
from runtime_widgets.server.routes.common import TheCore
from runtime_widgets.server.store import ACTIVE

__all__ = ["router"]

router = APIRouter(prefix="/stream")
PAUSE_SECONDS = 0.1  # between two batches: a flood of changes becomes ten batches a second
MOVES_SECONDS = 1.0  # how often is told who only moved in a queue: places of one moment
MOVES_AT_ONCE = 200  # of them; those of a longer queue take their turns
USAGE_SECONDS = 1.0  # how often the usage so far of the executing jobs is told again
SEND_SECONDS = 60.0  # a client that does not read for so long is let go
INTERIM_PAGE = 10
FINISHED = 1000


class _Socket:
    """A socket of which only the sending side matters; it ends when the client goes."""

    def __init__(self, websocket: WebSocket, bell: asyncio.Event) -> None:
        self._websocket = websocket
        self._bell = bell

    async def send(self, text: str) -> None:
        """Send one message, within the time that a client has to read."""
        await asyncio.wait_for(self._websocket.send_text(text), SEND_SECONDS)

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until something has changed, or until so much time has passed."""
        with suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(self._bell.wait(), seconds)
        self._bell.clear()


@asynccontextmanager
async def _opened(websocket: WebSocket, hub: Hub) -> AsyncIterator[_Socket]:
    """Accept a socket and give it a bell; cancel the body when the client closes."""
    await websocket.accept()
    bell = hub.watch()
    body = asyncio.current_task()
    gone = False

    async def listen() -> None:
        nonlocal gone
        try:
            while True:
                await websocket.receive_text()  # nothing that a client says matters
        except (WebSocketDisconnect, RuntimeError, KeyError):
            gone = True
            if body is not None:
                body.cancel()

    listener = asyncio.create_task(listen())
    try:
        yield _Socket(websocket, bell)
    except asyncio.CancelledError:
        if not gone:
            raise
    except (WebSocketDisconnect, RuntimeError, TimeoutError, asyncio.TimeoutError):
        pass  # the client is gone, or as good as gone
    except Problem:
        await websocket.close(FINISHED)  # the job was deleted while it was watched
    finally:
        hub.unwatch(bell)
        listener.cancel()


@router.websocket("/events")
async def events(
    websocket: WebSocket,
    core: TheCore,
    after: Annotated[int | None, Query(alias="from")] = None,
    epoch: str | None = None,
) -> None:
    """Send the record of every job and session that changes, from after the number ``from``.

    That of a job that executes is sent about once a second besides, with the number of the
    latest change: its usage grows.
    """
    hub: Hub = websocket.app.state.hub
    async with _opened(websocket, hub) as socket:
        hello = {"hello": True, "epoch": hub.epoch, "seq": hub.seq}
        seen = hub.seq if after is None else after
        if not hub.replayable(seen, epoch):
            hello["gap"] = True
            seen = hub.seq
        await socket.send(json.dumps(hello))
        await _Changes(core, hub, socket, seen).run()


class _Changes:
    """What one socket of changes has told, and has still to tell."""

    def __init__(self, core: Core, hub: Hub, socket: _Socket, seen: int) -> None:
        self._core = core
        self._hub = hub
        self._socket = socket
        self._seen = seen
        self._usage_at = self._moves_at = 0.0  # on the loop's clock
        self._moved: dict[str, None] = {}  # in order: who waits longest to be told comes first

    async def run(self) -> None:
        """Tell what changes, until the client goes."""
        while True:
            latest = self._hub.seq
            executing, moves = self._usage_due(), self._moves_due()
            if latest == self._seen and not moves and not executing:
                await self._socket.wait(self._until_due())
                continue
            changes = self._hub.since(self._seen)
            sessions = self._hub.sessions_since(self._seen)
            self._moved.update(dict.fromkeys(self._hub.moved_since(self._seen)))
            told = {job_id for _, job_id in changes}
            for job_id in [*told, *moves]:
                self._moved.pop(job_id, None)
            others = [one for one in [*moves, *executing] if one not in told]
            await self._tell(changes, others, sessions)
            self._seen = max(latest, self._seen)
            await asyncio.sleep(PAUSE_SECONDS)

    def _usage_due(self) -> list[str]:
        """Return the executing jobs, once in a while: their usage grows without a change."""
        now = asyncio.get_running_loop().time()
        if now < self._usage_at:
            return []
        self._usage_at = now + USAGE_SECONDS
        return self._core.scheduler.executing_jobs()

    def _moves_due(self) -> list[str]:
        """Return the jobs of which it is to be told that they moved."""
        self._moved.update(dict.fromkeys(self._hub.moved_since(self._seen)))
        now = asyncio.get_running_loop().time()
        if not self._moved or now < self._moves_at:
            return []
        self._moves_at = now + MOVES_SECONDS
        return list(self._moved)[:MOVES_AT_ONCE]

    def _until_due(self) -> float | None:
        """Return how long to wait for what is told by and by; for ever if there is nothing."""
        dues = [self._usage_at] if self._core.scheduler.executing_jobs() else []
        dues += [self._moves_at] if self._moved else []
        if not dues:
            return None
        return max(0.0, min(dues) - asyncio.get_running_loop().time())

    async def _tell(
        self, changes: list[tuple[int, str]], others: list[str], sessions: list[tuple[int, str]]
    ) -> None:
        ids = [job_id for _, job_id in changes] + others
        records = await to_thread.run_sync(self._core.records_of, ids)
        news = [(seq, _job_news(job_id, records)) for seq, job_id in changes]
        news += await self._session_news(sessions)
        for seq, what in sorted(news, key=itemgetter(0)):
            self._seen = seq
            await self._socket.send(json.dumps({"seq": seq, **what}))
        for job_id in others:
            if job_id in records:
                await self._socket.send(json.dumps({"seq": self._seen, "job": records[job_id]}))

    async def _session_news(
        self, sessions: list[tuple[int, str]]
    ) -> list[tuple[int, dict[str, Any]]]:
        if not sessions:
            return []
        ids = [session_id for _, session_id in sessions]
        records = await to_thread.run_sync(self._core.sessions.records_of, ids)
        return [(seq, {"session": records[session_id]}) for seq, session_id in sessions]


def _job_news(job_id: str, records: dict[str, dict[str, Any]]) -> dict[str, Any]:
    record = records.get(job_id)
    return {"deleted": job_id} if record is None else {"job": record}


@router.websocket("/jobs/{job_id}")
async def job_results(
    websocket: WebSocket,
    core: TheCore,
    job_id: str,
    after: Annotated[int, Query(alias="from", ge=0, le=2**31)] = 0,
) -> None:
    """Send the interim results of a job that are numbered above ``from``, until it ends."""
    try:
        await to_thread.run_sync(core.job, job_id)
    except Problem as problem:
        await websocket.send_denial_response(error_response(problem, websocket.scope))
        return
    async with _opened(websocket, websocket.app.state.hub) as socket:
        await socket.send(json.dumps({"ack": True, "job_id": job_id, "from": after}))
        while True:
            # The state is read first: what was published before the end is then not missed.
            final = await to_thread.run_sync(_is_final, core, job_id)
            while lines := await to_thread.run_sync(core.interim, job_id, after, INTERIM_PAGE):
                for line in lines:
                    await socket.send(line["text"])
                    after = line["seq"]
            if final:
                await websocket.close(FINISHED)
                return
            await socket.wait()


def _is_final(core: Core, job_id: str) -> bool:
    return core.job(job_id)["status"] not in ACTIVE
