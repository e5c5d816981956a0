"""The one shape of refusals, where no request from outside leads: a fault of the server's own."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from runtime_widgets.server.problems import Problem
from runtime_widgets.server.responses import install_error_handlers


@pytest.fixture
async def client():
    app = FastAPI(redirect_slashes=False)

    @app.get("/thing")
    def fault():
        raise RuntimeError("s3cret of the inside")

    @app.delete("/thing")
    def stopping():
        raise Problem(503, 50300, "The server is stopping.", "Submit the job again.")

    install_error_handlers(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as found:
        yield found


async def test_a_fault_says_nothing_of_the_inside_and_the_log_has_its_trace(client, caplog):
    answer = await client.get("/thing")
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["code"] == 9999
    assert "s3cret" not in answer.text
    assert f"GET /thing failed, trace {answer.json()['trace']}" in caplog.messages


async def test_who_comes_while_the_server_stops_is_told_when_to_try_again(client):
    answer = await client.delete("/thing")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["errors"] == [
        {"code": 50300, "message": "The server is stopping.", "solution": "Submit the job again."}
    ]


async def test_a_wrong_method_is_told_all_the_right_ones(client):
    answer = await client.put("/thing")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET")
    assert answer.json()["errors"][0]["message"] == "PUT is not possible on /thing."
