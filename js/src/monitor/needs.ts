/** What the frame around the table reads of the table, and asks of it. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { JobRow, StateKey } from "../wire.gen.js";

export type Facet = "status" | "device" | "program" | "tag" | "session";

export interface Filter {
  readonly facet: Facet;
  readonly value: string;
  readonly exclude: boolean;
}

export interface Totals {
  readonly states: ReadonlyMap<StateKey, number>;
  readonly jobs: number;
  readonly final: number;
  readonly gone: number;
  readonly usage: number | null;
  readonly expected: number | null;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

export interface TableState {
  readonly query: Signal<string>;
  readonly problem: ReadonlySignal<string | null>;
  readonly filters: Signal<readonly Filter[]>;
  toggleFilter(facet: Facet, value: string, exclude?: boolean): void;
  readonly matching: ReadonlySignal<number>;
  matchingIds(): readonly string[];
  readonly totals: ReadonlySignal<{ readonly all: Totals; readonly matching: Totals }>;
  readonly facets: ReadonlySignal<ReadonlyMap<Facet, readonly FacetValue[]>>;
  readonly selected: ReadonlySignal<ReadonlySet<string>>;
  select(ids: readonly string[]): void;
  selectAllMatching(): void;
  clear(): void;
  /** The rows of these jobs, as they are now. */
  rowsOf(ids: Iterable<string>): Iterable<JobRow>;
}
