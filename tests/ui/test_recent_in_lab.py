"""The history as a monitor, in a real JupyterLab: jobs whose runtime nobody can find again."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

EARLIER = """
os.environ["RUNTIME_WIDGETS_HISTORY"] = "on"
os.environ["RUNTIME_WIDGETS_LOCAL_DIR"] = os.path.join(os.getcwd(), "earlier")
done = service.run("sleeper", {"seconds": 0.1}, backend="local_exact", tags=["thesis"])
done.label = "my ansatz"
done.result(60)
waits = service.run("sleeper", {"seconds": 100}, backend="local_exact")
waits.add_done_callback(print)  # somebody watches it
waits.status()
History.default().flush()
"""


def test_a_memory_says_that_it_is_one_and_offers_nothing_that_cannot_be_done(notebook):
    opened = notebook(EARLIER, "monitor = JobMonitor.recent()\nmonitor", "waits.cancel()")
    opened.command("notebook:run-all-cells")
    page = opened.page
    monitor = page.locator(".rw-root").first
    monitor.get_by_text("my ansatz").first.wait_for(timeout=30_000)
    monitor.get_by_text("last known").first.wait_for()
    assert monitor.get_by_text("last known").count() == 1  # what has ended stays so
    assert monitor.get_by_role("button", name=re.compile("^Cancel")).count() == 0
    monitor.get_by_text("last known").first.click()
    monitor.get_by_text("From this machine’s history, as of").wait_for()
    assert monitor.get_by_role("button", name=re.compile("^Cancel")).count() == 0
    assert opened.console == []
