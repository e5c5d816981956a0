/** Rows in groups: what each is called, which rows it has, and what they come to. */
import { shortId } from "../format.js";
import type { Store } from "../store.js";
import { wordOf } from "../word.js";
import { byValue, numberOf } from "./ranks.js";
import type { Totals } from "./totals.js";

export type GroupKey = "session" | "batch" | "tag" | "device" | "day" | "status" | "program";

export const GROUPS: readonly (readonly [key: GroupKey, title: string])[] = [
  ["session", "Session"],
  ["batch", "Batch"],
  ["tag", "Tag"],
  ["device", "Device"],
  ["program", "Program"],
  ["status", "Status"],
  ["day", "Day"],
];

export interface Group {
  /** What tells it from the others of its kind; "" for rows that are in none. */
  readonly value: string;
  readonly label: string;
  /** Its rows, in the order shown. */
  readonly slots: Uint32Array;
  readonly totals: Totals;
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const NONE: Readonly<Record<GroupKey, string>> = {
  session: "In no session",
  batch: "In no batch",
  tag: "Without a tag",
  device: "Without a device",
  program: "Without a program",
  status: "Without a status",
  day: "Created at an unknown time",
};

const MODES: Readonly<Record<string, string>> = { batch: "Batch", dedicated: "Session" };

function dayOf(at: number): string {
  if (Number.isNaN(at)) return "";
  const date = new Date(at * 1000);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** The groups that a row is in: with several tags it is under each of them. */
function valuesOf(store: Store, key: GroupKey): (slot: number) => readonly string[] {
  const text = (value: unknown) => [typeof value === "string" ? value : ""];
  switch (key) {
    case "day": {
      const created = numberOf(store, "created");
      return (slot) => [dayOf(created(slot))];
    }
    case "tag":
      return byValue(store, "tags", (value) =>
        Array.isArray(value) && value.length ? value.map(String) : [""],
      );
    case "status":
      return byValue(store, "state", text);
    case "batch": {
      // One of which that is not known may be a batch, and says so.
      const modes = store.modes.value;
      return byValue(store, "session", (value) => [
        typeof value === "string" && (modes.get(value) ?? "batch") === "batch" ? value : "",
      ]);
    }
    default:
      return byValue(store, key, text);
  }
}

function labelOf(store: Store, key: GroupKey, value: string, slot: number): string {
  if (!value) return NONE[key];
  if (key === "day") return day.format(new Date((store.columns.get(slot, "created") ?? 0) * 1000));
  if (key === "session" || key === "batch") {
    const found = store.sessions.value.find((one) => one.id === value);
    const what = MODES[store.modes.value.get(value) ?? ""] ?? "Session or batch";
    const state = found?.label ? ` · ${found.label.toLowerCase()}` : "";
    return `${what} ${shortId(value)}${state}`;
  }
  if (key === "status") {
    return wordOf(store.columns.row(slot));
  }
  return value;
}

/** Groups in the order of their first rows; those in none come last. */
export function grouped(
  store: Store,
  order: Uint32Array,
  key: GroupKey,
  add: (slots: Iterable<number>) => Totals,
): readonly Group[] {
  const values = valuesOf(store, key);
  const found = new Map<string, number[]>();
  for (const slot of order) {
    for (const value of values(slot)) {
      const slots = found.get(value);
      if (slots) slots.push(slot);
      else found.set(value, [slot]);
    }
  }
  const rest = found.get("");
  found.delete("");
  if (rest) found.set("", rest);
  return [...found].map(([value, slots]) => ({
    value,
    label: labelOf(store, key, value, slots[0] ?? 0),
    slots: Uint32Array.from(slots),
    totals: add(slots),
  }));
}
