"""Programs for the embedded runtime that do what a test says, when it says so.

They wait for files rather than for time: a test that needs a job to be running holds it there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LONGEST_S = 100.0

Publish = Callable[[Any], None]


def hold(params: dict[str, Any], publish: Publish) -> Any:
    """Run until the file ``until`` is there; publish ``first`` at once, if it is given."""
    if "first" in params:
        publish(params["first"])
    _wait_for(Path(params["until"]))
    return params.get("answer", "held")


def steps(params: dict[str, Any], publish: Publish) -> Any:
    """Publish 1, 2, 3, ... up to ``count``, each once the file of that name is there."""
    for number in range(1, params["count"] + 1):
        if params.get("folder"):
            _wait_for(Path(params["folder"]) / str(number))
        publish({"step": number})
    return {"steps": params["count"]}


def echo(params: dict[str, Any], publish: Publish) -> Any:
    """Return what came."""
    del publish
    return params.get("say")


def complain(params: dict[str, Any], publish: Publish) -> Any:
    """Fail with a reason."""
    del publish
    raise ValueError(params.get("why", "no reason"))


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name} never came")
        time.sleep(0.02)
