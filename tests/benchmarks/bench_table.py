"""How quick the table is with 1,000, 10,000 and 100,000 rows, and how quick others are.

Both ends are the real ones: a `JobMonitor` in Python makes the messages, and the bundle that
ships shows them in Chromium. Peers in the same run, with the same rows: a plain table element
with all rows, and itables (DataTables, with its defaults: pages of ten rows). A time ends two
animation frames after the rows are in the document, which is 17 to 33 ms after they are.

Run with ``pytest tests/benchmarks/bench_table.py -s``.
"""

from __future__ import annotations

import json
import os
import struct
import time
from itertools import islice
from pathlib import Path

import pytest
from support.tables import described, fail, known_jobs, snapshot_of, weight

from runtime_widgets.tracker import tracker_of
from runtime_widgets.widgets import _assets
from runtime_widgets.widgets._rows import as_json
from runtime_widgets.widgets.monitor import JobMonitor

pytestmark = [pytest.mark.benchmark, pytest.mark.browser, pytest.mark.timeout(900)]

SIZES = [1_000, 10_000, 100_000]
ROUNDS = 3
WORD = "kingston"
REST_S = 5
FRAMES = 180
"""As many as table.js takes to scroll through all rows."""
HERE = Path(__file__).parent
BASE = "http://localhost/"
"""Never asked: what is below it is answered by this file."""

MOST_PLAIN = 10_000
"""More rows than so many no plain table is given: 100,000 were not measured within two minutes."""

TYPES = {".js": "text/javascript", ".json": "application/json", ".html": "text/html"}


@pytest.fixture
def tables(kernel, fake, theirs):
    """Make what a page is sent of so many jobs."""
    made = []

    def tables_(count):
        tracker_of(theirs.client).requests_a_minute = 1e9
        listed = [described(number, sessions=False) for number in range(count)]
        fake.jobs = {each["id"]: each for each in listed}
        jobs = known_jobs(theirs, listed)
        start = time.perf_counter()
        view = JobMonitor(jobs)
        made.append(view)
        view.deliver()
        made_s = time.perf_counter() - start
        start = time.perf_counter()
        snapshot = snapshot_of(view)
        packed_s = time.perf_counter() - start
        list_ = [as_json(row, whole=True) for row in view.known_rows()]
        changes = [change_of(view, part, count // 100) for part in range(ROUNDS)]
        (one,) = [change_of(view, ROUNDS, 1)]
        made.append(JobMonitor([]))
        empty = made[-1].snapshot()
        print(
            f"\n{count:,} rows: JobMonitor(jobs) {made_s:.2f} s, its snapshot {packed_s:.2f} s; "
            f"bytes of the first snapshot {size_of(snapshot):,}, "
            f"of 1 % changed {changes[0]['bytes']:,}, of one changed {one['bytes']:,}"
        )
        return {"snapshot": snapshot, "list": list_, "changes": changes, "empty": empty}

    yield tables_
    for view in made:
        view.close()


def size_of(snapshot):
    head, _, buffers = snapshot
    return weight(head, buffers)


def change_of(view, part, count):
    """Have jobs fail, evenly spread, and the newest that can: what the page is told of it."""
    pending = [job for job in reversed(view.jobs) if not job.state.is_final]
    step = max(len(pending) // count, 1)
    jobs = list(islice(pending, 0, None, step))[:count]
    fail(jobs)
    view.comm.sent.clear()
    view.deliver()
    ((data, buffers),) = ((d, b) for d, b in view.comm.sent if d["method"] == "custom")
    return {"message": data["content"], "seen": jobs[0].job_id(), "bytes": weight(data, buffers)}


def packed(data, places=(), buffers=()):
    """Return JSON and buffers in one body, as table.js takes them apart."""
    sizes = [len(each) for each in buffers]
    head = json.dumps({"data": data, "places": list(zip(places, sizes, strict=True))}).encode()
    return struct.pack("<I", len(head)) + head + b"".join(buffers)


class Bench:
    """A page for each way of showing the rows."""

    def __init__(self, chromium, table):
        self.chromium = chromium
        self.table = table
        self.files = {
            "snapshot": packed(*table["snapshot"]),
            "changes.json": json.dumps(table["changes"]).encode(),
            "list.json": json.dumps(table["list"]).encode(),
        }
        for name in _assets._manifest()["monitor"]:
            self.files[f"static/{name}"] = (_assets._STATIC / name).read_bytes()
        self.files["table.js"] = (HERE / "table.js").read_bytes()

    def answer(self, route):
        path = route.request.url.removeprefix(BASE)
        body = self.files.get(path, b"<!doctype html><html lang=en><title>Benchmark</title>")
        route.fulfill(body=body, content_type=TYPES.get(Path(path).suffix, "text/html"))

    def open(self, way):
        page = self.chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.route(f"{BASE}**", self.answer)
        page.goto(BASE)
        extras = {"empty": self.table["empty"], "changes": "/changes.json"}
        if way != "ours":
            extras |= {"list": "/list.json", "html": "/itables.html", "init": "/init.html"}
        page.evaluate(
            "async ([way, extras]) => { window.table = await import('/table.js');"
            " await table.prepare(way, '/snapshot', extras); }",
            [way, extras],
        )
        return page


class Costs:
    """What a page costs: memory, and the time that its main thread computes.

    That time, unlike what the page's clock says, does not grow where others use the machine.
    """

    def __init__(self, page):
        self._session = page.context.new_cdp_session(page)
        self._session.send("HeapProfiler.enable")
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def bytes(self):
        """Return the bytes that live in the page: objects, the document, and buffers."""
        self._session.send("HeapProfiler.collectGarbage")
        use = self._session.send("Runtime.getHeapUsage")
        return sum(use[k] for k in ("usedSize", "embedderHeapUsedSize", "backingStorageSize"))

    def computed_ms(self):
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(m["value"] for m in metrics if m["name"] == "TaskDuration")


class Measured:
    """Runs what table.js does in a page; notes what each thing cost."""

    def __init__(self, page):
        self.page = page
        self.costs = Costs(page)
        self.figures = {}

    def run(self, name, calls):
        """Note the slowest of `calls`: by the clock, and what was computed for one of them."""
        before, times = self.costs.computed_ms(), []
        for call, argument in calls:
            found = self.page.evaluate(f"(argument) => table.{call}(argument)", argument)
            times += found if isinstance(found, list) else [found]
        self.figures[name] = max(times)
        self.figures[f"{name} computed"] = (self.costs.computed_ms() - before) / len(times)


def quantiles(times):
    ordered = sorted(times)
    return ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))], ordered[-1]


def measure(bench, way):
    measured = Measured(bench.open(way))
    figures, page = measured.figures, measured.page
    before = measured.costs.bytes()
    measured.run("paint", [("show", None)])
    figures["memory"] = (measured.costs.bytes() - before) / 1e6
    computed = measured.costs.computed_ms()
    page.wait_for_timeout(1000 * REST_S)
    figures["rest"] = (measured.costs.computed_ms() - computed) / REST_S
    measured.run("change", [("change", number) for number in range(ROUNDS)])
    computed = measured.costs.computed_ms()
    scrolled = page.evaluate("() => table.scroll()")
    if scrolled:
        figures["frame50"], figures["frame95"], figures["frame"] = quantiles(scrolled["times"])
        figures["frame computed"] = (measured.costs.computed_ms() - computed) / FRAMES
        figures["empty"] = scrolled["empty"]
    measured.run("sort", [("sort", ["Device"]), ("sort", ["Job"]), ("sort", ["Created"])])
    measured.run("type", [("type", WORD)])
    page.close()
    return figures


LINES = [
    ("paint", "arrived -> painted, ms"),
    ("paint computed", "  of it computed"),
    ("change", "1 % changed -> painted, slowest of 3, ms"),
    ("change computed", "  computed for one"),
    ("sort", "click on a header -> sorted, slowest of 3, ms"),
    ("sort computed", "  computed for one"),
    ("type", f"key typed -> painted, slowest of {len(WORD)}, ms"),
    ("type computed", "  computed for one"),
    ("frame50", "frame while scrolling, median, ms"),
    ("frame95", "frame while scrolling, 95 %, ms"),
    ("frame", "frame while scrolling, longest, ms"),
    ("frame computed", "  computed for one"),
    ("empty", f"frames without a row, of {FRAMES}"),
    ("memory", "memory of the page, MB"),
    ("rest", "computed in a second at rest, ms"),
]


def print_table(count, found):
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"\n{count:,} rows; load {load}\n{'':48}" + "".join(f"{way:>18}" for way in found))
    for key, what in LINES:
        ours = found["ours"].get(key)
        cells = []
        for way, figures in found.items():
            value = figures.get(key)
            ratio = f" ({value / ours:.1f}x)" if way != "ours" and value and ours else ""
            cells.append("-" if value is None else f"{value:,.{1 if value < 10 else 0}f}{ratio}")
        print(f"{what:48}" + "".join(f"{cell:>18}" for cell in cells))


@pytest.mark.parametrize("count", SIZES)
def test_rows_in_a_page(chromium, tables, count):
    bench = Bench(chromium, tables(count))
    found = {"ours": measure(bench, "ours")}
    if count <= MOST_PLAIN:
        found["plain"] = measure(bench, "plain")
    found |= itables_too(bench)
    print_table(count, found)
    assert found["ours"]["paint"] > 0


def itables_too(bench):
    """Measure itables, if it is installed: it is in the extra "bench"."""
    pandas = pytest.importorskip("pandas")
    itables = pytest.importorskip("itables")
    from itables.javascript import generate_init_offline_itables_html

    frame = as_shown(pandas, bench.table["list"])
    bench.files["itables.html"] = itables.to_html_datatable(
        frame, connected=False, maxBytes=0, maxRows=0
    ).encode()
    bench.files["init.html"] = generate_init_offline_itables_html(
        itables.options.dt_bundle
    ).encode()
    return {"itables": measure(bench, "itables")}


def as_shown(pandas, rows):
    """Return rows as the columns of our table."""
    return pandas.DataFrame(
        {
            "Status": [row["label"] for row in rows],
            "Job": [row["name"] or (row["tags"] or [row["id"]])[0] for row in rows],
            "Id": [row["id"] for row in rows],
            "Program": [row["program"] for row in rows],
            "Device": [row["device"] for row in rows],
            "Tags": [", ".join(row["tags"]) for row in rows],
            "Created": pandas.to_datetime([row["created"] for row in rows], unit="s"),
            "Elapsed": [row["ended"] and row["ended"] - row["created"] for row in rows],
            "Estimate": [row["usage_estimate_s"] for row in rows],
            "Usage": [row["usage_s"] for row in rows],
            "Session": [row["session"] for row in rows],
        }
    )
