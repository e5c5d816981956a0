/** The jobs of each session in a store, counted only while somebody reads it. */
import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { Store } from "../store.js";
import { type Members, membersOf } from "./words.js";

export function useMembers(store: Store): ReadonlySignal<ReadonlyMap<string, Members>> {
  return useComputed(() => {
    void store.version.value;
    const { columns } = store;
    return membersOf(
      (function* members() {
        for (const slot of columns.slots.values()) {
          const session = columns.get(slot, "session");
          if (session === null) continue;
          const [state, final] = [columns.get(slot, "state"), columns.get(slot, "final")];
          yield { session, state, final, gone: columns.get(slot, "gone") };
        }
      })(),
    );
  });
}
