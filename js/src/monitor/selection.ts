/** What is selected here is told to the kernel, and what the user's program selects is selected. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import type { Engine } from "../table/engine.js";

// While a range is drawn it changes with each row.
const REST_MS = 150;

function same(a: ReadonlySet<string>, b: readonly string[]): boolean {
  return a.size === b.length && b.every((id) => a.has(id));
}

export function useSelection(table: Engine, actions: Actions): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What the kernel knows to be selected. */
  const known = useRef<readonly string[]>([]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useSignalEffect(() => {
    const ids = actions.selection.value;
    if (ids === null) return;
    known.current = ids;
    clearTimeout(timer.current);
    table.select(ids);
  });
  useSignalEffect(() => {
    const selected = table.selected.value;
    clearTimeout(timer.current);
    if (same(selected, known.current)) return;
    timer.current = setTimeout(() => {
      known.current = [...selected];
      actions.select(known.current);
    }, REST_MS);
  });
}
