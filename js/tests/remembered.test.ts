/** Jobs that only this machine's history knows: what is shown is old, and nobody can be asked. */
import { describe, expect, it } from "vitest";
import { Clock } from "../src/clock.js";
import { costs, sortOut } from "../src/monitor/costs.js";
import { Store } from "../src/store.js";
import { elapsed, elapsedOf } from "../src/table/ranks.js";
import type { JobRow } from "../src/wire.gen.js";
import { DONE, FakeHost, job, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, settled } from "./setup.js";

const OLD = { as_of: NOW - 3 * 3600, updated: NOW - 3 * 3600 };
const badge = (el: Element) => el.querySelector(".rw-badge")?.textContent;

describe("a job that only the history knows", () => {
  it("is as it was last known, says so, and offers nothing that cannot be done", () => {
    const { el } = mounted(snapshot([job(OLD)]));
    expect(badge(el)).toBe("Queued· last known");
    const buttons = [...el.querySelectorAll("button")].map((each) => each.textContent);
    expect(buttons.filter((text) => text?.startsWith("Cancel"))).toEqual([]);
  });

  it("needs no such word where it has ended: that stays", () => {
    const { el } = mounted(snapshot([job({ ...OLD, ...DONE })]));
    expect(badge(el)).toBe("Done");
  });

  it("is in no request for many jobs, and the question says how many", () => {
    const rows = [job({ id: "live" }), job({ ...OLD, id: "old" }), job({ id: "lost", gone: true })];
    const selected = sortOut(rows, new Map());
    expect(selected.open).toEqual(["live"]);
    expect(selected.known).toEqual(["live"]);
    const said = costs("cancel", selected);
    expect(said).toContain("The service of 1 of them cannot be asked.");
    expect(said).toContain("The service does not know 1 of them any more.");
  });

  it("stands still: no clock runs for it", () => {
    const ending = new AbortController();
    const made = (fields: Partial<JobRow>) =>
      new Store(new FakeHost(snapshot([job(fields)])), new Clock(ending.signal), ending.signal);
    expect(made({}).ticks.value).toBe(true);
    expect(made(OLD).ticks.value).toBe(false);
    expect(made(OLD).open.value).toBe(0);
    ending.abort();
  });

  it("took as long as was known then, however one asks for it", () => {
    const ending = new AbortController();
    const old = job({ ...OLD, created: NOW - 4 * 3600 });
    const rows = [old, job({ ...old, id: "b", as_of: null, gone: true }), job({ id: "c" })];
    const store = new Store(new FakeHost(snapshot(rows)), new Clock(ending.signal), ending.signal);
    const rank = elapsedOf(store, NOW);
    const ranks = rows.map(({ id }) => rank(store.columns.ids.indexOf(id)));
    expect(ranks).toEqual([3600, 3600, 252]);
    expect(rows.map((row) => elapsed(row, NOW))).toEqual([3600, 3600, 252]);
    ending.abort();
  });

  it("has its timeline alone in its details, which say how old it is", async () => {
    const { host, el } = mounted(snapshot([job({ ...OLD, ...RUNNING, started: NOW - 4 * 3600 })]));
    button(el, "Details").click();
    await settled();
    const tabs = [...el.querySelectorAll('[role="tab"]')].map((each) => each.textContent);
    expect(tabs).toEqual(["Timeline"]);
    expect(el.querySelector('[aria-current="step"]')).toBeNull();
    expect(el.querySelector(".rw-steps")?.textContent).not.toContain("Bill");
    expect(el.querySelector(".rw-details .rw-stale")?.textContent).toMatch(/history, as of .* ago/);
    expect(host.asked).toEqual([]);
  });
});
