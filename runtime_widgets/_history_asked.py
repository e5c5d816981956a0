"""What the history is asked: which jobs, and how many. What cannot be meant is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from numbers import Integral
from typing import Any

from runtime_widgets._history_rows import Narrowed

__all__ = ["jobs_asked", "moment_asked", "number_asked"]

_MOST = 2**63 - 1
"""SQLite counts no further."""


def number_asked(name: str, given: Any, otherwise: str = "") -> int:
    """Return a number of jobs.

    SQLite takes a number below zero for all of them, and what is deleted is gone.

    Parameters
    ----------
    name : str
        What the caller knows it by.
    given : int
        The number.
    otherwise : str
        What else the caller may say, for the sentence of the error.

    Raises
    ------
    IBMInputValueError
        If it is no whole number, or below zero.
    """
    if isinstance(given, bool) or not isinstance(given, Integral) or given < 0:
        raise _refused(f"{name} is a whole number of jobs, 0 or more, not {given!r}{otherwise}.")
    return min(int(given), _MOST)


def moment_asked(name: str, given: Any) -> datetime:
    """Return a time that is given as such, or as so long ago.

    Raises
    ------
    IBMInputValueError
        If it is neither, or would be so long from now.
    """
    if isinstance(given, datetime):
        return given
    if isinstance(given, timedelta) and given >= timedelta(0):
        return datetime.now(timezone.utc) - given
    raise _refused(
        f"{name} is a datetime, or so long ago as a timedelta, such as timedelta(days=2), "
        f"not {given!r}."
    )


def jobs_asked(
    since: datetime | timedelta | None = None,
    before: datetime | timedelta | None = None,
    tags: Sequence[str] = (),
    **more: Any,
) -> Narrowed:
    """Return which jobs are meant; the parameters are those of :meth:`History.list`.

    Raises
    ------
    IBMInputValueError
        If a time is none.
    """
    return Narrowed(
        since=None if since is None else moment_asked("since", since),
        before=None if before is None else moment_asked("before", before),
        tags=(tags,) if isinstance(tags, str) else tuple(tags),
        **more,
    )


def _refused(msg: str) -> Exception:
    # Not at the top: a listing is not to wait for qiskit, which the errors import.
    from runtime_widgets.errors import IBMInputValueError

    return IBMInputValueError(msg)
