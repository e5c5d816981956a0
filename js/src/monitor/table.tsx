/** The table: sortable by its header, and only a window of rows at a time. */
import { type ReadonlySignal, type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { count } from "../format.js";
import type { Store } from "../store.js";
import type { Engine } from "../table/engine.js";
import { COLUMNS, type Column } from "./columns.js";
import { type RowProps, TableRow } from "./row.js";

const WINDOW = 200;

interface Props {
  readonly onOpen: (id: string) => void;
  readonly engine: Engine;
  readonly store: Store;
  readonly actions: Actions;
}

function HeaderCell({ column, engine }: { column: Column; engine: Engine }) {
  const [first] = engine.sort.value;
  const sorted = first?.key === column.key;
  const descending = first?.descending;
  const order = descending ? "descending" : "ascending";
  return (
    <th
      scope="col"
      class={`rw-c-${column.key} ${column.numeric ? "rw-num" : ""}`}
      aria-sort={sorted ? order : "none"}
      title={column.hint}
    >
      <button type="button" class="rw-sort" onClick={() => engine.sortBy(column.key)}>
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

function Rows({
  engine,
  store,
  actions,
  columns,
  onOpen,
  limit,
}: Props & Pick<RowProps, "columns"> & { limit: number }) {
  const items = engine.items.value;
  const ids = Array.from({ length: Math.min(items.length, limit) }, (_, i) => {
    const item = items.at(i);
    return item?.kind === "job" ? item.id : null;
  });
  const rows = ids.flatMap((id) => (id === null ? [] : (store.row(id) ?? [])));
  return (
    <tbody>
      {rows.map((row) => (
        <TableRow key={row.raw.id} {...{ row, store, actions, columns, onOpen }} />
      ))}
    </tbody>
  );
}

function Remainder({ engine, limit }: Pick<Props, "engine"> & { limit: Signal<number> }) {
  const all = engine.items.value.length;
  const rest = all - limit.value;
  if (rest <= 0) return null;
  return (
    <div class="rw-row rw-rest">
      <button
        type="button"
        class="rw-button"
        onClick={() => {
          limit.value += WINDOW;
        }}
      >
        Show {count(Math.min(rest, WINDOW))} more
      </button>
      <span class="rw-dim">
        {count(limit.value)} of {count(all)} shown
      </span>
    </div>
  );
}

export function Table({ engine, store, actions, onOpen }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const columns = useColumns(table);
  const limit = useSignal(WINDOW);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section class="rw-scroll" role="group" tabIndex={0} aria-label="Table of jobs">
      <table class="rw-table" ref={table}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <HeaderCell key={column.key} column={column} engine={engine} />
            ))}
            <th scope="col" class="rw-c-action">
              <span class="rw-sr">Action</span>
            </th>
          </tr>
        </thead>
        <Rows {...{ engine, store, actions, columns, onOpen }} limit={limit.value} />
      </table>
      <Remainder engine={engine} limit={limit} />
    </section>
  );
}
