/** What the monitor says aloud beside the changes of its jobs: what one's own doing led to. */
import { type ReadonlySignal, type Signal, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { BulkProgress } from "../bulk.js";
import { count, plural } from "../format.js";
import type { Engine } from "../table/engine.js";
import { ending } from "./outcomes.js";

// Until one has typed, or selected, to the end.
const REST_MS = 800;

type Bulk = Signal<ReadonlySignal<BulkProgress> | null>;

/** A sentence once a search or a selection rests, and when a request for many jobs has ended. */
export function useSpoken(table: Engine, bulk: Bulk): ReadonlySignal<string> {
  const said = useSignal("");
  const before = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useSignalEffect(() => {
    const { size } = table.selected.value;
    const [query, filters] = [table.query.value.trim(), table.filters.value];
    // By these it is told that something was done; the counts alone change by themselves.
    const now = JSON.stringify([size, query, filters]);
    const done = before.current !== null && before.current !== now;
    before.current = now;
    if (!done) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { all } = table.totals.peek();
      const narrowed = query !== "" || filters.length > 0;
      const match = narrowed
        ? `${count(table.matching.peek())} of ${plural(all.jobs, "job")} match`
        : `All ${plural(all.jobs, "job")} shown`;
      said.value = size ? `${match}; ${count(size)} selected` : match;
    }, REST_MS);
  });
  useSignalEffect(() => {
    const progress = bulk.value?.value;
    if (progress?.finished) said.value = ending(progress);
  });
  return said;
}
