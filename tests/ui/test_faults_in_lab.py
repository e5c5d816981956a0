"""A live monitor whose service, or whose kernel, goes away, in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.faultproxy import FaultProxy, fault_proxy, instead
from support.scripted import Answer, html

pytestmark = pytest.mark.browser

WATCHED = """
far = QiskitRuntimeService(
    "local", token=address["token"], url={url!r}, instance=address["instance"])
jobs = [far.run("sleeper", {{"seconds": 2}}, backend="local_exact") for _ in range({n})]
JobMonitor(jobs)
"""


@pytest.fixture
def proxy(runtime) -> Iterator[FaultProxy]:
    with fault_proxy(runtime.address.url) as started:
        yield started


def watched(notebook, proxy: FaultProxy, n: int = 6):
    opened = notebook(WATCHED.format(url=proxy.url, n=n))
    opened.command("notebook:run-all-cells")
    opened.page.locator(".rw-mon-head", has_text=f"{n} jobs").wait_for(timeout=30_000)
    opened.page.locator(".rw-mon-body .rw-badge").first.wait_for()
    return opened, opened.page


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (Answer(fault="reset"), "starts it again"),
        (Answer(429, {"errors": []}, {"Retry-After": "2"}), "it looks less often"),
        (Answer(401, {"errors": []}), "another runtime than before"),
        (Answer(503, {"errors": []}), "the jobs go on"),
        (html(200), "something on the way may answer"),
    ],
    ids=["reset", "429", "401", "503", "html"],
)
def test_trouble_is_said_with_what_to_do_and_passes_by_itself(notebook, proxy, answer, advice):
    opened, page = watched(notebook, proxy)
    proxy.harm(instead(answer))
    proxy.cut()
    page.get_by_text("Not live since").wait_for(timeout=30_000)
    foot = page.locator(".rw-foot")
    foot.get_by_text(advice).wait_for(timeout=10_000)
    # What is in the page goes on working.
    page.get_by_role("searchbox", name="Search the jobs").fill("status:nothing-like-it")
    page.get_by_text("None of the 6 jobs").wait_for()
    page.get_by_role("button", name="Show all 6").click()
    proxy.heal()
    foot.get_by_role("button", name="Look now").click()
    page.get_by_text("Not live since").wait_for(state="detached", timeout=40_000)
    page.get_by_role("button", name="6 done").first.wait_for(timeout=60_000)
    assert opened.console == []


def test_a_view_whose_kernel_was_restarted_says_so_and_still_sorts_and_saves(notebook, proxy):
    _, page = watched(notebook, proxy)
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    page.locator(".rw-foot", has_text="The kernel was restarted").wait_for(timeout=30_000)
    page.get_by_text("Not live since").wait_for()
    page.get_by_role("button", name="Select all 6").click()
    page.get_by_text("6 selected").wait_for()
    # Nobody is there who could do it.
    assert page.locator(".rw-strip").get_by_role("button", name="Cancel").count() == 0
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").strip().splitlines()
    assert len(lines) == 7
