/** Many jobs: counts on top, a live table, and what it costs to keep it live. */

import type { ReadonlySignal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { Announcer } from "../announcer.js";
import type { BulkProgress } from "../bulk.js";
import { DETAIL_KEYS } from "../details/keys.js";
import { useMembers } from "../sessions/members.js";
import { Sessions } from "../sessions/sessions.js";
import { Engine } from "../table/engine.js";
import { Grid } from "../table/grid.js";
import { HEADER_KEYS, KEYS } from "../table/keys.js";
import { Layout } from "../table/layout.js";
import { STOP } from "../table/line.js";
import { SEARCH_HELP } from "../table/query.js";
import { Devices } from "../usage/devices.js";
import type { ViewProps } from "../views.js";
import { Drawer } from "./drawer.js";
import { Empty } from "./empty.js";
import { Foot } from "./foot.js";
import { Header } from "./header.js";
import { FRAME_KEYS, Help } from "./help.js";
import { useNotifier } from "./notify-toggle.js";
import { useSelection } from "./selection.js";
import { useSpoken } from "./spoken.js";
import { Strip } from "./strip.js";

const HELP = [
  ["Everywhere", FRAME_KEYS],
  ["In the table", KEYS],
  ["On its titles", HEADER_KEYS],
  ["In the details", DETAIL_KEYS],
] as const;

/** Whether a key is being typed into a field, where it is a letter like others. */
function typed(target: EventTarget | undefined): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
}

export function Monitor({ store, actions, label }: ViewProps) {
  const engine = useMemo(() => new Engine(store), [store]);
  const layout = useMemo(() => new Layout(engine), [engine]);
  const had = useRef(false);
  if (engine.totals.value.all.jobs > 0) had.current = true;
  const bulk = useSignal<ReadonlySignal<BulkProgress> | null>(null);
  const help = useRef<HTMLDialogElement>(null);
  const root = useRef<HTMLDivElement>(null);
  useNotifier(store, root);
  useSelection(engine, actions);
  const spoken = useSpoken(engine, bulk);
  const open = useSignal<string | null>(null);
  const show = (id: string) => {
    open.value = open.value === id ? null : id;
  };
  const close = () => {
    open.value = null;
  };
  // To the cell that has the keys; the line it was opened from may have been drawn anew since.
  const leave = () => root.current?.querySelector<HTMLElement>(STOP)?.focus();
  const showHelp = () => help.current?.showModal();
  const onKeyDown = (event: KeyboardEvent) => {
    const theirs = event.ctrlKey || event.metaKey || event.altKey;
    if (theirs || typed(event.composedPath()[0])) return;
    if (event.key === "?") showHelp();
    else if (event.key === "/")
      root.current?.querySelector<HTMLElement>(".rw-search input")?.focus();
    else if (event.key === "Escape" && open.value !== null) {
      open.value = null;
      leave();
    } else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-mon" role="group" aria-label={label || "Jobs"} ref={root} onKeyDown={onKeyDown}>
      <Header table={engine} store={store} />
      <Strip table={engine} layout={layout} store={store} actions={actions} bulk={bulk} />
      <div class="rw-mon-body">
        <div class="rw-table">
          {engine.totals.value.all.jobs === 0 ? (
            <Empty table={engine} store={store} had={had.current} />
          ) : (
            <Grid {...{ store, engine, layout, actions, open }} onOpen={show} onClose={close}>
              <Empty table={engine} store={store} had={had.current} />
            </Grid>
          )}
        </div>
        <Drawer store={store} actions={actions} open={open} onLeave={leave} />
      </div>
      <Sessions store={store} actions={actions} members={useMembers(store)} />
      <Foot table={engine} store={store} actions={actions} onHelp={showHelp}>
        <Devices store={store} />
      </Foot>
      <Help dialog={help} groups={HELP} search={SEARCH_HELP} />
      <Announcer store={store} more={spoken} />
    </div>
  );
}
