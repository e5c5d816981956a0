"""How a notice leaves: by a function, or by apprise, which knows mail, chat and the like.

An address of apprise holds passwords and tokens: it is in no ``repr``, no log and no traceback.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from runtime_widgets._secrets import Secret, hidden
from runtime_widgets.errors import IBMInputValueError

__all__ = ["Notice", "Sender", "senders", "unseen"]

_log = logging.getLogger(__name__)

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}(?=://)")
_TALKATIVE = ("apprise", "urllib3.connectionpool", "requests")
"""Loggers that write addresses, or parts of them, while a notice is sent."""


class Notice(Protocol):
    """What is sent: ``str(notice)`` is all of it."""

    @property
    def title(self) -> str:
        """One line that says it."""

    @property
    def text(self) -> str:
        """The facts, a line for each job."""


class Sender:
    """One way out. Failures are logged, and go no further.

    Parameters
    ----------
    name : str
        What it is called in a log: without any secret.
    send : callable
        Called with the notice. False means that it failed.
    """

    def __init__(self, name: str, send: Callable[[Any], Any]) -> None:
        self.name = name
        self._send = send

    def __repr__(self) -> str:
        return f"<Sender {self.name}>"

    def send(self, notice: Notice) -> bool:
        """Send it; say whether that went well as far as one can know."""
        try:
            sent = self._send(notice)
        except Exception as exc:
            # Not the message of the exception: a library may put an address into it.
            _log.warning(
                "A notification by %s could not be sent: %s.", self.name, type(exc).__name__
            )
            return False
        if sent is False:
            _log.warning("A notification by %s could not be sent.", self.name)
        return sent is not False


def senders(to: Any) -> list[Sender]:
    """Return the ways out that a user named: functions, addresses, or a list of them.

    Raises
    ------
    IBMInputValueError
        If one of them is none.
    ImportError
        If an address is given and apprise is not installed.
    """
    to = unseen(to)
    given = to if isinstance(to, list) else [to]
    found = [_sender(one) for one in given]
    if not found:
        msg = "Say to whom: a function, an address such as mailto://…, or a list of them."
        raise IBMInputValueError(msg)
    return found


def unseen(to: Any) -> Any:
    """Return what a user named with every address in it hidden from tracebacks."""
    if isinstance(to, str) or callable(to) or not isinstance(to, Iterable):
        return hidden(to)
    return [hidden(one) for one in to]


def _sender(one: Any) -> Sender:
    if isinstance(one, str):
        return _by_apprise(Secret(one))
    if callable(one):
        return Sender(getattr(one, "__qualname__", type(one).__name__), one)
    msg = f"A notification goes to a function or an address, not to a {type(one).__name__}."
    raise IBMInputValueError(msg)


def _by_apprise(url: Secret) -> Sender:
    found = _SCHEME.match(url)
    if found is None:
        msg = "This is no address for a notification: it begins with mailto://, slack://, …"
        raise IBMInputValueError(msg)
    scheme = found.group()
    known = _understood(url, scheme)

    def send(notice: Notice) -> bool:
        with _silence():
            return bool(known.notify(body=notice.text, title=notice.title, body_format="text"))

    return Sender(scheme, send)


def _understood(url: Secret, scheme: str) -> Any:
    """Return what sends to an address.

    Raises
    ------
    IBMInputValueError
        If apprise does not understand it.
    ImportError
        If there is no apprise.
    """
    with warnings.catch_warnings(), _silence():
        # What a library's own imports are warned of is no news to its users.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import apprise
        except ImportError:
            msg = (
                f"Notifications by {scheme}:// need apprise: "
                'pip install "runtime-widgets[notify]". A function needs nothing.'
            )
            raise ImportError(msg) from None
        known = apprise.Apprise()
        if not known.add(str(url)):
            msg = f"apprise does not understand this {scheme}:// address; it is not shown here."
            raise IBMInputValueError(msg)
        return known


@contextmanager
def _silence() -> Iterator[None]:
    """Let no library log what it does here: an address is a secret.

    On this thread, on those that are started meanwhile, and on those of executors: apprise sends
    on threads of its own, and keeps them.
    """
    mine = threading.get_ident()
    before = {thread.ident for thread in threading.enumerate()} - {mine}

    def others(record: logging.LogRecord) -> bool:
        executors = (record.threadName or "").startswith("ThreadPoolExecutor")
        return record.thread in before and not executors

    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for each in loggers:
        each.addFilter(others)
    try:
        yield
    finally:
        for each in loggers:
            each.removeFilter(others)
