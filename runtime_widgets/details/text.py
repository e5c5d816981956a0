"""Texts and numbers as a page can take them: bounded, and valid JSON."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["clean", "clipped", "number", "size_words"]

_LONE = re.compile("[\ud800-\udfff]")
"""Halves of a character, which JSON may hold and UTF-8 cannot."""


def clipped(text: str, most: int) -> str:
    """Return a text, or its start and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def number(value: Any) -> float | str:
    """Return a number, or its name where JSON has no word for it: ``nan``, ``inf``, ``1+2j``."""
    if isinstance(value, complex):
        return f"{value.real:g}{value.imag:+g}j"
    if isinstance(value, (bool, str)) or value is None:
        return clipped(str(value), 80)
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return clipped(str(value), 80)
    return found if math.isfinite(found) else str(found)


def size_words(characters: int) -> str:
    """Say how long an encoded text is."""
    for limit, unit in ((1e6, "MB"), (1e3, "kB")):
        if characters >= limit:
            return f"{characters / limit:.1f} {unit}"
    return f"{characters} bytes"


def clean(value: Any) -> Any:
    """Return JSON that can be sent: halves of characters replaced, no NaN."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {clean(str(key)): clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
