"""The file that a page saves and the one that a program writes have the same columns."""

from __future__ import annotations

import re
from pathlib import Path

from runtime_widgets.widgets._export import COLUMNS

PAGE = Path(__file__).parents[1] / "js" / "src" / "monitor" / "export.ts"


def test_the_page_and_the_program_name_the_same_columns_in_the_same_order():
    named = re.findall(r'^  \["(\w+)", \(job\) =>', PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert named == list(COLUMNS)
