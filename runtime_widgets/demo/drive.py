"""Drive a notebook in a real browser, as a person would: open, run, look.

Needs Playwright and a Chromium (``RUNTIME_WIDGETS_CHROMIUM``, or one on the path).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runtime_widgets.demo.lab import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["NotebookPage", "browser", "find_chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_READY = """() => {
  const app = window.jupyterapp;
  const context = app?.shell?.currentWidget?.sessionContext;
  return Boolean(context?.isReady && context.session?.kernel?.connectionStatus === 'connected'
    && context.session.kernel.status === 'idle');
}"""
_CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter((cell) => cell.model.type === 'code')
  .map((cell) => ({
    source: cell.model.sharedModel.getSource(),
    count: cell.model.executionCount,
    mayRaise: (cell.model.getMetadata('tags') ?? []).includes('raises-exception'),
    errors: cell.model.outputs.toJSON().filter((o) => o.output_type === 'error')
      .map((o) => `${o.ename}: ${o.evalue}`),
    widgets: cell.model.outputs.toJSON().filter(
      (o) => o.data && 'application/vnd.jupyter.widget-view+json' in o.data).length,
  }))"""


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    named = os.environ.get("RUNTIME_WIDGETS_CHROMIUM")
    return named or next((path for n in _NAMES if (path := shutil.which(n))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a headless Chromium, and end it with the block.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        msg = "There is no Chromium: install Debian's package chromium."
        raise RuntimeError(msg)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield chromium
        finally:
            chromium.close()


class NotebookPage:
    """A notebook that is open in a JupyterLab.

    Parameters
    ----------
    page : Page
        Playwright's page.
    lab : Lab
        The JupyterLab.
    path : str
        The notebook, below the Lab's folder.
    """

    def __init__(self, page: Page, lab: Lab, path: str) -> None:
        self.page = page
        self._lab = lab
        self._path = path
        self.console: list[str] = []
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def open(self, *, timeout_s: float = 90.0) -> NotebookPage:
        """Open the notebook and wait for its kernel."""
        # A workspace of its own: another notebook's tab must not cover this one.
        workspace = self._path.rpartition(".")[0].replace("/", "-")
        self.page.goto(self._lab.address(f"lab/workspaces/{workspace}/tree/{self._path}"))
        self.wait_ready(timeout_s=timeout_s)
        return self

    def wait_ready(self, *, timeout_s: float = 90.0) -> None:
        """Wait until the kernel is idle and connected."""
        self.page.wait_for_function(_READY, timeout=timeout_s * 1000)

    def command(self, name: str) -> None:
        """Execute a command of JupyterLab; does not wait for what it starts."""
        self.page.evaluate("(name) => { void window.jupyterapp.commands.execute(name); }", name)

    def run_all(self, *, timeout_s: float = 240.0) -> list[dict[str, Any]]:
        """Run all cells, wait for the last to end, and return what became of them."""
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
              .filter((c) => c.model.type === 'code' && c.model.sharedModel.getSource().trim())
              .every((c) => c.model.executionCount !== null || c.model.outputs.toJSON()
                .some((o) => o.output_type === 'error'))""",
            timeout=timeout_s * 1000,
        )
        self.page.wait_for_function(_READY, timeout=timeout_s * 1000)
        return self.cells()

    def cells(self) -> list[dict[str, Any]]:
        """Return source, errors and number of widgets of each code cell."""
        cells: list[dict[str, Any]] = self.page.evaluate(_CELLS)
        return cells
