/** What the table shows from top to bottom, as a list that holds no object for a row. */
import type { Columns } from "../columns.js";
import type { Group } from "./groups.js";

export type Item =
  | { readonly kind: "job"; readonly id: string; readonly group: Group | null }
  | { readonly kind: "group"; readonly group: Group; readonly open: boolean };

/** What tells an item from all others: with several tags a job is there more than once. */
export function keyOf(item: Item): string {
  if (item.kind === "group") return `group ${item.group.value}`;
  return item.group ? `${item.group.value}\n${item.id}` : item.id;
}

export class Items {
  readonly length: number;
  readonly #columns: Columns;
  readonly #order: Uint32Array;
  readonly #groups: readonly Group[] | null;
  readonly #collapsed: ReadonlySet<string>;
  /** Where each group's line is. */
  readonly #starts: number[] = [];

  constructor(
    columns: Columns,
    order: Uint32Array,
    groups: readonly Group[] | null,
    collapsed: ReadonlySet<string>,
  ) {
    this.#columns = columns;
    this.#order = order;
    this.#groups = groups;
    this.#collapsed = collapsed;
    let length = 0;
    for (const { value, slots } of groups ?? []) {
      this.#starts.push(length);
      length += 1 + (collapsed.has(value) ? 0 : slots.length);
    }
    this.length = groups ? length : order.length;
  }

  at(index: number): Item | undefined {
    if (index < 0 || index >= this.length) return undefined;
    if (!this.#groups) return this.#job(this.#order[index], null);
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const group = this.#groups[low];
    if (!group) return undefined;
    const within = index - (this.#starts[low] ?? 0) - 1;
    if (within >= 0) return this.#job(group.slots[within], group);
    return { kind: "group", group, open: !this.#collapsed.has(group.value) };
  }

  /** Where the item with that key is; -1 where it is not. */
  indexOf(key: string): number {
    if (!this.#groups) {
      const slot = this.#columns.slots.get(key);
      return slot === undefined ? -1 : this.#order.indexOf(slot);
    }
    for (const [i, group] of this.#groups.entries()) {
      const start = this.#starts[i] ?? 0;
      if (key === `group ${group.value}`) return start;
      if (this.#collapsed.has(group.value) || !key.startsWith(`${group.value}\n`)) continue;
      const slot = this.#columns.slots.get(key.slice(group.value.length + 1));
      const within = slot === undefined ? -1 : group.slots.indexOf(slot);
      if (within >= 0) return start + 1 + within;
    }
    return -1;
  }

  /** The jobs between two items, both included, in the order shown. */
  *jobs(from: number, to: number): IterableIterator<string> {
    for (let i = Math.min(from, to); i <= Math.max(from, to); i++) {
      const item = this.at(i);
      if (item?.kind === "job") yield item.id;
    }
  }

  #job(slot: number | undefined, group: Group | null): Item | undefined {
    const id = slot === undefined ? undefined : this.#columns.ids[slot];
    return id === undefined ? undefined : { kind: "job", id, group };
  }
}
