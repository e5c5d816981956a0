/** The details of one job, beside the table or under it: the focus goes in, and comes back. */
import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { Details, type Tab } from "../details/details.js";
import { shortId } from "../format.js";
import type { Row, Store } from "../store.js";

interface Props {
  readonly store: Store;
  readonly actions: Actions;
  /** Whose details are open; null where none are. */
  readonly open: Signal<string | null>;
  /** Gives the focus back to the table. */
  readonly onLeave: () => void;
}

function Panel({ row, ...props }: Props & { row: Row; tab: Signal<Tab> }) {
  const { store, actions, tab, open, onLeave } = props;
  const self = useRef<HTMLElement>(null);
  const id = row.raw.id;
  useEffect(() => {
    self.current?.focus({ preventScroll: true });
    // Under the table, where there is no room beside it, it would be opened unseen.
    self.current?.querySelector(".rw-drawer-head")?.scrollIntoView?.({ block: "nearest" });
  }, [id]);
  const close = () => {
    open.value = null;
    onLeave();
  };
  return (
    <section
      class="rw-drawer"
      aria-label={`Details of ${row.get("name") ?? shortId(id)}`}
      tabIndex={-1}
      ref={self}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <div>
        <Details row={row} store={store} actions={actions} tab={tab} onClose={close} />
      </div>
    </section>
  );
}

export function Drawer(props: Props) {
  const { store, open, onLeave } = props;
  // Another job opens with the same tab: one compares.
  const tab = useSignal<Tab>("timeline");
  void store.version.value;
  const id = open.value;
  const row = id === null ? undefined : store.rows.get(id);
  const lost = id !== null && row === undefined;
  useLayoutEffect(() => {
    if (!lost) return;
    // Its job has left the view.
    open.value = null;
    onLeave();
  });
  return row ? <Panel {...props} row={row} tab={tab} /> : null;
}
