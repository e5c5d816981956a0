/** A job's line, rendered again only when something that it shows has changed. */
import { useComputed } from "@preact/signals";
import { shortId } from "../format.js";
import { ChevronIcon } from "../parts/icons.js";
import type { Row, Store } from "../store.js";
import { cellOf } from "./cells.js";
import type { ShownColumn } from "./layout.js";
import { Cell, type LineProps, lineStyle, OPEN, SELECT, stopAmong, useStop } from "./line.js";

interface JobCellProps {
  readonly column: ShownColumn;
  readonly place: number;
  readonly stop: boolean;
  readonly row: Row;
  readonly store: Store;
}

function JobCell({ column, place, stop, row, store }: JobCellProps) {
  const { key, numeric } = column;
  const { content, title } = cellOf(column, row, store);
  return (
    <Cell
      role={key === "name" ? "rowheader" : "gridcell"}
      column={key}
      place={place}
      stop={stop}
      numeric={numeric ?? false}
      title={title}
    >
      {content}
    </Cell>
  );
}

export function JobLine({ grid, line, index, level, id }: LineProps & { id: string }) {
  const { store, engine, layout, open } = grid;
  const row = store.row(id);
  const { column: active, ref } = useStop(grid, line);
  const selected = useComputed(() => engine.selected.value.has(id)).value;
  const opened = useComputed(() => open.value === id).value;
  const boxes = layout.boxes.value;
  const shown = layout.shown.value;
  if (!row) return null;
  const called = row.get("name") ?? shortId(id);
  const first = boxes ? 2 : 1;
  const stop = stopAmong(active, [
    ...shown.map(({ key }) => key),
    OPEN,
    ...(boxes ? [SELECT] : []),
  ]);
  return (
    <div
      role="row"
      class={`rw-line ${selected ? "rw-selected" : ""} ${opened ? "rw-opened" : ""}`}
      style={lineStyle(index)}
      data-line={line}
      data-job={id}
      aria-rowindex={index + 2}
      aria-level={level}
      aria-selected={selected}
      ref={ref}
    >
      {boxes && (
        <Cell column={SELECT} place={1} stop={stop === SELECT}>
          <input type="checkbox" tabIndex={-1} checked={selected} aria-label={`Select ${called}`} />
        </Cell>
      )}
      {shown.map((column, i) => (
        <JobCell
          key={column.key}
          column={column}
          place={i + first}
          stop={stop === column.key}
          row={row}
          store={store}
        />
      ))}
      <Cell column={OPEN} place={shown.length + first} stop={stop === OPEN}>
        <button
          type="button"
          class="rw-button rw-quiet rw-square"
          tabIndex={-1}
          aria-label={`Details of ${called}`}
          aria-expanded={opened}
          title="Details (Enter)"
          data-open
        >
          <ChevronIcon />
        </button>
      </Cell>
    </div>
  );
}
