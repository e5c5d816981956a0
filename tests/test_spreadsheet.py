"""What must not be carried out by whoever opens a CSV file."""

from __future__ import annotations

import pytest

from runtime_widgets._spreadsheet import cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "－1"]
)
def test_a_text_that_would_be_a_formula_is_a_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "bell", "a=b", "1-2", "it's", "über"])
def test_any_other_text_stays_as_it_is(text):
    assert cell(text) == text


@pytest.mark.parametrize(
    ("value", "text"), [(-1.5, "-1.5"), (0, "0"), (None, ""), (True, "true"), (False, "false")]
)
def test_numbers_stay_numbers_and_what_is_unknown_is_empty(value, text):
    assert cell(value) == text
