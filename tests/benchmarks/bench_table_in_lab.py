"""How quick the table is in a real JupyterLab with a real kernel, and how quick others are.

Peers in the same Lab, with the same rows: ipydatagrid, itables, and at 1,000 rows ipywidgets'
own boxes of labels. "run -> painted" is all of it: the kernel's work, the way over the socket,
and the page's. "arrived -> painted" begins with the largest message that came meanwhile. A time
ends two animation frames after the rows are in the document (ipydatagrid's: on its canvas).
Bytes and messages are all that came over the WebSockets, with what Jupyter itself says of a cell.

Run with ``pytest tests/benchmarks/bench_table_in_lab.py -s``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("ipydatagrid", reason="ipydatagrid is in the extra 'bench'")
pytest.importorskip("itables", reason="itables is in the extra 'bench'")

pytestmark = [pytest.mark.benchmark, pytest.mark.browser, pytest.mark.timeout(900)]

TESTS = Path(__file__).resolve().parents[1]
MOST_BOXES = 1_000
LIMIT_MS = 90_000

# Notes each message that comes over a WebSocket: when, and how many bytes.
SOCKETS = """
const Real = window.WebSocket;
window.heard = [];
window.WebSocket = class extends Real {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({ data }) =>
      window.heard.push([performance.now(), data.byteLength ?? data.size ?? data.length]));
  }
};
"""

# Runs a cell, and measures until the output of the cell at `seen` is as `is` says.
RUN = """async ([index, seen, is, limit]) => {
  const shown = new Function('cell', `return Boolean(${is})`);
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets;
  panel.content.activeCellIndex = index;
  cells[seen].node.scrollIntoView();
  const [start, first] = [performance.now(), window.heard.length];
  void window.jupyterapp.commands.execute('notebook:run-cell');
  const frame = () => new Promise(requestAnimationFrame);
  while (!shown(cells[seen].node)) {
    await frame();
    if (performance.now() - start > limit) return null;
  }
  const there = performance.now();
  await frame();
  await frame();
  const end = performance.now();
  const before = window.heard.slice(first).filter(([at]) => at <= there);
  const large = before.reduce((a, b) => (b[1] > a[1] ? b : a), [start, 0]);
  // What comes still is part of it.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const heard = window.heard.slice(first);
  return { whole: end - start, arrived: end - large[0], messages: heard.length,
    bytes: heard.reduce((sum, [, size]) => sum + size, 0) };
}"""

ENDED = "/[0-9]/.test(cell.querySelector('.jp-InputPrompt').textContent)"

DRAWN = """(() => {
  const colours = new Set();
  for (const canvas of cell.querySelectorAll('canvas')) {
    if (!canvas.width || !canvas.height) continue;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3]) colours.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
  }
  return colours.size > 8;
})()"""

SHOWS = {
    "ours": ("view = JobMonitor(jobs); view", "cell.querySelector('[role=row][data-job]')"),
    "ipydatagrid": ("view = DataGrid(frame_of(jobs)); view", DRAWN),
    "itables": (
        "itables.show(frame_of(jobs), maxBytes=0)",
        "cell.querySelector('table.dataTable tbody tr')",
    ),
    "boxes": ("view = boxes_of(jobs); view", "cell.querySelectorAll('.widget-label').length > {}"),
}

# How one of a hundred rows becomes another, and what of it can be seen from outside.
FAILED = "document.querySelectorAll('[role=row] .rw-is-failed').length"
CHANGES = {
    "ours": ("seen = fail_some(jobs)", f"{FAILED} > window.failed"),
    "ipydatagrid": ("fail_some(jobs); view.data = frame_of(jobs)", "true"),
}


@pytest.fixture
def lab_page(notebook):
    """Open a notebook whose kernel has so many rows; cells are run one by one."""

    def open_(count, *cells):
        opened = notebook(
            f"import sys, warnings; warnings.simplefilter('ignore')\n"
            f"sys.path.insert(0, {str(TESTS)!r})\n"
            f"from support.lab_rows import *\nfrom ipydatagrid import DataGrid\n"
            f"import itables; itables.init_notebook_mode(connected=False)\n"
            f"jobs = rows_of({count})\n_ = JobMonitor(jobs[:1])",
            *cells,
        )
        opened.page.add_init_script(SOCKETS)
        opened.page.reload()
        opened.wait_ready()
        return opened

    return open_


def run(opened, index, seen, shown):
    found = opened.page.evaluate(RUN, [index, seen, shown, LIMIT_MS])
    # Who has not shown anything by then may go on for as long again.
    if found:
        opened.wait_ready()
    return found


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_rows_in_a_lab(lab_page, count):
    ways = [way for way in SHOWS if way != "boxes" or count <= MOST_BOXES]
    found = {}
    for way in ways:
        show, shown = SHOWS[way]
        change, changed = CHANGES.get(way, ("", ""))
        opened = lab_page(count, show, change)
        for index in (0, 1):
            run(opened, index, index, ENDED)
        figures = run(opened, 2, 2, shown.replace("{}", str(6 * count - 1)))
        if figures and change:
            opened.page.evaluate(f"() => {{ window.failed = {FAILED}; }}")
            later = run(opened, 3, 2, changed)
            # What changed is not to be seen on a canvas from outside.
            told = later if changed != "true" else {k: later[k] for k in ("bytes", "messages")}
            figures |= {f"change {key}": value for key, value in told.items()}
        found[way] = figures
    print_table(count, found)
    assert found["ours"]


LINES = [
    ("whole", "run -> painted, ms"),
    ("arrived", "arrived -> painted, ms"),
    ("bytes", "bytes over the socket"),
    ("messages", "messages"),
    ("change whole", "1 % changed: run -> painted, ms"),
    ("change arrived", "1 % changed: arrived -> painted, ms"),
    ("change bytes", "1 % changed: bytes over the socket"),
    ("change messages", "1 % changed: messages"),
]


def print_table(count, found):
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{count:,} rows in JupyterLab; load {load}")
    print(f"{'':40}" + "".join(f"{way:>20}" for way in found))
    for key, what in LINES:
        cells = []
        for way, figures in found.items():
            if figures is None and key == "whole":
                cells.append(f"> {LIMIT_MS:,}")
                continue
            value = figures and figures.get(key)
            ours = (found["ours"] or {}).get(key)
            ratio = f" ({value / ours:.1f}x)" if way != "ours" and value and ours else ""
            cells.append("-" if value is None else f"{value:,.0f}{ratio}")
        print(f"{what:40}" + "".join(f"{cell:>20}" for cell in cells))
