"""The views' JavaScript: sent to a page once, gzipped, however many views there are.

What anywidget calls ``_esm`` travels with every single view, so that is only a stub
that fetches the rest from the models made here: one for each file of the bundle, so that a
card brings nothing that only a monitor needs.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import cache
from pathlib import Path

import ipywidgets
from traitlets import Bytes, Unicode

__all__ = ["STUB", "Asset", "chunk", "chunks", "stub"]

_STATIC = Path(__file__).parent / "static"
STUB = _STATIC / "stub.js"
"""The small module that every view carries."""


class Asset(ipywidgets.Widget):
    """A model without a view that holds a gzipped JavaScript module.

    In the page it is that of an image: the plain one writes bytes into a saved notebook as an
    empty object, and a view that is opened from there would have no code.
    """

    _model_module = Unicode("@jupyter-widgets/controls").tag(sync=True)
    _model_module_version = Unicode("2.0.0").tag(sync=True)
    _model_name = Unicode("ImageModel").tag(sync=True)
    value = Bytes(b"", help="The module, gzipped.").tag(sync=True)
    sha = Unicode("", help="SHA-256 of the module, in hex.").tag(sync=True)


@cache
def _manifest() -> dict[str, list[str]]:
    """Return the files that each view needs, those first that others import."""
    manifest: dict[str, list[str]] = json.loads(_read("manifest.json"))
    return manifest


def _read(name: str) -> bytes:
    try:
        return (_STATIC / name).read_bytes()
    except FileNotFoundError as exc:
        msg = f"The views' JavaScript is missing ({name}): run `pip install -e .` to build it."
        raise FileNotFoundError(msg) from exc


@cache
def stub() -> str:
    """Return the small module that every view carries.

    Raises
    ------
    FileNotFoundError
        If it has not been built.
    """
    return _read(STUB.name).decode()


@cache
def chunk(name: str) -> tuple[str, bytes]:
    """Return the SHA-256 of a file of the bundle, in hex, and the file, gzipped.

    Raises
    ------
    KeyError
        If the bundle has no such file.
    FileNotFoundError
        If it has not been built: ``make`` or ``pip install .`` builds it.
    """
    if not any(name in needed for needed in _manifest().values()):
        raise KeyError(name)
    source = _read(name)
    return hashlib.sha256(source).hexdigest(), gzip.compress(source, compresslevel=9, mtime=0)


_made: dict[str, Asset] = {}


def _asset(name: str) -> Asset:
    """Return the one model of a file in this kernel; made anew if somebody closed it."""
    made = _made.get(name)
    if made is None or made.comm is None:
        sha, gz = chunk(name)
        made = _made[name] = Asset(value=gz, sha=sha)
    return made


def chunks(view: str) -> list[dict[str, str]]:
    """Return what a view needs, in the order of need: ``name``, ``sha`` and ``model_id``.

    Raises
    ------
    FileNotFoundError
        If the bundle has not been built.
    """
    models = [(name, _asset(name)) for name in _manifest()[view]]
    return [{"name": name, "sha": a.sha, "model_id": a.model_id} for name, a in models]
