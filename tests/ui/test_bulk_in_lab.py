"""Many jobs at once, in a real JupyterLab: also while a cell blocks the kernel."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

SLEEPERS = """
jobs = [service.run("sleeper", {{"seconds": {seconds}}}, backend="local_exact", tags=["old"])
        for _ in range({n})]
monitor = JobMonitor(jobs)
monitor
"""


def opened_with(notebook, n: int, seconds: float, *cells: str):
    opened = notebook(SLEEPERS.format(n=n, seconds=seconds), *cells)
    opened.command("notebook:run-all-cells")
    page = opened.page
    page.get_by_role("button", name=f"Select all {n}").click(timeout=30_000)
    page.get_by_text(f"{n} selected").wait_for()
    return opened, page


def test_all_are_cancelled_while_a_cell_blocks_the_kernel(notebook):
    opened, page = opened_with(notebook, 12, 100, "time.sleep(60)")
    page.get_by_role("button", name="Cancel 12 jobs…").click()
    page.get_by_role("form", name="Cancel 12 jobs").wait_for()
    page.get_by_role("button", name="Cancel 12 jobs", exact=True).click()
    page.get_by_text("12 taken by the service", exact=True).wait_for(timeout=20_000)
    page.get_by_role("button", name="12 cancelled").first.wait_for(timeout=20_000)
    page.get_by_role("button", name="Dismiss").click()
    assert opened.console == []


def test_those_that_ended_are_tagged_untagged_and_deleted(notebook):
    opened, page = opened_with(notebook, 4, 0.1)
    page.get_by_role("button", name="Delete 4 jobs…").wait_for(timeout=30_000)
    page.get_by_role("button", name="Tag…", exact=True).click()
    page.get_by_label("Tags to add").fill("new")
    page.get_by_label("Tags to add").press("Enter")
    page.get_by_text("4 tagged", exact=True).wait_for(timeout=20_000)
    page.get_by_role("button", name="Untag…").press("Enter")
    page.get_by_role("button", name="old 4").click()
    page.get_by_role("button", name="Take away 1 tag").click()
    page.get_by_text("4 untagged", exact=True).wait_for(timeout=20_000)
    # Where there is no label, the first tag is a job's name.
    page.wait_for_function(
        """() => {
          const lines = [...document.querySelectorAll('.rw-lines [data-job]')];
          const said = lines.map((line) => line.textContent);
          return said.length === 4 && said.every((t) => /new/.test(t) && !/old/.test(t));
        }""",
        timeout=20_000,
    )
    page.get_by_role("button", name="Delete 4 jobs…").click()
    page.get_by_role("button", name="Delete 4 jobs", exact=True).click()
    page.get_by_text("4 deleted", exact=True).wait_for(timeout=20_000)
    page.get_by_text("0 jobs", exact=True).wait_for(timeout=20_000)
    assert opened.console == []
