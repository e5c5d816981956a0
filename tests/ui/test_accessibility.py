"""axe-core holds nothing against any view, in any of its states, in both themes."""

from __future__ import annotations

import pytest
from support.axe import violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", ["auto", "240px"])
@pytest.mark.parametrize("view", ["card", "line", "monitor", "details", "usage"])
def test_every_state_of_every_view(shown, view, theme, width):
    page = shown(f"show={view}&width={width}" + ("&dark" if theme == "dark" else ""))
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "steps",
    [
        ["Filter"],
        ["Columns"],
        ["Details of h2-scan-04"],
        ["Export"],
        ["Notify"],
        ["Select all", "Cancel 8 jobs"],
        ["Select all", "Tag…"],
        ["Select all", "Untag…"],
        ["Select all", "Delete 4 jobs"],
        ["Select all", "Delete 4 jobs…", "Delete 4 jobs"],
        ["running"],
        ["keys"],
        ["Sessions"],
        ["Sessions", "Close session d8k0c1q…31b"],
    ],
    ids=" then ".join,
)
def test_what_opens_in_the_monitor(shown, steps, theme):
    page = shown("show=monitor&one" + ("&dark" if theme == "dark" else ""))
    for step in steps:
        # The newest of that name: a question's button is named as the one that asked it.
        page.get_by_role("button", name=step).locator("visible=true").last.click()
    page.wait_for_timeout(50)
    assert violations(page) == []


def test_the_outcomes_of_a_request_for_many_jobs(shown):
    page = shown("show=monitor&one")
    for step in ("Select all", "Delete 4 jobs…", "Delete 4 jobs"):
        page.get_by_role("button", name=step).last.click()
    page.evaluate("""() => {
      const [asked] = window.host.asked;
      const outcomes = asked.ask.job_ids.map((job_id, i) =>
        ({ job_id, ok: i > 1, already: false, code: null, message: i > 1 ? '' : 'It is held.' }));
      asked.answer({ kind: 'reply', id: 0, ok: false, outcomes, text: null, data: null });
    }""")
    page.get_by_role("button", name="Outcomes").click()
    page.get_by_text("It is held.").first.wait_for()
    assert violations(page) == []


def test_a_fault_would_be_found(shown):
    page = shown("show=monitor&one")
    page.evaluate("""() => {
      const bad = document.createElement('button');
      bad.style.cssText = 'color: #999; background: #aaa';
      document.querySelector('.rw-mon-head').append(bad, 'pale');
    }""")
    assert any(line.startswith("button-name") for line in violations(page))


def test_a_card_and_a_monitor_in_a_real_lab(notebook):
    opened = notebook(
        'jobs = [service.run("sleeper", {"seconds": 0.5}, backend="local_exact", tags=["h2"])'
        " for _ in range(3)]\nJobMonitor(jobs)",
        "jobs[0]",
    )
    opened.command("notebook:run-all-cells")
    page = opened.page
    page.wait_for_function(
        "() => document.querySelectorAll('.rw-root .rw-badge.rw-is-done').length >= 4",
        timeout=60_000,
    )
    assert violations(page) == []
