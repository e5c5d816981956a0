/** A view that is gone leaves no listener, timer or observer, however often it comes and goes. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mount as card } from "../src/entries/card.js";
import { mount as monitor } from "../src/entries/monitor.js";
import { mount as usage } from "../src/entries/usage.js";
import { budget, session, usage as used } from "./around.js";
import { changes, DONE, FAILED, health, job, NOW, RUNNING, snapshot } from "./jobs.js";
import { FakeKernel, FakeModel, managerOf } from "./model.js";

const TIMES = 100;
const live = { listeners: new Set<unknown>(), observers: new Set<unknown>() };

/** Notes what is added to a target that outlives the view. */
function watch(target: EventTarget): void {
  const { addEventListener: add, removeEventListener: remove } = target;
  vi.spyOn(target, "addEventListener").mockImplementation((type, callback, options) => {
    live.listeners.add(callback);
    const signal = typeof options === "object" ? options.signal : undefined;
    signal?.addEventListener("abort", () => live.listeners.delete(callback));
    add.call(target, type, callback, options);
  });
  vi.spyOn(target, "removeEventListener").mockImplementation((type, callback, options) => {
    live.listeners.delete(callback);
    remove.call(target, type, callback, options);
  });
}

class WatchedObserver {
  observe() {
    live.observers.add(this);
  }

  disconnect() {
    live.observers.delete(this);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  live.listeners.clear();
  live.observers.clear();
  watch(window);
  watch(document);
  const media = Object.assign(new EventTarget(), { matches: false });
  watch(media);
  vi.stubGlobal("matchMedia", () => media);
  vi.stubGlobal("IntersectionObserver", WatchedObserver);
  vi.stubGlobal("MutationObserver", WatchedObserver);
});

afterEach(() => {
  vi.useRealTimers();
});

describe.each([
  ["card", card],
  ["monitor", monitor],
  ["usage", usage],
] as const)("a %s", (_view, mount) => {
  it(`leaves nothing behind ${TIMES} times`, async () => {
    const kernel = new FakeKernel();
    const error = { message: "No.", code: 1, solution: null, trace: "t" };
    const jobs = [job({ id: "a", ...RUNNING, tags: ["x"] }), job({ id: "b", ...FAILED, error })];
    const state = health({ push: false, next_look: NOW + 4, stale_since: NOW - 3 });
    const around = { usage: [used()], budgets: [budget()], sessions: [session()] };
    const model = new FakeModel({ _snapshot: snapshot(jobs, 1, state, around) }, managerOf(kernel));
    let most = 0;
    for (let i = 0; i < TIMES; i++) {
      const ending = new AbortController();
      const el = document.createElement("div");
      document.body.append(el);
      mount({ model, el, signal: ending.signal, heard: () => [] });
      await vi.advanceTimersByTimeAsync(50);
      model.receive(changes(2, [{ id: "a", usage_s: i }]));
      for (const each of el.querySelectorAll<HTMLButtonElement>(".rw-cancel")) each.click();
      el.querySelector<HTMLButtonElement>(".rw-sessions-head")?.click();
      await vi.advanceTimersByTimeAsync(20);
      for (const each of el.querySelectorAll<HTMLButtonElement>(".rw-danger")) each.click();
      // What opens, listens: a menu, the question for all jobs and how far it is.
      for (const name of [".rw-menu > button", ".rw-strip .rw-quiet", ".rw-foot > button"]) {
        el.querySelector<HTMLButtonElement>(name)?.click();
        await vi.advanceTimersByTimeAsync(20);
      }
      for (const name of [".rw-strip [aria-expanded=false]", ".rw-strip .rw-danger"]) {
        el.querySelector<HTMLButtonElement>(name)?.click();
        await vi.advanceTimersByTimeAsync(20);
      }
      el.querySelector<HTMLButtonElement>(".rw-more")?.click();
      await vi.advanceTimersByTimeAsync(20);
      for (const each of el.querySelectorAll<HTMLButtonElement>('[role="tab"]')) {
        each.click();
        await vi.advanceTimersByTimeAsync(5);
      }
      model.receive(changes(3, [{ id: "a", ...DONE, ended: NOW }]));
      await vi.advanceTimersByTimeAsync(20);
      most = Math.max(most, live.listeners.size + live.observers.size + vi.getTimerCount());
      // Ended in the middle: a cancel is unanswered and a change is not yet painted.
      model.receive(changes(4, [{ id: "a", usage_s: i + 0.5 }]));
      ending.abort();
      expect(el.childElementCount).toBe(0);
      el.remove();
    }
    await vi.advanceTimersByTimeAsync(1000);
    // Else this test could not fail.
    expect(most).toBeGreaterThan(4);
    expect([live.listeners.size, live.observers.size]).toEqual([0, 0]);
    expect(vi.getTimerCount()).toBe(0);
    expect(model.listeners).toBe(0);
    expect(kernel.slots.size).toBeLessThanOrEqual(1);
    // A hundred whole monitors take their time on a busy machine.
  }, 120_000);
});
