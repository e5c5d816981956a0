"""A notebook that was saved, and is opened again in a Lab whose kernel never ran it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from runtime_widgets.demo.drive import NotebookPage

pytestmark = [pytest.mark.browser]

SAVE_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"


@pytest.fixture
def reopen(chromium, lab):
    """Close a notebook with its kernel, and open its file again."""
    pages = []

    def reopen_(opened):
        context = "window.jupyterapp.shell.currentWidget.sessionContext"
        opened.page.evaluate(f"() => {context}.shutdown()")
        page = chromium.new_page(viewport={"width": 1200, "height": 1600})
        pages.append(page)
        return NotebookPage(page, lab, opened._path).open().page

    yield reopen_
    for page in pages:
        # As it was, for whoever comes next.
        page.evaluate(f"() => window.jupyterapp.commands.execute('{SAVE_STATE}')")
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        page.close()


def save(opened, lab):
    """Save a notebook with the state of its widgets; return that."""
    path = lab.root / opened._path
    for _ in range(20):
        # The state that is gathered while it is saved is in the next file.
        opened.command("docmanager:save")
        opened.page.wait_for_timeout(500)
        state = json.loads(path.read_text())["metadata"].get("widgets", {})
        if state:
            return next(iter(state.values()))["state"]
    raise AssertionError("the state was not saved")


def test_a_saved_notebook_shows_its_jobs_as_they_were_and_says_that_it_is_not_live(
    notebook, reopen, lab, service
):
    opened = notebook(
        'run = lambda s: service.run("sleeper", {"seconds": s}, backend="local_exact")\n'
        "jobs = [run(0.1) for _ in range(30)] + [run(300)]\nmonitor = JobMonitor(jobs)\nmonitor",
        "jobs[0]",
    )
    page = opened.page
    opened.command(SAVE_STATE)
    opened.run_all()
    page.locator(".rw-standing", has_text="30 of 31 ended").wait_for(timeout=60_000)
    page.locator(".rw-card .rw-badge", has_text="Done").wait_for()
    # A page writes what is to be kept some seconds after a change.
    page.wait_for_timeout(6000)
    state = save(opened, lab)
    assert "token" not in json.dumps([v["state"] for v in state.values()])
    for job in service.jobs(pending=True):
        job.cancel()
    page = reopen(opened)
    standing = page.locator(".rw-standing")
    expect(standing).to_contain_text("30 of 31 ended", timeout=30_000)
    expect(standing).to_contain_text("Not live since")
    expect(page.locator(".rw-foot")).to_contain_text("This was saved with the notebook")
    expect(page.locator(".rw-card .rw-badge")).to_have_text("Done")
    elapsed = page.locator("[role=row][data-job]", has_text="Running").locator(".rw-c-elapsed")
    before = elapsed.inner_text()
    page.wait_for_timeout(2500)
    assert elapsed.inner_text() == before, "time goes on, for nobody knows what"
    page.locator(".rw-search input").fill("status:done")
    expect(page.locator(".rw-strip")).to_contain_text("30 of 31 jobs match")
