/** What of the table's columns is remembered in the browser, and how that is read again. */
import { recall, remember } from "../remember.js";
import { COLUMN_BY_KEY, COLUMNS, type ColumnKey } from "./columns.js";
import { GROUPS, type GroupKey } from "./groups.js";

// Grows when what is remembered no longer means the same.
const VERSION = 1;
const NAME = "table";
/** In pixels: no column is wider. */
export const WIDEST = 900;

export interface Kept {
  readonly order: readonly string[];
  readonly visible: Readonly<Record<string, boolean>>;
  readonly sizes: Readonly<Record<string, number>>;
  readonly sort: readonly { readonly id: string; readonly desc: boolean }[];
  readonly group: GroupKey | null;
}

function isKey(value: unknown): value is ColumnKey {
  return typeof value === "string" && COLUMN_BY_KEY.has(value as ColumnKey);
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function only<T>(value: unknown, is: (one: unknown) => one is T): Record<string, T> {
  const found: Record<string, T> = {};
  for (const [key, one] of Object.entries(fields(value)))
    if (isKey(key) && is(one)) found[key] = one;
  return found;
}

/** As far as sense can be made of it: another version, or another program, may have written it. */
export function readKept(value: unknown): Kept {
  const known = fields(value);
  const { order, visible, sizes, sort, group } = known.version === VERSION ? known : {};
  const size = (one: unknown): one is number => typeof one === "number" && one > 0 && one <= WIDEST;
  const keys = new Set<string>();
  const sorts = list(sort).flatMap((one) => {
    const { id, desc } = fields(one);
    if (!isKey(id) || typeof desc !== "boolean" || keys.has(id)) return [];
    keys.add(id);
    return [{ id, desc }];
  });
  const known_ = [...new Set(list(order).filter(isKey))];
  // A column that a newer version brings stands where it would without the others.
  const added = COLUMNS.map(({ key }) => key).filter((key) => !known_.includes(key));
  return {
    order: [...known_, ...added],
    visible: only(visible, (one) => typeof one === "boolean"),
    sizes: only(sizes, size),
    sort: sorts,
    group: GROUPS.find(([key]) => key === group)?.[0] ?? null,
  };
}

export function recallKept(): Kept {
  return readKept(recall(NAME));
}

export function rememberKept(kept: Kept): void {
  remember(NAME, { version: VERSION, ...kept });
}
