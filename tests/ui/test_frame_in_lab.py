"""Keys and notifications of the monitor in a real JupyterLab, whose own keys must not stir."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

SLEEPERS = """
jobs = [service.run("sleeper", {{"seconds": {seconds}}}, backend="local_exact") for _ in range(3)]
JobMonitor(jobs)
"""

_HEAR = """() => {
  window.told = [];
  document.hasFocus = () => false;
  window.Notification = class extends window.Notification {
    constructor(text, options) { super(text, options); window.told.push(text); }
  };
}"""


def test_keys_open_the_help_and_the_search_and_stir_nothing_of_the_notebook(notebook):
    opened = notebook(SLEEPERS.format(seconds=0.1))
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.get_by_role("button", name="3 done").first.wait_for(timeout=30_000)
    cells = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length")
    page.get_by_role("button", name="Notify").focus()
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keys and search")
    help_.wait_for()
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.keyboard.press("Escape")
    help_.wait_for(state="hidden")
    assert page.evaluate("() => document.activeElement.textContent") == "Notify"
    page.keyboard.press("/")
    page.keyboard.type("dd ?a")
    search = page.get_by_role("searchbox", name="Search the jobs")
    assert search.input_value() == "dd ?a"
    page.keyboard.press("Escape")
    assert search.input_value() == ""
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length") == cells
    assert opened.console == []


def test_notifications_are_off_until_asked_for_and_then_gathered(notebook):
    opened = notebook(SLEEPERS.format(seconds=1), permissions=["notifications"])
    page = opened.page
    page.evaluate(_HEAR)
    opened.command("notebook:run-all-cells")
    toggle = page.get_by_role("button", name="Notify")
    toggle.wait_for(timeout=30_000)
    assert toggle.get_attribute("aria-pressed") == "false"
    toggle.click()
    page.locator("button[aria-pressed=true]", has_text="Notify").wait_for()
    # Each job once, however they were gathered: "3 jobs ended: 3 Done", or "Job a…b: Done".
    page.wait_for_function(
        """() => window.told.map((text) => Number(/^(\\d+) jobs ended/.exec(text)?.[1] ?? 1))
          .reduce((sum, n) => sum + n, 0) === 3""",
        timeout=60_000,
    )
    assert all("Done" in text for text in page.evaluate("() => window.told"))
    # For the next test, in the same browser.
    toggle.click()
    assert toggle.get_attribute("aria-pressed") == "false"
