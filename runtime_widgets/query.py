"""JobQuery: which jobs of an account are meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from numbers import Integral
from typing import Any

from runtime_widgets.errors import IBMInputValueError
from runtime_widgets.wire import JobRecord

__all__ = ["JobQuery"]


@dataclass(frozen=True)
class JobQuery:
    """Which jobs of an account are meant: those to which all of this applies.

    Attributes
    ----------
    pending : bool, optional
        Only those that have not ended, or have. A job that ends while it is followed stays.
    limit : int, optional
        Only so many, the newest; all by default.
    created_after, created_before : datetime, optional
        Only those; a time without a zone is local.
    session_id, program, backend : str, optional
        Only those of that session or batch, program, device.
    tags : tuple of str
        Only those with all of these tags.

    Raises
    ------
    IBMInputValueError
        If one of them is not what is said above, in a sentence that names it.
    """

    pending: bool | None = None
    limit: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    session_id: str | None = None
    tags: tuple[str, ...] = ()
    program: str | None = None
    backend: str | None = None

    def __post_init__(self) -> None:
        if self.limit is not None:
            object.__setattr__(self, "limit", _limit(self.limit))
        if self.pending not in (None, True, False):
            raise _refused("pending", "True, False, or None for both", self.pending)
        for name in ("session_id", "program", "backend"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise _refused(name, _TEXTS[name], value)
        object.__setattr__(self, "tags", _tags(self.tags))
        for name in ("created_after", "created_before"):
            object.__setattr__(self, name, _time(name, getattr(self, name)))

    @property
    def filters(self) -> dict[str, Any]:
        """What :meth:`RuntimeClient.jobs_get` is asked with, but for the page."""
        names = ("pending", "created_after", "created_before", "session_id", "program", "backend")
        found = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return {**found, "tags": self.tags} if self.tags else found

    def matches(self, record: JobRecord) -> bool:
        """Say whether a job is meant, by its record alone."""
        wanted = (
            (self.session_id, record.session_id),
            (self.program, record.program_id),
            (self.backend, record.backend),
        )
        if any(value is not None and value != has for value, has in wanted):
            return False
        if self.pending is not None and self.pending == record.state.final:
            return False
        if not set(self.tags) <= set(record.tags):
            return False
        if self.created_after is None and self.created_before is None:
            return True
        if record.created is None:
            return False
        after = self.created_after is None or record.created >= self.created_after
        return after and (self.created_before is None or record.created <= self.created_before)


_TEXTS = {
    "session_id": "the id of a session or batch, a text such as session.session_id",
    "program": 'the name of a program, such as "sampler"',
    "backend": "the name of a device, a text such as backend.name",
}


def _refused(name: str, what: str, given: Any) -> IBMInputValueError:
    return IBMInputValueError(f"{name} is {what}, not {given!r}.")


def _limit(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, Integral) or given < 1:
        msg = f"limit is a number of jobs, at least 1, not {given!r}; None for all."
        raise IBMInputValueError(msg)
    return int(given)


def _tags(given: Any) -> tuple[str, ...]:
    found = None if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if found is None or not all(isinstance(tag, str) for tag in found):
        raise _refused("tags", "a list of texts", given)
    return found


def _time(name: str, given: Any) -> datetime | None:
    """Return a time with its zone."""
    if given is None:
        return None
    if not isinstance(given, datetime):
        what = "a datetime, such as datetime.now() - timedelta(days=1)"
        raise _refused(name, what, given)
    return given.astimezone() if given.tzinfo is None else given
