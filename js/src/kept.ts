/**
 * What a saved notebook is to show of a view: all that is known of it now, as the snapshot that
 * the kernel would make. The page's model holds what was shown first, and a notebook that is
 * saved with its widgets' state is made from that: nothing else would bring it up to date.
 */
import type { Columns, Field } from "./columns.js";
import type { Column } from "./packed.js";
import type { Store } from "./store.js";
import { JOB_ROW_DEFAULTS, type JobRow, type Snapshot } from "./wire.gen.js";

/** So many rows at most: about 250 kB. */
const MOST = 2000;
/** Not more often, in milliseconds: it costs some for each row. */
const PAUSE_MS = 5000;

const OTHERS = ["program", "device", "status", "state", "label", "final"] as const;
const FIELDS: readonly Field[] = [
  ...OTHERS,
  ...(Object.keys(JOB_ROW_DEFAULTS) as (keyof JobRow)[]),
];

function dataOf(numbers: Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): DataView {
  return new DataView(numbers.buffer);
}

function packed(columns: Columns, field: Field, slots: readonly number[]): Column | null {
  const column = columns.column(field);
  if (!column) return null;
  if (column.kind === "number") {
    const data = dataOf(Float64Array.from(slots, (slot) => column.data[slot] ?? Number.NaN));
    return { kind: "number", data };
  }
  // Of all values only those that these rows have.
  const places = new Map<number, number>();
  const codes = Uint32Array.from(slots, (slot) => {
    const code = column.codes[slot] ?? 0;
    const place = places.get(code) ?? places.size;
    places.set(code, place);
    return place;
  });
  const values = [...places.keys()].map((code) => column.values[code]);
  return { kind: "choice", values, data: dataOf(codes) };
}

/** All of a snapshot but its number. */
export type Kept = Omit<Snapshot, "kind" | "seq">;

/** All that the page shows now. */
export function keptOf(store: Store): Kept | null {
  const health = store.health.peek();
  if (!health) return null;
  const { columns } = store;
  const [ids, slots]: [string[], number[]] = [[], []];
  for (const [id, slot] of columns.slots) {
    if (ids.length === MOST) break;
    ids.push(id);
    slots.push(slot);
  }
  const table: Record<string, Column> = {};
  table.id = { kind: "choice", values: ids, data: dataOf(Uint32Array.from(ids.keys())) };
  for (const field of FIELDS) {
    const column = packed(columns, field, slots);
    if (column) table[field] = column;
  }
  return {
    jobs: [],
    table: { count: ids.length, columns: table },
    left_out: columns.slots.size - ids.length,
    health: { ...health, server_now: store.asOf },
    context: {
      devices: [...store.devices.peek().values()],
      sessions: store.sessions.peek(),
      modes: [...store.modes.peek()].map(([id, mode]) => ({ id, mode })),
      usage: store.usage.peek(),
      budgets: store.budgets.peek(),
      source: store.source.peek(),
    },
  };
}

/** Calls `keep` with it, soon after something changed, until `until` ends. */
export function keepUp(store: Store, keep: (kept: Kept) => void, until: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    timer = undefined;
    const kept = keptOf(store);
    if (kept && !store.cutOff.peek()) keep(kept);
  };
  const later = () => {
    timer ??= setTimeout(write, PAUSE_MS);
  };
  const stop = store.version.subscribe(later);
  until.addEventListener("abort", () => {
    stop();
    // What came last is not lost with the view: a notebook may be saved after it was scrolled by.
    if (timer !== undefined) {
      clearTimeout(timer);
      write();
    }
  });
}
