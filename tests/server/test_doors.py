"""Who comes in, and what everybody is told: tokens, hosts, error shape, OpenAPI, devices."""

from __future__ import annotations

import base64
import json
import re
import socket
from html import escape

import pytest
import requests
from server.support import TOKEN, check_error

from runtime_widgets.server.docs_page import page

CRN = "crn:v1:bluemix:public:quantum-computing:us-east:a/local:00000000-rw::"


def ask(server, headers, path="/jobs"):
    return requests.get(server.api + path, headers=headers, timeout=30)


def exchange(server, key, **more):
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key, **more}
    return requests.post(f"{server.root}/identity/token", data=form, timeout=30)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer {TOKEN}"},
        {"Authorization": f"apikey {TOKEN}"},
        {"X-Access-Token": TOKEN},
        {"Authorization": f"Bearer {TOKEN}", "Service-CRN": CRN},
    ],
    ids=str,
)
def test_the_token_opens(server, headers):
    assert ask(server, headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer \xff\xfe"},
        {"X-Access-Token": "wrong"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/jobs", "/no-such-route"])
def test_no_token_or_a_wrong_one_is_401(server, headers, path):
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = ask(server, encoded, path)
    assert check_error(answer, 401)["code"] == 1200
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert TOKEN not in answer.text


def test_a_wrong_instance_is_403(server):
    headers = {"Authorization": f"Bearer {TOKEN}", "Service-CRN": CRN.replace("local", "other")}
    assert CRN in check_error(ask(server, headers), 403)["solution"]


def test_the_key_is_exchanged_for_a_bearer_token(server):
    answer = exchange(server, TOKEN, response_type="cloud_iam").json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    claims = json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["exp"] == answer["expiration"]
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert ask(server, headers).status_code == 200
    head, body, signature = answer["access_token"].split(".")
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "exp": 10**12}).encode()).decode()
    for token in (f"{head}.{forged}.{signature}", f"{head}.{body}.", f"{head}.{body}.{head}"):
        check_error(ask(server, {"Authorization": f"Bearer {token}"}), 401)


def test_a_wrong_key_is_not_exchanged(server):
    check_error(exchange(server, "wrong"), 401)
    check_error(exchange(server, ""), 400)
    check_error(requests.post(f"{server.root}/identity/token", timeout=30), 400)
    bearer = exchange(server, TOKEN).json()["access_token"]
    check_error(exchange(server, bearer), 401)


def test_a_stranger_may_not_send_much(server):
    answer = requests.post(f"{server.root}/identity/token", data=b"x" * 100_000, timeout=30)
    check_error(answer, 413)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_header_is_refused(server, host):
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": host}
    check_error(ask(server, headers), 403)


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1", "[::1]:99", "[::1]"])
def test_the_names_of_this_machine_are_fine(server, host):
    assert ask(server, {"Authorization": f"Bearer {TOKEN}", "Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no-such", 404),
        ("GET", "/accounts/local", 404),
        ("GET", "/jobs/a/b/c", 404),
        ("PATCH", "/jobs", 405),
        ("POST", "/jobs/x", 405),
        ("GET", "/jobs/x/cancel", 405),
        ("GET", "/jobs/" + "x" * 100, 400),
        ("GET", "/backends/none/configuration", 404),
        ("GET", "/backends/none/properties", 404),
        ("GET", "/backends/none/status", 404),
    ],
)
def test_every_refusal_has_the_one_shape(server, method, path, status):
    check_error(server.ask(method, path), status)


def test_nonsense_on_the_wire_does_no_harm(server):
    address = ("127.0.0.1", int(server.root.rpartition(":")[2]))
    for raw in (b"\x00" * 100, b"GET / HTTP/9\r\n\r\n", b"POST /api/v1/jobs HTTP/1.1\r\n"):
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(raw)
    start = f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    with socket.create_connection(address, timeout=10) as client:
        client.sendall((start + "Content-Length: 1000\r\n\r\n{").encode())  # and goes away
    assert server.get("/jobs").status_code == 200
    assert "Traceback" not in server.log()


def test_openapi_describes_every_route_and_its_errors(server):
    schema = requests.get(f"{server.root}/openapi.json", timeout=30).json()
    operations = {
        (method.upper(), path): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert ("POST", "/api/v1/jobs") in operations
    assert ("PATCH", "/api/v1/sessions/{session_id}") in operations
    assert len(operations) >= 29
    for key, operation in operations.items():
        answers = operation["responses"]
        assert "422" not in answers, key
        always = {"400", "403", "500"} if key == ("GET", "/") else {"400", "401", "403", "500"}
        assert always <= set(answers), key
        assert operation["description"], key
        for status, answer in answers.items():
            if int(status) >= 400:
                shape = answer["content"]["application/json"]["schema"]["$ref"]
                assert shape.endswith("ErrorShape"), key
    assert schema["security"]


def test_the_page_of_the_routes_needs_nothing_from_the_net(server):
    answer = requests.get(f"{server.root}/docs", timeout=30)
    assert answer.headers["content-type"].startswith("text/html")
    for word in ("http:", "https:", "<script", "src=", "@import", "url("):
        assert word not in answer.text.lower()
    links = set(re.findall(r"""href=["']?([^"'>]+)""", answer.text))
    anchors = {f"#{name}" for name in re.findall(r'id="([^"]+)"', answer.text)}
    assert links - {"openapi.json"} <= anchors


def test_the_page_of_the_routes_has_all_that_the_description_has(server):
    text = requests.get(f"{server.root}/docs", timeout=30).text
    schema = requests.get(f"{server.root}/openapi.json", timeout=30).json()
    routes = re.split("(?=<details>)", text)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            [told] = [r for r in routes if f"<b>{method.upper()}</b> <code>{path}</code>" in r]
            for status, each in operation["responses"].items():
                assert f"<td>{status}<td>{escape(each['description'])}" in told
            for each in operation.get("parameters", ()):
                assert "name" not in each or f"<code>{each['name']}</code>" in told
            assert "X-Request-Id" in told
    bodies = [*schema["components"]["schemas"].values()]
    bodies += [post_of(schema)["requestBody"]["content"]["application/json"]["schema"]]
    for name in {name for body in bodies for name in body.get("properties", {})}:
        assert f"<td><code>{escape(name)}</code>" in text
    assert "/api/v1/stream/events" in text
    assert "`" not in text


def post_of(schema):
    return schema["paths"]["/api/v1/jobs"]["post"]


def test_the_page_of_the_routes_shows_a_description_as_text_only():
    evil = "<script>alert(1)</script>`<b>`"
    answer = {"description": evil, "content": {evil: {"schema": {"type": evil}}}}
    model = {"description": evil, "properties": {evil: {"enum": [evil], "description": evil}}}
    told = page(
        {
            "info": {"title": evil, "description": evil},
            "paths": {evil: {evil: {"description": evil, "responses": {evil: answer}}}},
            "x-websockets": {},
            "components": {"schemas": {evil: model}},
        }
    )
    assert told.count("&lt;script") > 8
    assert not re.search("<(script|b)>(alert|`)", told)
    assert "<script" not in told.lower()


def test_who_opens_the_bare_address_sees_the_page_and_nothing_else_is_open(server):
    page_of_routes = requests.get(f"{server.root}/docs", timeout=30).text
    answer = requests.get(f"{server.root}/", timeout=30)
    assert answer.status_code == 200
    assert answer.text == page_of_routes
    assert TOKEN not in answer.text
    for method in ("POST", "HEAD", "PUT", "DELETE", "TRACE"):
        assert requests.request(method, f"{server.root}/", timeout=30).status_code == 405
    for path in ("/api", "/api/v1", "/api/v1/", "/index.html", "//"):
        assert requests.get(f"{server.root}{path}", timeout=30).status_code == 401
    schema = requests.get(f"{server.root}/openapi.json", timeout=30).json()
    assert schema["paths"]["/"]["get"]["security"] == []


def test_devices_say_what_they_are(server):
    devices = server.get("/backends").json()["devices"]
    assert [device["name"] for device in devices] == ["local_exact", "local_noisy", "local_wide"]
    for device in devices:
        assert device["status"] == {"name": "online"}
        assert device["queue_length"] == 0
        about = server.get(f"/backends/{device['name']}/configuration").json()
        assert about["simulator"] is True
        assert about["n_qubits"] == device["qubits"]
        assert about["backend_name"] == device["name"]
        assert about["basis_gates"]
        status = server.get(f"/backends/{device['name']}/status").json()
        assert status["state"] is True
        assert status["length_queue"] == 0
    assert devices[1]["qubits"] >= 12
    assert devices[2]["qubits"] >= 25


def test_calibration_data_belong_to_the_noisy_device(server):
    data = server.get("/backends/local_noisy/properties").json()
    about = server.get("/backends/local_noisy/configuration").json()
    assert len(data["qubits"]) == about["n_qubits"]
    pairs = [gate["qubits"] for gate in data["gates"] if gate["gate"] == "cz"]
    assert pairs == about["coupling_map"]
    assert server.get("/backends/local_exact/properties").json() == {}
    early = {"updated_before": "2020-01-01T00:00:00Z"}
    assert server.get("/backends/local_noisy/properties", **early).json() == {}
    late = {"updated_before": "2099-01-01T00:00:00Z"}
    assert server.get("/backends/local_noisy/properties", **late).json() == data
