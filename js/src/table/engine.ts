/**
 * Which rows the table shows, in which order and groups: found, filtered, sorted and counted in
 * the page, so that all of it works while the kernel is busy. It knows no document.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Field } from "../columns.js";
import type { Delta, Store } from "../store.js";
import type { JobRow } from "../wire.gen.js";
import type { ColumnKey } from "./columns.js";
import { type GroupKey, grouped } from "./groups.js";
import { Items } from "./items.js";
import { type Facet, FIELD_OF, type Filter, type Match, matchOf, valuesOf } from "./matching.js";
import { merged, only, type SortKey, sameOrder, sorted } from "./order.js";
import { parse, type Query } from "./query.js";
import { type Rank, rankOf, SORTED_BY } from "./ranks.js";
import { adder, type Totals } from "./totals.js";

export interface Sort {
  readonly key: ColumnKey;
  readonly descending: boolean;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

/** Several messages' changes, until somebody asks for the order. */
class Pending {
  readonly slots = new Set<number>();
  readonly left = new Set<number>();
  readonly fields = new Set<Field>();
  whole = true;
  grown = true;

  take(delta: Delta, rows: number): void {
    if (delta.whole) this.whole = true;
    this.grown ||= delta.whole || delta.left.size > 0 || rows > 0;
    if (this.whole) return;
    for (const slot of delta.left) this.left.add(slot);
    for (const slot of delta.slots) this.slots.add(slot);
    for (const field of delta.fields) this.fields.add(field);
  }

  clear(): void {
    this.whole = false;
    this.grown = false;
    this.slots.clear();
    this.left.clear();
    this.fields.clear();
  }
}

/** What the present order was made with. */
interface Made {
  readonly text: string;
  readonly filters: readonly Filter[];
  readonly sort: readonly Sort[];
  readonly order: Uint32Array;
}

function usesClock(query: Query, sort: readonly Sort[]): boolean {
  const timed = query.terms.some(({ test }) => test.kind === "time" || test.kind === "number");
  return timed || sort.some(({ key }) => key === "elapsed" || key === "wait");
}

export class Engine {
  /** The text of the search field. */
  readonly query = signal("");
  readonly filters = signal<readonly Filter[]>([]);
  readonly sort = signal<readonly Sort[]>([{ key: "created", descending: true }]);
  readonly group = signal<GroupKey | null>(null);
  /** The groups that show only their line. */
  readonly collapsed = signal<ReadonlySet<string>>(new Set());
  readonly selected = signal<ReadonlySet<string>>(new Set());
  readonly store: Store;
  readonly #pending = new Pending();
  #made: Made | null = null;
  /** All rows in order, whatever matches: as one types, nothing has to be sorted. */
  #sorted: {
    readonly sort: readonly Sort[];
    readonly order: Uint32Array;
    readonly beat: number;
  } | null = null;
  #names: Rank | null = null;
  #rows = 0;

  constructor(store: Store) {
    this.store = store;
    this.#rows = store.rows.size;
    store.watch((delta) => {
      const { size } = store.rows;
      this.#pending.take(delta, size - this.#rows);
      this.#rows = size;
      const { fields, grown, whole } = this.#pending;
      if (grown || whole || SORTED_BY.name.some((field) => fields.has(field))) this.#names = null;
      if (delta.left.size || delta.whole) this.#leaveSelection();
    });
  }

  /** What of the search text was not understood, in a sentence. */
  readonly problem = computed(() => parse(this.query.value, this.store.today).problem);

  /** The slots of the matching rows, in order: the same array as before where nothing moved. */
  readonly order: ReadonlySignal<Uint32Array> = computed(() => {
    void this.store.version.value;
    const [text, filters, sort] = [this.query.value, this.filters.value, this.sort.value];
    // Times grow, and with them what is found and sorted by them; of many rows, slowly.
    if (usesClock(parse(text, this.store.today), sort)) void this.#slowClock.value;
    const order = this.#order(text, filters, sort);
    const old = this.#made?.order;
    const kept = old && sameOrder(old, order) ? old : order;
    this.#made = { text, filters, sort, order: kept };
    this.#pending.clear();
    return kept;
  });

  readonly matching = computed(() => this.order.value.length);

  /** How many of the selected jobs match, and so are shown. */
  readonly selectedShown = computed(() => {
    const selected = this.selected.value;
    const order = this.order.value;
    if (!selected.size || order.length === this.store.rows.size) return selected.size;
    const { ids } = this.store.columns;
    let shown = 0;
    for (const slot of order) if (selected.has(ids[slot] ?? "")) shown++;
    return shown;
  });

  /** Whether none, some or all of what matches is selected. */
  readonly selection = computed(() => {
    const [shown, matching] = [this.selectedShown.value, this.matching.value];
    if (matching > 0 && shown === matching) return "all";
    return this.selected.value.size ? "some" : "none";
  });

  readonly #all = computed(() => {
    void this.store.version.value;
    // As numbers side by side, which are gone through sooner than the map of ids.
    void this.order.peek();
    return adder(this.store)(this.#sorted?.order ?? []);
  });

  readonly totals = computed(() => {
    void this.store.version.value;
    const [all, order] = [this.#all.value, this.order.value];
    return { all, matching: order.length === all.jobs ? all : adder(this.store)(order) };
  });

  readonly #groups = computed(() => {
    const key = this.group.value;
    if (!key) return null;
    void this.store.version.value;
    return grouped(this.store, this.order.value, key, adder(this.store));
  });

  /** All that the table shows, from top to bottom. */
  readonly items = computed(
    () => new Items(this.store.columns, this.order.value, this.#groups.value, this.collapsed.value),
  );

  /** The values that there are of each facet, the most frequent first; of all rows. */
  readonly facets: ReadonlySignal<ReadonlyMap<Facet, readonly FacetValue[]>> = computed(() => {
    void this.store.version.value;
    return new Map((Object.keys(FIELD_OF) as Facet[]).map((facet) => [facet, this.#count(facet)]));
  });

  readonly #slowClock = computed(() => {
    const seconds = this.store.rows.size > 5000 ? 5 : 1;
    return Math.floor(this.store.asOf / seconds);
  });

  /** The ids of the matching jobs, in order. */
  matchingIds(): readonly string[] {
    return this.idsOf(this.order.peek());
  }

  idsOf(slots: Uint32Array): readonly string[] {
    const { ids } = this.store.columns;
    return Array.from(slots, (slot) => ids[slot] ?? "");
  }

  *rowsOf(ids: Iterable<string>): IterableIterator<JobRow> {
    for (const id of ids) {
      const row = this.store.rawOf(id);
      if (row) yield row;
    }
  }

  toggleFilter(facet: Facet, value: string, exclude = false): void {
    const same = (one: Filter) => one.facet === facet && one.value === value;
    const had = this.filters.value.some((one) => same(one) && one.exclude === exclude);
    const others = this.filters.value.filter((one) => !same(one));
    this.filters.value = had ? others : [...others, { facet, value, exclude }];
  }

  toggleGroup(value: string): void {
    const next = new Set(this.collapsed.value);
    if (!next.delete(value)) next.add(value);
    this.collapsed.value = next;
  }

  /** Whether every group shows only its line. */
  readonly groupsClosed = computed(() => {
    const closed = this.collapsed.value;
    return this.#groups.value?.every(({ value }) => closed.has(value)) ?? false;
  });

  closeGroups(yes: boolean): void {
    const groups = this.#groups.peek() ?? [];
    this.collapsed.value = new Set(yes ? groups.map(({ value }) => value) : []);
  }

  select(ids: Iterable<string>): void {
    this.selected.value = new Set(ids);
  }

  toggle(id: string): void {
    const next = new Set(this.selected.value);
    if (!next.delete(id)) next.add(id);
    this.selected.value = next;
  }

  selectAllMatching(): void {
    this.select(this.matchingIds());
  }

  clear(): void {
    if (this.selected.value.size) this.select([]);
  }

  #leaveSelection(): void {
    const { slots } = this.store.columns;
    const kept = [...this.selected.peek()].filter((id) => slots.has(id));
    if (kept.length < this.selected.peek().size) this.select(kept);
  }

  #rank(key: ColumnKey, now: number): Rank {
    if (key !== "name") return rankOf(this.store, key, now);
    this.#names ??= rankOf(this.store, key, now);
    return this.#names;
  }

  #order(text: string, filters: readonly Filter[], sort: readonly Sort[]): Uint32Array {
    const { store } = this;
    const timed = usesClock(parse(text, store.today), sort);
    const now = timed ? store.asOf : store.today;
    const query = parse(text, now);
    const keys: SortKey[] = sort.map(({ key, descending }) => ({
      rank: this.#rank(key, now),
      descending,
    }));
    const match = matchOf(store, query, filters, now);
    const all = this.#sortAll(sort, keys);
    if (!match) return all;
    const made = this.#made;
    const same = made?.text === text && made.filters === filters && made.sort === sort;
    if (!made || !same || !this.#few || usesClock(query, sort)) return only(all, match);
    return this.#merge(made.order, match, keys);
  }

  #sortAll(sort: readonly Sort[], keys: readonly SortKey[]): Uint32Array {
    const { columns } = this.store;
    const old = this.#sorted?.sort === sort ? this.#sorted : null;
    const grows = sort.some(({ key }) => key === "elapsed");
    const beat = grows ? this.#slowClock.value : 0;
    const { slots, left } = this.#pending;
    // What grows with the clock has grown since, so that its order cannot be mended.
    const kept = grows ? old?.beat === beat && !slots.size && !left.size : old !== null;
    const order =
      old && kept && this.#few
        ? this.#merge(old.order, null, keys)
        : sorted(columns.slots.values(), columns.length, keys);
    this.#sorted = { sort, order, beat };
    return order;
  }

  /** Whether so little has changed that an order is sooner mended than made. */
  get #few(): boolean {
    const { slots, left, whole } = this.#pending;
    return !whole && (slots.size + left.size) * 4 < this.store.rows.size;
  }

  #merge(old: Uint32Array, match: Match | null, keys: readonly SortKey[]): Uint32Array {
    const { slots, left } = this.#pending;
    if (!slots.size && !left.size) return old;
    return merged(old, this.store.columns.length, left, slots, match, keys);
  }

  #count(facet: Facet): readonly FacetValue[] {
    const { columns } = this.store;
    const counts = new Map<string, number>();
    const add = (value: unknown, n: number) => {
      for (const one of valuesOf(value)) if (one) counts.set(one, (counts.get(one) ?? 0) + n);
    };
    const column = columns.column(FIELD_OF[facet]);
    if (column?.kind === "choice") {
      const found = new Uint32Array(column.values.length);
      for (const slot of columns.slots.values()) {
        const code = column.codes[slot] ?? 0;
        found[code] = (found[code] ?? 0) + 1;
      }
      for (const [code, n] of found.entries()) if (n) add(column.values[code], n);
    }
    const list = [...counts].map(([value, count]) => ({ value, count }));
    return list.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  }
}

export type { Totals };
