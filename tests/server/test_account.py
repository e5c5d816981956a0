"""The account's search, its catalog and its instances; paths in other forms; the usage limit."""

from __future__ import annotations

import socket
from urllib.parse import quote

import pytest
import requests
from server.support import TOKEN, check_error

from runtime_widgets.server.paths import canonical

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def search(server, **how):
    body = {"query": "service_name:quantum-computing", "fields": ["crn"]}
    url = f"{server.root}/v3/resources/search"
    return requests.post(url, params={"limit": 100}, json=body, timeout=30, **how)


def test_the_search_finds_the_instance_and_the_catalog_its_plan(server):
    (found,) = search(server, headers=HEADERS).json()["items"]
    assert found["crn"] == server.facts["instance"]
    assert found["doc"]["extensions"]
    # The catalog's address may be the server's own, or the API's.
    for root in (server.root, server.api):
        answer = requests.get(
            f"{root}/{found['service_plan_unique_id']}", headers=HEADERS, timeout=30
        )
        assert answer.json()["overview_ui"]["en"]["display_name"] == "Internal"
        assert answer.json()["metadata"]["pricing"]["type"] == "free"


def test_an_instance_is_found_by_its_name_and_by_its_crn(server):
    instances = f"{server.root}/v2/resource_instances"

    def get(path="", **query):
        return requests.get(instances + path, params=query, headers=HEADERS, timeout=30)

    (found,) = get(name="local").json()["resources"]
    assert found["crn"] == server.facts["instance"]
    assert get(name="another").json()["rows_count"] == 0
    assert get(f"/{quote(found['crn'], safe='')}").json()["name"] == "local"
    check_error(get("/crn:another"), 404)


def test_the_account_is_for_those_with_the_token(server):
    check_error(search(server), 401)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("/api/v1/jobs", "/api/v1/jobs"),
        ("/jobs/a/results", "/api/v1/jobs/a/results"),
        ("/backends", "/api/v1/backends"),
        ("/v1/instances/usage", "/api/v1/instances/usage"),
        ("/runtime/jobs", "/api/v1/jobs"),
        ("/experimental/api/v1/jobs", "/api/v1/jobs"),
        ("/experimental/jobs", "/api/v1/jobs"),
        ("http://quantum.any.localhost/api/v1/jobs", "/api/v1/jobs"),
        ("http://any.localhost", "/"),
        ("/jobsearch", "/jobsearch"),
        ("/docs", "/docs"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_a_path_in_another_form_is_the_same_path(asked, found):
    assert canonical(asked) == found


def test_the_api_is_found_in_the_places_where_clients_look(server):
    for path in ("", "/experimental", "/experimental/api/v1", "/v1"):
        answer = requests.get(f"{server.root}{path}/jobs", headers=HEADERS, timeout=30)
        assert answer.status_code == 200, path
        check_error(requests.get(f"{server.root}{path}/jobs", timeout=30), 401)


def test_the_server_answers_as_the_proxy_of_a_name_below_localhost(server):
    """So IBM's client reaches it by the names that it makes, without a change to it."""
    address = ("127.0.0.1", int(server.root.rpartition(":")[2]))

    def ask(host):
        lines = [f"GET http://{host}/api/v1/jobs HTTP/1.1", f"Host: {host}", "Connection: close"]
        with socket.create_connection(address, timeout=30) as client:
            text = "\r\n".join([*lines, f"Authorization: Bearer {TOKEN}", "", ""])
            client.sendall(text.encode())
            return client.makefile("rb").readline()

    assert b" 200 " in ask("quantum.runtime.localhost")
    assert b" 200 " in ask("quantum.127.0.0.1")
    assert b" 403 " in ask("quantum.cloud.example")
    assert b" 403 " in ask("localhost.example")


def test_without_a_limit_the_usage_has_none(server):
    report = server.get("/instances/usage").json()
    assert report["usage_limit_seconds"] is None
    assert report["usage_limit_reached"] is False
    assert report["plan_id"]


def test_a_limit_is_told_and_kept(start):
    with start(usage_limit_seconds=1) as server:
        report = server.get("/instances/usage").json()
        assert (report["usage_limit_seconds"], report["usage_limit_reached"]) == (1, False)
        server.wait(server.submit("sleep", {"seconds": 1.1}))
        report = server.get("/instances/usage").json()
        assert report["usage_limit_reached"] is True
        consumed = report["usage_consumed_seconds"]  # whole seconds, as they are billed
        assert isinstance(consumed, int)
        assert consumed >= 2
        body = {"program_id": "sleep", "backend": "local_exact", "params": {}}
        error = check_error(server.post_job(body), 409)
        assert "1 seconds" in error["message"]
