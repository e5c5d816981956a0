from __future__ import annotations

import base64
import json
import logging
import pprint
import threading
from dataclasses import asdict
from email.utils import formatdate

import pytest
from support.clocks import HandClock
from support.scripted import TOKEN, Answer, html, iam
from support.secrets import everything_about
from support.waiting import until

from runtime_widgets import errors
from runtime_widgets._transport import Transport
from runtime_widgets.auth import BearerAuth, IamAuth, auth_for
from runtime_widgets.client import RuntimeClient


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def iam_auth(scripted, clock):
    """Return what makes an :class:`IamAuth` on the scripted server."""
    made = []

    def make(**kwargs):
        params = scripted.params(**kwargs)
        made.append(Transport(params, clock.clock))
        return IamAuth(params, made[-1])

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def auth(scripted, iam_auth):
    scripted.script = lambda _request: iam(f"bearer-{scripted.exchanges()}")
    return iam_auth()


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
    clock.pass_(3600 - 301)
    auth.token()
    assert scripted.exchanges() == 1
    clock.pass_(2)
    assert auth.token() == "bearer-2"


def test_fifty_refusals_of_one_bearer_cause_one_renewal(auth, scripted):
    used = auth.token()
    for _ in range(50):
        assert auth.expire(used)
        auth.token()
    assert scripted.exchanges() == 2


def test_a_short_lived_bearer_is_still_used_for_half_its_life(scripted, clock, iam_auth):
    scripted.script = lambda _request: Answer(200, {"access_token": "b", "expires_in": 60})
    auth = iam_auth()
    auth.token()
    clock.pass_(29)
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
    scripted, fault, caplog, iam_auth
):
    caplog.set_level(logging.DEBUG)
    scripted.script = lambda _request: Answer(fault=fault)
    with pytest.raises(errors.IBMNetworkError, match="identity service") as caught:
        iam_auth(read_timeout_s=0.3).token()
    assert not caught.value.sent
    assert TOKEN not in everything_about(caught.value) + caplog.text


def jwt(**claims):
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.c2lnbg"


NOW = 1_800_000_000
DATE = {"Date": formatdate(NOW, usegmt=True)}
LIVES = {
    "told": ({"access_token": "b", "expires_in": 1200}, {}, 1200),
    "a number as the token has it": (
        {"access_token": jwt(iat=NOW, exp=NOW + 1200), "expiration": NOW + 9000},
        DATE,
        1200,
    ),
    "its end by the service's own clock": (
        {"access_token": "b", "expiration": NOW + 1200},
        DATE,
        1200,
    ),
    "only the token's end": ({"access_token": jwt(exp=NOW + 1200)}, DATE, 1200),
    "no number": ({"access_token": "b", "expires_in": "soon"}, {}, 3600),
    "beyond all numbers": ({"access_token": "b", "expires_in": 10**400}, {}, 3600),
    "no end": ({"access_token": "b", "expires_in": float("inf")}, {}, 3600),
    "true": ({"access_token": "b", "expires_in": True}, {}, 3600),
    "negative": ({"access_token": "b", "expires_in": -5}, {}, 3600),
    "nothing": ({"access_token": "b"}, {}, 3600),
    "past": ({"access_token": jwt(iat=NOW, exp=NOW - 5), "expiration": NOW - 5}, DATE, 3600),
    "no JSON web token": ({"access_token": "a.b.c"}, {}, 3600),
}


@pytest.mark.parametrize("how", LIVES)
@pytest.mark.parametrize("our_clock_is_off_by_s", [0, -1e6, 1e6])
def test_a_lifetime_is_read_where_it_stands_whatever_our_clock_says(
    scripted, clock, iam_auth, how, our_clock_is_off_by_s
):
    body, headers, life_s = LIVES[how]
    clock.wall += our_clock_is_off_by_s
    scripted.script = lambda _request: Answer(200, body, headers)
    auth = iam_auth()
    auth.token()
    clock.pass_(life_s - 302)
    auth.token()
    assert scripted.exchanges() == 1
    clock.pass_(3)
    auth.token()
    assert scripted.exchanges() == 2


def test_a_laptop_that_slept_for_nine_hours_gets_a_new_bearer(auth, scripted, clock):
    auth.token()
    clock.suspend(9 * 3600)
    assert auth.token() == "bearer-2"
    assert auth.token() == "bearer-2"


def test_a_clock_that_is_set_back_does_not_prolong_a_bearer(auth, clock):
    auth.token()
    clock.suspend(-9 * 3600)
    clock.now += 3601
    assert auth.token() == "bearer-2"


def test_while_the_identity_service_is_away_a_bearer_is_used_to_its_end(auth, scripted, clock):
    auth.token()
    works, scripted.script = scripted.script, lambda _request: Answer(503)
    clock.pass_(3600 - 250)
    assert [auth.token() for _ in range(20)] == ["bearer-1"] * 20
    assert scripted.exchanges() == 2  # no storm
    assert clock.pauses == []  # and nobody waits for what is not needed yet
    clock.pass_(300)
    with pytest.raises(errors.IBMServerError):
        auth.token()
    scripted.script = works
    assert auth.token().startswith("bearer-")


@pytest.mark.parametrize("bearer", ["bea\r\nX: rer", "bea\u20acrer", ""])
def test_a_bearer_that_no_header_can_hold_is_no_token_and_is_not_quoted(scripted, iam_auth, bearer):
    scripted.script = lambda _request: iam(bearer)
    with pytest.raises(errors.IBMAnswerError, match="without a token") as caught:
        iam_auth().token()
    assert "rer" not in everything_about(caught.value).replace("bearer", "")


def test_a_bearer_that_is_refused_while_it_is_renewed_is_not_an_empty_one(
    auth, scripted, clock, monkeypatch
):
    auth.token()
    clock.pass_(3600 - 250)
    # Another thread renews it, and a third one is told that the old one is no good.
    monkeypatch.setattr(auth._keeper, "_renew_early", lambda: auth.expire("bearer-1"))
    assert auth.token() == "bearer-2"


def test_an_identity_service_that_stumbles_is_asked_again(scripted, iam_auth, clock):
    scripted.answers(Answer(200))
    stumbles = [Answer(429, None, {"Retry-After": "3"}), Answer(502), Answer(fault="reset")]
    scripted.script = lambda _request: stumbles.pop(0) if stumbles else iam("b")
    assert iam_auth().token() == "b"
    assert scripted.exchanges() == 4
    assert clock.pauses == [3, 1, 2]


def test_a_key_that_is_refused_is_not_sent_again(scripted, iam_auth):
    scripted.script = lambda _request: Answer(
        400, {"errorCode": "BXNIM0415E", "errorMessage": f"API key {TOKEN} not found"}
    )
    with pytest.raises(errors.IBMAuthError, match="BXNIM0415E"):
        iam_auth().token()
    assert scripted.exchanges() == 1


class CountingLock:
    """A lock that counts who comes to it."""

    def __init__(self):
        self._lock, self._counting, self.came = threading.Lock(), threading.Lock(), 0

    def __enter__(self):
        with self._counting:
            self.came += 1
        self._lock.acquire()

    def __exit__(self, *_error):
        self._lock.release()


def test_fifty_threads_that_wait_for_an_exchange_share_its_failure(scripted, iam_auth):
    held, go = threading.Event(), threading.Event()

    def script(_request):
        held.set()
        go.wait(20)
        return Answer(400)

    scripted.script = script
    auth = iam_auth()
    auth._keeper._lock = CountingLock()
    caught = []

    def ask():
        try:
            auth.token()
        except errors.IBMAuthError as exc:
            caught.append(exc)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    assert held.wait(20)
    until(lambda: auth._keeper._lock.came == 50, "fifty threads that wait")
    go.set()
    for thread in threads:
        thread.join(30)
    assert len(caught) == 50
    assert len({id(exc) for exc in caught}) == 50
    assert scripted.exchanges() == 1


def test_instances_of_one_account_share_their_bearer(auth, scripted):
    other = auth.for_instance("crn:other")
    assert auth.headers()["Service-CRN"] == scripted.params().instance
    assert other.headers() == {"Authorization": "Bearer bearer-1", "Service-CRN": "crn:other"}
    assert scripted.exchanges() == 1


def test_the_channel_decides_how_to_authenticate(scripted, clock):
    transport = Transport(scripted.params(), clock.clock)
    assert type(auth_for(scripted.params("local"), transport)) is BearerAuth
    assert type(auth_for(scripted.params("ibm_cloud"), transport)) is IamAuth
    transport.close()


def test_nothing_that_can_be_printed_shows_a_token(auth, scripted):
    auth.token()
    plain = BearerAuth(TOKEN, "crn")
    assert plain.headers() == {"Authorization": f"Bearer {TOKEN}", "Service-CRN": "crn"}
    params = scripted.params()
    assert params.token == TOKEN
    shown = [auth, plain, params, plain.headers(), auth.headers(), asdict(params), vars(params)]
    for thing in shown:
        for text in (repr(thing), str(thing), pprint.pformat(thing), f"{thing}"):
            assert TOKEN not in text
            assert "bearer-1" not in text


def test_a_token_that_is_sent_as_it_is_cannot_be_renewed():
    assert not BearerAuth(TOKEN).expire(TOKEN)
