from __future__ import annotations

import logging
import threading

import pytest
import requests
from support.scripted import TOKEN, Answer, html, iam
from support.secrets import everything_about

from runtime_widgets import errors
from runtime_widgets.auth import BearerAuth, IamAuth, auth_for


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
    "wrong key": Answer(400, {"errorMessage": f"Provided API key {TOKEN} could not be found."}),
    "forbidden": Answer(403),
    "page": html(200),
    "no token": Answer(200, {"expires_in": 5}),
    "token is no text": Answer(200, {"access_token": 7}),
    "list": Answer(200, [1]),
}


@pytest.mark.parametrize("how", REFUSALS)
def test_a_key_that_is_refused_is_an_auth_error_without_the_key(auth, scripted, how, caplog):
    caplog.set_level(logging.DEBUG)
    scripted.script = lambda _request: REFUSALS[how]
    with pytest.raises(errors.IBMAuthError, match="Check the key") as caught:
        auth.token()
    assert TOKEN not in everything_about(caught.value) + caplog.text


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
