/** The lines of the table: one of a job, and one of a group. */
import { useComputed } from "@preact/signals";
import { count, plural, seconds, shortId } from "../format.js";
import { ChevronIcon } from "../parts/icons.js";
import type { Row, Store } from "../store.js";
import { STATE_LABELS, type StateKey } from "../wire.gen.js";
import { CELLS } from "./cells.js";
import type { ColumnDef } from "./columns.js";
import type { Engine } from "./engine.js";
import type { Group } from "./groups.js";
import { nameOf } from "./ranks.js";

/** Where a line stands, and whether the keys are on it. */
export interface Place {
  /** From 0; the headers are before it. */
  readonly index: number;
  readonly top: number;
  readonly current: boolean;
}

export interface JobProps extends Place {
  readonly row: Row;
  readonly store: Store;
  readonly engine: Engine;
  readonly columns: readonly ColumnDef[];
  readonly open: boolean;
}

export function JobLine({ row, store, engine, columns, index, top, current, open }: JobProps) {
  const selected = useComputed(() => engine.selected.value.has(row.id)).value;
  const job = { id: row.get("id"), name: row.get("name"), tags: row.get("tags") };
  const called = nameOf(job);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows cannot be placed by themselves
    <div
      role="row"
      class="rw-line"
      data-job={row.id}
      data-index={index}
      data-open={open}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={current ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the row has the focus */}
      <span role="gridcell" class="rw-cell rw-tick" aria-colindex={1}>
        <input
          type="checkbox"
          tabIndex={-1}
          checked={selected}
          aria-label={`Select ${called === row.id ? shortId(called) : called}`}
        />
      </span>
      {columns.map(({ key, numeric }, i) => {
        const Cell = CELLS[key];
        return (
          // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles are of a grid's cells
          <span
            key={key}
            role={key === "name" ? "rowheader" : "gridcell"}
            class={`rw-cell rw-c-${key}${numeric ? " rw-num" : ""}`}
            aria-colindex={i + 2}
          >
            <Cell row={row} store={store} />
          </span>
        );
      })}
    </div>
  );
}

interface GroupProps extends Place {
  readonly group: Group;
  readonly open: boolean;
  readonly columns: number;
}

const ORDER: readonly StateKey[] = ["done", "failed", "cancelled", "running", "queued", "unknown"];

/** "6 jobs · 4 done, 2 queued · 26.9 s used". */
function sums({ totals }: Group): string {
  const states = ORDER.flatMap((state) => {
    const n = totals.states.get(state);
    return n ? [`${count(n)} ${STATE_LABELS[state].toLowerCase()}`] : [];
  });
  const used = totals.usage === null ? null : `${seconds(totals.usage)} used`;
  const rest = totals.expected === null ? null : `≈ ${seconds(totals.expected)} estimated`;
  return [plural(totals.jobs, "job"), states.join(", "), used, rest].filter(Boolean).join(" · ");
}

export function GroupLine({ group, open, columns, index, top, current }: GroupProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows cannot be placed by themselves
    <div
      role="row"
      class="rw-line rw-group"
      data-index={index}
      data-group={group.value}
      aria-rowindex={index + 2}
      aria-expanded={open}
      tabIndex={current ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the row has the focus */}
      <span role="gridcell" class="rw-cell rw-group-cell" aria-colindex={1} aria-colspan={columns}>
        <ChevronIcon />
        <b class="rw-strong">{group.label}</b>
        <span class="rw-dim">{sums(group)}</span>
      </span>
    </div>
  );
}
