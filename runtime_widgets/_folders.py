"""Where this package keeps what outlives a process."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

__all__ = ["ELSEWHERE", "data_folder"]

ELSEWHERE = "RUNTIME_WIDGETS_LOCAL_DIR"
"""The environment variable that puts all of it elsewhere."""


def data_folder() -> Path:
    """Return the folder of the user's data: the embedded runtime's jobs, and the history."""
    base = os.environ.get(ELSEWHERE)
    return Path(base) / "data" if base else platformdirs.user_data_path("runtime-widgets")
