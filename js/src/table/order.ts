/**
 * The slots of the rows that match, in the order shown. What a message changes is taken out and
 * put in at its new place: a thousand changes among a hundred thousand rows sort a thousand.
 */
import type { Match } from "./matching.js";
import type { Rank } from "./ranks.js";

export interface SortKey {
  readonly rank: Rank;
  readonly descending: boolean;
}

/** Compares slots; what is equal, or not known, keeps the order in which it came. */
export function comparing(keys: readonly SortKey[]): (a: number, b: number) => number {
  return (a, b) => {
    for (const { rank, descending } of keys) {
      const [x, y] = [rank(a), rank(b)];
      if (x === y) continue;
      const [noX, noY] = [Number.isNaN(x), Number.isNaN(y)];
      if (noX || noY) {
        if (noX && noY) continue;
        return noX ? 1 : -1;
      }
      return descending ? y - x : x - y;
    }
    return a - b;
  };
}

export function sorted(
  slots: Iterable<number>,
  count: number,
  match: Match | null,
  compare: (a: number, b: number) => number,
): Uint32Array {
  const found = new Uint32Array(count);
  let n = 0;
  for (const slot of slots) if (!match || match(slot)) found[n++] = slot;
  return found.subarray(0, n).sort(compare);
}

/** The order with `left` taken out and `changed` where they belong now; `old` is not touched. */
export function merged(
  old: Uint32Array,
  length: number,
  left: ReadonlySet<number>,
  changed: ReadonlySet<number>,
  match: Match | null,
  compare: (a: number, b: number) => number,
): Uint32Array {
  const away = new Uint8Array(length);
  for (const slot of left) away[slot] = 1;
  for (const slot of changed) away[slot] = 1;
  const coming = sorted(changed, changed.size, match, compare);
  const next = new Uint32Array(old.length + coming.length);
  let [n, at] = [0, 0];
  for (const slot of old) {
    if (away[slot]) continue;
    while (at < coming.length && compare(coming[at] ?? 0, slot) < 0) next[n++] = coming[at++] ?? 0;
    next[n++] = slot;
  }
  while (at < coming.length) next[n++] = coming[at++] ?? 0;
  return next.subarray(0, n);
}

export function sameOrder(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((slot, i) => slot === b[i]);
}
