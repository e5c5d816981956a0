"""The frame around the table, in a browser: nothing jumps, nothing is cut off, digits are local."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

_PLACES = """() => [...document.querySelectorAll('.rw-mon, .rw-mon-body, .rw-foot')].map((el) => {
  const { top, height } = el.getBoundingClientRect();
  return [top, height];
})"""

_TROUBLE = """() => {
  const host = window.host;
  const { health } = host.snapshot();
  host.tell({ kind: 'changes', seq: 2, jobs: [], gone: [], context: {}, health: {
    ...health, stale_since: health.server_now - 60, next_look: health.server_now + 9,
    trouble: 'The service cannot be reached.', trouble_kind: 'network' } });
}"""


def test_nothing_moves_when_trouble_comes(shown):
    page = shown("show=monitor&one")
    before = page.evaluate(_PLACES)
    page.evaluate(_TROUBLE)
    page.get_by_text("Not live since").wait_for()
    assert page.evaluate(_PLACES) == before


def test_no_row_moves_when_jobs_are_selected(shown):
    page = shown("show=monitor&one")
    before = page.evaluate(_PLACES)
    page.get_by_role("button", name="Select all").click()
    page.get_by_text("12 selected").wait_for()
    assert page.evaluate(_PLACES) == before


@pytest.mark.parametrize("width", [240, 420, 900, 1600])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_is_wider_than_the_view(shown, width, direction):
    page = shown(f"show=monitor&width={width}px&dir={direction}", width=width + 40)
    for section in page.locator(".rw-sessions-head").all():
        section.click()
    for box in page.locator(".rw-mon").all():
        wider = box.evaluate(
            """(el) => {
              const own = el.getBoundingClientRect();
              const parts = '.rw-mon-head *, .rw-strip *, .rw-foot *, .rw-empty, .rw-sessions *';
              return [...el.querySelectorAll(parts)].filter((part) => {
                const unseen = part.closest('.rw-sr, svg, select > *');
                if (unseen || !part.getClientRects().length) return false;
                const { left, right } = part.getBoundingClientRect();
                return left < own.left - 0.5 || right > own.right + 0.5;
              }).map((part) => part.outerHTML.slice(0, 120));
            }"""
        )
        assert wider == []


def test_a_menu_is_not_cut_off_by_what_scrolls_around_it(shown):
    page = shown("show=monitor&one&rows=1", width=500)
    page.evaluate(
        "() => Object.assign(document.querySelector('.rw-root').style,"
        " { overflow: 'auto', height: '150px', transform: 'scale(1)' })"
    )
    page.get_by_role("button", name="Filter").click()
    page.wait_for_function(
        """() => {
          const box = document.querySelector('.rw-popup')?.getBoundingClientRect();
          const hit = box && document.elementFromPoint(box.x + box.width / 2, box.bottom - 4);
          return Boolean(hit?.closest('.rw-popup'));
        }"""
    )


def test_the_keys_are_shown_and_the_focus_comes_back(shown):
    page = shown("show=monitor&one")
    page.get_by_role("button", name="Notify").focus()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Keys").wait_for(state="hidden")
    assert page.evaluate("() => document.activeElement.textContent") == "Notify"


@pytest.mark.parametrize(
    ("locale", "figures"), [("de-DE", "44,9 s"), ("ar-EG", "٤٤٫٩ s"), ("en-US", "44.9 s")]
)
def test_figures_are_written_as_the_reader_writes_them(shown, locale, figures):
    page = shown("show=monitor&one", locale=locale)
    head = page.locator(".rw-mon-head").inner_text()
    assert figures in head
    elapsed = page.locator(".rw-mon-body").inner_text()
    assert any(digit in elapsed for digit in "٠١٢٣") == (locale == "ar-EG")


def test_a_file_is_saved(shown):
    page = shown("show=monitor&one")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert text.startswith("id,name,")
    assert len(text.strip().splitlines()) == 13


STRIP = """() => {
  const at = (what) => document.querySelector(what).getBoundingClientRect();
  return [at('.rw-strip').height, at('.rw-titles').top];
}"""


@pytest.mark.parametrize("width", [1118, 900, 760, 620, 400, 284])
def test_a_selection_moves_no_row_and_leaves_the_tools(shown, width):
    page = shown(f"show=monitor&one&rows=40&width={width}px")
    tools = page.locator(".rw-tools").locator("button:visible, select:visible")
    before, n = page.evaluate(STRIP), tools.count()
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Clear").wait_for()
    assert page.evaluate(STRIP) == before
    # By name, also where only their shapes are seen.
    for name in ("Filter", "Export", "Notify"):
        assert page.get_by_role("button", name=name, exact=True).is_visible()
    assert tools.count() == n
    page.get_by_label("Group the jobs").select_option("tag")
    page.get_by_role("button", name="Close all groups").click()
    assert page.locator(".rw-lines [data-job]").count() == 0
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Select all").wait_for()
    page.get_by_label("Group the jobs").select_option("")
    assert page.evaluate(STRIP) == before


def test_a_page_that_is_read_from_the_right_begins_all_lines_there(shown):
    page = shown("show=monitor&one&rows=9&dir=rtl&width=1118px")
    edge = """(what) => document.querySelector(what).getBoundingClientRect().right"""
    assert page.evaluate(edge, ".rw-device") == page.evaluate(edge, ".rw-next")
    assert page.locator(".rw-foot").evaluate("(el) => el.scrollWidth <= el.clientWidth")
    # What is left out of a list of values is told where the list is.
    page.evaluate("""() => {
      const { health } = window.host.snapshot();
      const row = (i) => ({ id: `t-${i}`, program: 'sampler', device: 'ibm_fez', label: 'Queued',
        status: 'Queued', state: 'queued', final: false, created: 1, tags: [`tag-${i}`] });
      window.host.tell({ kind: 'changes', seq: 2, gone: [], health, context: {},
        jobs: Array.from({ length: 20 }, (_, i) => row(i)) });
    }""")
    page.get_by_role("button", name="Filter").click()
    more = page.locator(".rw-popup-more").first
    assert more.evaluate("(el) => getComputedStyle(el).textAlign") == "right"


@pytest.mark.parametrize("width", [1240, 760])
def test_a_button_is_called_the_same_whatever_of_its_words_has_room(shown, width):
    page = shown(f"show=monitor&one&rows=9&width={width}px", width=width + 60)
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("button", name="Cancel 5 jobs…", exact=True).wait_for()
