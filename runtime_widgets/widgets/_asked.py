"""What a page asks for, and what may be made of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime_widgets.errors import IBMError
from runtime_widgets.job import RuntimeJob
from runtime_widgets.messages import Outcome, Reply

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["NOT_SHOWN", "Asked", "Refused", "Send", "said"]

_log = logging.getLogger(__name__)

NOT_SHOWN = "This view does not show that job."

Send = Callable[[dict[str, Any]], Any]


class Refused(Exception):
    """A request that cannot be right; says why, in a sentence."""


@dataclass(frozen=True)
class Asked:
    """A request of a page. It is not trusted.

    Attributes
    ----------
    content : mapping
        The message, as it came.
    view : LiveView
        The view that it came from: it reaches what that shows, and nothing else.
    send : callable
        Sends a message back to the page, on the channel on which it asked; from any thread.
    """

    content: Mapping[str, Any]
    view: LiveView
    send: Send

    @property
    def number(self) -> int:
        """The id that the reply repeats."""
        number = self.content.get("id")
        return number if isinstance(number, int) else 0

    def text(self, name: str) -> str:
        """Return a member that is a text.

        Raises
        ------
        Refused
            If it is none.
        """
        value = self.content.get(name)
        if not isinstance(value, str):
            msg = f"The request names no {name}."
            raise Refused(msg)
        return value

    def texts(self, name: str) -> list[str]:
        """Return a member that is a list of texts.

        Raises
        ------
        Refused
            If it is none.
        """
        value = self.content.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            msg = f"The request names no {name}."
            raise Refused(msg)
        return value

    def integer(self, name: str) -> int | None:
        """Return a member that is a whole number; None if it is none."""
        value = self.content.get(name)
        return value if type(value) is int else None

    def find(self, job_id: str) -> RuntimeJob | None:
        """Return a job, if the view shows it: a page can reach no other."""
        return self.view.job(job_id)

    def job(self) -> RuntimeJob:
        """Return the job that ``job_id`` names.

        Raises
        ------
        Refused
            If the view does not show it.
        """
        job = self.find(self.text("job_id"))
        if job is None:
            raise Refused(NOT_SHOWN)
        return job

    def reply(self, *outcomes: Outcome, text: str | None = None, data: Any = None) -> Reply:
        """Make the reply; it is well where all outcomes are."""
        ok = all(outcome.ok for outcome in outcomes)
        return Reply("reply", self.number, ok, list(outcomes), text, data)


def said(job_id: str, exc: Exception) -> Outcome:
    """Say of an error, as the outcome for a job, what happened and what can be done."""
    if isinstance(exc, IBMError):
        cause: Any = exc if hasattr(exc, "code") else exc.__cause__
        solution = getattr(exc, "solution", None)
        message = f"{exc.message} What to do: {solution}" if solution else str(exc.message)
        return Outcome(job_id, ok=False, message=message, code=getattr(cause, "code", None))
    _log.error("A request of a page met an error of its own.", exc_info=exc)
    message = f"The kernel met an error of its own ({type(exc).__name__})."
    return Outcome(job_id, ok=False, message=message)
