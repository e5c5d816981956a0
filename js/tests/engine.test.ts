import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clock } from "../src/clock.js";
import { Store } from "../src/store.js";
import type { ColumnKey } from "../src/table/columns.js";
import { Engine } from "../src/table/engine.js";
import { keyOf } from "../src/table/items.js";
import { elapsed, nameOf } from "../src/table/ranks.js";
import type { JobPatch, JobRow } from "../src/wire.gen.js";
import {
  CANCELLED,
  changes,
  DONE,
  FAILED,
  FakeHost,
  health,
  job,
  NOW,
  RUNNING,
  snapshot,
} from "./jobs.js";

let ending: AbortController;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000 });
  ending = new AbortController();
});

afterEach(() => {
  ending.abort();
  vi.useRealTimers();
});

function made(jobs: readonly JobRow[], around = {}) {
  const host = new FakeHost(snapshot(jobs, 1, health(), around));
  const clock = new Clock(ending.signal);
  const store = Object.assign(new Store(host, clock, ending.signal), { clock });
  let seq = 1;
  const tell = (patches: readonly JobPatch[], gone: string[] = []) => {
    host.tell(changes(++seq, patches, gone));
    vi.advanceTimersByTime(300);
  };
  return { store, engine: new Engine(store), tell };
}

/** The same random numbers in each run. */
function random(seed: number) {
  let state = seed;
  return (n: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return Math.floor((state / 4_294_967_296) * n);
  };
}

const STATES = [{}, RUNNING, DONE, FAILED, CANCELLED];

function someFields(next: (n: number) => number): Partial<JobRow> {
  const tags = [[], ["h2"], ["scan", "h2"], ["Test"]][next(4)] ?? [];
  return {
    ...STATES[next(5)],
    device: ["ibm_fez", "ibm_kyiv", "local_exact", ""][next(4)] ?? "",
    program: ["sampler", "estimator"][next(2)] ?? "",
    tags,
    name: [null, null, "Bell", "bell 10", "bell 9"][next(5)] ?? null,
    created: next(10) ? NOW - next(1000) : null,
    started: next(2) ? NOW - next(500) : null,
    ended: next(2) ? NOW - next(100) : null,
    usage_s: next(3) ? next(50) / 2 : null,
    usage_estimate_s: next(3) ? next(20) : null,
    queue_position: next(3) ? null : next(9),
    session: next(2) ? `s${next(3)}` : null,
    gone: next(20) === 0,
  };
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const RANK = { running: 0, queued: 1, unknown: 2, failed: 3, cancelled: 4, done: 5 };

/** What a column shows of a row, as something to compare. */
function value(row: JobRow, key: ColumnKey, now: number): string | number | null {
  const waited = row.started === null || row.created === null ? null : row.started - row.created;
  switch (key) {
    case "status":
      return RANK[row.state];
    case "name":
      return nameOf(row);
    case "tags":
      return row.tags.join(" ") || null;
    case "elapsed": {
      const until = row.gone ? (row.updated ?? now) : now;
      const end = row.final ? row.ended : until;
      return row.created === null || end === null ? null : end - row.created;
    }
    case "wait": {
      if (row.started === null && !row.final && row.queue_position !== null) {
        return row.queue_position - 1e9;
      }
      const waits = row.state === "queued" || row.state === "cancelled";
      return waited ?? (waits ? value(row, "elapsed", now) : null);
    }
    case "created":
      return row.created;
    case "estimate":
      return row.usage_estimate_s;
    case "usage":
      return row.usage_s;
    default:
      return row[key] || null;
  }
}

/** The plain way: all rows as objects, filtered and sorted by what is shown. */
function plainly(engine: Engine, words: readonly string[]): (string | number | null)[][] {
  const rows = [...engine.store.rows.keys()].flatMap((id) => engine.store.rawOf(id) ?? []);
  const found = rows.filter((row) => {
    const text = [row.id, row.name, row.program, row.device, row.state, row.label, ...row.tags];
    const all = [...text, row.session].join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const sorts = engine.sort.value;
  // What is open has grown since: by the clock that the order is made by.
  const now = engine.store.asOf;
  const shown = (row: JobRow) => sorts.map(({ key }) => value(row, key, now));
  found.sort((a, b) => {
    for (const { key, descending } of sorts) {
      const [x, y] = [value(a, key, now), value(b, key, now)];
      if (x === y) continue;
      if (x === null || y === null) return x === null ? 1 : -1;
      const by =
        typeof x === "number" && typeof y === "number"
          ? x - y
          : collator.compare(String(x), String(y));
      if (by) return descending ? -by : by;
    }
    return 0;
  });
  return found.map(shown);
}

function asShown(engine: Engine): (string | number | null)[][] {
  const sorts = engine.sort.value;
  // What is open has grown since: by the clock that the order is made by.
  const now = engine.store.asOf;
  return engine.matchingIds().map((id) => {
    const row = engine.store.rawOf(id);
    return row ? sorts.map(({ key }) => value(row, key, now)) : [];
  });
}

const KEYS: readonly ColumnKey[] = [
  "status",
  "name",
  "program",
  "device",
  "tags",
  "created",
  "elapsed",
  "wait",
  "estimate",
  "usage",
  "session",
];

describe("the order", () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    "is that of the plain way, however the rows change (%i)",
    (seed) => {
      const next = random(seed + 1);
      const rows = Array.from({ length: 120 }, (_, i) => job({ id: `j${i}`, ...someFields(next) }));
      const { engine, tell } = made(rows);
      let count = rows.length;
      void engine.order.value;
      for (let round = 0; round < 12; round++) {
        const key = KEYS[next(KEYS.length)] ?? "created";
        if (round % 3 === 0) engine.sort.value = [{ key, descending: next(2) === 1 }];
        const second = { key: KEYS[next(KEYS.length)] ?? "name", descending: false };
        if (round % 4 === 1) engine.sort.value = [...engine.sort.value, second];
        const words = [[], ["fez"], ["h2", "e"], ["running"]][next(4)] ?? [];
        engine.query.value = words.join(" ");
        const ids = [...engine.store.rows.keys()];
        const pick = () => ids[next(ids.length)] ?? "j0";
        const patches: JobPatch[] = Array.from({ length: 1 + next(8) }, () => ({
          ...job(someFields(next)),
          id: pick(),
        }));
        if (next(2)) patches.push(job({ id: `j${count++}`, ...someFields(next) }));
        tell(patches, next(3) ? [] : [pick()]);
        expect(asShown(engine)).toEqual(plainly(engine, words));
      }
    },
  );

  it("stays the same array where nothing moved", () => {
    const { engine, tell } = made([job({ id: "a" }), job({ id: "b", created: NOW - 3 })]);
    const before = engine.order.value;
    tell([{ id: "a", usage_s: 3 }]);
    expect(engine.order.value).toBe(before);
    tell([{ id: "a", created: NOW }]);
    expect(engine.matchingIds()).toEqual(["a", "b"]);
  });
});

describe("what the order is made with", () => {
  it("is the names of now, also where another order was asked for between", () => {
    const { engine, tell } = made(["b", "c", "d"].map((id) => job({ id, name: id })));
    engine.sort.value = [{ key: "name", descending: false }];
    expect(engine.matchingIds()).toEqual(["b", "c", "d"]);
    engine.sort.value = [{ key: "created", descending: true }];
    void engine.order.value;
    tell([{ id: "b", name: "z" }, job({ id: "a", name: "a" })]);
    void engine.order.value;
    engine.sort.value = [{ key: "name", descending: false }];
    expect(engine.matchingIds()).toEqual(["a", "c", "d", "b"]);
  });

  it("is the time of now, where it is searched for", () => {
    const { engine, store } = made([job({ id: "a", created: NOW - 50 })]);
    engine.query.value = "elapsed:>60";
    const found: number[] = [];
    const stop = engine.matching.subscribe((n) => found.push(n));
    vi.setSystemTime((NOW + 20) * 1000);
    store.clock.refresh();
    stop();
    expect(found).toEqual([0, 1]);
  });
});

describe("filters", () => {
  const jobs = [
    job({ id: "a", device: "x", tags: ["one", "two"] }),
    job({ id: "b", device: "y", tags: ["two"], ...RUNNING }),
    job({ id: "c", device: "y", tags: [], ...FAILED }),
  ];

  it("take one of the values of a facet, and all facets", () => {
    const { engine } = made(jobs);
    engine.toggleFilter("device", "y");
    expect([...engine.matchingIds()].sort()).toEqual(["b", "c"]);
    engine.toggleFilter("status", "running");
    engine.toggleFilter("status", "queued");
    expect(engine.matchingIds()).toEqual(["b"]);
    engine.toggleFilter("status", "running");
    engine.toggleFilter("status", "queued");
    engine.toggleFilter("tag", "two", true);
    expect(engine.matchingIds()).toEqual(["c"]);
    engine.toggleFilter("tag", "two", false);
    expect(engine.filters.value).toContainEqual({ facet: "tag", value: "two", exclude: false });
    expect(engine.matchingIds()).toEqual(["b"]);
  });

  it("are offered with counts", () => {
    const { engine } = made(jobs);
    expect(engine.facets.value.get("tag")).toEqual([
      { value: "two", count: 2 },
      { value: "one", count: 1 },
    ]);
  });
});

describe("groups", () => {
  const jobs = [
    job({ id: "a", session: "s1", tags: ["x", "y"], usage_s: 2, ...DONE, created: NOW - 1 }),
    job({ id: "b", session: null, tags: ["y"], created: NOW - 2 }),
    job({ id: "c", session: "s1", tags: [], usage_estimate_s: 5, created: NOW - 3 }),
  ];
  const shown = (engine: Engine) =>
    Array.from({ length: engine.items.value.length }, (_, i) => {
      const item = engine.items.value.at(i);
      if (!item) throw new Error(`nothing at ${i}`);
      expect(engine.items.value.indexOf(keyOf(item))).toBe(i);
      return item.kind === "job" ? item.id : item.group.label;
    });

  it("have their rows under them, and the rows in none come last", () => {
    const { engine } = made(jobs);
    engine.group.value = "session";
    expect(shown(engine)).toEqual(["Session or batch s1", "a", "c", "In no session", "b"]);
    const first = engine.items.value.at(0);
    const totals = first?.kind === "group" ? first.group.totals : null;
    expect(totals).toMatchObject({ jobs: 2, final: 1, usage: 2, expected: 5 });
  });

  it("hide their rows when they are closed", () => {
    const { engine } = made(jobs);
    engine.group.value = "session";
    engine.toggleGroup("s1");
    expect(shown(engine)).toEqual(["Session or batch s1", "In no session", "b"]);
  });

  it("list a job under each of its tags", () => {
    const { engine } = made(jobs);
    engine.group.value = "tag";
    expect(shown(engine)).toEqual(["x", "a", "y", "a", "b", "Without a tag", "c"]);
  });

  it("know a batch from a session when the service has told", () => {
    const session = { id: "s1", mode: "batch", label: "Open" };
    const modes = [{ id: "s1", mode: "batch" }];
    const { engine } = made(jobs, { sessions: [session], modes });
    engine.group.value = "batch";
    expect(shown(engine)).toEqual(["Batch s1 · open", "a", "c", "In no batch", "b"]);
    const told = made(jobs, { modes: [{ id: "s1", mode: "dedicated" }] }).engine;
    told.group.value = "batch";
    expect(shown(told)).toEqual(["In no batch", "a", "b", "c"]);
    told.group.value = "session";
    expect(shown(told)).toEqual(["Session s1", "a", "c", "In no session", "b"]);
    const silent = made(jobs).engine;
    silent.group.value = "batch";
    expect(shown(silent)).toEqual(["Session or batch s1", "a", "c", "In no batch", "b"]);
  });
});

describe("a wait", () => {
  const jobs = [
    job({ id: "first", created: NOW - 120, queue_position: 1 }),
    job({ id: "second", created: NOW - 130, queue_position: 2 }),
    job({ ...DONE, id: "short", created: NOW - 60, started: NOW - 59, ended: NOW - 50 }),
    job({ ...CANCELLED, id: "never", created: NOW - 60, started: null, ended: NOW - 57 }),
  ];

  it("is sorted by, places first, and never as if a place were a length of time", () => {
    const { engine } = made(jobs);
    engine.sort.value = [{ key: "wait", descending: false }];
    expect(engine.matchingIds()).toEqual(["first", "second", "short", "never"]);
  });

  it("is searched for in seconds, also of jobs that have a place, and of cancelled ones", () => {
    const { engine } = made(jobs);
    const found = (text: string) => {
      engine.query.value = text;
      return engine.matchingIds();
    };
    expect(found("wait:<5")).toEqual(["short", "never"]);
    expect(found("wait:>100")).toEqual(["first", "second"]);
  });
});

describe("a selection", () => {
  const jobs = [1, 2, 3, 4].map((i) => job({ id: `j${i}`, created: NOW - i }));

  it("grows by a range in the order shown, and forgets what has left", () => {
    const { engine, tell } = made(jobs);
    engine.toggle("j4");
    engine.select([...engine.selected.value, ...engine.items.value.jobs(0, 1)]);
    expect([...engine.selected.value].sort()).toEqual(["j1", "j2", "j4"]);
    tell([], ["j2"]);
    expect([...engine.selected.value].sort()).toEqual(["j1", "j4"]);
  });

  it("is counted by what is shown of it", () => {
    const { engine } = made(jobs);
    engine.select(["j1", "j2"]);
    engine.query.value = "id:j3";
    expect([engine.selectedShown.value, engine.selection.value]).toEqual([0, "some"]);
    engine.selectAllMatching();
    expect(engine.selection.value).toBe("all");
  });

  it("of all is of those that match", () => {
    const { engine } = made(jobs);
    engine.query.value = "id:j3";
    engine.selectAllMatching();
    expect([...engine.selected.value]).toEqual(["j3"]);
  });
});

describe("sums", () => {
  it("are of what is known, of all rows and of those that match", () => {
    const { engine } = made([
      job({ id: "a", usage_s: 3, usage_estimate_s: 5 }),
      job({ id: "b", ...DONE, usage_s: 1.5, usage_estimate_s: 9 }),
      job({ id: "c", gone: true }),
    ]);
    engine.query.value = "status:done";
    const { all, matching } = engine.totals.value;
    expect(all).toMatchObject({ jobs: 3, final: 1, gone: 1, usage: 4.5, expected: 2 });
    expect(matching).toMatchObject({ jobs: 1, usage: 1.5, expected: null });
  });
});

it("tells the elapsed time as it is shown", () => {
  expect(elapsed(job({ created: NOW - 3.2 }), NOW)).toBe(4);
});
