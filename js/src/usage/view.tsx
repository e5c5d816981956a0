/** The usage of an account, on its own. */
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import type { BudgetStore, UsageStore } from "../around.js";
import { useSight } from "../look.js";
import { SilenceNote } from "../parts/notes.js";
import type { Store } from "../store.js";
import { Budgets } from "./budgets.js";
import { UsageCard } from "./meter.js";

interface Props {
  readonly store: Store & UsageStore & BudgetStore;
  readonly actions: Actions;
  readonly label: string;
}

export function Usage({ store, actions, label }: Props) {
  const root = useRef<HTMLDivElement>(null);
  useSight(actions, root, []);
  const all = store.usage.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-usage-view" role="group" aria-label={label || "Usage"} ref={root}>
      {all.map((usage) => (
        <UsageCard key={usage.key} usage={usage} time={store} />
      ))}
      {!all.length && <p class="rw-empty">Nothing is known of any usage yet.</p>}
      <Budgets store={store} />
      {store.cutOff.value ? (
        <div class="rw-note rw-stale">
          {store.cutOff.value} Show it again with <code class="rw-mono">UsageMeter(service)</code>.
        </div>
      ) : (
        <SilenceNote store={store} />
      )}
    </div>
  );
}
