from __future__ import annotations

import logging
import threading

import pytest
import requests
from support.scripted import TOKEN, Answer, html, iam
from support.secrets import everything_about

from runtime_widgets import errors
from runtime_widgets.auth import BearerAuth, IamAuth, auth_for
from runtime_widgets.client import RuntimeClient


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def auth(scripted, clock):
    scripted.script = lambda _request: iam(f"bearer-{scripted.exchanges()}")
    with requests.Session() as session:
        yield IamAuth(scripted.params(), session, clock)


def test_the_key_is_exchanged_as_the_identity_service_wants_it(auth, scripted):
    assert auth.headers()["Authorization"] == "Bearer bearer-1"
    request = scripted.seen[0]
    assert request.call == "POST /identity/token"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert f"apikey={TOKEN}" in request.body.decode()
    assert "grant_type=urn" in request.body.decode()


def test_fifty_threads_that_ask_at_once_cause_one_exchange(auth, scripted):
    barrier = threading.Barrier(50)
    tokens = []

    def ask():
        barrier.wait(20)
        tokens.append(auth.token())

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert tokens == ["bearer-1"] * 50
    assert scripted.exchanges() == 1


def test_a_bearer_is_renewed_before_it_expires_and_not_earlier(auth, scripted, clock):
    auth.token()
    clock.now += 3600 - 301
    auth.token()
    assert scripted.exchanges() == 1
    clock.now += 2
    assert auth.token() == "bearer-2"


def test_fifty_refusals_of_one_bearer_cause_one_renewal(auth, scripted):
    used = auth.token()
    for _ in range(50):
        assert auth.expire(used)
        auth.token()
    assert scripted.exchanges() == 2


def test_a_short_lived_bearer_is_still_used_for_half_its_life(scripted, clock):
    scripted.script = lambda _request: Answer(200, {"access_token": "b", "expires_in": 60})
    with requests.Session() as session:
        auth = IamAuth(scripted.params(), session, clock)
        auth.token()
        clock.now += 29
        auth.token()
    assert scripted.exchanges() == 1


REFUSALS = {
    "wrong key": (
        errors.IBMAuthError,
        Answer(400, {"errorMessage": f"Provided API key {TOKEN} could not be found."}),
    ),
    "forbidden": (errors.IBMAuthError, Answer(403)),
    "page": (errors.IBMAnswerError, html(200)),
    "no token": (errors.IBMAnswerError, Answer(200, {"expires_in": 5})),
    "token is no text": (errors.IBMAnswerError, Answer(200, {"access_token": 7})),
    "list": (errors.IBMAnswerError, Answer(200, [1])),
    "outage": (errors.IBMServerError, Answer(503)),
    "too many": (errors.IBMRateLimitError, Answer(429)),
}


@pytest.mark.parametrize("how", REFUSALS)
def test_only_a_key_that_is_refused_is_an_auth_error_and_no_error_tells_the_key(
    auth, scripted, how, caplog
):
    kind, answer = REFUSALS[how]
    caplog.set_level(logging.DEBUG)
    scripted.script = lambda _request: answer
    with pytest.raises(kind) as caught:
        auth.token()
    assert type(caught.value) is kind
    assert not caught.value.sent
    assert ("Check the key" in str(caught.value)) == (kind is errors.IBMAuthError)
    assert TOKEN not in everything_about(caught.value) + caplog.text


def test_a_password_in_netrc_never_takes_the_token_s_place(scripted, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login bob password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    scripted.script = lambda request: (
        iam() if request.path == "/identity/token" else Answer(200, {"devices": []})
    )
    client = RuntimeClient(scripted.params())
    client.backends()
    client.close()
    sent = [request.headers.get("authorization", "") for request in scripted.seen]
    assert len(sent) == 2
    assert not any(header.startswith("Basic") for header in sent)
    assert sent[1].startswith("Bearer ")


@pytest.mark.parametrize("fault", ["reset", "stall"])
def test_an_identity_service_that_is_away_is_a_network_error_without_the_key(
    scripted, fault, caplog
):
    caplog.set_level(logging.DEBUG)
    scripted.script = lambda _request: Answer(fault=fault)
    with requests.Session() as session:
        auth = IamAuth(scripted.params(read_timeout_s=0.3), session)
        with pytest.raises(errors.IBMNetworkError, match="identity service") as caught:
            auth.token()
    assert not caught.value.sent
    assert TOKEN not in everything_about(caught.value) + caplog.text


def test_a_lifetime_that_is_nonsense_counts_as_an_hour(scripted, clock):
    scripted.script = lambda _request: Answer(200, {"access_token": "b", "expires_in": "soon"})
    with requests.Session() as session:
        auth = IamAuth(scripted.params(), session, clock)
        auth.token()
        clock.now += 3000
        auth.token()
    assert scripted.exchanges() == 1


def test_the_channel_decides_how_to_authenticate(scripted):
    with requests.Session() as session:
        assert type(auth_for(scripted.params("local"), session)) is BearerAuth
        assert type(auth_for(scripted.params("ibm_cloud"), session)) is IamAuth


def test_nothing_that_can_be_printed_shows_a_token(auth, scripted):
    auth.token()
    plain = BearerAuth(TOKEN, "crn")
    request = requests.Request("GET", scripted.url, auth=plain).prepare()
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Service-CRN"] == "crn"
    for text in (repr(auth), repr(plain), repr(scripted.params()), str(scripted.params())):
        assert TOKEN not in text
        assert "bearer-1" not in text


def test_a_token_that_is_sent_as_it_is_cannot_be_renewed():
    assert not BearerAuth(TOKEN).expire(TOKEN)
