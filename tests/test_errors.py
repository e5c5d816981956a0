from __future__ import annotations

import json
import re
import traceback

import pytest
from qiskit.exceptions import QiskitError
from qiskit.providers.exceptions import JobError, JobTimeoutError

from runtime_widgets import errors
from runtime_widgets._faults import error_of, retry_after_s
from runtime_widgets._outcome import result_timeout

PARENTS = {
    "IBMError": QiskitError,
    "IBMAccountError": errors.IBMError,
    "IBMInputValueError": errors.IBMError,
    "IBMRuntimeError": errors.IBMError,
    "UpstreamMissingError": errors.IBMError,
    "IBMApiError": errors.IBMRuntimeError,
    "IBMAuthError": errors.IBMApiError,
    "IBMNotFoundError": errors.IBMApiError,
    "RuntimeJobNotFound": errors.IBMNotFoundError,
    "IBMConflictError": errors.IBMApiError,
    "IBMRateLimitError": errors.IBMApiError,
    "IBMServerError": errors.IBMApiError,
    "IBMAnswerError": errors.IBMApiError,
    "IBMNetworkError": errors.IBMApiError,
    "SubmissionUnknownError": errors.IBMNetworkError,
    "CodecError": errors.IBMRuntimeError,
    "HistoryError": errors.IBMRuntimeError,
    "LocalRuntimeError": errors.IBMRuntimeError,
    "RuntimeInvalidStateError": errors.IBMRuntimeError,
    "RuntimeJobMaxTimeoutError": errors.IBMRuntimeError,
    "RuntimeJobFailureError": JobError,
    "RuntimeJobTimeoutError": JobTimeoutError,
}


@pytest.mark.parametrize("name", PARENTS)
def test_each_error_hangs_where_the_interface_says(name):
    assert getattr(errors, name).__bases__ == (PARENTS[name],)


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"[├└]── (?:\S*\.)?(\w+)", errors.__doc__ or "")
    assert sorted(n for n in drawn if n not in {"JobError", "JobTimeoutError"}) == sorted(PARENTS)
    assert sorted(errors.__all__) == sorted(PARENTS)


def test_a_result_that_is_late_can_be_caught_by_either_name_of_the_interface():
    error = result_timeout("too late")
    assert isinstance(error, errors.RuntimeJobTimeoutError)
    assert isinstance(error, errors.RuntimeJobMaxTimeoutError)
    assert isinstance(error, JobTimeoutError)
    assert "too late" in str(error)


@pytest.mark.parametrize("name", PARENTS)
def test_what_people_read_is_the_sentence_itself(name):
    assert str(getattr(errors, name)("A 'word',\nand a line.")) == "A 'word',\nand a line."


STATUSES = {
    400: errors.IBMApiError,
    401: errors.IBMAuthError,
    403: errors.IBMAuthError,
    404: errors.IBMNotFoundError,
    409: errors.IBMConflictError,
    413: errors.IBMApiError,
    429: errors.IBMRateLimitError,
    500: errors.IBMServerError,
    503: errors.IBMServerError,
    524: errors.IBMServerError,
}


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_becomes_the_error_of_its_name(status):
    assert type(error_of(status, {}, b"", "GET /x")) is STATUSES[status]


def test_people_read_code_message_solution_request_and_trace():
    body = (
        b'{"errors": [{"code": 1217, "message": "No such thing.", "solution": "Ask for another."}],'
        b' "trace": "abc-123"}'
    )
    text = str(error_of(400, {}, body, "POST /jobs"))
    for part in ("No such thing.", "1217", "Ask for another.", "POST /jobs", "400", "abc-123"):
        assert part in text


def test_the_older_shape_of_an_error_is_read_too():
    error = error_of(404, {}, b'{"error": {"code": "1291", "message": "Gone."}}', "GET /x")
    assert (error.message, error.code, error.status_code) == ("Gone.", 1291, 404)


def test_a_trace_in_the_header_is_kept_where_the_body_has_none():
    assert error_of(500, {"X-Request-Id": "t-1"}, b"", "GET /x").trace == "t-1"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><title>502 Bad Gateway</title>", "Bad Gateway"),
        (b"<h1>no title</h1>", "HTML"),
        (b"", "without a word"),
        (b"upstream connect error", "upstream connect error"),
        (b"\xff\xfe\x00", "500"),
        (b"[" * 100_000, "500"),
        (b'{"errors": []}', "500"),
        (b'{"errors": [7], "trace": 5}', "500"),
        (b'{"errors": [{"message": null, "code": "x", "solution": 3}]}', "500"),
        (b'{"errors": [{"message": {"a": 1}, "code": true}]}', "500"),
        (b"null", "500"),
    ],
)
def test_whatever_stands_in_an_answer_the_error_is_a_sentence(body, says):
    error = error_of(500, {"Content-Type": "text/plain"}, body, "GET /x")
    assert says in str(error)
    assert error.code is None
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 30 ", 30.0), ("", None), ("soon", None), ("-1", None), ("9" * 9, None)],
)
def test_retry_after_is_read_where_it_is_a_number_of_seconds(value, seconds):
    assert retry_after_s({"Retry-After": value}) == seconds
    assert retry_after_s({}) is None


def test_retry_after_may_be_a_date_by_the_service_s_own_clock():
    headers = {
        "Date": "Mon, 23 Nov 2020 00:00:00 GMT",
        "Retry-After": "Mon, 23 Nov 2020 00:00:20 GMT",
    }
    assert retry_after_s(headers) == 20.0
    assert retry_after_s({"Retry-After": headers["Retry-After"]}) == 0.0  # long past, by ours


@pytest.mark.parametrize("location", ["https://elsewhere.example/login?state=x", "http://[", ""])
def test_a_redirection_is_not_followed_and_says_where_it_points(location):
    error = error_of(302, {"Location": location}, b"", "GET /jobs")
    assert type(error) is errors.IBMAnswerError
    assert "a token is not sent after it" in str(error)
    assert ("elsewhere.example" in str(error)) == ("elsewhere" in location)
    assert "state=x" not in str(error)


def test_all_that_the_service_says_of_an_error_is_kept_and_shown():
    body = (
        b'{"errors": [{"code": 1305, "message": "m.", "solution": "s.", '
        b'"more_info": "https://docs.example/1305"}], "trace": "t-1"}'
    )
    error = error_of(400, {}, body, "POST /jobs")
    assert (error.code, error.solution, error.trace) == (1305, "s.", "t-1")
    assert error.more_info == "https://docs.example/1305"
    assert str(error) == (
        "m. (code 1305) What to do: s. More: https://docs.example/1305 "
        "[POST /jobs -> 400] [trace t-1]"
    )


def test_a_refused_pace_says_how_long_to_wait():
    error = error_of(429, {"Retry-After": "3"}, b"", "GET /jobs")
    assert isinstance(error, errors.IBMRateLimitError)
    assert error.retry_after_s == 3.0
    assert "429" in "".join(traceback.format_exception(error))


def test_the_service_s_words_are_no_commands_to_a_terminal_and_have_an_end():
    message = "red \x1b[31m\ud800\r\nnext line" + "x" * 100_000
    said = {"code": 1, "message": message, "solution": "\x07", "more_info": "\x9b2J"}
    body = json.dumps({"errors": [said], "trace": "\x1b]0;title"}).encode()
    text = str(error_of(400, {}, body, "GET /x"))
    assert text.startswith("red \ufffd[31m\ufffd\ufffd\nnext line")
    assert len(text) < 6000
    assert not set("\x1b\x07\x9b\r") & set(text)
    assert "\x1b" not in str(error_of(502, {}, b"\x1b[2J plain", "GET /x"))
    text.encode()
