"""The monitor, and both views in both themes and widths, in a real JupyterLab."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

TEN = """
jobs = [service.run("sleeper", {"seconds": 0.5}, backend="local_exact") for _ in range(10)]
monitor = JobMonitor(jobs)
monitor
"""
ROWS = ".rw-lines [data-job]"


def test_a_queue_of_ten_becomes_done_while_a_cell_blocks(notebook):
    opened = notebook(TEN, "time.sleep(60)")
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_selector(".rw-lines .rw-badge.rw-is-queued", timeout=30_000)
    page.wait_for_function(
        "() => document.querySelectorAll('.rw-lines .rw-badge.rw-is-done').length === 10",
        timeout=60_000,
    )
    assert opened.console == []


def test_jobs_are_added_and_removed_in_the_open_monitor(notebook):
    opened = notebook(TEN, "monitor.remove(*jobs[:4])", "monitor.add(jobs[0])")
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_function(
        "() => document.querySelectorAll('.rw-lines .rw-badge').length === 7", timeout=60_000
    )


def test_an_empty_monitor_says_so(notebook):
    opened = notebook("JobMonitor([])")
    opened.command("notebook:run-all-cells")
    opened.page.wait_for_selector(".rw-root .rw-empty", timeout=30_000)


def test_every_row_names_its_job(notebook):
    opened = notebook(TEN)
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_function(
        "() => document.querySelectorAll('.rw-lines .rw-badge').length === 10", timeout=30_000
    )
    names = page.locator(f"{ROWS} .rw-c-name").all_inner_texts()
    assert len(set(names)) == 10


def test_no_view_holds_a_token(notebook, runtime):
    opened = notebook(TEN)
    opened.run_all()
    page = opened.page
    page.wait_for_selector(".rw-lines .rw-badge", timeout=30_000)
    saved = page.evaluate(
        "() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.model.toJSON())"
    )
    assert runtime.address.token not in saved
    assert runtime.address.token not in page.content()


def test_of_very_many_rows_the_page_keeps_a_part_and_another_view_gets_all(notebook):
    opened = notebook(
        "from runtime_widgets.messages import JobRow\n"
        'rows = [JobRow(f"d{n:019}", "sampler", "ibm_x", "Completed", "done", "Done", final=True)'
        " for n in range(2500)]\n"
        "monitor = JobMonitor()\nmonitor.show_rows(rows)\nmonitor",
        'print("all is kept:", monitor._keeps_all)',
        "monitor",
    )
    page = opened.page
    page.evaluate(RUN, 0)
    page.evaluate(RUN, 1)
    root = page.locator(".rw-root")
    page.wait_for_function(SAYS, arg=[0, "2,500 jobs"], timeout=30_000)
    for _ in range(40):
        page.evaluate(RUN, 2)
        if "False" in page.locator(".jp-OutputArea-output").last.inner_text():
            break
        page.wait_for_timeout(500)
    assert root.count() == 1
    page.evaluate(RUN, 3)
    page.wait_for_function(SAYS, arg=[1, "2,500 jobs"], timeout=30_000)
    assert opened.console == []


RUN = """(i) => {
  const { content } = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = i;
  content.deselectAll();
  return window.jupyterapp.commands.execute('notebook:run-cell');
}"""
SAYS = """([i, text]) =>
  [...document.querySelectorAll('.rw-root')][i]?.textContent.includes(text)"""
