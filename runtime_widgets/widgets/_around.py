"""What is around the rows of a view: devices, sessions, usage, budgets, and what it follows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from runtime_widgets.messages import Context

__all__ = ["Around"]

_NAMES = tuple(f.name for f in fields(Context))


class Around:
    """The members of a :class:`Context` as they are, and which of them are news.

    Written from any thread; read by whoever sends.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values = {name: asdict(Context())[name] for name in _NAMES}
        self._news: set[str] = set()

    def set(self, name: str, value: Any) -> bool:
        """Write one member: a list of its records, or one record; say whether that is news.

        Raises
        ------
        KeyError
            If a :class:`Context` has no such member.
        """
        many = isinstance(value, Sequence)
        plain = [asdict(each) for each in value] if many else asdict(value) if value else None
        with self._lock:
            if self._values[name] == plain:
                return False
            self._values[name] = plain
            self._news.add(name)
            return True

    def take(self) -> dict[str, Any]:
        """Return the members that changed since this was called last."""
        with self._lock:
            news, self._news = self._news, set()
            return {name: self._values[name] for name in _NAMES if name in news}

    def whole(self) -> dict[str, Any]:
        """Return all members."""
        with self._lock:
            return dict(self._values)
