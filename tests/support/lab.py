"""A JupyterLab, an embedded runtime and a Chromium for the browser tests, once a session."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from runtime_widgets import LocalRuntime, QiskitRuntimeService
from runtime_widgets.demo.drive import NotebookPage, browser
from runtime_widgets.demo.lab import Lab

PRELUDE = """
import os, time, json
from runtime_widgets import *
address = json.loads(os.environ["RUNTIME_WIDGETS_TEST"])
service = QiskitRuntimeService(
    "local", token=address["token"], url=address["url"], instance=address["instance"])
"""


@pytest.fixture(scope="session")
def runtime() -> Iterator[LocalRuntime]:
    programs = Path(__file__).parent.parent
    with LocalRuntime(
        options=[
            "--program",
            "sleeper=support.ui_programs:sleeper",
            "--program",
            "breaker=support.ui_programs:breaker",
        ],
        env={"PYTHONPATH": str(programs)},
    ) as local:
        yield local


@pytest.fixture(scope="session")
def service(runtime: LocalRuntime) -> Iterator[QiskitRuntimeService]:
    service = QiskitRuntimeService(params=runtime.params())
    yield service
    service.close()


@pytest.fixture(scope="session")
def lab(runtime: LocalRuntime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    address = runtime.address
    own = {"url": address.url, "token": address.token, "instance": address.instance}
    root = tmp_path_factory.mktemp("lab")
    with Lab(root, env={"RUNTIME_WIDGETS_TEST": json.dumps(own)}) as started:
        started.root = root  # type: ignore[attr-defined]
        yield started


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture
def notebook(
    lab: Lab, chromium: Any, request: pytest.FixtureRequest
) -> Iterator[Callable[..., NotebookPage]]:
    """Open a notebook with the given cells (after one that connects) in a page of its own."""
    pages = []

    def open_(*cells: str, width: int = 1200, height: int = 1600, **context: Any) -> NotebookPage:
        name = f"{request.node.name.replace('[', '-').replace(']', '')}-{len(pages)}.ipynb"
        nb = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(text.strip()) for text in (PRELUDE, *cells)],
            metadata={
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
            },
        )
        nbformat.write(nb, lab.root / name)  # type: ignore[attr-defined]
        page = chromium.new_page(viewport={"width": width, "height": height}, **context)
        pages.append(page)
        return NotebookPage(page, lab, name).open()

    yield open_
    for page in pages:
        if os.environ.get("RUNTIME_WIDGETS_SHOTS"):
            page.screenshot(path=f"{os.environ['RUNTIME_WIDGETS_SHOTS']}/{request.node.name}.png")
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        page.close()
