/** Many jobs: counts on top, a live table, and what it costs to keep it live. */
import { useMemo } from "preact/hooks";
import type { Actions } from "../actions.js";
import { Announcer } from "../announcer.js";
import { duration, plural } from "../format.js";
import { SilenceNote } from "../parts/notes.js";
import type { Store } from "../store.js";
import { Header } from "./header.js";
import { MonitorModel } from "./model.js";
import { Table } from "./table.js";

interface Props {
  readonly store: Store;
  readonly actions: Actions;
  readonly label: string;
}

function Foot({ store }: { store: Store }) {
  const health = store.health.value;
  if (health === null) return <div class="rw-foot">Waiting for the kernel.</div>;
  const { push, next_look: next, requests_per_look: requests } = health;
  if (store.cutOff.value) return <div class="rw-foot">Not live: the kernel was restarted</div>;
  const stale = health.stale_since !== null;
  if (push && !stale) return <div class="rw-foot">Live: the service sends changes</div>;
  const silent = store.silentSince.value !== null;
  const wait = next === null ? null : next - store.now;
  return (
    <div class="rw-foot">
      {silent && <span>Not live: no good answer from the service</span>}
      {wait === null && !silent && <span>Not looking: no job can change</span>}
      {wait !== null && (
        <span>{wait > 0 ? `Next look in ${duration(wait + 0.5)}` : "Looking…"}</span>
      )}
      {wait !== null && requests > 0 && <span>{plural(requests, "request")} a look</span>}
    </div>
  );
}

export function Monitor({ store, actions, label }: Props) {
  const model = useMemo(() => new MonitorModel(store), [store]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-mon" role="group" aria-label={label || "Jobs"}>
      <Header model={model} />
      <SilenceNote store={store} />
      <Table model={model} store={store} actions={actions} />
      <Foot store={store} />
      <Announcer store={store} />
    </div>
  );
}
