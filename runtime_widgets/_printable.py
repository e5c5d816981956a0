"""Text of others for a terminal."""

from __future__ import annotations

import unicodedata

__all__ = ["printable"]


def printable(text: str) -> str:
    """Return a text without what a terminal would take for a command, or a program for a field.

    Tags and names come from whoever submitted a job.
    """
    return "".join(
        char
        if char.isprintable() and unicodedata.category(char) != "Cf"
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )
