"""What surrounds the jobs, in a real JupyterLab: usage, budgets, and sessions that are closed."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

SESSION = """
from runtime_widgets import Budget, Session, UsageMeter
session = Session(service.backend("local_exact"), max_time="10m")
jobs = [session.run("sleeper", {"seconds": 1}) for _ in range(2)]
budget = Budget(1000, jobs=jobs)
JobMonitor(jobs)
"""


def test_a_session_is_closed_by_a_click_while_a_cell_blocks(notebook, runtime):
    opened = notebook(SESSION, "time.sleep(60)")
    page = opened.page
    opened.command("notebook:run-all-cells")
    head = page.get_by_role("button", name="Sessions")
    head.wait_for(timeout=30_000)
    head.click()
    page.locator(".rw-session", has_text="closes by itself in").wait_for(timeout=60_000)
    page.locator(".rw-session", has_text="reserved for it").wait_for(timeout=30_000)
    page.get_by_role("button", name="Close session").click()
    question = page.get_by_role("group", name="Close this session?")
    question.get_by_role("button", name="Close session").click()
    page.locator(".rw-session .rw-badge", has_text="Closed").wait_for(timeout=60_000)
    assert page.locator(".rw-session .rw-end button").count() == 0
    assert page.locator(".rw-budget", has_text="Budget of 2 jobs").count() == 1
    assert opened.console == []


def test_a_usage_meter_tells_what_is_used_and_a_saved_one_says_it_too(notebook):
    opened = notebook("from runtime_widgets import UsageMeter\nUsageMeter(service)")
    page = opened.page
    opened.run_all()
    view = page.locator(".rw-usage-view")
    view.get_by_text("no limit").wait_for(timeout=30_000)
    assert "Usage of the local runtime" in view.inner_text()
    view.get_by_text("read just now").or_(view.get_by_text(" ago")).first.wait_for(timeout=10_000)
    saved = page.evaluate(
        "() => JSON.stringify(jupyterapp.shell.currentWidget.content.model.toJSON())"
    )
    assert "Usage of the local runtime" in saved
    assert opened.console == []
