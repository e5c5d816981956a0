"""JobQuery: which jobs of an account are meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
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
        If `limit` is no positive number, or `tags` a text.
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
        if self.limit is not None and (isinstance(self.limit, bool) or self.limit < 1):
            msg = f"limit is a number of jobs, at least 1, not {self.limit!r}; None for all."
            raise IBMInputValueError(msg)
        given: Any = self.tags
        if isinstance(given, str) or not isinstance(given, Iterable):
            msg = f"tags is a list of texts, not {given!r}."
            raise IBMInputValueError(msg)
        object.__setattr__(self, "tags", tuple(given))
        for name in ("created_after", "created_before"):
            time = getattr(self, name)
            if time is not None and time.tzinfo is None:
                object.__setattr__(self, name, time.astimezone())

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
