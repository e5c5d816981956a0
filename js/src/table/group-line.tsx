/** A group's line: what it is called, and what its jobs come to. */
import { count, plural, seconds } from "../format.js";
import { ChevronIcon } from "../parts/icons.js";
import { STATE_LABELS, type StateKey } from "../wire.gen.js";
import type { Group } from "./groups.js";
import { Cell, type LineProps, lineStyle, useStop } from "./line.js";

const ORDER: readonly StateKey[] = ["running", "queued", "unknown", "failed", "cancelled", "done"];

/** "6 jobs · 2 running, 4 done · 26.9 s used + ≈ 8 s estimated"; nothing that is not known. */
export function groupWords({ totals }: Pick<Group, "totals">): string {
  const { jobs, states, usage, expected } = totals;
  const parts = ORDER.flatMap((state) => {
    const n = states.get(state) ?? 0;
    return n ? [`${count(n)} ${STATE_LABELS[state].toLowerCase()}`] : [];
  });
  const figures = [
    usage === null ? "" : `${seconds(usage)} used`,
    expected === null ? "" : `≈ ${seconds(expected)} estimated`,
  ].filter(Boolean);
  return [plural(jobs, "job"), parts.join(", "), figures.join(" + ")].filter(Boolean).join(" · ");
}

export function GroupLine(props: LineProps & { group: Group; open: boolean }) {
  const { grid, line, index, level, group, open } = props;
  const { column, ref } = useStop(grid, line);
  const columns = grid.layout.shown.value.length + (grid.layout.boxes.value ? 2 : 1);
  return (
    <div
      role="row"
      class="rw-line rw-group"
      style={lineStyle(index)}
      data-line={line}
      data-group={group.value}
      aria-rowindex={index + 2}
      aria-level={level}
      aria-expanded={open}
      ref={ref}
    >
      <Cell role="rowheader" column="group" place={1} span={columns} stop={column !== null}>
        <span class={`rw-twist ${open ? "rw-turned" : ""}`}>
          <ChevronIcon />
        </span>
        <b class="rw-clip" title={group.value}>
          {group.label}
        </b>
        <span class="rw-dim rw-clip">{groupWords(group)}</span>
      </Cell>
    </div>
  );
}
