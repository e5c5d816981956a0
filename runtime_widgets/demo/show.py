"""``runtime-widgets demo``: for a person, or with ``--check`` for a machine."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from runtime_widgets.demo.drive import NotebookPage, browser
from runtime_widgets.demo.lab import Lab
from runtime_widgets.local import LocalAddress

__all__ = ["check", "show"]

_MOUNTED_TIMEOUT_S = 60.0
_OPEN = ", ".join(f".rw-root .rw-badge.rw-is-{key}" for key in ("queued", "running", "unknown"))


def show(notebook: Path) -> int:
    """Open JupyterLab on a copy of the notebook, and stay until it is closed.

    A copy, so that running it changes nothing in the checkout.

    Parameters
    ----------
    notebook : path
        The notebook.
    """
    folder = Path(".cache") / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / notebook.name
    if kept.is_file() and kept.read_bytes() != notebook.read_bytes():
        # What somebody has tried and saved there is theirs.
        print(f"  {kept} has been worked on: it is opened as it is.")
    else:
        _copy(notebook, folder)
    arguments = [f"--LabApp.default_url=/lab/tree/{notebook.name}"]
    lab = Lab(folder, quiet=False, arguments=arguments)
    lab.start()
    # Jupyter prints its address too, but among much else.
    print(f"\n  The quickstart is open at  {lab.address('lab/tree/' + notebook.name)}")
    print("  Ctrl-C ends it.\n", flush=True)
    try:
        return lab.process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        lab.stop()


def check(notebook: Path, screenshot: Path | None = None) -> int:
    """Run the notebook to its end in a headless browser; 0 if all of it works.

    Parameters
    ----------
    notebook : path
        The notebook.
    screenshot : path, optional
        Where to put a picture of the page at the end.
    """
    with tempfile.TemporaryDirectory(prefix="runtime-widgets-demo-") as temporary:
        folder = _copy(notebook, Path(temporary) / "notebooks")
        with (
            _own_runtime(Path(temporary) / "runtime") as env,
            Lab(folder, env=env) as lab,
            browser() as chromium,
        ):
            page = chromium.new_page(viewport={"width": 1200, "height": 12000})
            opened = NotebookPage(page, lab, notebook.name).open()
            cells = opened.run_all()
            problems = [*_cell_problems(cells), *_widget_problems(page, cells)]
            if screenshot is not None:
                page.screenshot(path=str(screenshot))
    for problem in problems:
        print(f"FAILED  {problem}", file=sys.stderr)
    shown = sum(cell["widgets"] for cell in cells)
    print(f"{len(cells)} cells, {shown} live views, {len(problems)} problems")
    return 1 if problems else 0


def _copy(notebook: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(notebook, folder / notebook.name)
    return folder


def _cell_problems(cells: list[dict[str, Any]]) -> list[str]:
    problems = [
        f"a cell raised {cell['errors'][0]}: {cell['source'].splitlines()[0]}"
        for cell in cells
        if cell["errors"] and not cell["mayRaise"]
    ]
    if not any(cell["widgets"] for cell in cells):
        problems.append("no cell showed a view")
    return problems


def _widget_problems(page: Any, cells: list[dict[str, Any]]) -> list[str]:
    """Compare the views that the cells left with what the page really mounted."""
    from playwright.sync_api import Error

    expected = sum(cell["widgets"] for cell in cells)
    mounted = "() => document.querySelectorAll('.jp-OutputArea .rw-root').length"
    with suppress(Error):
        page.wait_for_function(
            f"(n) => ({mounted})() >= n", arg=expected, timeout=_MOUNTED_TIMEOUT_S * 1000
        )
    found = page.evaluate(mounted)
    problems = [] if found >= expected else [f"{found} of {expected} views were mounted"]
    with suppress(Error):
        page.wait_for_function(
            f"() => !document.querySelector('{_OPEN}')", timeout=_MOUNTED_TIMEOUT_S * 1000
        )
    open_badges = page.evaluate(
        f"() => [...document.querySelectorAll('{_OPEN}')].map((badge) => badge.textContent)"
    )
    if open_badges:
        problems.append(f"badges that never came to an end: {open_badges}")
    return problems


@contextmanager
def _own_runtime(folder: Path) -> Iterator[dict[str, str]]:
    """Give the notebook an embedded runtime that is not the user's, and end it."""
    folder.mkdir(mode=0o700)
    try:
        yield {"RUNTIME_WIDGETS_LOCAL_DIR": str(folder)}
    finally:
        with suppress(OSError, ValueError):
            address = LocalAddress.from_json((folder / "server.json").read_text())
            os.kill(address.pid, signal.SIGTERM)
