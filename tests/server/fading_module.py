"""A program whose module can be imported until a file is there: its code was changed meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

if Path(os.environ["FADING_MODULE"]).exists():
    raise ImportError("fading_module was broken")


def run(params, publish):
    return params
