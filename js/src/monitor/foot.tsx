/** How this view is kept live, what that costs, and, where it is not live, why. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Actions } from "../actions.js";
import { duration, plural } from "../format.js";
import { SilenceNote } from "../parts/notes.js";
import type { Store } from "../store.js";
import type { Engine } from "../table/engine.js";
import type { Health } from "../wire.gen.js";

interface Props {
  readonly table: Engine;
  readonly store: Store;
  readonly actions: Actions;
  readonly onHelp: () => void;
  readonly children?: ComponentChildren;
}

function Looking({ health, store }: { health: Health; store: Store }) {
  const { push, stale_since: stale, next_look: next, requests_per_look: requests } = health;
  if (push && stale === null) return <span>Live: the service sends changes</span>;
  if (next === null) return <span>Not looking: no job can change</span>;
  const wait = next - store.now;
  return (
    <>
      <span class="rw-next">{wait > 0 ? `Next look in ${duration(wait + 0.5)}` : "Looking…"}</span>
      {requests > 0 && <span>{plural(requests, "request")} a look</span>}
    </>
  );
}

/** Asks for a look now: after a network that came back one need not wait for the next try. */
function LookNow({ actions }: Pick<Props, "actions">) {
  const said = useSignal<string | null>(null);
  const busy = useSignal(false);
  const look = async () => {
    if (busy.value) return;
    busy.value = true;
    said.value = null;
    said.value = await actions.refresh((why) => {
      said.value = `${why}.`;
    });
    busy.value = false;
  };
  return (
    <span class="rw-row">
      <button
        type="button"
        class="rw-button rw-quiet"
        aria-disabled={busy.value}
        onClick={() => void look()}
      >
        Look now
      </button>
      {said.value && <span role="status">{said.value}</span>}
    </span>
  );
}

/** Where the service uses words that this version does not know. */
function Unknown({ table, store }: Pick<Props, "table" | "store">) {
  if (!table.totals.value.all.states.get("unknown")) return null;
  const { columns } = store;
  let n = 0;
  for (const slot of columns.slots.values()) {
    // One that was not read yet, or is not there any more, has no word that could be new.
    if (columns.get(slot, "state") !== "unknown" || columns.get(slot, "gone")) continue;
    if (columns.get(slot, "status")) n++;
  }
  if (n === 0) return null;
  return (
    <span title="The service’s word is shown as it came; the jobs are followed until they end">
      {plural(n, "job")} with a status that is new to this version
    </span>
  );
}

export function Foot({ table, store, actions, onHelp, children }: Props) {
  const health = store.health.value;
  const silent = store.silentSince.value !== null;
  const cut = store.cutOff.value !== "";
  const again = !cut && health !== null && (silent || health.next_look !== null);
  return (
    <div class={`rw-foot ${silent ? "rw-silent" : ""}`}>
      <div class="rw-foot-says">
        {silent ? (
          <SilenceNote store={store} />
        ) : health === null ? (
          <span>Waiting for the kernel.</span>
        ) : cut ? (
          <span>{store.cutOff.value} No job here could change.</span>
        ) : (
          <Looking health={health} store={store} />
        )}
        {!silent && <Unknown table={table} store={store} />}
        {children}
      </div>
      <div class="rw-foot-does">
        {again && <LookNow actions={actions} />}
        <button type="button" class="rw-button rw-quiet" aria-keyshortcuts="?" onClick={onHelp}>
          <kbd>?</kbd> keys
        </button>
      </div>
    </div>
  );
}
