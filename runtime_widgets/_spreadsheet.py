"""Text that does no harm where a spreadsheet opens it."""

from __future__ import annotations

__all__ = ["cell"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in half and full width."""


def cell(value: object) -> str:
    """Return a value as the text of a cell of a CSV file.

    Who names a job, a device or a tag must not be able to have a formula carried out on the
    machine of whoever opens the file: such a text gets an apostrophe in front, by which a
    spreadsheet knows a text. Numbers stay numbers, and None is an empty cell.

    >>> cell("=HYPERLINK(1)"), cell(-1.5), cell(None), cell(True)
    ("'=HYPERLINK(1)", '-1.5', '', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    risky = isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if risky else text
