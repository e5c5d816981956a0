import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gatherer } from "../src/announcer.js";
import type { Transition } from "../src/store.js";
import type { JobRow } from "../src/wire.gen.js";
import { DONE, FAILED, health, job, loneRow, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, type } from "./setup.js";

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function moved(id: string, to: Partial<JobRow>, before = "queued"): Transition {
  return { row: loneRow({ id, ...to }).row, before };
}

/** All that is said, in order. */
function speaking() {
  const text = signal("");
  const said: string[] = [];
  text.subscribe((one) => one && said.push(one));
  return { gatherer: new Gatherer(text), said };
}

describe("what is said aloud", () => {
  it("is one sentence for many jobs", async () => {
    const { gatherer, said } = speaking();
    for (let i = 0; i < 10; i++) gatherer.hear([moved(`j${i}`, DONE)]);
    gatherer.hear([moved("j10", FAILED), moved("j11", FAILED)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual(["12 jobs: 10 Done, 2 Failed"]);
  });

  it("comes at most every five seconds, however much happens", async () => {
    const { gatherer, said } = speaking();
    for (let i = 0; i < 200; i++) {
      gatherer.hear([moved(`j${i}`, i % 2 ? DONE : RUNNING)]);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toHaveLength(5);
    const spoken = said.map((one) => Number(one.split(" ")[0])).reduce((a, b) => a + b);
    expect(spoken).toBe(200);
  });

  it("tells of each job what it came to, and nothing of what came to nothing", async () => {
    const { gatherer, said } = speaking();
    const { row, become } = loneRow({ id: "a", name: "alpha", ...RUNNING });
    gatherer.hear([{ row, before: "queued" }]);
    become(DONE);
    gatherer.hear([{ row, before: "running" }]);
    gatherer.hear([moved("b", RUNNING, "queued")]);
    gatherer.hear([moved("b", {}, "queued")]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual(["Job alpha: Done"]);
  });

  it("says nothing after its end", async () => {
    const { gatherer, said } = speaking();
    gatherer.hear([moved("a", DONE)]);
    gatherer.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(said).toEqual([]);
  });
});

describe("the monitor", () => {
  const spoken = (el: Element) =>
    [...el.querySelectorAll(".rw-mon > [role=status]")].map((one) => one.textContent);

  it("says how many match once the search rests, and not at each letter", async () => {
    const { el } = mounted(snapshot([job({ id: "a" }), job({ id: "b", ...DONE })]), "monitor");
    await vi.advanceTimersByTimeAsync(2000);
    const input = el.querySelector<HTMLInputElement>("input[type=search]") as HTMLInputElement;
    for (const text of ["d", "do", "don", "done"]) {
      type(input, text);
      await vi.advanceTimersByTimeAsync(300);
      expect(spoken(el)).not.toContain("1 of 2 jobs match");
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(spoken(el)).toContain("1 of 2 jobs match");
  });

  it("says how a request for many jobs ended", async () => {
    const { host, el } = mounted(snapshot([job({ id: "a", ...DONE, ended: NOW })]), "monitor");
    for (const name of [/^Select all/, "Delete 1 job…", "Delete 1 job"]) {
      await vi.advanceTimersByTimeAsync(100);
      button(el, name).click();
    }
    await vi.advanceTimersByTimeAsync(100);
    host.asked[0]?.fail("The kernel was restarted.");
    await vi.advanceTimersByTimeAsync(100);
    expect(spoken(el)).toContain("Deleting 1 job: 1 not known.");
  });

  it("says what the trouble is", () => {
    const state = health({ stale_since: NOW - 60, trouble: "The service cannot be reached." });
    const { el } = mounted(snapshot([job()], 1, state), "monitor");
    expect(spoken(el)).toContain("The service cannot be reached.");
  });
});
