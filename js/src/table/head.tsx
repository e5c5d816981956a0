/** The headers: what sorts, moves, widens and hides the columns. */
import { useComputed } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ColumnDef } from "./columns.js";
import type { Engine } from "./engine.js";
import type { Layout } from "./layout.js";

const STEP = 16;

interface HeadProps {
  readonly engine: Engine;
  readonly layout: Layout;
  readonly columns: readonly ColumnDef[];
  /** Which header has the keys; null while a row has. 0 is that of the boxes. */
  readonly current: number | null;
}

/** "descending, second": how the rows are sorted by it. */
function useSort(engine: Engine, key: ColumnDef["key"]) {
  return useComputed(() => {
    const all = engine.sort.value;
    const at = all.findIndex((one) => one.key === key);
    const found = all[at];
    if (!found) return null;
    return { descending: found.descending, place: all.length > 1 ? at + 1 : 0 };
  }).value;
}

function Arrow({ sort }: { sort: ReturnType<typeof useSort> }) {
  return (
    <span class="rw-arrow" aria-hidden="true">
      {sort && (sort.descending ? "▾" : "▴")}
      {sort && sort.place > 0 && <sub>{sort.place}</sub>}
    </span>
  );
}

interface CellProps extends Omit<HeadProps, "columns" | "current"> {
  readonly column: ColumnDef;
  readonly index: number;
  readonly current: boolean;
}

function HeaderCell({ column, engine, layout, index, current }: CellProps) {
  const { key, title, hint, numeric } = column;
  const sort = useSort(engine, key);
  const cell = useRef<HTMLSpanElement>(null);
  const rtl = () => cell.current !== null && getComputedStyle(cell.current).direction === "rtl";
  const onKeyDown = (event: KeyboardEvent) => {
    const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    if (event.altKey && arrow) layout.move(key, rtl() ? -arrow : arrow);
    else if (event.key === "+" || event.key === "=") layout.resize(key, STEP);
    else if (event.key === "-" || event.key === "−") layout.resize(key, -STEP);
    else if (event.key === "Delete") layout.show(key, false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const drag = (event: Event) => {
    event.stopPropagation();
    layout.drag(key, event, rtl());
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows cannot be placed by themselves
    // biome-ignore lint/a11y/useFocusableInteractive: its button has the focus
    <span
      role="columnheader"
      class={`rw-cell rw-header rw-c-${key}${numeric ? " rw-num" : ""}`}
      aria-sort={sort ? (sort.descending ? "descending" : "ascending") : "none"}
      aria-colindex={index + 1}
      title={hint}
      ref={cell}
    >
      <button
        type="button"
        class="rw-sort"
        data-header={index}
        tabIndex={current ? 0 : -1}
        onClick={(event) => engine.sortBy(key, event.shiftKey)}
        onKeyDown={onKeyDown}
      >
        {title}
        <Arrow sort={sort} />
      </button>
      <span
        class="rw-edge"
        aria-hidden="true"
        onMouseDown={drag}
        onTouchStart={drag}
        onDblClick={() => layout.resize(key, column.size - layout.width(key))}
      />
    </span>
  );
}

/** Selects all that match, or none. */
function TickAll({ engine, current }: Pick<CellProps, "engine" | "current">) {
  const state = useComputed(() => {
    const [selected, matching] = [engine.selected.value.size, engine.matching.value];
    return selected === 0 ? "none" : selected >= matching ? "all" : "some";
  }).value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows cannot be placed by themselves
    // biome-ignore lint/a11y/useFocusableInteractive: its box has the focus
    <span role="columnheader" class="rw-cell rw-header rw-tick" aria-colindex={1}>
      <input
        type="checkbox"
        data-header={0}
        tabIndex={current ? 0 : -1}
        aria-label="Select all that match"
        checked={state === "all"}
        ref={(box) => {
          if (box) box.indeterminate = state === "some";
        }}
        onChange={() => (state === "all" ? engine.clear() : engine.selectAllMatching())}
      />
    </span>
  );
}

export function Head({ engine, layout, columns, current }: HeadProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows cannot be placed by themselves
    <div role="rowgroup" class="rw-head-group">
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: its headers have the focus */}
      <div role="row" class="rw-line rw-head-line" aria-rowindex={1}>
        <TickAll engine={engine} current={current === 0} />
        {columns.map((column, i) => (
          <HeaderCell
            key={column.key}
            {...{ column, engine, layout }}
            index={i + 1}
            current={current === i + 1}
          />
        ))}
      </div>
    </div>
  );
}
