"""What IBM's service is known to answer, read by our client; and the same, damaged.

Nobody here can reach that service: ``recorded/*.json`` is written by hand from what is published,
and each file names its source. A case says which values the client must read from an answer.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from support.scripted import CRN

from runtime_widgets import errors
from runtime_widgets.client import RuntimeClient
from runtime_widgets.params import ClientParameters

FOLDER = Path(__file__).parent / "recorded"
FILES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
ANSWERS = {stem: file for stem, file in FILES.items() if stem != "errors"}
CASES = [
    pytest.param(file, case, id=f"{stem}: {case['name']}")
    for stem, file in ANSWERS.items()
    for case in file["cases"]
]
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
WRONG = (None, True, 7, -1, 1.5, 10**400, "", "x", "\ud800", [], [None], {}, {"a": 1}, DEEP)
DROPPED = object()


class Canned:
    """A transport that has one answer, whatever it is asked."""

    def __init__(self) -> None:
        self.status = 200
        self.content = b""

    def send(self, *_: Any) -> tuple[requests.Response, bool]:
        answer = requests.Response()
        answer.status_code = self.status
        answer._content = self.content
        answer.headers["Content-Type"] = "application/json"
        answer.request = requests.Request("GET", "http://127.0.0.1:9/").prepare()
        return answer, False

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture(scope="module")
def canned() -> Iterator[tuple[RuntimeClient, Canned]]:
    client = RuntimeClient(ClientParameters("local", "token", "http://127.0.0.1:9", CRN))
    client._transport.close()
    client._transport = Canned()
    yield client, client._transport
    client.close()


def ask(canned, file, answer, status=200):
    client, transport = canned
    transport.status, transport.content = status, json.dumps(answer).encode()
    return getattr(client, file["method"])(*file["arguments"])


def value_at(read: Any, path: str) -> Any:
    """Follow ``0.usage.seconds``; times as text, tuples as lists."""
    for step in path.split("."):
        read = read[int(step)] if step.isdecimal() else getattr(read, step)
    if isinstance(read, datetime):
        return read.isoformat()
    return list(read) if isinstance(read, tuple) else read


def test_every_file_names_its_source() -> None:
    assert set(FILES) >= {"job", "jobs", "metrics", "session", "workloads", "backends", "usage"}
    for stem, file in FILES.items():
        assert file["source"]["document"].startswith("IBM's published OpenAPI description"), stem
        names = [case["name"] for case in file["cases"]]
        assert len(names) == len(set(names)), stem


@pytest.mark.parametrize(("file", "case"), CASES)
def test_an_answer_is_read_as_it_is_meant(canned, file, case) -> None:
    read = ask(canned, file, case["answer"])
    assert case["reads"]
    assert {path: value_at(read, path) for path in case["reads"]} == case["reads"]


@pytest.mark.parametrize("case", FILES["errors"]["cases"], ids=lambda case: case["name"])
def test_a_refusal_is_read_as_it_is_meant(canned, case) -> None:
    with pytest.raises(getattr(errors, case["raises"])) as caught:
        ask(canned, FILES["job"], case["answer"], case["status"])
    assert type(caught.value).__name__ == case["raises"]
    assert {name: getattr(caught.value, name) for name in case["reads"]} == case["reads"]


def places(answer: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every member of an answer, however deep; the answer itself first."""
    yield path
    if isinstance(answer, dict):
        for name in answer:
            yield from places(answer[name], (*path, name))
    elif isinstance(answer, list):
        for index, item in enumerate(answer):
            yield from places(item, (*path, index))


def damaged(answer: Any) -> Iterator[tuple[Any, ...]]:
    """Yield an answer with one member after the other missing, null, and of every wrong kind."""
    for path in places(answer):
        for wrong in (DROPPED, *WRONG):
            if not path:
                if wrong is not DROPPED:
                    yield path, wrong, wrong
                continue
            other = copy.deepcopy(answer)
            holder = other
            for step in path[:-1]:
                holder = holder[step]
            if wrong is DROPPED:
                del holder[path[-1]]
            else:
                holder[path[-1]] = wrong
            yield path, wrong, other


@pytest.mark.parametrize("stem", ANSWERS)
def test_a_damaged_answer_is_a_record_or_a_named_error(canned, stem) -> None:
    file = FILES[stem]
    tried = refused = 0
    for case in file["cases"]:
        for path, wrong, answer in damaged(case["answer"]):
            tried += 1
            try:
                look_at(ask(canned, file, answer))
            except errors.IBMAnswerError:
                refused += 1
            except Exception as error:
                what = "missing" if wrong is DROPPED else repr(wrong)[:40]
                raise AssertionError(f"{case['name']}: {path} is {what}") from error
    assert tried > 100
    assert refused


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 503])
def test_a_damaged_refusal_is_that_refusal(canned, status) -> None:
    for case in FILES["errors"]["cases"]:
        for _, _, answer in damaged(case["answer"]):
            with pytest.raises(errors.IBMApiError) as caught:
                ask(canned, FILES["job"], answer, status)
            assert caught.value.status_code == status
            assert str(caught.value)


def look_at(read: Any) -> None:
    """Ask a record for everything that a view would; none of that may fail later."""
    if isinstance(read, (list, tuple)):
        for each in read:
            look_at(each)
    elif read is not None and not isinstance(read, (str, int, float)):
        assert repr(read)
        for name in ("state", "error", "status"):
            getattr(read, name, None)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"nonsense", b"\xff\xfe{}", b'{"id": "x"', b"[" * 5000, b'"text"', b"null", b"5",
     b"[]", b"NaN", b"9" * 5000, b"<html><title>Bad</title></html>"],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("stem", ANSWERS)
def test_what_is_no_answer_at_all_is_a_named_error(canned, stem, content) -> None:
    client, transport = canned
    transport.status, transport.content = 200, content
    file = FILES[stem]
    with pytest.raises(errors.IBMAnswerError):
        getattr(client, file["method"])(*file["arguments"])
