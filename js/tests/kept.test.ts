import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clock } from "../src/clock.js";
import { RESTARTED } from "../src/cutoff.js";
import { type Kept, keepUp, keptOf } from "../src/kept.js";
import { Store } from "../src/store.js";
import { changes, DONE, device, FakeHost, health, job, NOW, RUNNING, snapshot } from "./jobs.js";

let ending: AbortController;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  ending = new AbortController();
});
afterEach(() => ending.abort());

function open(jobs = [job({ id: "a", tags: ["x", "y"] }), job({ ...RUNNING, id: "b" })]) {
  const host = new FakeHost(snapshot(jobs, 1, health(), { devices: [device({})] }));
  const store = new Store(host, new Clock(ending.signal), ending.signal);
  return { host, store };
}

/** What a view shows that is opened from it. */
function reopened(kept: Kept): Store {
  const host = new FakeHost({ kind: "snapshot", seq: 1, ...structuredClone(kept) });
  return new Store(host, new Clock(ending.signal), ending.signal);
}

describe("what a notebook keeps", () => {
  it("is every row as it is now, and what is around them", () => {
    const { host, store } = open();
    host.tell(changes(2, [{ ...job(DONE), id: "b", usage_s: 2.5 }]));
    vi.advanceTimersByTime(300);
    const again = reopened(keptOf(store) as Kept);
    expect([...again.rows.keys()]).toEqual(["a", "b"]);
    for (const id of ["a", "b"]) expect(again.rawOf(id)).toEqual(store.rawOf(id));
    expect([...again.devices.value]).toEqual([...store.devices.value]);
    expect(again.open.value).toBe(1);
  });

  it("is no more than 2,000 rows, of which it says how many it leaves out", () => {
    const { store } = open(Array.from({ length: 2500 }, (_, i) => job({ id: `j${i}` })));
    const kept = keptOf(store) as Kept;
    expect([kept.table?.count, kept.left_out]).toEqual([2000, 500]);
  });

  it("is written some seconds after a change, once for many, and a last time at the end", () => {
    const { host, store } = open();
    const written: Kept[] = [];
    keepUp(store, (kept) => written.push(kept), ending.signal);
    vi.advanceTimersByTime(6000);
    const before = written.length;
    for (let seq = 2; seq < 12; seq++) {
      host.tell(changes(seq, [{ id: "a", usage_s: seq }]));
      vi.advanceTimersByTime(300);
    }
    expect(written.length).toBe(before);
    vi.advanceTimersByTime(6000);
    expect(written.length).toBe(before + 1);
    host.tell(changes(12, [{ id: "a", usage_s: 99 }]));
    vi.advanceTimersByTime(300);
    ending.abort();
    expect(written.length).toBe(before + 2);
    expect(reopened(written.at(-1) as Kept).rawOf("a")?.usage_s).toBe(99);
  });

  it("is left as it was where the kernel is gone: it would look newer than it is", () => {
    const { host, store } = open();
    const written: Kept[] = [];
    host.cutOff.value = RESTARTED;
    keepUp(store, (kept) => written.push(kept), ending.signal);
    vi.advanceTimersByTime(20_000);
    expect(written).toEqual([]);
  });
});
