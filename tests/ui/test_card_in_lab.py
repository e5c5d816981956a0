"""The card in a real JupyterLab, in a real Chromium."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

BADGE = ".rw-root .rw-badge"
SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"


def badge(page, state: str, timeout_s: float = 30.0):
    page.wait_for_selector(f"{BADGE}.rw-is-{state}", timeout=timeout_s * 1000)


def test_a_bare_job_shows_a_card_that_goes_to_done(notebook):
    opened = notebook('job = service.run("sleeper", {"seconds": 6}, backend="local_exact")\njob')
    opened.command("notebook:run-all-cells")
    badge(opened.page, "running")
    badge(opened.page, "done")
    assert opened.console == []


def test_badges_change_while_a_cell_blocks_the_kernel(notebook):
    opened = notebook(
        'job = service.run("sleeper", {"seconds": 6}, backend="local_exact")\njob',
        "time.sleep(60)",
    )
    opened.command("notebook:run-all-cells")
    badge(opened.page, "running")
    badge(opened.page, "done")
    assert kernel_is_busy(opened.page)


def test_cancel_reaches_the_server_while_a_cell_blocks_the_kernel(notebook, service):
    opened = notebook(
        'job = service.run("sleeper", {"seconds": 100}, backend="local_exact")\njob',
        "time.sleep(60)",
    )
    page = opened.page
    opened.command("notebook:run-all-cells")
    badge(page, "running")
    page.get_by_role("button", name="Cancel").first.click()
    page.get_by_role("button", name="Cancel job").click()
    badge(page, "cancelled")
    assert kernel_is_busy(page)
    assert service.jobs(limit=1)[0].state.word == "Cancelled"


def test_a_cancel_that_is_not_confirmed_does_nothing(notebook, service):
    opened = notebook('job = service.run("sleeper", {"seconds": 60}, backend="local_exact")\njob')
    page = opened.page
    opened.command("notebook:run-all-cells")
    badge(page, "running")
    page.get_by_role("button", name="Cancel").first.click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Cancel").first.wait_for()
    job = service.jobs(limit=1)[0]
    assert job.running()
    job.cancel()
    badge(page, "cancelled")


def test_the_card_is_live_again_after_the_page_is_reloaded(notebook, service):
    # Longer than a page takes to load on a busy machine; what ends it is the test.
    opened = notebook('job = service.run("sleeper", {"seconds": 100}, backend="local_exact")\njob')
    opened.command("notebook:run-all-cells")
    badge(opened.page, "running")
    opened.command("docmanager:save")
    opened.page.wait_for_function(SAVED)
    opened.page.reload()
    badge(opened.page, "running", 60)
    for job in service.jobs(pending=True):
        job.cancel()
    badge(opened.page, "cancelled", 60)


def test_tags_are_added_and_removed_on_the_card(notebook, service):
    opened = notebook(
        'job = service.run("sleeper", {"seconds": 0.2}, backend="local_exact", tags=["old"])\njob'
    )
    page = opened.page
    opened.command("notebook:run-all-cells")
    badge(page, "done")
    page.locator(".rw-root button", has_text="+ tag").click()
    page.get_by_label("New tag").fill("new")
    page.get_by_label("New tag").press("Enter")
    page.locator(".rw-tag", has_text="new").wait_for()
    page.get_by_role("button", name="Remove tag old").click()
    page.locator(".rw-tag", has_text="old").wait_for(state="detached")
    assert service.jobs(limit=1)[0].tags == ["new"]


def test_server_text_is_shown_as_text(notebook):
    message = "<img src=x onerror='window.harmed=1'><b>bold</b>"
    opened = notebook(
        f'job = service.run("breaker", {{"message": {message!r}}}, backend="local_exact",'
        " tags=['<i>tag</i>'])\njob"
    )
    page = opened.page
    opened.command("notebook:run-all-cells")
    badge(page, "failed")
    page.get_by_role("button", name="Logs").click()
    page.locator(".rw-logs", has_text="about to fail").wait_for()
    assert page.locator(".rw-root img, .rw-tags i").count() == 0
    assert page.locator(".rw-root", has_text="<b>bold</b>").count() == 1
    assert page.evaluate("() => window.harmed") is None


def test_a_saved_notebook_still_says_something(notebook, lab):
    import json

    opened = notebook('job = service.run("sleeper", {"seconds": 0.2}, backend="local_exact")\njob')
    opened.run_all()
    badge(opened.page, "done")
    opened.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    saved = json.loads((lab.root / opened._path).read_text())
    data = saved["cells"][1]["outputs"][0]["data"]
    html, text = "".join(data["text/html"]), "".join(data["text/plain"])
    assert "sleeper" in html
    assert "as of" in html
    assert "sleeper on local_exact" in text
    assert "token" not in json.dumps(saved["metadata"])


def kernel_is_busy(page) -> bool:
    """Whether the last cell still runs; the kernel's own status also tells of subshells."""
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.at(-1)
          .node.querySelector('.jp-InputPrompt').textContent.includes('*')"""
    )


RUN = """(i) => {
  const { content } = window.jupyterapp.shell.currentWidget;
  content.activeCellIndex = i;
  content.deselectAll();
  return window.jupyterapp.commands.execute('notebook:run-cell');
}"""


def test_the_cards_of_a_cell_that_runs_again_and_again_do_not_stay(notebook):
    opened = notebook(
        "from runtime_widgets.widgets import _cells\n_cells.GRACE_S = 0.1\n"
        'job = service.run("sleeper", {"seconds": 0.1}, backend="local_exact")',
        "job",
        "import ipywidgets\n"
        "alive = ipywidgets.widgets.widget._instances.values()\n"
        'print(sum(type(one).__name__ == "JobCard" for one in alive), "cards")',
    )
    opened.run_all()
    for _ in range(3):
        opened.page.evaluate(RUN, 2)
        badge(opened.page, "done")
    for _ in range(30):
        opened.page.evaluate(RUN, 3)
        printed = opened.page.locator(".jp-OutputArea-output").last.inner_text().strip()
        if printed == "1 cards":
            break
        opened.page.wait_for_timeout(500)
    assert printed == "1 cards"
    badge(opened.page, "done")
    assert opened.console == []
