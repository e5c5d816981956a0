"""Text that is not shown by accident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Secret", "hidden"]


class Secret(str):
    """A text whose ``repr`` does not show it.

    Frames of a verbose traceback, a dict at the end of a notebook's cell and a debugger's
    list of variables all show a ``repr``. Who asks for the text itself gets it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'********'" if self else "''"


def hidden(value: Any) -> Any:
    """Return a value with every text in it hidden: a token, or addresses with passwords.

    Done first thing where a user hands one over: a verbose traceback shows the arguments of
    each call on the way to an error.
    """
    if isinstance(value, Mapping):
        return {k: hidden(v) for k, v in value.items()}
    return Secret(value) if isinstance(value, str) else value
