import { describe, expect, it, vi } from "vitest";
import { RESTARTED } from "../src/cutoff.js";
import { CANCELLED, changes, DONE, FAILED, health, job, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, settled, type } from "./setup.js";

const JOBS = [
  job({ id: "a", name: "alpha", created: NOW - 300, usage_estimate_s: 8 }),
  job({ id: "b", name: "beta", created: NOW - 200, ...RUNNING, usage_s: 2, usage_estimate_s: 5 }),
  job({ id: "c", created: NOW - 100, ...DONE, ended: NOW - 40, usage_s: 7.5, tags: ["h2"] }),
  job({ id: "d", created: NOW - 50, ...FAILED, device: "ibm_fez", ended: NOW - 20 }),
];

function monitor(jobs = JOBS, state = health()) {
  return mounted(snapshot(jobs, 1, state), "monitor");
}

function names(el: Element): (string | null)[] {
  return [...el.querySelectorAll(".rw-lines .rw-c-name")].map((one) => one.getAttribute("title"));
}

const ids = (el: Element) => names(el).map((title) => title?.split("\n").at(-1));

function search(el: Element, text: string): void {
  const input = el.querySelector<HTMLInputElement>("input[type=search]");
  if (!input) throw new Error("no search box");
  type(input, text);
}

describe("the header", () => {
  it("counts the jobs by state, and their usage", () => {
    const { el } = monitor();
    expect(el.textContent).toContain("4 jobs");
    expect(el.textContent).toContain("2 of 4 ended");
    expect(el.textContent).toContain("Usage 9.5 s + ≈ 11 s estimated");
    expect(el.querySelector(".rw-statebar")?.getAttribute("aria-label")).toBe(
      "Jobs by state: 1 done, 1 failed, 1 running, 1 queued",
    );
  });

  it("invents no usage where none is known", () => {
    expect(monitor([job()]).el.textContent).not.toContain("Usage 0");
  });

  it("filters by state, several at once, and says which", async () => {
    const { el } = monitor();
    button(el, /1 running/).click();
    await settled();
    expect(ids(el)).toEqual(["b"]);
    expect(button(el, /1 running/).getAttribute("aria-pressed")).toBe("true");
    button(el, /1 failed/).click();
    await settled();
    expect(ids(el)).toEqual(["d", "b"]);
  });

  it("finds what is seen: words, codes and states, and not a word that is not shown", async () => {
    const error = { message: "Too long.", code: 1305, solution: null, trace: null };
    const long = { ...FAILED, status: "Cancelled - Ran too long", label: "Ran too long", error };
    const { el } = monitor([
      job({ id: "a", ...long, session: "s-1" }),
      job({ id: "b", ...CANCELLED }),
      job({ id: "c", ...RUNNING, phase: "preparing", tags: ["Scan"] }),
      job({ id: "d", ...DONE, phase: "preparing" }),
    ]);
    for (const [text, found] of [
      ["ran too long", ["a"]],
      ["failed", ["a"]],
      ["1305", ["a"]],
      ["cancelled", ["b"]],
      ["running", ["c"]],
      ["preparing", ["c"]],
      ["scan", ["c"]],
      ["done", ["d"]],
      ["queued", []],
    ] as const) {
      search(el, text);
      await settled();
      expect([text, ids(el)]).toEqual([text, found]);
    }
  });

  it("searches names, devices, tags and words, all of the given ones", async () => {
    const { el } = monitor();
    for (const [text, found] of [
      ["ALPHA", ["a"]],
      ["fez", ["d"]],
      ["h2 done", ["c"]],
      ["h2 queued", []],
    ] as const) {
      search(el, text);
      await settled();
      expect(ids(el)).toEqual(found);
    }
    expect(el.textContent).toContain("None of the 4 jobs matches “h2 queued”.");
    button(el, "Show all 4").click();
    await settled();
    expect(ids(el)).toHaveLength(4);
  });
});

describe("the foot", () => {
  it("says that the service sends changes", () => {
    expect(monitor().el.textContent).toContain("Live: the service sends changes");
  });

  it("does not call itself live where nothing is heard", () => {
    const { el } = monitor(JOBS, health({ stale_since: NOW - 60 }));
    expect(el.querySelector(".rw-mon-head")?.textContent).toContain("Not live since");
    const foot = el.querySelector(".rw-foot")?.textContent;
    expect(foot).toContain("No good answer from the service since");
    expect(foot).not.toContain("Live:");
  });

  it("says how to see the jobs again where it is cut off", async () => {
    const { host, el } = monitor();
    host.cutOff.value = RESTARTED;
    host.tell({ ...changes(2, []), health: health({ stale_since: NOW }) });
    await settled();
    expect(el.querySelector(".rw-mon-head")?.textContent).toContain("Not live since");
    expect(el.querySelector(".rw-foot")?.textContent).toContain("The kernel was restarted");
    expect(el.textContent).toContain(
      "Show jobs again with JobMonitor.recent(), or with service.job(id).",
    );
    expect(el.textContent).not.toMatch(/run .*cell/i);
  });

  it("leaves a silence unsaid where all jobs have ended", () => {
    const { el } = monitor([job({ ...DONE, ended: NOW })], health({ stale_since: NOW - 60 }));
    expect(el.querySelector(".rw-stale")).toBeNull();
    expect(el.querySelector(".rw-foot")?.textContent).toContain("Not looking: no job can change");
  });

  it("says when it looks next, and what that costs", () => {
    const server_now = Date.now() / 1000;
    const polling = { push: false, server_now, next_look: server_now + 4, requests_per_look: 2 };
    const text = monitor(JOBS, health(polling)).el.querySelector(".rw-foot")?.textContent;
    expect(text).toMatch(/Next look in [45] s2 requests a look/);
  });

  it("says when there is nothing to show, and when nothing is heard", () => {
    const { el } = monitor([], health({ stale_since: NOW - 60 }));
    expect(el.textContent).toContain("Nothing could be read from the service yet.");
    expect(el.textContent).toContain("No good answer from the service since");
  });
});

it("announces many changes in one sentence", async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  const { host, el } = monitor();
  host.tell(
    changes(2, [
      { id: "a", ...RUNNING },
      { id: "b", ...DONE },
    ]),
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect(el.querySelector(".rw-mon > [role=status]")?.textContent).toBe(
    "2 jobs: 1 Running, 1 Done",
  );
});
