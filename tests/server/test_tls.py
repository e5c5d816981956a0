"""The server behind a certificate: the same service over HTTPS and WSS."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys

import pytest
import requests
from server.support import TOKEN, bell, bits, circuit_json
from support.certificates import make_certificate
from websockets.sync.client import connect


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    certificate, key = make_certificate(tmp_path_factory.mktemp("tls"))
    return {"tls_certificate": str(certificate), "tls_key": str(key)}


@pytest.fixture(scope="module")
def server(start, files):
    with start(**files) as running:
        running.session.verify = files["tls_certificate"]
        yield running


def test_jobs_run_over_https(server):
    assert server.root.startswith("https://127.0.0.1:")
    measured = bits(server.result(server.sample([circuit_json(bell()), None, 50])), 0, "meas")
    assert set(measured.tolist()) <= {0, 3}


def test_a_private_result_arrives_over_https(server):
    job_id = server.submit("big", {"bytes": 3_000_000}, private=True)
    server.wait(job_id)
    assert len(server.get(f"/jobs/{job_id}/results").json()) == 3_000_000
    assert server.get(f"/jobs/{job_id}/results").status_code == 204


def test_events_come_over_wss(server, files):
    trusted = ssl.create_default_context(cafile=files["tls_certificate"])
    url = server.api.replace("https", "wss", 1) + "/stream/events"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with connect(url, additional_headers=headers, ssl=trusted, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=30))["hello"] is True


def test_who_does_not_know_the_certificate_says_so(server):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{server.api}/jobs", headers=headers, timeout=30)


@pytest.mark.parametrize(
    "given",
    [
        {"--tls-certificate": "tls_certificate"},
        {"--tls-certificate": "tls_key", "--tls-key": "tls_key"},
    ],
    ids=["half", "no certificate"],
)
def test_files_that_are_no_pair_are_refused(files, tmp_path, given):
    options = [part for name, which in given.items() for part in (name, files[which])]
    ran = subprocess.run(
        [sys.executable, "-m", "runtime_widgets", "serve", "--data", str(tmp_path), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "certificate" in ran.stderr
