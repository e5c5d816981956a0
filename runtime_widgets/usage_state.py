"""UsageState: what an instance has used of what it may use, observable."""

from __future__ import annotations

from datetime import datetime

from traitlets import Bool, Float, Instance, Int, Unicode

from runtime_widgets._observed import Observed

__all__ = ["UsageState"]


class UsageState(Observed):
    """What an instance has used. Handlers run on the tracker's thread: see :class:`Observed`.

    QPU seconds as the service reports them, of its current period. What it has not said is
    None, and never zero. Kept up to date while somebody looks, once a minute at most.
    """

    used_seconds = Float(None, allow_none=True, read_only=True)
    """Used in this period, in seconds."""
    limit_seconds = Float(None, allow_none=True, read_only=True)
    """The most that may be used in it, in seconds; None where there is no limit."""
    allocation_seconds = Float(None, allow_none=True, read_only=True)
    """What the instance was allotted, in seconds: no limit, but its share of the devices."""
    reached = Bool(None, allow_none=True, read_only=True)
    """Whether the service says that the limit is reached."""
    period_start = Instance(datetime, allow_none=True, read_only=True)
    """Where the period begins (UTC)."""
    period_end = Instance(datetime, allow_none=True, read_only=True)
    """Where the period ends (UTC)."""
    expected_seconds = Float(None, allow_none=True, read_only=True)
    """What unfinished jobs are expected to add, by the service's estimates; None if not asked."""
    expected_jobs = Int(None, allow_none=True, read_only=True)
    """Of how many of the unfinished jobs there is an estimate."""
    pending_jobs = Int(None, allow_none=True, read_only=True)
    """How many unfinished jobs there are."""
    as_of = Instance(datetime, allow_none=True, read_only=True)
    """When it was last read (UTC, by this machine's clock)."""
    trouble = Unicode(None, allow_none=True, read_only=True)
    """A sentence, where the last attempt to read it failed."""

    def __init__(self) -> None:
        super().__init__("the instance's usage")

    def __repr__(self) -> str:
        used, limit = self.used_seconds, self.limit_seconds
        if used is None:
            return f"<UsageState {'not read yet' if self.trouble is None else self.trouble}>"
        return f"<UsageState {used:g} s used of {'no limit' if limit is None else f'{limit:g} s'}>"

    @property
    def remaining_seconds(self) -> float | None:
        """What is left until the limit, in seconds; None where there is none, or it is unknown."""
        used, limit = self.used_seconds, self.limit_seconds
        return None if used is None or limit is None else max(limit - used, 0.0)
