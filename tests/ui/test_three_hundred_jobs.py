"""A newcomer's hour with three hundred jobs, in a real JupyterLab, by the keyboard alone."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from support.faultproxy import fault_proxy, instead
from support.scripted import Answer

from runtime_widgets import RuntimeInvalidStateError

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SUBMIT = """
from qiskit import QuantumCircuit
bell = QuantumCircuit(2)
bell.h(0); bell.cx(0, 1); bell.measure_all()
sampler = SamplerV2(service.backend("local_exact"), tags=["bell"])
done = [sampler.run([bell], shots=100) for _ in range(DONE)]
broken = [service.run("breaker", {"message": "<b>no</b>"}, backend="local_exact", tags=["broken"])
          for _ in range(BROKEN)]
waiting = [service.run("sleeper", {"seconds": 100}, backend="local_noisy", tags=["queue"])
           for _ in range(WAITING)]
for job in done + broken: job.wait_for_final_state(120)
jobs = done + broken + waiting
"""
COUNTS = "DONE, BROKEN, WAITING = {}, {}, {}"
SHOW = "monitor = JobMonitor(jobs)\nmonitor"
# What a person reads of the monitor.
HEADER = "() => document.querySelector('.rw-mon-head').innerText.replaceAll('\\n', ' ')"
LINES = ".rw-lines [data-job]"
# The one stop of the table on the way of the Tab key.
STOP = '.rw-grid [role="row"] > [tabindex="0"]'
# How far the first line is from the monitor's top.
PLACE = """() => document.querySelector('.rw-lines').getBoundingClientRect().top
  - document.querySelector('.rw-mon').getBoundingClientRect().top"""
ROWS = "(n) => +document.querySelector('.rw-grid')?.ariaRowCount === n + 1"


@pytest.fixture
def monitor(notebook, service):
    """A monitor of jobs that are done, that failed, and that wait for one which takes long."""

    def open_(done, broken, waiting):
        opened = notebook(COUNTS.format(done, broken, waiting) + SUBMIT, SHOW)
        opened.run_all(timeout_s=240)
        opened.page.wait_for_selector(LINES, timeout=30_000)
        return opened

    yield open_
    for job in service.jobs(limit=None, pending=True):
        with suppress(RuntimeInvalidStateError):
            job.cancel()


def test_everything_by_the_keyboard(monitor, service):
    opened = monitor(40, 10, 250)
    page = opened.page
    page.wait_for_function(
        "() => /300 jobs/.test(document.querySelector('.rw-mon-head').innerText)"
    )
    header = page.evaluate(HEADER)
    assert "40 done" in header
    assert "10 failed" in header
    # A line is reached by Tab, and no other stop of the table is in the way.
    page.locator(".rw-search input").focus()
    page.keyboard.type("tag:queue status:queued")
    page.wait_for_function("() => +document.querySelector('.rw-grid').ariaRowCount === 250")
    page.locator(STOP).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+a")
    page.wait_for_selector("text=249 selected")
    # Cancel: one question that says how many, then an outcome for each.
    button = page.get_by_role("button", name="Cancel 249 jobs…")
    button.focus()
    page.keyboard.press("Enter")
    confirm = page.get_by_role("button", name="Cancel 249 jobs", exact=True)
    confirm.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelectorAll('.rw-mon-head .rw-chip.rw-is-cancelled b')[0]?.innerText"
        " === '249'",
        timeout=60_000,
    )
    assert len(service.jobs(limit=None, pending=True)) <= 1
    # The one that runs, and its details.
    page.locator(".rw-search input").fill("status:running")
    page.wait_for_function("() => +document.querySelector('.rw-grid').ariaRowCount === 2")
    page.locator(STOP).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    drawer = page.locator(".rw-drawer")
    drawer.wait_for()
    assert "Timeline" in drawer.inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.closest('[data-job]') !== null")
    # Why the others failed, as text.
    page.locator(".rw-search input").fill("status:failed")
    page.wait_for_function("() => +document.querySelector('.rw-grid').ariaRowCount === 11")
    page.locator(STOP).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    page.wait_for_selector(".rw-drawer >> text=<b>no</b>")
    assert page.locator(".rw-drawer b", has_text="no").filter(has_text="^no$").count() == 0
    page.keyboard.press("Escape")
    page.locator(".rw-search input").fill("")
    assert opened.console == []


def test_what_a_screen_reader_is_given(monitor):
    page = monitor(3, 1, 2).page
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    roles = [node.get("role", {}).get("value") for node in tree if not node.get("ignored")]
    assert roles.count("grid") == 1
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored") and "role" in node
    }
    assert ("grid", "Jobs") in named
    assert ("columnheader", "Device") in named
    # Each cell says what it shows, the state in words.
    assert {("gridcell", "local_noisy"), ("gridcell", "Done")} <= named
    (grid,) = (node for node in tree if node.get("role", {}).get("value") == "grid")
    properties = json.dumps(grid)
    assert "multiselectable" in properties


def test_a_page_that_is_loaded_again_shows_the_same(monitor):
    opened = monitor(3, 1, 2)
    page = opened.page
    before = page.evaluate(HEADER)
    opened.command("docmanager:save")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    page.wait_for_selector(LINES, timeout=60_000)
    page.wait_for_function(
        "(text) => " + HEADER[6:] + ".split(' jobs')[0] === text", arg=before.split(" jobs")[0]
    )


def test_two_kernels_see_what_the_other_does(monitor, notebook):
    here = monitor(1, 0, 3)
    ids = here.page.locator(LINES).evaluate_all("(all) => all.map((one) => one.dataset.job)")
    there = notebook(f"JobMonitor([service.job(i) for i in {ids}])")
    there.run_all()
    there.page.wait_for_function(ROWS, arg=4)
    for row in ids:
        line = here.page.locator(f"[data-job='{row}']")
        if "Queued" in line.inner_text():
            line.locator("input").check()
    here.page.get_by_role("button", name="Cancel 2 jobs…").click()
    here.page.get_by_role("button", name="Cancel 2 jobs", exact=True).click()
    for opened in (here, there):
        opened.page.wait_for_function(
            "() => document.querySelectorAll('.rw-lines .rw-is-cancelled').length === 2",
            timeout=30_000,
        )


def test_trouble_is_said_and_ends_by_itself(notebook, runtime):
    with fault_proxy(runtime.address.url) as proxy:
        opened = notebook(
            f"""
through = QiskitRuntimeService(
    "local", token=address["token"], url="{proxy.url}", instance=address["instance"])
held = [through.run("sleeper", {{"seconds": 8}}, backend="local_exact") for _ in range(3)]
JobMonitor(held)"""
        )
        opened.run_all()
        page = opened.page
        page.wait_for_function(ROWS, arg=3)
        # What stands around the jobs comes a moment after them.
        page.wait_for_selector(".rw-mon-head >> text=no limit")
        place = page.evaluate(PLACE)
        proxy.harm(instead(Answer(503, b"<html><b>down</b>")))
        proxy.cut()
        page.wait_for_selector("text=Not live since", timeout=60_000)
        foot = page.locator(".rw-foot").inner_text()
        assert "Trying again in" in foot
        assert page.locator(".rw-mon b", has_text="down").count() == 0
        # No row jumps: what is said has its place under them.
        assert page.evaluate(PLACE) == place
        proxy.heal()
        page.wait_for_selector("text=Not live since", state="detached", timeout=90_000)
        page.wait_for_function(
            "() => document.querySelectorAll('.rw-lines .rw-is-done').length === 3", timeout=60_000
        )
        assert runtime.address.token not in page.content()
