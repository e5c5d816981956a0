/** What the rows are sorted by: a number for each, made without an object for any. */
import { wholeSeconds } from "../format.js";
import type { Store } from "../store.js";
import type { JobRow, StateKey } from "../wire.gen.js";
import type { ColumnKey } from "./columns.js";

/** From a slot to a number: smaller comes first, NaN always last. */
export type Rank = (slot: number) => number;
type Field = keyof JobRow;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
// What needs a look comes first: running, then queued, then what ended.
const BY_STATE: Readonly<Record<StateKey, number>> = {
  running: 0,
  queued: 1,
  unknown: 2,
  failed: 3,
  cancelled: 4,
  done: 5,
};

/** A field that is a number. */
export function numberOf(store: Store, field: Field): Rank {
  const column = store.column(field);
  if (!column) return () => Number.NaN;
  if (column.kind === "number") {
    const { data } = column;
    return (slot) => data[slot] ?? Number.NaN;
  }
  return (slot) => {
    const value = column.get(slot);
    return typeof value === "number" ? value : Number.NaN;
  };
}

/** A field that is true or false. */
export function flagOf(store: Store, field: Field): (slot: number) => boolean {
  const column = store.column(field);
  if (column?.kind !== "choice") return () => false;
  const yes = column.values.map((value) => value === true);
  const { codes } = column;
  return (slot) => yes[codes[slot] ?? 0] === true;
}

/** Something that each of a field's values has, found once for each value. */
export function byValue<T>(
  store: Store,
  field: Field,
  of: (value: unknown) => T,
): (slot: number) => T {
  const column = store.column(field);
  if (column?.kind !== "choice") {
    const rest = of(store.columns.get(-1, field));
    return column ? (slot) => of(column.get(slot)) : () => rest;
  }
  const found = column.values.map(of);
  const { codes } = column;
  return (slot) => found[codes[slot] ?? 0] as T;
}

/** Texts in the order of the reader's language; null and empty ones last. */
function alphabetical(store: Store, field: Field, textOf: (value: unknown) => string | null): Rank {
  const texts = new Set<string>();
  const column = store.column(field);
  for (const value of column?.kind === "choice" ? column.values : []) {
    const text = textOf(value);
    if (text) texts.add(text);
  }
  const sorted = [...texts].sort(collator.compare);
  const ranks = new Map(sorted.map((text, i) => [text, i]));
  return byValue(store, field, (value) => ranks.get(textOf(value) ?? "") ?? Number.NaN);
}

const asText = (value: unknown) => (typeof value === "string" ? value : null);
const joined = (value: unknown) => (Array.isArray(value) ? value.join(" ") : null);

/** What a row is called: the user's label, else its first tag, else its id. */
export function nameOf(job: Pick<JobRow, "id" | "name" | "tags">): string {
  return job.name ?? job.tags[0] ?? job.id;
}

function byName(store: Store): Rank {
  const name = byValue(store, "name", asText);
  const tag = byValue(store, "tags", (value) => (Array.isArray(value) ? asText(value[0]) : null));
  const { ids } = store.columns;
  const texts = ids.map((id, slot) => (id === undefined ? "" : (name(slot) ?? tag(slot) ?? id)));
  const distinct = [...new Set(texts)];
  // Where nearly all are ids, which are random, the reader's language says nothing of their order.
  distinct.sort(distinct.length > 20_000 ? undefined : collator.compare);
  const ranks = new Map(distinct.map((text, i) => [text, i]));
  return (slot) => ranks.get(texts[slot] ?? "") ?? Number.NaN;
}

/** Seconds from the creation to the end, or until now, as shown; null where not known. */
export function elapsed(job: JobRow, now: number): number | null {
  // Of what nobody is asked about any more, the time stands where it was last known.
  const known = job.as_of ?? (job.gone ? job.updated : null) ?? now;
  const end = job.final ? job.ended : known;
  if (job.created === null || end === null) return null;
  return job.final ? Math.max(0, end - job.created) : wholeSeconds(end - job.created);
}

export function elapsedOf(store: Store, now: number): Rank {
  const [final, gone] = [flagOf(store, "final"), flagOf(store, "gone")];
  const [created, ended] = [numberOf(store, "created"), numberOf(store, "ended")];
  const [updated, asOf] = [numberOf(store, "updated"), numberOf(store, "as_of")];
  return (slot) => {
    if (final(slot)) return ended(slot) - created(slot);
    const memory = asOf(slot);
    const until = Number.isNaN(memory) && gone(slot) ? updated(slot) : memory;
    return (Number.isNaN(until) ? now : until) - created(slot);
  };
}

/** Seconds from the creation to the start; of who never started to the end, or until now. */
export function waitOf(store: Store, now: number): Rank {
  const [created, started] = [numberOf(store, "created"), numberOf(store, "started")];
  const cancelled = byValue(store, "state", (value) => value === "cancelled");
  const queued = byValue(store, "state", (value) => value === "queued");
  const whole = elapsedOf(store, now);
  return (slot) => {
    const waited = started(slot) - created(slot);
    if (!Number.isNaN(waited)) return waited;
    return cancelled(slot) || queued(slot) ? whole(slot) : Number.NaN;
  };
}

/** Who has a place in a queue comes first, by that: a place is no length of time. */
function byPlaceThenWait(store: Store, now: number): Rank {
  const [place, wait] = [numberOf(store, "queue_position"), waitOf(store, now)];
  const [started, final] = [numberOf(store, "started"), flagOf(store, "final")];
  return (slot) => {
    const at = place(slot);
    const waits = !Number.isNaN(at) && Number.isNaN(started(slot)) && !final(slot);
    return waits ? at - PLACES : wait(slot);
  };
}

// More than there are places in any queue.
const PLACES = 1e9;

/** The fields that a column's order depends on. */
export const SORTED_BY: Readonly<Record<ColumnKey, readonly Field[]>> = {
  status: ["state"],
  name: ["name", "tags"],
  program: ["program"],
  device: ["device"],
  tags: ["tags"],
  created: ["created"],
  elapsed: ["created", "ended", "final", "gone", "updated"],
  wait: ["created", "started", "ended", "state", "queue_position", "updated", "gone", "final"],
  estimate: ["usage_estimate_s"],
  usage: ["usage_s"],
  session: ["session"],
};

/** What a column is sorted by, as the rows are now. */
export function rankOf(store: Store, key: ColumnKey, now: number): Rank {
  switch (key) {
    case "status":
      return byValue(store, "state", (value) => BY_STATE[value as StateKey] ?? Number.NaN);
    case "name":
      return byName(store);
    case "tags":
      return alphabetical(store, "tags", joined);
    case "elapsed":
      return elapsedOf(store, now);
    case "wait":
      return byPlaceThenWait(store, now);
    case "created":
      return numberOf(store, "created");
    case "estimate":
      return numberOf(store, "usage_estimate_s");
    case "usage":
      return numberOf(store, "usage_s");
    default:
      return alphabetical(store, key, asText);
  }
}
