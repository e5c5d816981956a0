"""The views' JavaScript: sent to a page once, gzipped, however many views there are.

What anywidget calls ``_esm`` travels with every single view, so that is only a stub
that fetches the rest from the one model made here.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

import ipywidgets
from traitlets import Bytes, Unicode

__all__ = ["STUB", "Asset", "asset", "views_js"]

_STATIC = Path(__file__).parent / "static"
STUB = _STATIC / "stub.js"
"""The small module that every view carries."""


class Asset(ipywidgets.Widget):
    """A model without a view that holds a gzipped JavaScript module."""

    gz = Bytes(b"", help="The module, gzipped.").tag(sync=True)
    sha = Unicode("", help="SHA-256 of the module, in hex.").tag(sync=True)


@cache
def views_js() -> tuple[str, bytes]:
    """Return the SHA-256 of the views' module, in hex, and the module, gzipped.

    Raises
    ------
    FileNotFoundError
        If it has not been built: ``make`` or ``pip install .`` builds it.
    """
    path = _STATIC / "views.js"
    try:
        source = path.read_bytes()
    except FileNotFoundError as exc:
        msg = f"The views' JavaScript is missing ({path.name}): run `pip install -e .` to build it."
        raise FileNotFoundError(msg) from exc
    return hashlib.sha256(source).hexdigest(), gzip.compress(source, compresslevel=9, mtime=0)


_made: list[Asset] = []


def asset() -> Asset:
    """Return the one asset model of this kernel; made anew if somebody closed it."""
    if not _made or _made[0].comm is None:
        sha, gz = views_js()
        _made[:] = [Asset(gz=gz, sha=sha)]
    return _made[0]
