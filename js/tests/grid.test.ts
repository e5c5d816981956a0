/** The table: what it shows, its keys, its selection, and that nothing takes the focus away. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { changes, DONE, FAILED, health, job, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, settled, type } from "./setup.js";

const JOBS = [
  job({ id: "a", name: "alpha", created: NOW - 300, usage_estimate_s: 8 }),
  job({ id: "b", name: "beta", created: NOW - 200, ...RUNNING, usage_s: 2, session: "s1" }),
  job({ id: "c", created: NOW - 100, ...DONE, ended: NOW - 40, usage_s: 7.5, tags: ["h2"] }),
  job({ id: "d", created: NOW - 50, ...FAILED, device: "ibm_fez", ended: NOW - 20 }),
];
const many = (n: number) =>
  Array.from({ length: n }, (_, i) => job({ id: `j${i}`, created: NOW - i }));

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

function monitor(jobs = JOBS, around = {}) {
  return mounted(snapshot(jobs, 1, health(), around), "monitor");
}

const ids = (el: Element) =>
  [...el.querySelectorAll<HTMLElement>(".rw-lines [data-job]")].map((one) => one.dataset.job);
const selected = (el: Element) =>
  [...el.querySelectorAll<HTMLElement>('.rw-lines [aria-selected="true"]')].map(
    (one) => one.dataset.job,
  );
const titles = (el: Element) =>
  [...el.querySelectorAll(".rw-header .rw-sort")].map((one) => one.firstChild?.textContent);

function line(el: Element, id: string): HTMLElement {
  const found = el.querySelector<HTMLElement>(`[data-job="${id}"]`);
  if (!found) throw new Error(`no line of ${id}`);
  return found;
}

async function key(name: string, held: KeyboardEventInit = {}): Promise<void> {
  const options = { key: name, bubbles: true, composed: true, cancelable: true, ...held };
  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", options));
  await settled();
}

async function click(target: HTMLElement, held: MouseEventInit = {}): Promise<void> {
  target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...held }));
  await settled();
}

const focused = () => (document.activeElement as HTMLElement).dataset;

describe("the table", () => {
  it("is a grid that says how many rows and columns it has, the newest job first", () => {
    const { el } = monitor();
    const grid = el.querySelector('[role="grid"]');
    expect(ids(el)).toEqual(["d", "c", "b", "a"]);
    expect(grid?.getAttribute("aria-rowcount")).toBe("5");
    const lines = [...el.querySelectorAll('[role="row"]')];
    expect(lines.map((one) => one.getAttribute("aria-rowindex"))).toEqual([
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
    const columns = el.querySelectorAll('[role="columnheader"]').length;
    expect(grid?.getAttribute("aria-colcount")).toBe(String(columns));
    for (const one of lines) expect(one.children).toHaveLength(columns);
  });

  it("holds in the page the lines on the screen, and some around them", async () => {
    const { el } = monitor(many(5000));
    expect(ids(el).length).toBeGreaterThan(10);
    expect(ids(el).length).toBeLessThan(40);
    expect(el.querySelector('[role="grid"]')?.getAttribute("aria-rowcount")).toBe("5001");
  });

  it("sorts by a click on a header, what is unknown last either way", async () => {
    const { el } = monitor();
    button(el, /^Usage/).click();
    await settled();
    expect(ids(el)).toEqual(
      ["b", "c", "d", "a"].sort((x, y) => "bcad".indexOf(x) - "bcad".indexOf(y)),
    );
    const header = button(el, /^Usage/).parentElement;
    expect(header?.getAttribute("aria-sort")).toBe("ascending");
    button(el, /^Usage/).click();
    await settled();
    expect(ids(el).slice(0, 2)).toEqual(["c", "b"]);
    expect(header?.getAttribute("aria-sort")).toBe("descending");
  });

  it("sorts by several columns with Shift, and says which comes when", async () => {
    const { el } = monitor();
    await click(button(el, /^Device/));
    await click(button(el, /^Elapsed/), { shiftKey: true });
    expect(ids(el).at(0)).toBe("d");
    expect(button(el, /^Device/).querySelector("sub")?.textContent).toBe("1");
    expect(button(el, /^Elapsed/).querySelector("sub")?.textContent).toBe("2");
  });

  it("sorts by the elapsed time that is shown, open jobs among the others, as it grows", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { el } = monitor([
      job({ id: "open", ...RUNNING, created: NOW - 9 }),
      job({ id: "short", ...DONE, created: NOW - 100, ended: NOW - 98 }),
      job({ id: "long", ...DONE, created: NOW - 100, ended: NOW - 89.5 }),
    ]);
    button(el, /^Elapsed/).click();
    await vi.advanceTimersByTimeAsync(500);
    expect(ids(el)).toEqual(["short", "open", "long"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(ids(el)).toEqual(["short", "long", "open"]);
  });

  it("changes a line in its place", async () => {
    const { host, el } = monitor();
    const lines = [...el.querySelectorAll("[data-job]")];
    host.tell(changes(2, [{ id: "a", ...RUNNING, phase: "preparing" }]));
    await settled();
    expect([...el.querySelectorAll("[data-job]")]).toEqual(lines);
    expect(lines[3]?.querySelector(".rw-badge")?.textContent).toBe("Running· preparing");
  });

  it("takes new jobs, and lets go of those that left", async () => {
    const { host, el } = monitor();
    host.tell(changes(2, [job({ id: "e", created: NOW })], ["a"]));
    await settled();
    expect(ids(el)).toEqual(["e", "d", "c", "b"]);
  });

  it("keeps hostile text text", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const { el } = monitor([job({ name: evil, program: evil, device: evil, tags: [evil] })]);
    expect(el.querySelector("img")).toBeNull();
  });

  it("tells the kernel which jobs are on the screen, once that has settled", async () => {
    const { host } = monitor();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const looks = host.noted.filter(({ kind }) => kind === "look");
    expect(looks).toEqual([{ kind: "look", job_ids: ["d", "c", "b", "a"], hidden: false }]);
  });
});

describe("the keys", () => {
  it("go from line to line, and only one line is in the order of Tab", async () => {
    const { el } = monitor();
    line(el, "d").focus();
    await key("ArrowDown");
    expect(focused().job).toBe("c");
    await key("End");
    expect(focused().job).toBe("a");
    await key("Home");
    expect(focused().job).toBe("d");
    const stops = [...el.querySelectorAll('[role="grid"] [tabindex="0"]')];
    expect(stops).toEqual([document.activeElement]);
  });

  it("reach a line far away", async () => {
    const { el } = monitor(many(1000));
    line(el, "j0").focus();
    await key("End", { ctrlKey: true });
    expect(focused().job).toBe("j999");
    await key("PageUp");
    expect(Number(focused().index)).toBeLessThan(990);
  });

  it("go to the headers above the first line, and back", async () => {
    const { el } = monitor();
    line(el, "d").focus();
    await key("ArrowUp");
    expect(focused().header).toBe("1");
    await key("ArrowRight");
    expect(focused().header).toBe("2");
    await key("ArrowDown");
    expect(focused().job).toBe("d");
  });

  it("open the details by Enter, and Escape gives the focus back to the line", async () => {
    const { el } = monitor();
    line(el, "c").focus();
    await key("Enter");
    expect(el.querySelector(".rw-drawer")?.getAttribute("aria-label")).toBe("Details of c");
    await key("Escape");
    expect(focused().job).toBe("c");
  });

  it("stay where they are when a job moves, and go on from there", async () => {
    const { host, el } = monitor();
    line(el, "b").focus();
    host.tell(changes(2, [{ id: "b", created: NOW }]));
    await settled();
    expect(ids(el)).toEqual(["b", "d", "c", "a"]);
    expect(focused().job).toBe("b");
    await key("ArrowDown");
    expect(focused().job).toBe("d");
  });

  it("pass to the line that takes its place when a job leaves", async () => {
    const { host, el } = monitor();
    line(el, "c").focus();
    await key("ArrowDown");
    expect(focused().job).toBe("b");
    host.tell(changes(2, [], ["b"]));
    await settled();
    expect(focused().job).toBe("a");
  });

  it("go through what can be pressed in a line, and come back", async () => {
    const { el } = monitor([job({ id: "a", name: "x", link: "https://example.org/a" })]);
    line(el, "a").focus();
    await key("ArrowRight");
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Select x");
    await key("ArrowRight");
    expect(document.activeElement?.tagName).toBe("A");
    await key("ArrowLeft");
    await key("ArrowLeft");
    expect(focused().job).toBe("a");
  });
});

describe("a selection", () => {
  it("is made by Space, by Shift and the arrows, and of all that match by Ctrl+A", async () => {
    const { el } = monitor();
    line(el, "d").focus();
    await key(" ");
    expect(selected(el)).toEqual(["d"]);
    await key("ArrowDown", { shiftKey: true });
    await key("ArrowDown", { shiftKey: true });
    expect(selected(el)).toEqual(["d", "c", "b"]);
    await key("Escape");
    expect(selected(el)).toEqual([]);
    const search = el.querySelector<HTMLInputElement>("input[type=search]");
    if (search) type(search, "-status:failed");
    await settled();
    line(el, "c").focus();
    await key("a", { ctrlKey: true });
    expect(selected(el)).toEqual(["c", "b", "a"]);
  });

  it("is made by a click on the box, with Ctrl on the line, and by Shift of a range", async () => {
    const { el } = monitor();
    const box = line(el, "d").querySelector("input");
    if (!box) throw new Error("no box");
    box.click();
    await settled();
    expect(selected(el)).toEqual(["d"]);
    expect(box.checked).toBe(true);
    await click(line(el, "b"), { shiftKey: true });
    expect(selected(el)).toEqual(["d", "c", "b"]);
    await click(line(el, "c"), { ctrlKey: true });
    expect(selected(el)).toEqual(["d", "b"]);
    expect(el.querySelector(".rw-drawer")).toBeNull();
  });

  it("of all is made, and taken back, by the box above", async () => {
    const { el } = monitor();
    const all = el.querySelector<HTMLInputElement>('input[aria-label="Select all that match"]');
    all?.click();
    await settled();
    expect(selected(el)).toHaveLength(4);
    await click(line(el, "c"), { ctrlKey: true });
    expect([all?.checked, all?.indeterminate]).toEqual([false, true]);
    all?.click();
    await settled();
    all?.click();
    await settled();
    expect(selected(el)).toEqual([]);
  });
});

describe("groups", () => {
  async function bySession() {
    const view = monitor(JOBS, { sessions: [{ id: "s1", mode: "batch", label: "Open" }] });
    const choice = view.el.querySelector<HTMLSelectElement>("select");
    if (!choice) throw new Error("no choice of a group");
    choice.value = "session";
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    await settled();
    return view;
  }

  const group = (el: Element, value: string) =>
    el.querySelector<HTMLElement>(`[data-group="${value}"]`);

  it("say what they come to, and close and open by the keys", async () => {
    const { el } = await bySession();
    const first = group(el, "s1");
    expect(first?.textContent).toContain("Batch s1 · open");
    expect(first?.textContent).toContain("1 job · 1 running · 2 s used");
    expect(first?.getAttribute("aria-expanded")).toBe("true");
    first?.focus();
    await key("ArrowLeft");
    expect(first?.getAttribute("aria-expanded")).toBe("false");
    expect(ids(el)).toEqual(["d", "c", "a"]);
    expect(document.activeElement).toBe(first);
    await key("Enter");
    expect(ids(el)).toHaveLength(4);
  });

  it("are selected as a whole", async () => {
    const { el } = await bySession();
    group(el, "")?.focus();
    await key(" ");
    expect(selected(el)).toEqual(["d", "c", "a"]);
    await key(" ");
    expect(selected(el)).toEqual([]);
  });
});

describe("the columns", () => {
  it("are moved, widened and hidden by the keys, and stay so in another view", async () => {
    const { el } = monitor();
    const before = titles(el);
    expect(before.slice(0, 3)).toEqual(
      ["Status", "Job", "Device"].filter((t) => before.includes(t)),
    );
    button(el, /^Job/).focus();
    await key("ArrowLeft", { altKey: true });
    expect(titles(el).slice(0, 2)).toEqual(["Job", "Status"]);
    button(el, /^Status/).focus();
    await key("+");
    const template = (one: Element) =>
      one.querySelector<HTMLElement>('[role="grid"]')?.style.getPropertyValue("--rw-columns");
    expect(template(el)).toContain("206px");
    button(el, /^Device/).focus();
    await key("Delete");
    expect(titles(el)).not.toContain("Device");
    const other = monitor().el;
    expect(titles(other)).toEqual(titles(el));
    expect(template(other)).toBe(template(el));
  });

  it("are those of a new person where what was kept says nothing", () => {
    localStorage.setItem(
      "runtime_widgets.columns",
      '{"form":1,"order":[1,"x"],"sizes":{"name":-4}}',
    );
    expect(titles(monitor().el)).toContain("Job");
    localStorage.setItem("runtime_widgets.columns", "{");
    expect(titles(monitor().el)).toContain("Job");
  });
});
