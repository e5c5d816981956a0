"""The details of a job in a real JupyterLab: fetched by tab, while a cell blocks the kernel too."""

from __future__ import annotations

import pytest
from support.axe import violations

pytestmark = pytest.mark.browser

BELL = """from qiskit import QuantumCircuit
bell = QuantumCircuit(2, name="bell")
bell.h(0)
bell.cx(0, 1)
bell.measure_all()
inputs = {"pubs": [(bell, None, 1000)], "options": {"default_shots": 7}}
job = service.run("sampler", inputs, backend="local_exact")
job"""
COUNT_REQUESTS = """() => {
  const open = window.__asked = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (typeof data === 'string' ? data.includes('"details"') :
        new TextDecoder().decode(data).includes('"details"')) open.push(1);
    return send.call(this, data);
  };
}"""


def is_busy(page) -> bool:
    return page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.at(-1)
          .node.querySelector('.jp-InputPrompt').textContent.includes('*')"""
    )


def show(page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()


def test_every_tab_is_filled_while_a_cell_blocks_the_kernel(notebook):
    opened = notebook(BELL, "time.sleep(60)")
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_selector(".rw-badge.rw-is-done", timeout=30_000)
    page.get_by_role("button", name="Details").click()
    page.get_by_text("Bill closed").wait_for()
    show(page, "Results")
    page.get_by_text("1,000 shots").wait_for()
    assert {text.strip() for text in page.locator(".rw-figures tbody code").all_inner_texts()} == {
        "00",
        "11",
    }
    show(page, "Inputs")
    page.get_by_role("button", name="Draw circuit").click()
    page.locator(".rw-drawn", has_text="┤ H ├").wait_for()
    assert page.locator(".rw-root", has_text="default_shots7").count() == 1
    show(page, "Raw")
    page.locator(".rw-logs", has_text='"status": "Completed"').wait_for()
    show(page, "Logs")
    page.get_by_role("button", name="Refresh").wait_for()
    assert is_busy(page)
    assert opened.console == []


def test_nothing_is_fetched_before_its_tab_is_shown_nor_twice(notebook):
    opened = notebook(BELL)
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_selector(".rw-badge.rw-is-done", timeout=30_000)
    page.evaluate(COUNT_REQUESTS)
    page.get_by_role("button", name="Details").click()
    page.get_by_text("Bill closed").wait_for()
    first = page.get_by_role("tab", name="Timeline")
    first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("() => window.__asked.length") == 0
    for _ in range(2):
        show(page, "Inputs")
        page.get_by_role("button", name="Draw circuit").wait_for()
        show(page, "Timeline")
    assert page.evaluate("() => window.__asked.length") == 1


def test_the_details_by_keyboard_alone(notebook):
    opened = notebook(BELL)
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_selector(".rw-badge.rw-is-done", timeout=30_000)
    page.get_by_role("button", name="Details").focus()
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Timeline").wait_for()
    # To the tabs, whatever is focusable in between.
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.getAttribute('role') === 'tab'"):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("1,000 shots").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('role')") == "tabpanel"
    assert violations(page) == []


def test_a_card_for_each_turn_of_a_loop_is_a_line(notebook):
    opened = notebook(
        "for _ in range(6):\n"
        '    display(service.run("sleeper", {"seconds": 0.2}, backend="local_exact"))'
    )
    page = opened.page
    opened.command("notebook:run-all-cells")
    page.wait_for_function(
        "() => document.querySelectorAll('.rw-card[data-line=true] .rw-is-done').length === 6",
        timeout=60_000,
    )
    heights = page.evaluate(
        "() => [...document.querySelectorAll('.rw-card')].map((card) => card.offsetHeight)"
    )
    assert max(heights) < 40
    page.get_by_role("button", name="Details").nth(2).click()
    page.get_by_text("Bill closed").wait_for()
    assert page.locator(".rw-tabs").count() == 1
    assert violations(page) == []
