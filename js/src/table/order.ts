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
function comparing(keys: readonly SortKey[]): (a: number, b: number) => number {
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

/** A key's numbers so that smaller is always first: what is not known is the largest. */
function flat({ rank, descending }: SortKey, slots: Uint32Array, length: number): Float64Array {
  const numbers = new Float64Array(length);
  for (const slot of slots) {
    const value = rank(slot);
    const known = descending ? -value : value;
    numbers[slot] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : known;
  }
  return numbers;
}

/** The slots in order. Each rank is asked for once, for the comparisons are twenty times as many. */
export function sorted(
  slots: Iterable<number>,
  length: number,
  keys: readonly SortKey[],
): Uint32Array {
  const order = Uint32Array.from(slots);
  const [first, ...rest] = keys.map((key) => flat(key, order, length));
  if (!first) return order.sort();
  return order.sort((a, b) => {
    const [x, y] = [first[a] as number, first[b] as number];
    if (x !== y) return x < y ? -1 : 1;
    for (const numbers of rest) {
      const [u, v] = [numbers[a] as number, numbers[b] as number];
      if (u !== v) return u < v ? -1 : 1;
    }
    return a - b;
  });
}

/** Those that match, in the order that they have among all. */
export function only(order: Uint32Array, match: Match): Uint32Array {
  const found = new Uint32Array(order.length);
  let n = 0;
  for (const slot of order) if (match(slot)) found[n++] = slot;
  return found.subarray(0, n);
}

/** The order with `left` taken out and `changed` where they belong now; `old` is not touched. */
export function merged(
  old: Uint32Array,
  length: number,
  left: ReadonlySet<number>,
  changed: ReadonlySet<number>,
  match: Match | null,
  keys: readonly SortKey[],
): Uint32Array {
  const compare = comparing(keys);
  const away = new Uint8Array(length);
  for (const slot of left) away[slot] = 1;
  for (const slot of changed) away[slot] = 1;
  const coming = Uint32Array.from(match ? [...changed].filter(match) : changed).sort(compare);
  const kept = new Uint32Array(old.length);
  let size = 0;
  for (const slot of old) if (!away[slot]) kept[size++] = slot;
  const next = new Uint32Array(size + coming.length);
  let [n, from] = [0, 0];
  for (const slot of coming) {
    const at = placeOf(slot, kept, from, size, compare);
    next.set(kept.subarray(from, at), n);
    n += at - from;
    next[n++] = slot;
    from = at;
  }
  next.set(kept.subarray(from, size), n);
  return next;
}

/** Where a slot belongs among those from `low` to `high`, found by halves. */
function placeOf(
  slot: number,
  slots: Uint32Array,
  low: number,
  high: number,
  compare: (a: number, b: number) => number,
): number {
  let [first, end] = [low, high];
  while (first < end) {
    const middle = (first + end) >> 1;
    if (compare(slots[middle] ?? 0, slot) < 0) first = middle + 1;
    else end = middle;
  }
  return first;
}

export function sameOrder(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
