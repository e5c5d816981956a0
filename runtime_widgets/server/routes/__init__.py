"""The routes, one module for each group. :mod:`runtime_widgets.server.app` lists them all."""

from __future__ import annotations

__all__: list[str] = []
