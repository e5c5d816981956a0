"""Who fills in what is around the rows of a view.

A provider is called once when a view opens, and returns what ends it. It must not block: it
listens (:meth:`LiveView.on_news`, a tracker, a thread of its own) and writes what it finds with
:meth:`LiveView.around`, from any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime_widgets.messages import View
from runtime_widgets.widgets._budget_provider import provide_budgets
from runtime_widgets.widgets._devices import provide_devices
from runtime_widgets.widgets._session_provider import provide_sessions
from runtime_widgets.widgets._usage_provider import provide_forecast, provide_usage

if TYPE_CHECKING:
    from runtime_widgets.widgets._live import LiveView

__all__ = ["PROVIDERS", "Provider"]

Provider = Callable[["LiveView"], Callable[[], None]]

PROVIDERS: dict[View, tuple[Provider, ...]] = {
    "card": (provide_devices,),
    "monitor": (provide_devices, provide_usage, provide_budgets, provide_sessions),
    "usage": (provide_forecast, provide_budgets),
}
