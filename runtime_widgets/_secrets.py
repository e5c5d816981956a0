"""Text that is not shown by accident."""

from __future__ import annotations

__all__ = ["Secret"]


class Secret(str):
    """A text whose ``repr`` does not show it.

    Frames of a verbose traceback, a dict at the end of a notebook's cell and a debugger's
    list of variables all show a ``repr``. Who asks for the text itself gets it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'********'" if self else "''"
