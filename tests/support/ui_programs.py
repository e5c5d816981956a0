"""Programs that the browser tests run on the embedded runtime."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def sleeper(params: dict[str, Any], publish: Callable[[Any], None]) -> dict[str, Any]:
    """Sleep, publishing a number ten times a second; bounded."""
    for step in range(int(min(params.get("seconds", 1.0), 120.0) * 10)):
        time.sleep(0.1)
        if step % 10 == 0:
            publish({"step": step})
    return {"slept": params.get("seconds")}


def breaker(params: dict[str, Any], publish: Callable[[Any], None]) -> None:
    """Fail, with a message that would be trouble if it were taken for HTML."""
    del publish
    print("about to fail", flush=True)
    raise ValueError(str(params.get("message", "it is broken")))
