/** Sums over many rows, of what is known. */
import type { Store } from "../store.js";
import type { StateKey } from "../wire.gen.js";
import { byValue, flagOf, numberOf } from "./ranks.js";

export interface Totals {
  readonly states: ReadonlyMap<StateKey, number>;
  readonly jobs: number;
  readonly final: number;
  readonly gone: number;
  /** Seconds used; null where of none is known, so that no zero is invented. */
  readonly usage: number | null;
  /** Seconds that jobs which have not ended are expected to use still. */
  readonly expected: number | null;
}

/** Makes what sums up rows, as they are now. */
export function adder(store: Store): (slots: Iterable<number>) => Totals {
  const state = byValue(store, "state", (value) => value as StateKey);
  const [final, gone] = [flagOf(store, "final"), flagOf(store, "gone")];
  const [used, estimate] = [numberOf(store, "usage_s"), numberOf(store, "usage_estimate_s")];
  const remembered = numberOf(store, "as_of");
  return (slots) => {
    const states = new Map<StateKey, number>();
    const sum = { jobs: 0, final: 0, gone: 0 };
    let [usage, expected]: (number | null)[] = [null, null];
    for (const slot of slots) {
      sum.jobs++;
      const key = state(slot);
      states.set(key, (states.get(key) ?? 0) + 1);
      const ended = final(slot);
      if (ended) sum.final++;
      if (gone(slot)) sum.gone++;
      const seconds = used(slot);
      if (!Number.isNaN(seconds)) usage = (usage ?? 0) + seconds;
      // Of a memory nobody knows whether it still runs.
      if (ended || !Number.isNaN(remembered(slot))) continue;
      const rest = estimate(slot) - (Number.isNaN(seconds) ? 0 : seconds);
      // An estimate that the job has outrun says nothing of the rest.
      if (rest > 0) expected = (expected ?? 0) + rest;
    }
    return { ...sum, states, usage: usage ?? null, expected: expected ?? null };
  };
}
