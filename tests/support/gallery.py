"""The page that shows every state of every view, in a browser of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["gallery", "shown"]

JS = Path(__file__).parents[2] / "js"


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page that shows every state of every view."""
    folder = tmp_path_factory.mktemp("gallery")
    node = shutil.which("node")
    assert node, "the front-end's tests need node"
    subprocess.run(
        [node, "tests/gallery.mjs", str(folder)], cwd=JS, check=True, timeout=120, env=None
    )
    return folder / "gallery.html"


@pytest.fixture
def shown(chromium: Any, gallery: Path) -> Iterator[Callable[..., Any]]:
    """Open the gallery as its fragment says."""
    pages = []

    def open_(what: str, width: int = 1280, **context: Any) -> Any:
        context.setdefault("reduced_motion", "reduce")
        page = chromium.new_page(viewport={"width": width, "height": 900}, **context)
        pages.append(page)
        page.goto(f"{gallery.as_uri()}#{what}")
        page.wait_for_selector(".rw-root")
        return page

    yield open_
    for page in pages:
        page.close()
