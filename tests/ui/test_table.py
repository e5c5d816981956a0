"""The table of jobs in a real Chromium: what a page without a layout cannot tell."""

from __future__ import annotations

import pytest
from support.axe import violations

pytestmark = pytest.mark.browser

MANY = "show=monitor&one&rows=3000"
HERE = """() => {
  const cell = document.activeElement;
  return [cell.closest('[data-line]')?.dataset.line, cell.dataset.column];
}"""
# The line under the titles, and how far down it is.
TOP = """() => {
  const from = document.querySelector('.rw-titles').getBoundingClientRect().bottom;
  const lines = [...document.querySelectorAll('.rw-lines [data-line]')];
  const seen = lines.filter((line) => line.getBoundingClientRect().bottom > from + 1);
  const top = (line) => line.getBoundingClientRect().top;
  const first = seen.sort((a, b) => top(a) - top(b))[0];
  return [first.dataset.line, Math.round(top(first) - from)];
}"""
# New jobs, newer than all others.
COME = """(n) => {
  const now = Date.now() / 1000;
  const row = (i) => ({ id: `new-${i}`, program: 'sampler', device: 'ibm_fez', status: 'Queued',
    state: 'queued', label: 'Queued', final: false, created: now + 1 + i });
  window.seq = (window.seq ?? 1) + 1;
  const health = { server_now: now, stale_since: null, trouble: null, next_look: null,
    push: true, requests_per_look: 0, trouble_kind: '' };
  window.host.tell({ kind: 'changes', seq: window.seq, gone: [], health, context: {},
    jobs: Array.from({ length: n }, (_, i) => row(i)) });
}"""


def title(page, key):
    return page.locator(f'[data-title="{key}"]')


def order(page):
    return page.locator("[data-title]").evaluate_all("(all) => all.map((t) => t.dataset.title)")


@pytest.mark.parametrize(("way", "sign"), [("ltr", 1), ("rtl", -1)])
def test_a_column_is_drawn_wider_by_its_edge_and_no_other(shown, way, sign):
    page = shown(f"{MANY}&dir={way}")
    widths = "(all) => Object.fromEntries(all.map((t) => [t.dataset.title, t.offsetWidth]))"
    before = page.locator("[data-title]").evaluate_all(widths)
    edge = title(page, "device").locator("[data-resize]").bounding_box()
    x, y = edge["x"] + edge["width"] / 2, edge["y"] + 8
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + sign * 20, y)
    page.mouse.move(x + sign * 40, y)
    page.mouse.up()
    page.wait_for_function(
        "(w) => document.querySelector('[data-title=device]').offsetWidth > w",
        arg=before["device"] + 30,
    )
    after = page.locator("[data-title]").evaluate_all(widths)
    assert abs(after["device"] - before["device"] - 40) <= 1
    # The name takes what is left, or a column gave way to it; the others stay.
    others = (before.keys() & after.keys()) - {"device", "name"}
    assert {key: after[key] for key in others} == {key: before[key] for key in others}
    # A cell is as wide as its title.
    cell = page.locator(".rw-lines .rw-c-device").first
    assert cell.evaluate("(el) => el.offsetWidth") == after["device"]
    title(page, "device").locator("[data-resize]").dblclick(position={"x": 2, "y": 8})
    page.wait_for_function(
        "(w) => document.querySelector('[data-title=device]').offsetWidth === w",
        arg=before["device"],
    )


def test_a_column_is_moved_by_its_title(shown):
    page = shown(MANY)
    assert order(page)[:4] == ["status", "name", "program", "device"]
    title(page, "device").drag_to(title(page, "status"), target_position={"x": 5, "y": 8})
    assert order(page)[:4] == ["device", "status", "name", "program"]


def test_what_opens_the_details_is_whole_where_no_column_takes_what_is_left(shown):
    page = shown(MANY)
    for key, wider in (("name", 24), ("device", 0), ("status", 0)):
        title(page, key).click()
        for _ in range(wider):
            page.keyboard.press("+")
    cell = page.locator(".rw-lines .rw-c-open").first
    assert cell.evaluate("(el) => el.offsetWidth") >= 30
    grid = page.locator(".rw-grid").bounding_box()
    box = cell.bounding_box()
    assert box["x"] + box["width"] <= grid["x"] + grid["width"] + 1


def test_what_is_read_stays_in_its_place_when_new_jobs_come(shown):
    page = shown(MANY)
    page.locator(".rw-grid").evaluate("(el) => { el.scrollTop = 29 * 400 + 11; }")
    page.wait_for_timeout(200)
    before = page.evaluate(TOP)
    page.evaluate(COME, 7)
    page.wait_for_function("() => +document.querySelector('.rw-grid').ariaRowCount === 3008")
    assert page.evaluate(TOP) == before
    # At the top one sees them come.
    page.locator(".rw-grid").evaluate("(el) => { el.scrollTop = 0; }")
    page.wait_for_selector('[data-job="new-6"]')


def test_the_keys_stay_with_their_job(shown):
    page = shown(MANY)
    page.locator(".rw-lines .rw-c-device").nth(3).focus()
    here = page.evaluate(HERE)
    page.evaluate(COME, 5)
    page.wait_for_selector('[data-job="new-4"]')
    assert page.evaluate(HERE) == here
    # Its line is in the page still when it is not on the screen.
    page.locator(".rw-grid").evaluate("(el) => { el.scrollTop = 29 * 2000; }")
    page.wait_for_timeout(200)
    assert page.evaluate(HERE) == here
    # By a click on a title all is sorted anew, and the keys are there.
    title(page, "name").click()
    page.keyboard.press("ArrowDown")
    first = page.locator('.rw-lines [aria-rowindex="2"]').get_attribute("data-line")
    assert page.evaluate(HERE) == [first, "name"]


def test_the_cell_with_the_keys_is_never_under_the_titles(shown):
    page = shown(MANY)
    page.locator(".rw-lines .rw-c-name").first.focus()
    for key in ["Control+End", "PageUp", "PageUp", "ArrowUp", "Control+Home", "PageDown"]:
        page.keyboard.press(key)
        page.wait_for_function("""() => {
          const cell = document.activeElement.getBoundingClientRect();
          const titles = document.querySelector('.rw-titles').getBoundingClientRect();
          const grid = document.querySelector('.rw-grid').getBoundingClientRect();
          return document.activeElement.closest('.rw-lines') !== null
            && cell.top >= titles.bottom - 1 && cell.bottom <= grid.bottom + 1;
        }""")


@pytest.mark.parametrize("width", [240, 420, 620, 900, 1280])
def test_the_columns_that_there_is_room_for_are_shown(shown, width):
    page = shown(f"{MANY}&width={width}px", width=max(width + 60, 320))
    grid = page.locator(".rw-grid")
    assert grid.evaluate("(el) => el.scrollWidth <= el.clientWidth")
    assert order(page)[:2] == ["status", "name"]
    name = page.locator(".rw-lines .rw-c-name").first.evaluate("(el) => el.clientWidth")
    assert name >= 80
    clipped = page.locator(".rw-lines .rw-badge").first
    assert clipped.evaluate("(el) => el.scrollWidth <= el.clientWidth")


def test_all_lines_can_be_gone_through_without_a_gap(shown):
    page = shown(MANY)
    holes = page.evaluate("""async () => {
      const grid = document.querySelector('.rw-grid');
      const frame = () => new Promise(requestAnimationFrame);
      let holes = 0;
      for (let top = 0; top < grid.scrollHeight; top += 1500) {
        grid.scrollTop = top;
        await frame();
        await frame();
        const box = grid.getBoundingClientRect();
        for (const y of [box.top + 40, (box.top + box.bottom) / 2, box.bottom - 20]) {
          const hit = document.elementFromPoint(box.left + 200, y);
          if (!hit?.closest('[data-job]')) holes++;
        }
      }
      return holes;
    }""")
    assert holes == 0


@pytest.mark.parametrize("theme", ["", "&dark"], ids=["light", "dark"])
@pytest.mark.parametrize("group", ["", "device", "tag", "session"])
def test_groups_and_selected_lines_are_as_axe_wants_them(shown, group, theme):
    page = shown(MANY + theme)
    title(page, "device").click()
    title(page, "usage").click(modifiers=["Shift"])
    page.locator(".rw-select").first.select_option(group)
    page.wait_for_selector(f'.rw-grid[role="{"treegrid" if group else "grid"}"]')
    page.locator(".rw-lines input").nth(1).check()
    page.wait_for_selector('[data-job][aria-selected="true"]')
    assert violations(page) == []


@pytest.mark.parametrize("width", [1118, 500])
def test_the_buttons_of_details_stay_whole_and_in_view_whatever_is_made_wider(shown, width):
    page = shown(f"{MANY}&width={width}px")
    before = order(page)
    for _ in range(12):
        title(page, "name").press("+")
    assert order(page) == before
    grid = page.locator(".rw-grid").bounding_box()
    for line in (".rw-titles", ".rw-lines [data-job]"):
        cell = page.locator(f"{line} .rw-c-open").first.bounding_box()
        assert cell["width"] == 30
        assert cell["x"] + cell["width"] <= grid["x"] + grid["width"]
    # Also where more was asked for by name than there is room for.
    page.get_by_role("button", name="Columns").click()
    for box in page.locator(".rw-popup input").all():
        if not box.is_checked() or width == 500:
            box.set_checked(False, force=True)
            box.set_checked(True, force=True)
    page.keyboard.press("Escape")
    cell = page.locator(".rw-lines [data-job] .rw-c-open").first.bounding_box()
    assert cell["x"] + cell["width"] <= grid["x"] + grid["width"]
