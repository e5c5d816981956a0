/** The table: sortable by its header, and only a window of rows at a time. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { count } from "../format.js";
import type { Store } from "../store.js";
import { COLUMNS, type Column } from "./columns.js";
import { Empty } from "./empty.js";
import type { MonitorModel } from "./model.js";
import { type RowProps, TableRow } from "./row.js";

interface Props {
  readonly onOpen: (id: string) => void;
  readonly model: MonitorModel;
  readonly store: Store;
  readonly actions: Actions;
}

function HeaderCell({ column, model }: { column: Column; model: MonitorModel }) {
  const { key, descending } = model.sort.value;
  const sorted = key === column.key;
  const order = descending ? "descending" : "ascending";
  return (
    <th
      scope="col"
      class={`rw-c-${column.key} ${column.numeric ? "rw-num" : ""}`}
      aria-sort={sorted ? order : "none"}
      title={column.hint}
    >
      <button type="button" class="rw-sort" onClick={() => model.sortBy(column.key)}>
        {column.title}
        <span class="rw-arrow" aria-hidden="true">
          {sorted ? (descending ? "▾" : "▴") : ""}
        </span>
      </button>
    </th>
  );
}

/** How many cells the header shows, at every width that the table is given. */
function useColumns(table: RefObject<HTMLTableElement | null>): ReadonlySignal<number> {
  const columns = useSignal(COLUMNS.length + 1);
  useLayoutEffect(() => {
    const el = table.current;
    if (!el) return;
    const cells = [...el.querySelectorAll("thead th")];
    const measure = () => {
      const shown = cells.filter((cell) => getComputedStyle(cell).display !== "none");
      columns.value = shown.length || 1;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(el.parentElement ?? el);
    measure();
    // The view's signal unmounts it, and so ends this.
    return () => observer.disconnect();
  }, [table, columns]);
  return columns;
}

function Rows({ model, store, actions, columns, onOpen }: Props & Pick<RowProps, "columns">) {
  const rows = model.rows.value.slice(0, model.limit.value);
  return (
    <tbody>
      {rows.map((row) => (
        <TableRow key={row.raw.id} {...{ row, store, actions, columns, onOpen }} />
      ))}
    </tbody>
  );
}

function Remainder({ model }: { model: MonitorModel }) {
  const all = model.rows.value.length;
  const rest = all - model.limit.value;
  if (rest <= 0) return null;
  return (
    <div class="rw-row rw-rest">
      <button type="button" class="rw-button" onClick={() => model.showMore()}>
        Show {count(Math.min(rest, 200))} more
      </button>
      <span class="rw-dim">
        {count(model.limit.value)} of {count(all)} shown
      </span>
    </div>
  );
}

export function Table(props: Props) {
  const { model, store } = props;
  return model.rows.value.length === 0 ? (
    <Empty table={model} store={store} />
  ) : (
    <Grid {...props} />
  );
}

function Grid({ model, store, actions, onOpen }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const columns = useColumns(table);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section class="rw-scroll" role="group" tabIndex={0} aria-label="Table of jobs">
      <table class="rw-table" ref={table}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <HeaderCell key={column.key} column={column} model={model} />
            ))}
            <th scope="col" class="rw-c-action">
              <span class="rw-sr">Action</span>
            </th>
          </tr>
        </thead>
        <Rows {...{ model, store, actions, columns, onOpen }} />
      </table>
      <Remainder model={model} />
    </section>
  );
}
