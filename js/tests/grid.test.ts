import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { Layout } from "../src/table/layout.js";
import { CANCELLED, changes, DONE, FAILED, job, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, press, settled } from "./setup.js";

const JOBS = [
  job({ id: "a", name: "alpha", created: NOW - 300, usage_estimate_s: 8 }),
  job({ id: "b", name: "beta", created: NOW - 200, ...RUNNING, usage_s: 2, session: "s-1" }),
  job({ id: "c", created: NOW - 100, ...DONE, ended: NOW - 40, usage_s: 7.5, tags: ["h2"] }),
  job({ id: "d", created: NOW - 50, ...FAILED, device: "ibm_fez", ended: NOW - 20 }),
];
const MANY = Array.from({ length: 450 }, (_, i) => job({ id: `j${i}`, created: NOW - i }));

function monitor(jobs = JOBS) {
  return mounted(snapshot(jobs), "monitor");
}

function must(el: Element, selector: string): HTMLElement {
  const found = el.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
}

const grid = (el: Element) => must(el, ".rw-grid");
const title = (el: Element, key: string) => must(el, `[data-title="${key}"]`);
const titles = (el: Element) =>
  [...el.querySelectorAll<HTMLElement>("[data-title]")].map((one) => one.dataset.title);
const cell = (el: Element, id: string, key: string) => must(el, `[data-job="${id}"] .rw-c-${key}`);
const lines = (el: Element) => [...el.querySelectorAll<HTMLElement>("[data-job]")];
const ids = (el: Element) => lines(el).map((line) => line.dataset.job);
const selected = (el: Element) =>
  [...el.querySelectorAll<HTMLElement>('[data-job][aria-selected="true"]')].map(
    (line) => line.dataset.job,
  );

function here() {
  const at = document.activeElement;
  const line = at?.parentElement?.dataset;
  return `${line?.job ?? line?.line ?? "nowhere"} ${(at as HTMLElement | null)?.dataset.column}`;
}

async function keys(...pressed: readonly (string | readonly [string, KeyboardEventInit])[]) {
  for (const one of pressed) {
    const [key, held] = typeof one === "string" ? [one, {}] : one;
    press(document.activeElement ?? document.body, key, held);
    await settled();
  }
}

async function begin(el: Element, id: string, key = "name") {
  cell(el, id, key).focus();
  await settled();
}

async function click(target: HTMLElement, held: MouseEventInit = {}) {
  target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...held }));
  await settled();
}

const SHIFT = { shiftKey: true };
const CTRL = { ctrlKey: true };
const ALT = { altKey: true };

describe("the grid", () => {
  it("tells its size and its places, whatever part of it is drawn", () => {
    const { el } = monitor(MANY);
    const table = grid(el);
    expect(table.getAttribute("role")).toBe("grid");
    expect(table.getAttribute("aria-rowcount")).toBe("451");
    expect(lines(el).length).toBeLessThan(60);
    const places = lines(el).map((line) => line.getAttribute("aria-rowindex"));
    expect(places.slice(0, 3)).toEqual(["2", "3", "4"]);
    const row = lines(el)[0] as HTMLElement;
    const columns = [...row.children].map((one) => one.getAttribute("aria-colindex"));
    expect(columns).toEqual(columns.map((_, i) => String(i + 1)));
    expect(table.getAttribute("aria-colcount")).toBe(String(columns.length));
    expect(row.querySelectorAll('[role="rowheader"]')).toHaveLength(1);
  });

  it("has one cell that Tab reaches", async () => {
    const { el } = monitor();
    const stops = () => [...grid(el).querySelectorAll('[tabindex="0"]')];
    expect(stops()).toEqual([cell(el, "d", "status")]);
    await begin(el, "b", "device");
    expect(stops()).toEqual([cell(el, "b", "device")]);
  });

  it("keeps hostile text text", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const { el } = monitor([job({ name: evil, program: evil, device: evil, tags: [evil] })]);
    expect(el.querySelector("img")).toBeNull();
  });

  it("calls a job by its label, else by its first tag, else by its id", () => {
    const { el } = monitor([...JOBS, job({ id: "only-an-id" })]);
    expect(cell(el, "a", "name").textContent).toBe("alpha a");
    expect(cell(el, "c", "name").textContent).toBe("h2 c");
    expect(cell(el, "only-an-id", "name").textContent).toBe("only-an-id");
  });

  it("changes a row in its place, and draws no other anew", async () => {
    const { host, el } = monitor();
    const before = lines(el);
    const untouched = cell(el, "d", "device").firstChild;
    host.tell(changes(2, [{ id: "a", ...RUNNING, phase: "preparing" }]));
    await settled();
    expect(lines(el)).toEqual(before);
    expect(cell(el, "a", "status").textContent).toBe("Running· preparing");
    expect(cell(el, "d", "device").firstChild).toBe(untouched);
  });

  it("takes new jobs, and lets go of those that left", async () => {
    const { host, el } = monitor();
    host.tell(changes(2, [job({ id: "e", created: NOW })], ["a"]));
    await settled();
    expect(ids(el)).toEqual(["e", "d", "c", "b"]);
  });

  it("ticks only in what grows", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { el } = monitor([job({ id: "open", created: NOW - 5 }), job({ id: "end", ...DONE })]);
    const text = cell(el, "open", "elapsed").textContent;
    await vi.advanceTimersByTimeAsync(2000);
    expect([text, cell(el, "open", "elapsed").textContent]).toEqual(["5 s", "7 s"]);
  });
});

describe("sorting", () => {
  it("is by a click on a title, what is unknown last either way", async () => {
    const { el } = monitor();
    await click(title(el, "usage"));
    expect(ids(el)).toEqual(["c", "b", "a", "d"]);
    expect(title(el, "usage").getAttribute("aria-sort")).toBe("descending");
    await click(title(el, "usage"));
    expect(ids(el)).toEqual(["b", "c", "a", "d"]);
    expect(title(el, "created").getAttribute("aria-sort")).toBe("none");
  });

  it("is by several columns, with Shift", async () => {
    const two = [...JOBS, job({ id: "e", device: "ibm_fez", created: NOW - 400 })];
    const { el } = monitor(two);
    await click(title(el, "device"));
    await click(title(el, "created"), SHIFT);
    expect(ids(el)).toEqual(["d", "e", "c", "b", "a"]);
    await click(title(el, "created"), SHIFT);
    expect(ids(el)).toEqual(["e", "d", "a", "b", "c"]);
    expect(title(el, "device").getAttribute("aria-sort")).toBe("ascending");
    expect(title(el, "created").textContent).toContain("then ascending, 2nd");
    await click(title(el, "created"), SHIFT);
    expect(title(el, "created").textContent).not.toContain("then");
  });

  it("by the elapsed time goes with the time that is shown", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { el } = monitor([
      job({ id: "open", ...RUNNING, created: NOW - 9 }),
      job({ id: "short", ...DONE, created: NOW - 100, ended: NOW - 98 }),
      job({ id: "long", ...DONE, created: NOW - 100, ended: NOW - 89.5 }),
    ]);
    title(el, "elapsed").click();
    await vi.advanceTimersByTimeAsync(500);
    expect(ids(el)).toEqual(["long", "open", "short"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(ids(el)).toEqual(["open", "long", "short"]);
  });
});

describe("the keys", () => {
  it("go from cell to cell, and to the titles", async () => {
    const { el } = monitor();
    await begin(el, "d");
    await keys("ArrowDown", "ArrowRight");
    expect(here()).toBe("c program");
    await keys("End");
    expect(here()).toBe("c open");
    await keys("Home", ["End", CTRL]);
    expect(here()).toBe("a open");
    await keys("ArrowDown", ["Home", CTRL]);
    expect(here()).toBe("d open");
    await keys("Home", "ArrowUp");
    expect(here()).toBe("titles select");
    await keys("ArrowUp", "ArrowLeft");
    expect(here()).toBe("titles select");
  });

  it("are mirrored where the page is", async () => {
    const { el } = monitor();
    grid(el).style.direction = "rtl";
    await begin(el, "d");
    await keys("ArrowLeft");
    expect(here()).toBe("d program");
  });

  it("reach rows that are not drawn", async () => {
    const { el } = monitor(MANY);
    await begin(el, "j0");
    await keys(["End", CTRL]);
    expect(here()).toBe("j449 open");
    expect(ids(el)).toContain("j449");
  });

  it("select, one by one, a range, and all that match", async () => {
    const { el } = monitor();
    await begin(el, "d");
    await keys(" ");
    expect(selected(el)).toEqual(["d"]);
    await keys("ArrowDown", ["ArrowDown", SHIFT], ["ArrowDown", SHIFT]);
    expect(selected(el)).toEqual(["d", "c", "b", "a"]);
    await keys(["ArrowUp", SHIFT]);
    expect(selected(el)).toEqual(["d", "c", "b"]);
    await keys("Escape");
    expect(selected(el)).toEqual([]);
    await keys(["a", CTRL]);
    expect(selected(el)).toHaveLength(4);
  });

  it("open the details, and close them before they let go of the selection", async () => {
    const { el } = monitor();
    await begin(el, "b");
    await keys(" ", "Enter");
    expect(must(el, ".rw-drawer").getAttribute("aria-label")).toBe("Details of beta");
    expect(must(el, '[data-job="b"]').className).toContain("rw-opened");
    cell(el, "b", "name").focus();
    await keys("Escape");
    expect(el.querySelector(".rw-drawer")).toBeNull();
    expect(selected(el)).toEqual(["b"]);
  });

  it("leave to the host what is not theirs", async () => {
    const { el } = monitor();
    await begin(el, "b");
    const at = document.activeElement as HTMLElement;
    expect(press(at, "Escape")).toBe(false);
    expect(press(at, "s", CTRL)).toBe(false);
    expect(press(at, "d")).toBe(false);
    expect(press(at, "ArrowDown")).toBe(true);
  });

  it("sort, move, size and hide a column from its title", async () => {
    const { el } = monitor();
    await begin(el, "d", "device");
    await keys("ArrowUp", "Enter");
    expect(title(el, "device").getAttribute("aria-sort")).toBe("ascending");
    await keys(["ArrowLeft", ALT]);
    expect(titles(el).slice(0, 4)).toEqual(["status", "name", "device", "program"]);
    expect(here()).toBe("titles device");
    await keys("Delete");
    expect(titles(el)).not.toContain("device");
    expect(here()).toMatch(/^titles /);
  });
});

describe("the columns", () => {
  const room = (layout: Layout) =>
    layout.shown.value.reduce((sum, { width, size }) => sum + (width ?? size), 60);
  const keysOf = (layout: Layout) => layout.shown.value.map(({ key }) => key);

  it("stay when one is made wider: the others give way, and nothing leaves the table", () => {
    const layout = new Layout({ sort: signal([]), group: signal(null) });
    layout.room.value = 1118;
    const before = keysOf(layout);
    layout.resize("name", 330);
    expect(keysOf(layout)).toEqual(before);
    expect(room(layout)).toBeLessThanOrEqual(1118);
    expect(layout.shown.value.find(({ key }) => key === "name")?.width).toBe(330);
    // A figure that is cut would be another one.
    const figures = layout.shown.value.filter(({ numeric }) => numeric);
    expect(figures.map(({ width }) => width)).toEqual(figures.map(({ size }) => size));
    // Of more than there is room for, each keeps its least.
    layout.resize("name", 900);
    expect(keysOf(layout)).toEqual(before);
    expect(room(layout)).toBeLessThanOrEqual(1118);
    for (const { width, least } of layout.shown.value) expect(width).toBeGreaterThanOrEqual(least);
  });

  it("that are hidden order nothing, and those without room say that they do", async () => {
    const { el } = monitor();
    await click(title(el, "usage"));
    await click(title(el, "device"), SHIFT);
    title(el, "usage").focus();
    await keys("Delete");
    expect(title(el, "device").getAttribute("aria-sort")).toBe("ascending");
    expect(el.querySelector(".rw-unseen")).toBeNull();
    title(el, "device").focus();
    await keys("Delete");
    expect(title(el, "created").getAttribute("aria-sort")).toBe("descending");
    title(el, "created").focus();
    await keys("Delete");
    expect(el.querySelector(".rw-unseen")?.textContent).toBe("sorted by created");
  });
});

describe("the pointer", () => {
  it("selects with Ctrl one more, with Shift those between", async () => {
    const { el } = monitor();
    await click(cell(el, "c", "device"), CTRL);
    await click(cell(el, "a", "device"), CTRL);
    expect(selected(el)).toEqual(["c", "a"]);
    await click(cell(el, "a", "device"), CTRL);
    await click(cell(el, "d", "device"), CTRL);
    await click(cell(el, "b", "device"), SHIFT);
    expect(selected(el)).toEqual(["d", "c", "b"]);
    expect(el.querySelector(".rw-drawer")).toBeNull();
  });

  it("selects by the boxes without letting go of others", async () => {
    const { el } = monitor();
    for (const id of ["c", "a"]) await click(must(el, `[data-job="${id}"] .rw-c-select input`));
    expect(selected(el)).toEqual(["c", "a"]);
    const all = must(el, ".rw-titles .rw-c-select input") as HTMLInputElement;
    expect([all.checked, all.indeterminate]).toEqual([false, true]);
    await click(all);
    expect(selected(el)).toHaveLength(4);
    await click(all);
    expect(selected(el)).toEqual([]);
  });

  it("opens the details, also with two clicks, and closes them with another one", async () => {
    const { el } = monitor();
    await click(button(el, "Details of alpha"));
    expect(must(el, ".rw-drawer").getAttribute("aria-label")).toBe("Details of alpha");
    for (const detail of [1, 2]) await click(cell(el, "b", "device"), { detail });
    expect(must(el, ".rw-drawer").getAttribute("aria-label")).toBe("Details of beta");
    await click(cell(el, "b", "device"), { detail: 1 });
    expect(el.querySelector(".rw-drawer")).toBeNull();
    expect(selected(el)).toEqual([]);
  });
});

describe("the focus", () => {
  it("goes with its job when that moves", async () => {
    const { host, el } = monitor();
    await begin(el, "a", "device");
    host.tell(changes(2, [{ id: "a", created: NOW }]));
    await settled();
    expect(ids(el)[0]).toBe("a");
    expect(here()).toBe("a device");
  });

  it("goes to the next job when its own leaves, and stays there when that comes back", async () => {
    const { host, el } = monitor();
    await begin(el, "c");
    host.tell(changes(2, [], ["c"]));
    await settled();
    expect(here()).toBe("b name");
    host.tell(changes(3, [job({ id: "c", created: NOW })]));
    await settled();
    expect(here()).toBe("b name");
  });

  it("goes to the titles when no job is left", async () => {
    const { host, el } = monitor([...JOBS.slice(0, 1), job({ id: "x", name: "other" })]);
    await begin(el, "a");
    const search = must(el, "input[type=search]") as HTMLInputElement;
    search.value = "nothing-is-called-so";
    search.dispatchEvent(new Event("input", { bubbles: true }));
    await settled();
    expect(here()).toBe("titles name");
    host.tell(changes(2, [{ id: "a", usage_s: 1 }]));
    await settled();
    expect(here()).toBe("titles name");
  });

  it("is not taken by what changes while it is elsewhere", async () => {
    const { host, el } = monitor();
    const search = must(el, "input[type=search]");
    search.focus();
    host.tell(changes(2, [], ["d"]));
    await settled();
    expect(document.activeElement).toBe(search);
  });
});

describe("groups", () => {
  async function grouped(el: Element, by: string) {
    const select = must(el, "select.rw-select") as HTMLSelectElement;
    select.value = by;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await settled();
  }

  it("have a line each, with what their jobs come to", async () => {
    const { el } = monitor();
    await grouped(el, "device");
    expect(grid(el).getAttribute("role")).toBe("treegrid");
    const [fez, noisy] = [...el.querySelectorAll<HTMLElement>("[data-group]")];
    expect(fez?.textContent).toBe("ibm_fez1 job · 1 failed");
    expect(noisy?.textContent).toBe(
      "local_noisy3 jobs · 1 running, 1 queued, 1 done · 9.5 s used + ≈ 8 s estimated",
    );
    expect(noisy?.getAttribute("aria-level")).toBe("1");
    expect(lines(el)[0]?.getAttribute("aria-level")).toBe("2");
  });

  it("are closed and opened, by the keys and by a click, and selected as one", async () => {
    const { el } = monitor();
    await grouped(el, "device");
    const noisy = must(el, '[data-group="local_noisy"]');
    (noisy.firstElementChild as HTMLElement).focus();
    await keys("ArrowLeft");
    expect(noisy.getAttribute("aria-expanded")).toBe("false");
    expect(ids(el)).toEqual(["d"]);
    await keys("ArrowRight", " ");
    expect(selected(el)).toEqual(["c", "b", "a"]);
    await keys(" ");
    expect(selected(el)).toEqual([]);
    await click(noisy);
    expect(noisy.getAttribute("aria-expanded")).toBe("false");
  });

  it("are closed and opened all at once, by a button and by a key", async () => {
    const { el } = monitor();
    await grouped(el, "device");
    await click(button(el, "Close all groups"));
    expect(ids(el)).toEqual([]);
    expect(document.querySelectorAll("[data-group]")).toHaveLength(2);
    await click(button(el, "Open all groups"));
    expect(ids(el)).toHaveLength(4);
    (must(el, '[data-group="local_noisy"]').firstElementChild as HTMLElement).focus();
    await keys(["Enter", SHIFT]);
    expect(ids(el)).toEqual([]);
    expect(here()).toBe("group local_noisy group");
    await keys(["Enter", SHIFT]);
    expect(ids(el)).toHaveLength(4);
    await grouped(el, "");
    expect(() => button(el, "Close all groups")).toThrow();
  });
});

describe("what is looked at", () => {
  const looks = (noted: readonly object[]) =>
    noted.filter((one) => "kind" in one && one.kind === "look");

  it("is told once it rests, and again only when it is something else", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host } = monitor();
    await vi.advanceTimersByTimeAsync(100);
    expect(looks(host.noted)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    const all = { kind: "look", job_ids: ["d", "c", "b", "a"], hidden: false };
    expect(looks(host.noted)).toEqual([all]);
    host.tell(changes(2, [{ id: "a", usage_s: 3 }]));
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks(host.noted)).toHaveLength(1);
    host.tell(changes(3, [], ["a"]));
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks(host.noted).at(-1)).toEqual({ ...all, job_ids: ["d", "c", "b"] });
  });

  it("is nothing in a hidden document", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host } = monitor();
    await vi.advanceTimersByTimeAsync(1000);
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks(host.noted).at(-1)).toEqual({ kind: "look", job_ids: [], hidden: true });
  });

  it("is at most what is on the screen of many", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host } = monitor(MANY);
    await vi.advanceTimersByTimeAsync(1000);
    const [look] = looks(host.noted) as [{ job_ids: readonly string[] }];
    expect(look.job_ids[0]).toBe("j0");
    expect(look.job_ids.length).toBeLessThan(25);
  });
});

describe("what is remembered", () => {
  it("is the columns' order and the sorting, for the next view in this browser", async () => {
    const { el } = monitor();
    await begin(el, "d", "device");
    await keys("ArrowUp", ["ArrowLeft", ALT], "Enter");
    el.remove();
    const again = monitor().el;
    expect(titles(again).slice(0, 3)).toEqual(["status", "name", "device"]);
    expect(title(again, "device").getAttribute("aria-sort")).toBe("ascending");
  });

  it("is nothing where there is no storage", () => {
    vi.stubGlobal("localStorage", {
      getItem: () => {
        throw new Error("refused");
      },
    });
    expect(ids(monitor().el)).toHaveLength(4);
    vi.unstubAllGlobals();
  });
});

it("says why there is nothing, under the titles", async () => {
  const { el } = monitor([job({ ...CANCELLED })]);
  const search = must(el, "input[type=search]") as HTMLInputElement;
  search.value = "no such";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  await settled();
  expect(grid(el).getAttribute("aria-rowcount")).toBe("1");
  expect(el.textContent).toContain("None of the 1 jobs matches “no such”");
});

it("goes on showing a job that was taken out and put in again at once", async () => {
  const { host, el } = monitor();
  await settled();
  host.tell(changes(2, [JOBS[0] as (typeof JOBS)[0]], ["a"]));
  await settled();
  host.tell(changes(3, [{ id: "a", ...DONE, ended: NOW }]));
  await settled();
  expect(must(el, "[data-job=a]").textContent).toContain("Done");
});

it("says of a selection what is not shown of it, also where one is asked about it", async () => {
  const { host, el } = monitor(["a1", "a2", "b1"].map((id) => job({ id, name: id, ...RUNNING })));
  host.selection.value = ["a1", "a2"];
  await settled();
  const search = must(el, "input[type=search]") as HTMLInputElement;
  search.value = "b1";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  await settled();
  await settled();
  const strip = must(el, ".rw-strip");
  expect(strip.textContent).toContain("2 selected, 2 not shown");
  button(strip, /^Cancel 2 jobs/).click();
  await settled();
  expect(must(strip, "form").textContent).toContain("2 of the selected are not shown");
});
