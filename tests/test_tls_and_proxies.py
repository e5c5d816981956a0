"""Certificates and proxies, as requests' users expect them; true TLS, with a CA of our own."""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import replace

import pytest
from support.clocks import HandClock
from support.scripted import CRN, TOKEN, Answer, Scripted
from support.secrets import everything_about
from urllib3.exceptions import InsecureRequestWarning

from runtime_widgets import errors
from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters
from runtime_widgets.stream import InterimStream

JOBS = Answer(200, {"jobs": [], "count": 0})
PASSWORD = "hunter2-of-a-proxy"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}:
            monkeypatch.delenv(name)


@pytest.fixture
def secure(authority):
    """Return servers that speak TLS, for a name."""
    made = []

    def secure_(name="127.0.0.1"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        made.append(Scripted(tls=context))
        made[-1].answers(JOBS)
        return made[-1]

    yield secure_
    for server in made:
        server.close()


@pytest.fixture
def connect():
    hands, made = HandClock(), []

    def connect_(url, **kwargs):
        params = ClientParameters("ibm_cloud", TOKEN, url, CRN, iam_url=url, **kwargs)
        made.append(RuntimeClient(params, clock=hands.clock))
        return made[-1]

    yield connect_
    for client in made:
        client.close()


def closed_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# certificates


def test_a_ca_of_one_s_own_is_believed_for_the_service_and_for_the_exchange(
    secure, connect, bundle
):
    server = secure()
    assert connect(server.url, verify=bundle).jobs_get() == ([], 0)
    assert (server.exchanges(), len(server.calls())) == (1, 1)


def test_the_environment_may_name_the_bundle(secure, connect, bundle, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    assert connect(secure().url).jobs_get() == ([], 0)


@pytest.mark.parametrize("why", ["unknown", "another's name"])
def test_a_certificate_that_is_not_believed_is_said_so_and_nothing_is_sent(
    secure, connect, bundle, why
):
    server = secure() if why == "unknown" else secure("other.example")
    client = connect(server.url, verify=True if why == "unknown" else bundle)
    with pytest.raises(errors.IBMNetworkError, match=r"certificate.*CA bundle") as caught:
        client.job_run("{}")
    assert not caught.value.sent
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert server.seen == []
    assert TOKEN not in everything_about(caught.value)


def test_a_check_can_be_switched_off_and_urllib3_warns_of_it(secure, connect):
    client = connect(secure().url, verify=False)
    with pytest.warns(InsecureRequestWarning):
        assert client.jobs_get() == ([], 0)


def test_a_bundle_that_is_not_there_is_named(secure, connect, tmp_path):
    with pytest.raises(errors.IBMApiError) as caught:
        connect(secure().url, verify=str(tmp_path / "nothing.pem")).jobs_get()
    assert TOKEN not in everything_about(caught.value)


@pytest.mark.parametrize("fault", ["stall", "drip-body", "drip-head"])
def test_nothing_stalls_for_ever_over_tls_either(secure, connect, bundle, fault):
    server = secure()
    client = connect(server.url, verify=bundle, read_timeout_s=0.5)
    client.jobs_get()
    server.answers(Answer(200, b"{", fault=fault))
    with pytest.raises(errors.IBMNetworkError, match=r"within 0.5 s"):
        client.jobs_get()


# proxies


def test_a_proxy_is_used_with_its_password_which_no_error_shows(scripted, connect):
    scripted.answers(JOBS)
    where = scripted.url.removeprefix("http://")
    proxies = {"http": f"http://bob:{PASSWORD}@{where}"}
    client = connect("http://service.example", proxies=proxies)
    assert client.jobs_get() == ([], 0)
    assert [r.target for r in scripted.seen] == [
        "http://service.example/identity/token",
        scripted.seen[1].target,
    ]
    assert scripted.seen[1].target.startswith("http://service.example/api/v1/jobs?")
    assert all(r.headers["proxy-authorization"].startswith("Basic ") for r in scripted.seen)
    scripted.answers(Answer(407))
    with pytest.raises(errors.IBMApiError) as caught:
        client.jobs_get()
    assert caught.value.status_code == 407
    assert PASSWORD not in everything_about(caught.value) + repr(client.params)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_the_environment_s_proxy_is_used_but_not_for_whom_it_says(
    scripted, connect, monkeypatch, variable
):
    scripted.answers(JOBS)
    monkeypatch.setenv(variable, scripted.url)
    assert connect("http://service.example").jobs_get() == ([], 0)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert connect(scripted.url).jobs_get() == ([], 0)


def test_a_proxy_that_is_away_is_named_and_nothing_was_sent(connect):
    proxies = {"http": f"http://bob:{PASSWORD}@127.0.0.1:{closed_port()}"}
    with pytest.raises(
        errors.IBMNetworkError, match=r"at the proxy 127.* refused.*proxies="
    ) as caught:
        connect("http://service.example", proxies=proxies).job_run("{}")
    assert not caught.value.sent
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert PASSWORD not in everything_about(caught.value)


def test_a_proxy_that_digs_no_tunnel_is_quoted_and_asked_once(scripted, connect):
    where = scripted.url.removeprefix("http://")
    proxies = {"https": f"http://bob:{PASSWORD}@{where}"}
    with pytest.raises(errors.IBMNetworkError, match=r"did not let.*501") as caught:
        connect("https://service.example", proxies=proxies).job_run("{}")
    assert not caught.value.sent
    assert scripted.connections_made == 1
    assert PASSWORD not in everything_about(caught.value)
    assert TOKEN not in everything_about(caught.value)


# streams


def streamed(params):
    """Open a stream of interim results with these parameters; return what became of it."""
    client = RuntimeClient(params)
    stream = InterimStream(client, "j")
    try:
        with pytest.raises(errors.IBMApiError) as caught, stream._connect(**{"from": 0}):
            pass
    finally:
        client.close()
    assert TOKEN not in everything_about(caught.value)
    assert PASSWORD not in everything_about(caught.value)
    return caught.value


def test_a_stream_believes_the_certificates_that_requests_believe(secure, bundle, monkeypatch):
    server = secure()
    server.answers(Answer(404))
    params = ClientParameters(
        "ibm_cloud", TOKEN, server.url, CRN, iam_url=server.url, verify=bundle
    )
    assert isinstance(streamed(params), errors.IBMNotFoundError)  # it came through to a 404
    strict = ClientParameters("local", TOKEN, server.url, CRN)
    assert "SSLCertVerificationError" in str(streamed(strict))
    assert isinstance(streamed(replace(strict, verify=False)), errors.IBMNotFoundError)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        with monkeypatch.context() as environment:
            environment.setenv(name, bundle)
            assert isinstance(streamed(strict), errors.IBMNotFoundError)


def test_a_stream_goes_through_the_proxy_that_was_given_but_never_the_local_one(scripted):
    proxies = {"http": f"http://bob:{PASSWORD}@{scripted.url.removeprefix('http://')}"}
    scripted.answers(JOBS)
    theirs = ClientParameters(
        "ibm_cloud", TOKEN, "http://service.example", CRN, proxies, iam_url=scripted.url
    )
    assert isinstance(streamed(theirs), errors.IBMNetworkError)
    assert scripted.connections_made >= 2  # the exchange, and a tunnel that it does not dig
    ours = ClientParameters("local", TOKEN, f"http://127.0.0.1:{closed_port()}", CRN, proxies)
    before = scripted.connections_made
    assert "ConnectionRefusedError" in str(streamed(ours))
    assert scripted.connections_made == before


# what is large


def test_a_large_submission_on_a_slow_line_is_not_given_up(scripted, connect):
    """urllib3 would give the whole body the connect timeout."""
    scripted.answers(Answer(200, {"id": "j"}))
    scripted.slowly_s = 0.02
    client = connect(scripted.url, connect_timeout_s=0.5)
    assert client.job_run("x" * 6_000_000) == "j"
    assert len(scripted.seen[-1].body) == 6_000_000
