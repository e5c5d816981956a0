import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clock } from "../src/clock.js";
import { Store } from "../src/store.js";
import type { Snapshot } from "../src/wire.gen.js";
import { changes, DONE, FakeHost, health, job, NOW, RUNNING, snapshot } from "./jobs.js";

let ending: AbortController;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  ending = new AbortController();
});

afterEach(() => {
  ending.abort();
  vi.useRealTimers();
});

function made(first: Snapshot | null) {
  const host = new FakeHost(first);
  const clock = new Clock(ending.signal);
  return { host, clock, store: new Store(host, clock, ending.signal) };
}

const twenty = Array.from({ length: 20 }, (_, i) => job({ id: `job-${i}` }));

describe("rows", () => {
  it("tell only who reads a field that has changed", () => {
    const { host, store } = made(snapshot([job({ id: "a" }), job({ id: "b" })]));
    const runs = { status: 0, usage: 0, other: 0 };
    const [a, b] = [...store.rows.values()];
    effect(() => {
      a?.get("status");
      runs.status++;
    });
    effect(() => {
      a?.get("usage_s");
      runs.usage++;
    });
    effect(() => {
      b?.get("usage_s");
      runs.other++;
    });
    host.tell(changes(2, [{ id: "a", usage_s: 2 }]));
    vi.advanceTimersByTime(300);
    expect(runs).toEqual({ status: 1, usage: 2, other: 1 });
  });

  it("stay as they are when a snapshot says the same again", () => {
    const { host, store } = made(snapshot([job({ tags: ["a"] })]));
    const version = store.version.value;
    host.tell(snapshot([job({ tags: ["a"] })], 2));
    vi.advanceTimersByTime(300);
    expect(store.version.value).toBe(version);
  });

  it("are applied together, once a frame", () => {
    const { host, store } = made(snapshot(twenty));
    const version = store.version.value;
    for (let i = 0; i < 20; i++) host.tell(changes(2 + i, [{ id: `job-${i}`, usage_s: i + 1 }]));
    expect(store.version.value).toBe(version);
    vi.advanceTimersByTime(300);
    expect(store.version.value).toBe(version + 1);
  });

  it("are applied in a tab that paints no frames", () => {
    vi.stubGlobal("requestAnimationFrame", () => 1);
    vi.stubGlobal("cancelAnimationFrame", () => undefined);
    const { host, store } = made(snapshot([job()]));
    host.tell(changes(2, [{ id: job().id, usage_s: 3 }]));
    vi.advanceTimersByTime(300);
    expect(store.rows.get(job().id)?.raw.usage_s).toBe(3);
  });

  it("have the default of what a snapshot leaves out, whatever they had before", () => {
    const { host, store } = made(snapshot([job({ tags: ["a"], usage_s: 3 })]));
    const { id, program, device, status, state, label, final } = job();
    host.tell(snapshot([{ id, program, device, status, state, label, final }], 2));
    vi.advanceTimersByTime(300);
    expect(store.row(id)?.raw).toMatchObject({ tags: [], usage_s: null, queue_note: null });
  });

  it("come, go, and wait for the snapshot where only a part is known", () => {
    const { host, store } = made(snapshot([job({ id: "a" })]));
    host.tell(changes(2, [job({ id: "b" }), { id: "c", usage_s: 1 }], ["a"]));
    vi.advanceTimersByTime(300);
    expect([...store.rows.keys()]).toEqual(["b"]);
    host.tell(snapshot([job({ id: "c" })], 3));
    vi.advanceTimersByTime(300);
    expect([...store.rows.keys()]).toEqual(["c"]);
  });

  it("report a change of state once, from what it was before the frame", () => {
    const { host, store } = made(snapshot([job()]));
    host.tell(changes(2, [{ id: job().id, ...RUNNING }]));
    host.tell(changes(3, [{ id: job().id, ...DONE }]));
    vi.advanceTimersByTime(300);
    expect(store.transitions.value.map(({ before }) => before)).toEqual(["queued"]);
    expect(store.transitions.value[0]?.row.raw.state).toBe("done");
  });
});

describe("the clock", () => {
  it("is the server's, where a message has just come", () => {
    const { host, store } = made(snapshot([job()]));
    host.tell({ ...changes(2, []), health: health({ server_now: NOW - 600 }) });
    expect(store.now).toBe(NOW - 600);
  });

  it("does not believe an old snapshot that the server's clock is behind", () => {
    expect(made(snapshot([], 1, health({ server_now: NOW - 600 }))).store.now).toBe(NOW);
    expect(made(snapshot([], 1, health({ server_now: NOW + 90 }))).store.now).toBe(NOW + 90);
  });

  it("ticks only while it is needed, and never after its view", () => {
    const { clock, store } = made(snapshot([job()]));
    vi.advanceTimersByTime(3000);
    expect(store.now).toBe(NOW);
    clock.run(true);
    vi.advanceTimersByTime(2000);
    expect(store.now).toBe(NOW + 5);
    ending.abort();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stands still in a hidden document, and is right when it is seen again", () => {
    const { clock, store } = made(snapshot([job()]));
    clock.run(true);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(60_000);
    expect(store.now).toBe(NOW);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(store.now).toBe(NOW + 60);
  });

  it("is needed while a job can change, and not after", () => {
    const { host, store } = made(snapshot([job()]));
    expect(store.ticks.value).toBe(true);
    host.tell(changes(2, [{ id: job().id, ...DONE }]));
    vi.advanceTimersByTime(300);
    expect(store.ticks.value).toBe(false);
  });
});
