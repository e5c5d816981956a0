"""What a lower floor may call without knowing who answers.

``runtime_widgets/__init__.py`` puts the views in here, so that a job can show itself
although it knows no view.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["mimebundles"]

mimebundles: dict[str, Callable[[Any], Mapping[str, Any]]] = {}
"""From what is shown (``"job"``) to the function that makes its MIME bundle."""
