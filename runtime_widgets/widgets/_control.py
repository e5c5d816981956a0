"""The control comm: how a click reaches the kernel while a cell is running.

A widget's own messages wait for the running cell. A comm that the page opens itself is
served on a subshell, where the front-end and the kernel have those (JupyterLab 4.6,
ipykernel 7), so a page sends its requests here. Everything that it reaches is safe to
call from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import comm

from runtime_widgets.widgets._requests import take

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["TARGET", "register"]

TARGET = "runtime_widgets.control"

_views: WeakValueDictionary[str, LiveView] = WeakValueDictionary()
_managers: list[Any] = []


def register(name: str, view: LiveView) -> None:
    """Make a view reachable by a name; the target is registered with the first."""
    _views[name] = view
    manager = comm.get_comm_manager()
    if not any(manager is known for known in _managers):
        manager.register_target(TARGET, _opened)
        _managers.append(manager)


def _opened(channel: Any, _message: Any) -> None:
    channel.on_msg(lambda message: _asked(channel, message))


def _asked(channel: Any, message: Any) -> None:
    data = message["content"].get("data")
    if not isinstance(data, Mapping):
        data = {}
    take(data, _views.get(str(data.get("view"))), channel.send)
