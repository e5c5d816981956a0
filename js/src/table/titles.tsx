/** The line of titles: sorts by a click, is drawn wider at its edge, and moved by its middle. */
import { ordinal } from "../format.js";
import { TITLES } from "./active.js";
import type { ShownColumn } from "./layout.js";
import { Cell, type GridContext, OPEN, SELECT, stopAmong, useStop } from "./line.js";
import type { Drop } from "./pointer.js";

interface TitleProps {
  readonly grid: GridContext;
  readonly column: ShownColumn;
  readonly place: number;
  readonly stop: boolean;
  /** Where beside it a dragged column would be put. */
  readonly drop: "before" | "after" | null;
}

function Title({ grid, column: { key, title, hint, numeric }, place, stop, drop }: TitleProps) {
  const sorts = grid.engine.sort.value;
  const at = sorts.findIndex((one) => one.key === key);
  const order = sorts[at]?.descending ? "descending" : "ascending";
  return (
    <div
      role="columnheader"
      class={`rw-cell rw-c-${key} ${numeric ? "rw-num" : ""} ${drop ? `rw-drop-${drop}` : ""}`}
      data-column={key}
      data-title={key}
      aria-colindex={place}
      // Only of the first: ARIA knows of one.
      aria-sort={at === 0 ? order : "none"}
      tabIndex={stop ? 0 : -1}
      title={hint}
      draggable
    >
      <span class="rw-clip">{title}</span>
      {at > 0 && <span class="rw-sr">{`, then ${order}, ${ordinal(at + 1)}`}</span>}
      <span class="rw-arrow" aria-hidden="true">
        {at >= 0 && (sorts[at]?.descending ? "▾" : "▴")}
        {at >= 0 && sorts.length > 1 && <small>{at + 1}</small>}
      </span>
      <span class="rw-resize" data-resize={key} aria-hidden="true" />
    </div>
  );
}

interface Props {
  readonly grid: GridContext;
  readonly drop: Drop | null;
}

export function Titles({ grid, drop }: Props) {
  const { engine, layout } = grid;
  const shown = layout.shown.value;
  const boxes = layout.boxes.value;
  const { column, ref } = useStop(grid, TITLES);
  const all = engine.selection.value;
  const first = boxes ? 2 : 1;
  const stop = stopAmong(column, [
    ...shown.map(({ key }) => key),
    OPEN,
    ...(boxes ? [SELECT] : []),
  ]);
  return (
    <div role="row" class="rw-line rw-titles" data-line={TITLES} aria-rowindex={1} ref={ref}>
      {boxes && (
        <Cell role="columnheader" column={SELECT} place={1} stop={stop === SELECT}>
          <input
            type="checkbox"
            tabIndex={-1}
            checked={all === "all"}
            indeterminate={all === "some"}
            aria-label="Select all jobs that match"
          />
        </Cell>
      )}
      {shown.map((one, i) => (
        <Title
          key={one.key}
          grid={grid}
          column={one}
          place={i + first}
          stop={stop === one.key}
          drop={drop?.key === one.key ? (drop.after ? "after" : "before") : null}
        />
      ))}
      <Cell role="columnheader" column={OPEN} place={shown.length + first} stop={stop === OPEN}>
        <span class="rw-sr">Details</span>
      </Cell>
    </div>
  );
}
