/** Which rows are shown, in which order: counted, searched, filtered and sorted in the page. */
import { computed, signal } from "@preact/signals";
import type { Row, Store } from "../store.js";
import type { JobRow, StateKey } from "../wire.gen.js";
import { COLUMNS, type ColumnKey } from "./columns.js";
import type { Facet, Filter, TableState, Totals } from "./needs.js";

const WINDOW = 200;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export interface Sort {
  readonly key: ColumnKey;
  readonly descending: boolean;
}

/** What a search may find, in lower case: what is shown, and the state it is counted as. */
function haystack(job: JobRow): string {
  const { id, name, program, device, state, session, tags, final } = job;
  // The server's word is shown only where it is not known: for a job that ran too long it is
  // "Cancelled", though the job is counted, and shown, as failed.
  const word = state === "unknown" ? job.status : job.label;
  const code = job.error?.code ?? null;
  const phase = final ? null : job.phase;
  return [id, name, program, device, state, word, code, phase, session, ...tags]
    .join("\n")
    .toLowerCase();
}

function plus(sum: number | null, value: number | null): number | null {
  return value === null ? sum : (sum ?? 0) + value;
}

/** Sums what is known; null where nothing is, so that no zero is invented. */
export function totalsOf(jobs: Iterable<JobRow>): Totals {
  const states = new Map<StateKey, number>();
  let [all, final, gone] = [0, 0, 0];
  let usage: number | null = null;
  let expected: number | null = null;
  for (const job of jobs) {
    all++;
    if (job.final) final++;
    if (job.gone) gone++;
    states.set(job.state, (states.get(job.state) ?? 0) + 1);
    usage = plus(usage, job.usage_s);
    const rest = job.usage_estimate_s === null ? null : job.usage_estimate_s - (job.usage_s ?? 0);
    // An estimate that the job has outrun says nothing of the rest.
    if (!job.final && rest !== null && rest > 0) expected = plus(expected, rest);
  }
  return { states, jobs: all, final, gone, usage, expected };
}

export function compare(a: JobRow, b: JobRow, { key, descending }: Sort, now: number): number {
  const column = COLUMNS.find((one) => one.key === key);
  if (!column) return 0;
  const [x, y] = [column.value(a, now), column.value(b, now)];
  if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
  const order =
    typeof x === "number" && typeof y === "number" ? x - y : collator.compare(String(x), String(y));
  return descending ? -order : order;
}

export class MonitorModel implements TableState {
  readonly query = signal("");
  readonly problem = signal<string | null>(null);
  readonly filters = signal<readonly Filter[]>([]);
  readonly sort = signal<Sort>({ key: "created", descending: true });
  readonly limit = signal(WINDOW);
  readonly selected = signal<ReadonlySet<string>>(new Set());
  readonly store: Store;
  #last: readonly Row[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  readonly totals = computed(() => {
    void this.store.version.value;
    const all = totalsOf([...this.store.rows.values()].map((row) => row.raw));
    return { all, matching: all };
  });

  /** The rows that match, in order: the same array as before where nothing moved. */
  readonly rows = computed<readonly Row[]>(() => {
    void this.store.version.value;
    const words = this.query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filters = this.filters.value;
    const sort = this.sort.value;
    // The time shown grows, and with it the order.
    const now = sort.key === "elapsed" ? this.store.asOf : this.store.today;
    const rows = [...this.store.rows.values()].filter(({ raw }) => {
      const only = filters.filter((one) => !one.exclude);
      if (filters.some((one) => one.exclude && one.value === raw.state)) return false;
      if (only.length && !only.some((one) => one.value === raw.state)) return false;
      if (!words.length) return true;
      const text = haystack(raw);
      return words.every((word) => text.includes(word));
    });
    rows.sort((a, b) => compare(a.raw, b.raw, sort, now));
    const moved = rows.length !== this.#last.length || rows.some((row, i) => row !== this.#last[i]);
    if (moved) this.#last = rows;
    return this.#last;
  });

  readonly matching = computed(() => this.rows.value.length);
  readonly facets = computed<TableState["facets"]["value"]>(() => {
    const of = (facet: Facet, value: (job: JobRow) => readonly (string | null)[]) => {
      const counts = new Map<string, number>();
      for (const { raw } of this.store.rows.values())
        for (const one of value(raw)) if (one !== null) counts.set(one, (counts.get(one) ?? 0) + 1);
      const list = [...counts].map(([value_, count]) => ({ value: value_, count }));
      return [facet, list.sort((a, b) => b.count - a.count)] as const;
    };
    return new Map([
      of("status", (job) => [job.state]),
      of("device", (job) => [job.device]),
      of("program", (job) => [job.program]),
      of("tag", (job) => job.tags),
      of("session", (job) => [job.session]),
    ]);
  });

  matchingIds() {
    return this.rows.peek().map((row) => row.raw.id);
  }

  rowsOf(ids: Iterable<string>): Iterable<JobRow> {
    return [...ids].flatMap((id) => this.store.rows.get(id)?.raw ?? []);
  }

  select(ids: readonly string[]) {
    this.selected.value = new Set(ids);
  }

  selectAllMatching() {
    this.select(this.matchingIds());
  }

  clear() {
    this.select([]);
  }

  sortBy(key: ColumnKey): void {
    const { key: old, descending } = this.sort.value;
    this.sort.value = { key, descending: key === old ? !descending : false };
  }

  toggleFilter(facet: Facet, value: string, exclude = false): void {
    const others = this.filters.value.filter((one) => one.facet !== facet || one.value !== value);
    const had = this.filters.value.some(
      (one) => one.facet === facet && one.value === value && one.exclude === exclude,
    );
    this.filters.value = had ? others : [...others, { facet, value, exclude }];
  }

  showMore(): void {
    this.limit.value += WINDOW;
  }
}
