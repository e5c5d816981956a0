"""OpenSessions: which sessions and batches of an account are not closed, observable."""

from __future__ import annotations

from datetime import datetime

from traitlets import Instance, Tuple, Unicode

from runtime_widgets._observed import Observed

__all__ = ["OpenSessions"]


class OpenSessions(Observed):
    """The open sessions of an account. Handlers run on the tracker's thread: see :class:`Observed`.

    A list says less of a session than the session itself does. Kept up to date while somebody
    looks, once a minute at most; looking opens and prolongs nothing.
    """

    session_ids = Tuple(read_only=True)
    """The ids of those that were open when the list was read, the newest first."""
    as_of = Instance(datetime, allow_none=True, read_only=True)
    """When it was last read (UTC, by this machine's clock)."""
    trouble = Unicode(None, allow_none=True, read_only=True)
    """A sentence, where the last attempt to read it failed."""

    def __init__(self) -> None:
        super().__init__("the list of open sessions")

    def __repr__(self) -> str:
        return f"<OpenSessions {len(self.session_ids)}>"
