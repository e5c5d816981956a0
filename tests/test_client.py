from __future__ import annotations

import contextlib
import importlib.util
import logging
import socket
import sys
import threading
import time
from dataclasses import replace
from email.utils import formatdate

import pytest
import urllib3.connection
from support.clocks import HandClock
from support.scripted import CRN, TOKEN, Answer, html, iam
from support.secrets import everything_about

from runtime_widgets import errors
from runtime_widgets.client import API_VERSION, RuntimeClient
from runtime_widgets.params import ClientParameters

JOB = {"id": "j", "status": "Queued", "backend": "b", "program": {"id": "sampler"}}
OK = Answer(200, JOB)
GONE = Answer(fault="reset")


@pytest.fixture
def hands():
    """The clock of the clients here: pauses are written down instead of being made."""
    return HandClock()


@pytest.fixture
def pauses(hands):
    return hands.pauses


@pytest.fixture
def open_client(hands):
    made = []

    def open_(params):
        made.append(RuntimeClient(params, clock=hands.clock))
        return made[-1]

    yield open_
    for client in made:
        client.close()


@pytest.fixture
def client(scripted, open_client, pauses):
    return open_client(scripted.params())


@pytest.fixture
def local(scripted, open_client, pauses):
    return open_client(scripted.params("local"))


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# what is sent


def test_a_request_says_who_for_whom_and_in_which_version(client, scripted):
    scripted.answers(OK)
    client.job_get("j")
    headers = scripted.seen[-1].headers
    assert headers["authorization"] == "Bearer bearer-of-a-test"
    assert headers["service-crn"] == CRN
    assert headers["ibm-api-version"] == API_VERSION
    assert scripted.seen[-1].path == "/api/v1/jobs/j"
    assert scripted.seen[-1].query == {"exclude_params": ["true"]}


def test_an_id_cannot_leave_its_place_in_the_path(client, scripted):
    scripted.answers(OK)
    client.job_get("../../identity?x=1#y")
    assert scripted.seen[-1].path == "/api/v1/jobs/..%2F..%2Fidentity%3Fx%3D1%23y"


def test_halves_of_characters_reach_no_view_and_whole_ones_do(client, scripted):
    # json.dumps writes them as escapes, as a service would.
    odd = {**JOB, "tags": ["\ud800", "\U0001f600"], "params": {"note": "\udfff"}}
    scripted.answers(Answer(200, {"jobs": [odd], "count": 1}), Answer(200, odd))
    (record,), _ = client.jobs_get()
    assert record.tags == ("\ufffd", "\U0001f600")
    assert client.job_json("j")["params"] == {"note": "\udfff"}  # inputs are as they were sent


def test_the_list_is_asked_for_with_every_filter(client, scripted):
    scripted.answers(Answer(200, {"jobs": [JOB], "count": 41}))
    records, count = client.jobs_get(
        limit=7, offset=14, pending=True, program="p", backend="b", session_id="s", tags=["x", "y"]
    )
    assert scripted.seen[-1].query == {
        "limit": ["7"],
        "offset": ["14"],
        "pending": ["true"],
        "program": ["p"],
        "backend": ["b"],
        "session_id": ["s"],
        "tags": ["x", "y"],
        "sort": ["DESC"],
        "exclude_params": ["true"],
    }
    assert ([r.id for r in records], count) == (["j"], 41)


def test_one_bad_row_does_not_hide_the_others(client, scripted):
    scripted.answers(Answer(200, {"jobs": [{"id": 5}, JOB, None, "x"], "count": 4}))
    assert [r.id for r in client.jobs_get()[0]] == ["j"]
    scripted.answers(Answer(200, {"devices": [{"nam": "x"}, {"name": "b"}, None]}))
    assert [r.name for r in client.backends()] == ["b"]
    scripted.answers(Answer(200, {"workloads": [{"id": 5}, {"id": "s"}, "x"]}))
    assert [r.id for r in client.sessions_get("batch")[0]] == ["s"]


@pytest.mark.parametrize("status", [400, 422])
def test_a_service_that_knows_no_waits_has_devices_all_the_same(client, scripted, status):
    devices = Answer(200, {"devices": [{"name": "b"}]})
    scripted.answers(Answer(status, {"errors": [{"message": "fields?"}]}), devices)
    assert [r.name for r in client.backends()] == ["b"]
    assert "fields" not in scripted.seen[-1].query


# each fault has a name and a sentence

FAULTS = {
    "bad request": (Answer(400, {"errors": [{"code": 1, "message": "m"}]}), errors.IBMApiError),
    "forbidden": (Answer(403), errors.IBMAuthError),
    "unknown": (Answer(404), errors.RuntimeJobNotFound),
    "conflict": (Answer(409), errors.IBMConflictError),
    "too many": (Answer(429), errors.IBMRateLimitError),
    "server error": (Answer(500), errors.IBMServerError),
    "gateway's page": (html(502), errors.IBMServerError),
    "page with status 200": (html(200), errors.IBMAnswerError),
    "redirect": (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), errors.IBMAnswerError),
    "empty": (Answer(200), errors.IBMAnswerError),
    "half of the JSON": (Answer(200, b'{"id": "j", "sta'), errors.IBMAnswerError),
    "garbage": (Answer(200, b"\x00\xff\xfe garbage"), errors.IBMAnswerError),
    "null": (Answer(200, b"null"), errors.IBMAnswerError),
    "a list": (Answer(200, [1, 2]), errors.IBMAnswerError),
    "no status": (Answer(200, {"id": "j"}), errors.IBMAnswerError),
    "deep nesting": (Answer(200, b"[" * 200_000), errors.IBMAnswerError),
    "broken off": (Answer(200, b'{"id": "j"', length=5000), errors.IBMAnswerError),
    "damaged gzip": (
        Answer(200, b"this is no gzip", {"Content-Encoding": "gzip"}),
        errors.IBMAnswerError,
    ),
    "reset": (GONE, errors.IBMNetworkError),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_the_error_of_its_name_with_a_sentence_for_people(client, scripted, fault):
    answer, kind = FAULTS[fault]
    scripted.answers(answer)
    with pytest.raises(errors.IBMApiError) as caught:
        client.job_get("j")
    assert type(caught.value) is kind
    assert len(caught.value.message) > 10 or fault == "bad request"
    assert caught.value.request == "GET /jobs/j"
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_shows_the_token_anywhere(client, scripted, fault, caplog):
    caplog.set_level(logging.DEBUG)
    scripted.answers(FAULTS[fault][0])
    with pytest.raises(errors.IBMApiError) as caught:
        client.job_get("j")
    shown = everything_about(caught.value) + caplog.text + repr(client) + repr(vars(client))
    assert TOKEN not in shown
    assert "bearer-of-a-test" not in shown


def frames_below(error):
    """Return the modules of the frames that a verbose traceback would show of an exception."""
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(trace.tb_frame.f_globals["__name__"].partition(".")[0])
        trace = trace.tb_next
    return set(found)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, MemoryError])
def test_no_frame_that_holds_the_token_is_in_a_traceback_after_ctrl_c(client, raised, monkeypatch):
    def interrupted(*_args, **_kwargs):
        raise raised

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "getresponse", interrupted)
    with pytest.raises(raised) as caught:
        client.job_get("j")
    assert "runtime_widgets" in frames_below(caught.value)
    assert not frames_below(caught.value) & {"urllib3", "requests", "http"}
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_no_frame_that_holds_the_token_is_kept_with_a_cause(client, scripted):
    scripted.answers(GONE)
    with pytest.raises(errors.IBMNetworkError) as caught:
        client.job_get("j")
    assert not frames_below(caught.value) & {"urllib3", "requests", "http"}
    cause = caught.value.__cause__
    assert cause is not None
    assert (cause.__traceback__, cause.__cause__, cause.__context__) == (None, None, None)
    assert (cause.request, cause.response) == (None, None)


def test_a_body_that_stalls_ends_with_a_timeout(scripted, open_client, pauses):
    client = open_client(scripted.params(read_timeout_s=0.3))
    scripted.answers(Answer(200, b'{"id"', length=100, fault="stall-in-body"))
    with pytest.raises(errors.IBMNetworkError, match=r"within 0.3 s"):
        client.job_get("j")


def test_who_takes_long_to_begin_may_take_as_long_for_the_rest(scripted, open_client, pauses):
    client = open_client(scripted.params("local", read_timeout_s=1.0))

    def slow(_request):
        time.sleep(0.8)
        return Answer(200, JOB)

    scripted.script = slow
    scripted.before_body_s = 0.6
    assert client.once().job_get("j").id == "j"


def test_a_server_that_says_nothing_ends_with_a_timeout(scripted, open_client, pauses):
    client = open_client(scripted.params(read_timeout_s=0.2))
    scripted.answers(Answer(fault="stall"))
    with pytest.raises(errors.IBMNetworkError, match=r"within 0.2 s"):
        client.job_get("j")
    assert len(scripted.calls("GET")) == 5


def test_every_wait_is_finite_by_default():
    params = ClientParameters("local", TOKEN)
    assert 0 < params.connect_timeout_s <= 30
    assert 0 < params.read_timeout_s <= 120


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue is refused")
def test_a_connection_that_nobody_takes_up_ends_with_a_timeout(open_client, pauses):
    with contextlib.ExitStack() as stack:
        # Nobody accepts, and its queue has room for one: the next is not answered at all.
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = full.getsockname()
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        url = f"http://127.0.0.1:{address[1]}"
        client = open_client(ClientParameters("local", TOKEN, url, CRN, connect_timeout_s=0.3))
        with pytest.raises(errors.IBMNetworkError, match=r"not be reached within 0\.3 s") as caught:
            client.once().job_get("j")
        assert not caught.value.sent


def test_nobody_listening_is_said_so(open_client, pauses):
    where = f"127.0.0.1:{free_port()}"
    client = open_client(ClientParameters("local", TOKEN, f"http://bob:hunter2@{where}", CRN))
    with pytest.raises(errors.IBMNetworkError, match="connection refused") as caught:
        client.jobs_get()
    assert caught.value.message == f"Nobody answers at {where} (connection refused)."
    assert caught.value.solution is None
    assert not caught.value.sent
    assert "hunter2" not in everything_about(caught.value)
    assert TOKEN not in everything_about(caught.value)


@pytest.mark.parametrize("other", [KeyError("x"), OSError("Tunnel connection failed: 407")])
def test_what_a_caller_is_handling_is_not_why_there_is_no_answer(open_client, pauses, other):
    client = open_client(ClientParameters("local", TOKEN, f"http://127.0.0.1:{free_port()}", CRN))
    try:
        raise other
    except type(other):
        with pytest.raises(errors.IBMNetworkError, match="connection refused"):
            client.job_get("j")


@pytest.mark.parametrize("name", ["url", "https"])
@pytest.mark.parametrize("host", ["", "[", "h:99999", "h:x"])
def test_an_address_that_is_none_is_refused_and_its_password_not_quoted(name, host):
    address = f"http://bob:hunter2@{host}"
    given = {"url": address} if name == "url" else {"url": "http://h", "proxies": {name: address}}
    with pytest.raises(errors.IBMInputValueError, match="no host, or a bad port") as caught:
        ClientParameters("local", TOKEN, **given)
    assert "hunter2" not in str(caught.value)


def test_an_environment_s_proxy_that_is_no_address_is_not_quoted(
    scripted, open_client, pauses, monkeypatch
):
    monkeypatch.setenv("http_proxy", "http://bob:hunter2@h:99999")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(errors.IBMNetworkError) as caught:
        open_client(scripted.params()).job_get("j")
    assert "hunter2" not in everything_about(caught.value)


def test_a_socks_proxy_says_what_it_needs(scripted, open_client, pauses):
    if importlib.util.find_spec("socks"):
        pytest.skip("PySocks is installed")
    client = open_client(scripted.params("local", proxies={"http": "socks5://127.0.0.1:9"}))
    with pytest.raises(errors.IBMNetworkError, match="pip install pysocks"):
        client.job_get("j")
    assert (scripted.seen, pauses) == ([], [])


@pytest.mark.parametrize("odd", ["s3cret\n", "s3cret\r\nX: y", "s3cret\u20ac"])
@pytest.mark.parametrize("name", ["token", "instance"])
def test_what_no_header_can_hold_is_refused_and_not_quoted(name, odd):
    given = {"token": TOKEN, "instance": CRN, name: odd}
    with pytest.raises(errors.IBMInputValueError, match=f"The {name} holds") as caught:
        ClientParameters("local", url="http://127.0.0.1:9", **given)
    assert "s3cret" not in str(caught.value)


def test_an_unknown_host_is_said_so(open_client, pauses):
    address = "https://bob:hunter2@no.such.host.invalid"
    params = ClientParameters("ibm_cloud", TOKEN, "http://127.0.0.1:9", CRN, iam_url=address)
    with pytest.raises(errors.IBMNetworkError) as caught:
        open_client(params).jobs_get()
    assert caught.value.message == (
        "The identity service: The name no.such.host.invalid could not be looked up: "
        "is there a network?"
    )
    assert "proxies=" in caught.value.solution
    assert 'channel="local"' in caught.value.solution
    assert "hunter2" not in everything_about(caught.value)


# repeats


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
def test_what_may_pass_is_tried_five_times_in_all(client, scripted, status):
    scripted.answers(Answer(status))
    with pytest.raises(errors.IBMApiError):
        client.job_get("j")
    assert len(scripted.calls("GET")) == 5


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 501])
def test_what_will_not_pass_is_tried_once(client, scripted, status):
    scripted.answers(Answer(status))
    with pytest.raises(errors.IBMApiError):
        client.job_get("j")
    assert len(scripted.calls("GET")) == 1


@pytest.mark.parametrize("trouble", [Answer(503), Answer(429), GONE])
@pytest.mark.parametrize(
    ("call", "method"),
    [
        (lambda c: c.job_get("j"), "GET"),
        (lambda c: c.job_update_tags("j", ["t"]), "PUT"),
        (lambda c: c.job_delete("j"), "DELETE"),
    ],
)
def test_requests_that_do_no_harm_twice_recover_by_themselves(
    client, scripted, trouble, call, method
):
    scripted.answers(trouble, trouble, OK)
    call(client)
    assert len(scripted.calls(method)) == 3


def test_the_pauses_double_up_to_a_bound_and_chance_is_what_is_below(
    scripted, hands, open_client, pauses
):
    scripted.answers(Answer(503))
    with pytest.raises(errors.IBMServerError):
        open_client(scripted.params()).job_get("j")
    assert pauses == [0.5, 1, 2, 4]
    drawn = []
    by_chance = replace(hands.clock, between=lambda low, high: drawn.append((low, high)) or 0.1)
    client = RuntimeClient(scripted.params(), clock=by_chance)
    with pytest.raises(errors.IBMServerError):
        client.job_get("j")
    client.close()
    assert drawn == [(0, 0.5), (0, 1), (0, 2), (0, 4)]


def test_all_attempts_together_end_in_time(scripted, open_client, pauses):
    client = open_client(scripted.params(retry_for_s=40.0))
    scripted.answers(Answer(503, None, {"Retry-After": "25"}))
    with pytest.raises(errors.IBMServerError):
        client.job_get("j")
    assert pauses == [25]
    assert len(scripted.calls("GET")) == 2


def test_a_last_attempt_is_not_given_more_time_than_is_left(scripted, hands, open_client):
    """Real waiting: the answer never comes, and the second attempt has 0.2 s of its 60."""
    client = open_client(scripted.params(read_timeout_s=60.0, retry_for_s=0.7))
    left = [Answer(503)]
    scripted.script = lambda r: (
        iam() if r.path == "/identity/token" else left.pop() if left else Answer(fault="stall")
    )
    with pytest.raises(errors.IBMNetworkError):
        client.job_get("j")
    assert hands.pauses == [0.5]
    assert len(scripted.calls("GET")) == 2


def test_retry_after_is_honoured(client, scripted, pauses):
    scripted.answers(Answer(429, None, {"Retry-After": "7"}), OK)
    assert client.job_get("j").id == "j"
    assert pauses == [7]


@pytest.mark.parametrize("ours_is_off_by_s", [0, 86400, -86400])
def test_a_date_to_come_back_at_is_compared_with_the_service_s_own_clock(
    client, scripted, hands, pauses, ours_is_off_by_s
):
    hands.wall += ours_is_off_by_s
    now = time.time()
    headers = {
        "Date": formatdate(now, usegmt=True),
        "Retry-After": formatdate(now + 9, usegmt=True),
    }
    scripted.answers(Answer(429, None, headers), OK)
    client.job_get("j")
    assert pauses == [9]


def test_a_date_that_is_past_is_now_and_still_no_hot_loop(client, scripted, pauses):
    then = formatdate(time.time() - 5000, usegmt=True)
    scripted.answers(Answer(429, None, {"Retry-After": then}))
    with pytest.raises(errors.IBMRateLimitError):
        client.job_get("j")
    assert pauses == [0.5, 1, 2, 4]


def test_nobody_is_made_to_wait_for_an_hour(client, scripted, pauses):
    scripted.answers(Answer(503, None, {"Retry-After": "3600"}), OK)
    client.job_get("j")
    assert pauses == [30]


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e9", "Mon, 99 Foo 2026 99:99:99 GMT", ""])
def test_a_pause_that_is_nonsense_is_ours_to_choose(client, scripted, nonsense):
    scripted.answers(Answer(429, None, {"Retry-After": nonsense}), OK)
    assert client.job_get("j").id == "j"
    scripted.answers(Answer(429, None, {"Retry-After": nonsense}))
    with pytest.raises(errors.IBMRateLimitError):
        client.job_get("j")


def test_a_rate_limit_that_stays_tells_how_long_to_wait(client, scripted):
    scripted.answers(Answer(429, None, {"Retry-After": "7"}))
    with pytest.raises(errors.IBMRateLimitError) as caught:
        client.job_get("j")
    assert caught.value.retry_after_s == 7.0


CONFLICT = Answer(409, {"errors": [{"code": 1228, "message": "cannot be cancelled"}]})
NOT_THERE = Answer(404, {"errors": [{"code": 1291, "message": "Job not found."}]})


def test_a_cancel_whose_answer_was_lost_is_asked_for_again(client, scripted):
    scripted.answers(GONE, Answer(204))
    client.job_cancel("j")
    assert scripted.calls() == ["POST /api/v1/jobs/j/cancel"] * 2


@pytest.mark.parametrize("word", ["Cancelled", "Completed"])
def test_a_cancel_that_did_work_the_first_time_is_no_conflict(client, scripted, word):
    scripted.answers(GONE, CONFLICT, Answer(200, {**JOB, "status": word}))
    if word == "Cancelled":
        client.job_cancel("j")
    else:
        with pytest.raises(errors.IBMConflictError):
            client.job_cancel("j")
    assert scripted.calls()[-1] == "GET /api/v1/jobs/j"


def test_a_cancel_that_comes_too_late_is_a_conflict_at_once(client, scripted):
    scripted.answers(CONFLICT)
    with pytest.raises(errors.IBMConflictError):
        client.job_cancel("j")
    assert scripted.calls() == ["POST /api/v1/jobs/j/cancel"]


def test_a_deletion_that_did_work_the_first_time_is_done(client, scripted):
    scripted.answers(GONE, NOT_THERE)
    client.job_delete("j")
    assert scripted.calls() == ["DELETE /api/v1/jobs/j"] * 2
    scripted.answers(NOT_THERE)
    with pytest.raises(errors.RuntimeJobNotFound):
        client.job_delete("j")


def test_the_tracker_s_client_repeats_nothing(client, scripted):
    scripted.answers(Answer(503))
    with pytest.raises(errors.IBMServerError):
        client.once().job_get("j")
    assert len(scripted.calls("GET")) == 1


# submissions

LOST = {
    "reset": GONE,
    "broken off": Answer(200, b'{"id": "j', length=500),
    "no JSON": Answer(200, b"ok"),
    "no id": Answer(200, {"backend": "b"}),
    "gateway": html(502),
    "gateway's patience": Answer(504),
}


@pytest.mark.parametrize("how", LOST)
def test_a_submission_whose_answer_is_lost_is_sent_once_and_said_to_be_unknown(
    client, scripted, how
):
    scripted.answers(LOST[how])
    with pytest.raises(errors.SubmissionUnknownError, match=r"may exist.*service\.jobs"):
        client.job_run("{}", idempotency_key="ours")
    assert scripted.calls() == ["POST /api/v1/jobs"]
    assert "idempotency-key" not in scripted.seen[-1].headers


@pytest.mark.parametrize("status", [400, 409, 429, 500, 503])
def test_a_submission_that_is_refused_is_sent_once_and_said_to_be_refused(client, scripted, status):
    scripted.answers(Answer(status))
    with pytest.raises(errors.IBMApiError) as caught:
        client.job_run("{}")
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert scripted.calls() == ["POST /api/v1/jobs"]


def test_a_submission_that_was_led_elsewhere_is_not_lost(client, scripted):
    scripted.answers(Answer(302, b"", {"Location": "http://login.example/"}))
    with pytest.raises(errors.IBMAnswerError, match=r"points elsewhere \(302 to login.example\)"):
        client.job_run("{}")
    assert scripted.calls() == ["POST /api/v1/jobs"]


@pytest.mark.parametrize("length", ["5, 7", "-1"])
def test_a_submission_whose_answer_has_a_damaged_head_is_unknown(client, scripted, length):
    scripted.answers(Answer(201, {"id": "j"}, {"Content-Length": length}))
    with pytest.raises(errors.SubmissionUnknownError):
        client.job_run("{}")
    assert scripted.calls() == ["POST /api/v1/jobs"]


def test_a_submission_that_nobody_answers_is_unknown(scripted, open_client):
    client = open_client(scripted.params(read_timeout_s=0.3))
    scripted.answers(Answer(fault="stall"))
    with pytest.raises(errors.SubmissionUnknownError):
        client.job_run("{}")
    assert scripted.calls() == ["POST /api/v1/jobs"]


def test_with_an_idempotency_key_the_embedded_runtime_is_asked_again(local, scripted):
    scripted.answers(GONE, Answer(503), Answer(200, {"id": "j"}))
    assert local.job_run("{}", idempotency_key="ours") == "j"
    assert [r.headers["idempotency-key"] for r in scripted.seen] == ["ours"] * 3


def test_without_a_key_nothing_is_sent_twice_to_the_embedded_runtime_either(local, scripted):
    scripted.answers(GONE)
    with pytest.raises(errors.SubmissionUnknownError):
        local.job_run("{}")
    assert scripted.calls() == ["POST /api/v1/jobs"]


@pytest.mark.parametrize("key", [None, "ours"])
def test_a_submission_that_never_left_is_no_mystery(open_client, pauses, key):
    url = f"http://127.0.0.1:{free_port()}"
    client = open_client(ClientParameters("local", TOKEN, url, CRN))
    with pytest.raises(errors.IBMNetworkError) as caught:
        client.job_run("{}", idempotency_key=key)
    assert not isinstance(caught.value, errors.SubmissionUnknownError)


def test_a_submission_is_unknown_where_only_the_last_repeat_never_left(local, scripted, pauses):
    def last_breath(_request):
        threading.Thread(target=scripted.close).start()
        scripted._over.wait(10)
        return GONE

    scripted.script = last_breath
    with pytest.raises(errors.SubmissionUnknownError):
        local.job_run("{}", idempotency_key="ours")


def test_an_identity_service_that_is_down_leaves_no_doubt_about_a_submission(client, scripted):
    scripted.script = lambda _request: GONE
    with pytest.raises(errors.IBMNetworkError) as caught:
        client.job_run("{}")
    assert not isinstance(caught.value, errors.SubmissionUnknownError)
    assert scripted.calls() == []
    assert TOKEN not in everything_about(caught.value)


# the token


def test_a_401_is_answered_by_one_new_token(client, scripted):
    def script(request):
        if request.path == "/identity/token":
            return iam(f"bearer-{scripted.exchanges()}")
        return OK if request.headers["authorization"] == "Bearer bearer-2" else Answer(401)

    scripted.script = script
    assert client.job_get("j").id == "j"
    assert scripted.exchanges() == 2
    assert len(scripted.calls()) == 2


def test_a_401_that_stays_is_asked_about_twice_and_no_more(client, scripted):
    scripted.answers(Answer(401, {"errors": [{"code": 1200, "message": "Unauthorized"}]}))
    with pytest.raises(errors.IBMAuthError, match="1200"):
        client.job_get("j")
    assert scripted.exchanges() == 2
    assert len(scripted.calls()) == 2


def test_the_embedded_runtime_s_401_is_final(local, scripted):
    scripted.answers(Answer(401))
    with pytest.raises(errors.IBMAuthError):
        local.job_get("j")
    assert len(scripted.seen) == 1


def test_a_proxy_of_the_environment_never_sees_the_embedded_runtime_s_token(
    scripted, open_client, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    scripted.answers(OK)
    assert open_client(scripted.params("local")).job_get("j").id == "j"


# small things that users meet


def test_no_logs_are_an_empty_text_and_no_results_none(client, scripted):
    scripted.answers(Answer(404))
    assert client.job_logs("j") == ""
    scripted.answers(Answer(204))
    assert client.job_results("j") is None
    scripted.answers(Answer(200, b""))
    assert client.job_results("j") is None
    scripted.answers(Answer(404))
    assert client.backend_properties("b") is None


def test_results_are_text_even_where_the_bytes_are_not(client, scripted):
    scripted.answers(Answer(200, b"caf\xe9"))
    assert client.job_results("j") == "caf\ufffd"


def test_the_server_s_clock_is_read_from_its_answers(client, scripted):
    scripted.answers(Answer(200, JOB, {"Date": "Mon, 23 Nov 2020 00:00:00 GMT"}))
    assert abs(client.server_time() - time.time()) < 2
    client.job_get("j")
    assert client.server_time() < time.time() - 365 * 86400
    for unreadable in ("nonsense", "", "Mon, 99 Foo 2026 99:99:99 GMT"):
        scripted.answers(Answer(200, JOB, {"Date": unreadable}))
        client.job_get("j")
    scripted.answers(OK)
    client.job_get("j")
    assert abs(client.server_time() - time.time()) < 2


def test_a_clock_that_is_wrong_is_wrong_by_the_same_amount_from_answer_to_answer(client, scripted):
    seen = set()
    for fraction in range(10):
        date = formatdate(time.time() - 1000 + fraction / 25, usegmt=True)
        scripted.answers(Answer(200, JOB, {"Date": date}))
        client.job_get("j")
        seen.add(client.clock_ahead_s())
    assert len(seen) == 1
    assert -1002 < seen.pop() < -998


def test_many_threads_share_a_client(client, scripted):
    scripted.answers(OK)
    seen = []
    threads = [
        threading.Thread(target=lambda: seen.append(client.job_get("j").id)) for _ in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert seen == ["j"] * 30
