"""Rows as columns: a page reads from them what it would have read from JSON, in fewer bytes."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime_widgets.messages import ErrorInfo, JobRow, Step
from runtime_widgets.widgets._packed import pack
from runtime_widgets.widgets._rows import DEFAULTS, FIELDS, as_json

MOSTLY = JobRow("", "sampler", "ibm_x", "Completed", "done", "Done", final=True)


def numbers(code, data):
    return [value for (value,) in struct.iter_unpack(f"<{code}", data)]


def read(column, count, default):
    """Return a column's values, as ``js/src/packed.ts`` says that they are to be read."""
    kind, data = column["kind"], column["data"]
    assert isinstance(data, bytes)
    if kind == "text":
        *values, rest = data.decode().split("\n")
        assert rest == ""
        return values
    if kind == "number":
        return [None if math.isnan(value) else value for value in numbers("d", data)]
    if kind == "flag":
        return [[False, True, None][value] for value in data]
    if kind == "choice":
        return [column["values"][code] for code in numbers("I", data)]
    assert kind == "sparse"
    values = [default] * count
    for place, value in zip(numbers("I", data), column["values"], strict=True):
        values[place] = value
    return values


def unpacked(table):
    count = table["count"]
    values = {
        name: read(table["columns"][name], count, DEFAULTS.get(name))
        if name in table["columns"]
        else [DEFAULTS[name]] * count
        for name in FIELDS
    }
    assert all(len(column) == count for column in values.values())
    return [{name: values[name][at] for name in FIELDS} for at in range(count)]


def bytes_of(table):
    """Return how many bytes travel: what is JSON, and the buffers beside it."""
    columns = table["columns"].values()
    head = json.dumps([{**column, "data": None} for column in columns], separators=(",", ":"))
    return len(head) + sum(len(column["data"]) for column in columns)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
maybe = st.none() | st.floats(allow_nan=False, allow_infinity=False)
whole = st.none() | st.integers(-(2**52), 2**52)
steps = st.builds(Step, word=text, at=st.floats(0, 2e9), told=st.booleans(), inferred=st.booleans())
rows = st.builds(
    JobRow,
    id=text,
    program=st.sampled_from(["sampler", "estimator"]),
    device=text,
    status=text,
    state=st.sampled_from(["queued", "running", "done", "failed", "cancelled", "unknown"]),
    label=text,
    final=st.booleans(),
    name=st.none() | text,
    tags=st.lists(text, max_size=3),
    session=st.none() | text,
    private=st.booleans(),
    phase=st.none() | text,
    created=maybe,
    started=maybe,
    queue_position=whole,
    usage_s=maybe,
    attempts=whole,
    interim_seen=st.integers(0, 2**40),
    error=st.none() | st.builds(ErrorInfo, text, whole, st.none() | text),
    steps=st.none() | st.lists(steps, max_size=2),
    service=st.none() | text,
)


@given(st.lists(rows, max_size=12))
def test_what_is_packed_is_read_as_it_was(given_rows):
    assert unpacked(pack(given_rows)) == [as_json(row, whole=True) for row in given_rows]


@given(st.lists(rows, max_size=6))
def test_what_is_not_data_is_json(given_rows):
    columns = pack(given_rows)["columns"]
    json.dumps([{**column, "data": None} for column in columns.values()], allow_nan=False)


def many(count):
    return [
        replace(
            MOSTLY,
            id=f"d{number:019}",
            created=1.76e9 + number,
            started=1.76e9 + number + 7.25,
            ended=1.76e9 + number + 9.5,
            usage_s=2.0,
            usage_final=True,
            tags=[f"batch-{number // 100}"],
            session=f"s{number // 100:019}",
            updated=1.77e9,
            error=ErrorInfo("It failed.", 1305) if number % 100 == 0 else None,
        )
        for number in range(count)
    ]


def test_few_that_have_a_value_are_named_one_by_one():
    columns = pack(many(1000))["columns"]
    assert columns["error"]["kind"] == "sparse"
    assert len(columns["error"]["values"]) == 10
    assert columns["id"]["kind"] == "text"
    assert columns["tags"]["kind"] == "choice"
    assert len(columns["tags"]["values"]) == 10
    assert not columns.keys() & {"name", "gone", "steps", "queue_note"}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows_are_rows_too(count):
    given_rows = many(count)
    assert unpacked(pack(given_rows)) == [as_json(row, whole=True) for row in given_rows]


def test_an_id_that_looks_like_two_stays_one():
    given_rows = [replace(MOSTLY, id="a\nb"), replace(MOSTLY, id="")]
    assert [row["id"] for row in unpacked(pack(given_rows))] == ["a\nb", ""]


def test_a_thousand_rows_are_a_quarter_of_their_json_or_less():
    given_rows = many(1000)
    size = bytes_of(pack(given_rows))
    assert size < len(json.dumps([as_json(row, whole=True) for row in given_rows])) / 4
    assert size / 1000 < 110
