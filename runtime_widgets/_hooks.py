"""What a lower floor may call without knowing who answers.

``runtime_widgets/__init__.py`` puts the views in here, so that a job can show itself
although it knows no view; and a budget puts itself in here while its block lasts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from typing import Any

__all__ = ["mimebundles", "on_submit", "submit_hooks", "submitted"]

_log = logging.getLogger(__name__)

Hook = Callable[[Any], Any]

mimebundles: dict[str, Callable[[Any], Mapping[str, Any]]] = {}
"""From what is shown (``"job"``) to the function that makes its MIME bundle."""

submit_hooks: ContextVar[tuple[Hook, ...]] = ContextVar("submit_hooks", default=())
"""Who wants to hear of each job that is submitted by this thread, or task."""


def on_submit(hook: Hook) -> Token[tuple[Hook, ...]]:
    """Have `hook` called with each job that is submitted here, until the token is reset."""
    return submit_hooks.set((*submit_hooks.get(), hook))


def submitted(job: Any) -> None:
    """Tell of a job that was submitted. It is there whatever a hook does."""
    for hook in submit_hooks.get():
        try:
            hook(job)
        except Exception:
            _log.exception("Job %s is submitted, but what follows it raised.", job.job_id())
