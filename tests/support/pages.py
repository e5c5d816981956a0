"""What stands for a notebook's page: it hears what a widget sends, and can answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any


class Comm:
    """A channel to a page; :attr:`sent` is what the page hears."""

    def __init__(self, data: Any = None, comm_id: str | None = None, **_open: Any) -> None:
        self.comm_id = comm_id or uuid.uuid4().hex
        self.opened_with = data
        self.sent: list[tuple[Any, Any]] = []
        self.closed = False
        self._heard: Callable[[Any], None] | None = None

    def send(self, data: Any = None, buffers: Any = None, **_more: Any) -> None:
        json.dumps(data)  # it must be JSON, as in a kernel
        self.sent.append((data, buffers))

    def on_msg(self, callback: Callable[[Any], None]) -> None:
        self._heard = callback

    def close(self, **_more: Any) -> None:
        self.closed = True

    def says(self, data: Any) -> None:
        """Let the page say something on this channel."""
        assert self._heard is not None
        self._heard({"content": {"data": data}, "buffers": []})

    # what a view has sent

    def contents(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the custom messages, of one kind or of all."""
        found = [d["content"] for d, _ in list(self.sent) if d.get("method") == "custom"]
        return [c for c in found if kind in (None, c["kind"])]

    def states(self) -> list[dict[str, Any]]:
        return [d["state"] for d, _ in list(self.sent) if d.get("method") == "update"]


class Manager:
    """The kernel's comm manager, as far as the views use it."""

    def __init__(self) -> None:
        self.targets: dict[str, Callable[[Any, Any], None]] = {}

    def register_target(self, name: str, opened: Callable[[Any, Any], None]) -> None:
        self.targets[name] = opened

    def unregister_comm(self, comm: Any) -> None:
        """Nothing is kept."""
