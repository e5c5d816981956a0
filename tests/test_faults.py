"""Our client, a man in the middle who does harm, and the true server: what a caller gets.

For each fault: the recovery or the error by name, how many requests that took, and what became
of the job. What a user sees of it while watching is in test_faults_watched.py.
"""

from __future__ import annotations

import time

import pytest
from support.clocks import HandClock
from support.faultproxy import (
    clock_off,
    fault_proxy,
    half,
    instead,
    spoiled,
    stall_in_body,
    too_short,
)
from support.scripted import Answer, html
from support.secrets import everything_about
from support.waiting import until

from runtime_widgets import errors
from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters
from runtime_widgets.service import QiskitRuntimeService

SILENT = ("silence", "silence in the middle", "a drip of a head", "a drip of a body")
PASSING = (408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524)
DRIPPED = b'{"id":'

# name: (harm, error of what stays so, attempts)
FAULTS = {
    **{
        f"status {status}": (
            instead(Answer(status)),
            errors.IBMRateLimitError
            if status == 429
            else errors.IBMServerError
            if status >= 500
            else errors.IBMApiError,
            5,
        )
        for status in PASSING
    },
    "reset before": (instead(Answer(fault="reset")), errors.IBMNetworkError, 5),
    "reset after": (spoiled(fault="reset"), errors.IBMNetworkError, 5),
    "silence": (spoiled(fault="stall"), errors.IBMNetworkError, 5),
    "silence in the middle": (stall_in_body, errors.IBMNetworkError, 5),
    "half": (half, errors.IBMAnswerError, 5),
    "a drip of a head": (spoiled(fault="drip-head"), errors.IBMNetworkError, 5),
    "a drip of a body": (spoiled(fault="drip-body"), errors.IBMNetworkError, 5),
    "garbage": (spoiled(fault="garbage", body=b"\x16\x03\x01 nothing"), errors.IBMNetworkError, 5),
    "cut short": (too_short, errors.IBMAnswerError, 1),
    "no body": (spoiled(status=204, body=b""), errors.IBMAnswerError, 1),
    "a page": (instead(html(200)), errors.IBMAnswerError, 1),
    "another type": (
        spoiled(body=b"[1, 2]", headers={"Content-Type": "application/json"}),
        errors.IBMAnswerError,
        1,
    ),
    "compressed garbage": (
        spoiled(headers={"Content-Encoding": "gzip"}),
        errors.IBMAnswerError,
        1,
    ),
    "a redirection": (
        instead(Answer(307, b"", {"Location": "http://127.0.0.1:9/login"})),
        errors.IBMAnswerError,
        1,
    ),
    "refused": (instead(Answer(403)), errors.IBMAuthError, 1),
    "unknown": (instead(Answer(404)), errors.RuntimeJobNotFound, 1),
    "a status of no name": (instead(Answer(418)), errors.IBMApiError, 1),
    "another of no name": (instead(Answer(599)), errors.IBMServerError, 1),
}


def patience(fault, read_timeout_s=0.4):
    """Be short where nothing will come, and only there: this machine may be busy."""
    return {"read_timeout_s": read_timeout_s} if fault in SILENT else {}


@pytest.fixture
def proxy(runtime):
    with fault_proxy(runtime.address.url) as proxy:
        yield proxy


@pytest.fixture
def hands():
    return HandClock()


@pytest.fixture
def params(proxy, runtime):
    """As one of IBM's clients comes: with a key that is exchanged, and nothing pushed."""

    def params_(channel="ibm_quantum_platform", **kwargs):
        address = runtime.address
        kwargs = {"read_timeout_s": 30.0, **kwargs}
        return ClientParameters(
            channel, address.token, proxy.url, address.instance, iam_url=proxy.url, **kwargs
        )

    return params_


@pytest.fixture
def connect(params, hands):
    made = []

    def connect_(*args, **kwargs):
        made.append(RuntimeClient(params(*args, **kwargs), clock=hands.clock))
        return made[-1]

    yield connect_
    for client in made:
        client.close()


@pytest.fixture
def theirs(params, hands, service):
    """Return services with the clock of a hand; they end before the plain one, which looks."""
    made = []

    def service_(*args, **kwargs):
        made.append(QiskitRuntimeService(params=params(*args, **kwargs)))
        made[-1].client._transport.clock = hands.clock
        return made[-1]

    yield service_
    for one in made:
        one.close()


@pytest.fixture
def job_id(service):
    job = service.run("echo", {"say": "hello"}, backend="local_exact")
    job.result(60)
    return job.job_id()


# reading


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_its_error_after_a_polite_number_of_requests(
    connect, proxy, job_id, fault, hands
):
    harm, kind, attempts = FAULTS[fault]
    client = connect(**patience(fault))
    client.jobs_get(limit=1)
    proxy.seen.clear()
    proxy.harm(harm, "GET /api/v1/jobs/")
    with pytest.raises(errors.IBMApiError) as caught:
        client.job_get(job_id)
    error = caught.value
    assert type(error) is kind
    assert error.request == f"GET /jobs/{job_id}"
    assert len(proxy.calls()) == attempts
    assert proxy.exchanges() == 0
    assert hands.pauses == [0.5, 1, 2, 4][: attempts - 1]
    assert client.params.token not in everything_about(error)
    assert "Bearer" not in everything_about(error)
    proxy.heal()
    assert client.job_get(job_id).id == job_id


@pytest.mark.parametrize("fault", [f for f in FAULTS if FAULTS[f][2] > 1])
def test_a_fault_that_passes_is_not_seen(connect, proxy, job_id, fault):
    client = connect(**patience(fault, 1.5))
    proxy.harm(FAULTS[fault][0], "GET /api/v1/jobs/", times=2)
    assert client.job_get(job_id).id == job_id
    assert len(proxy.calls()) == 3


def test_nothing_follows_a_redirection(connect, proxy, job_id):
    with fault_proxy(proxy.url) as elsewhere:
        proxy.harm(
            instead(Answer(307, b"", {"Location": f"{elsewhere.url}/api/v1/jobs"})), "GET /api"
        )
        with pytest.raises(errors.IBMAnswerError, match="a token is not sent after it"):
            connect().jobs_get()
        assert elsewhere.seen == []


@pytest.mark.parametrize("fault", ["reset after", "half", "silence in the middle"])
def test_a_private_result_that_was_lost_on_the_way_is_said_to_be(connect, proxy, service, fault):
    job = service.run("echo", {"say": "secret"}, {"backend": "local_exact", "private": True})
    job.wait_for_final_state(60)
    proxy.harm(FAULTS[fault][0], "GET .*/results", times=1)
    with pytest.raises(errors.IBMAnswerError, match=r"on its way.*read once"):
        connect(**patience(fault, 1.5)).job_results(job.job_id())
    assert len(proxy.calls("GET")) == 2


def test_a_private_result_of_which_nothing_was_read_is_there_when_asked_again(
    connect, proxy, service
):
    job = service.run("echo", {"say": "secret"}, {"backend": "local_exact", "private": True})
    job.wait_for_final_state(60)
    proxy.harm(instead(Answer(502)), "GET .*/results", times=2)
    assert "secret" in str(connect().job_results(job.job_id()))


# submitting

LOST = ("reset after", "silence", "half", "a drip of a body", "garbage", "cut short", "no body")
NEVER_CAME = ("reset before",)
BODY = '{"program_id": "echo", "backend": "local_exact", "params": {"say": 1}}'


def jobs_of(service, tag):
    return service.jobs(limit=None, job_tags=[tag])


@pytest.mark.parametrize("fault", [*LOST, *NEVER_CAME, "status 502", "status 504", "a page"])
def test_a_submission_to_ibm_is_sent_once_and_can_be_looked_for(theirs, proxy, service, fault):
    tag = f"lost-{fault}"
    harm = FAULTS[fault][0]
    ours = theirs(**patience(fault))
    proxy.harm(harm, "POST /api/v1/jobs$")
    with pytest.raises(errors.SubmissionUnknownError) as caught:
        ours.run("echo", {"say": 1}, backend="local_exact", tags=[tag])
    assert len(proxy.calls("POST /api/v1/jobs")) == 1
    if fault in LOST:
        # A client that is short of patience may be quicker than the server.
        until(lambda: "POST /api/v1/jobs" in proxy.passed, "the job")
    there = {job.job_id() for job in jobs_of(service, tag)}
    assert len(there) == (1 if fault in LOST else 0)
    assert {job.job_id() for job in caught.value.look()} == there


@pytest.mark.parametrize("fault", ["status 500", "status 503", "status 429", "refused"])
def test_a_submission_that_ibm_refused_is_said_to_be_refused(theirs, proxy, fault):
    ours = theirs()
    proxy.harm(FAULTS[fault][0], "POST /api/v1/jobs$")
    with pytest.raises(FAULTS[fault][1]) as caught:
        ours.run("echo", {}, backend="local_exact")
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert len(proxy.calls("POST /api/v1/jobs")) == 1


@pytest.mark.parametrize("fault", ["reset before", "reset after", "half", "silence", "status 503"])
def test_a_submission_to_our_server_is_there_once_whatever_was_lost(theirs, proxy, service, fault):
    tag = f"once-{fault}"
    ours = theirs("local", **patience(fault, 1.5))
    proxy.harm(FAULTS[fault][0], "POST /api/v1/jobs$", times=2)
    job = ours.run("echo", {"say": fault}, backend="local_exact", tags=[tag])
    assert len(proxy.calls("POST /api/v1/jobs")) == 3
    assert [j.job_id() for j in jobs_of(service, tag)] == [job.job_id()]
    assert job.result(60) == fault


@pytest.mark.parametrize("fault", ["reset before", "reset after", "half", "status 502"])
def test_a_session_whose_opening_was_lost_is_opened_once_and_can_be_looked_for(
    connect, proxy, service, fault
):
    before = {s.session_id for s in service.sessions()}
    proxy.harm(FAULTS[fault][0], "POST /api/v1/sessions")
    with pytest.raises(errors.IBMApiError, match=r"service\.sessions\(\)"):
        connect().session_create("local_exact", max_ttl_s=60)
    assert len(proxy.calls("POST /api/v1/sessions")) == 1
    opened = {s.session_id for s in service.sessions()} - before
    assert len(opened) == (1 if fault in LOST else 0)
    for session_id in opened:
        service.client.session_cancel(session_id)


def test_a_session_that_was_refused_is_not_looked_for(connect, proxy):
    proxy.harm(instead(Answer(503)), "POST /api/v1/sessions")
    with pytest.raises(errors.IBMServerError) as caught:
        connect().session_create("local_exact")
    assert caught.value.solution is None
    assert len(proxy.calls("POST /api/v1/sessions")) == 1


# changing


@pytest.mark.parametrize("fault", ["reset before", "reset after", "status 502", "silence"])
def test_a_cancel_a_change_of_tags_and_a_deletion_are_done_whatever_was_lost(
    theirs, proxy, service, fault, flag
):
    ours = theirs(**patience(fault, 1.5))
    job = ours.run("hold", {"until": str(flag)}, backend="local_exact")
    for calls, act in (
        ("PUT .*/tags", lambda: job.update_tags(["a", "b"])),
        ("POST .*/cancel", job.cancel),
        ("DELETE /api", lambda: ours.delete_job(job.job_id())),
    ):
        proxy.harm(FAULTS[fault][0], calls, times=1)
        act()
        if "cancel" in calls:
            service.job(job.job_id()).wait_for_final_state(60)
            assert service.job(job.job_id()).cancelled()
    with pytest.raises(errors.RuntimeJobNotFound):
        service.job(job.job_id())


# signing in


def test_a_bearer_that_has_expired_is_renewed_once_and_the_request_is_sent_again(
    connect, proxy, job_id
):
    client = connect()
    client.job_get(job_id)
    proxy.harm(instead(Answer(401)), "GET /api/v1/jobs/", times=1)
    assert client.job_get(job_id).id == job_id
    assert proxy.exchanges() == 2
    assert len(proxy.calls()) == 3


def test_a_bearer_that_is_refused_for_good_is_an_auth_error_after_two_requests(connect, proxy):
    client = connect()
    proxy.harm(instead(Answer(401, {"errors": [{"code": 1200, "message": "no"}]})), "GET /api")
    with pytest.raises(errors.IBMAuthError, match="1200"):
        client.jobs_get()
    assert (len(proxy.calls()), proxy.exchanges()) == (2, 2)


@pytest.mark.parametrize(
    "fault", ["status 503", "status 429", "reset before", "silence", "a drip of a body", "a page"]
)
def test_an_identity_service_in_trouble_is_named_and_nothing_else_is_sent(connect, proxy, fault):
    client = connect(**patience(fault))
    proxy.harm(FAULTS[fault][0], "/identity/token")
    with pytest.raises(errors.IBMApiError, match="identity service") as caught:
        client.job_run(BODY)
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert not caught.value.sent
    assert proxy.calls() == []
    assert proxy.exchanges() == FAULTS[fault][2]
    assert client.params.token not in everything_about(caught.value)


def test_a_key_that_is_wrong_is_refused_by_name(proxy, runtime, hands):
    address = runtime.address
    params = ClientParameters("ibm_cloud", "wrong", proxy.url, address.instance, iam_url=proxy.url)
    client = RuntimeClient(params, clock=hands.clock)
    with pytest.raises(errors.IBMAuthError, match="Check the key"):
        client.jobs_get()
    assert (proxy.exchanges(), proxy.calls()) == (1, [])
    client.close()


# clocks


@pytest.mark.parametrize("hours", [-30, -5, 5, 30])
def test_a_clock_that_jumps_is_noticed_and_renews_no_bearer_and_moves_no_pause(
    connect, proxy, job_id, hours, hands
):
    client = connect()
    client.job_get(job_id)
    proxy.harm(clock_off(hours * 3600))
    for _ in range(3):
        assert client.job_get(job_id).id == job_id
    assert abs(client.clock_ahead_s() - hours * 3600) < 5
    assert proxy.exchanges() == 1
    proxy.heal()
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + hours * 3600 + 4))
    now = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + hours * 3600))
    busy = Answer(503, b"", {"Date": now, "Retry-After": later})
    proxy.harm(instead(busy), "GET /api", times=1)
    client.job_get(job_id)
    assert hands.pauses == [4]
    client.job_get(job_id)
    assert abs(client.clock_ahead_s()) < 60
