/** The jobs by their state: as a bar, and as chips that say it in words. Both filter. */
import { useRef } from "preact/hooks";
import { count } from "../format.js";
import { StateIcon } from "../parts/icons.js";
import { arrowKeys } from "../parts/menu.js";
import type { Engine, Totals } from "../table/engine.js";
import { STATE_LABELS, type StateKey } from "../wire.gen.js";

// What has ended first, so that the bar fills up from its start as the count beside it says.
const ORDER: readonly StateKey[] = ["done", "failed", "cancelled", "running", "queued", "unknown"];

function present({ states }: Totals): readonly (readonly [StateKey, number])[] {
  return ORDER.flatMap((state) => {
    const n = states.get(state) ?? 0;
    return n ? [[state, n] as const] : [];
  });
}

/** Whether the table shows only jobs of this state, or none of them. */
function filterOf(table: Engine, state: StateKey): "only" | "not" | null {
  const found = table.filters.value.find(
    ({ facet, value }) => facet === "status" && value === state,
  );
  return found ? (found.exclude ? "not" : "only") : null;
}

const word = (state: StateKey) => STATE_LABELS[state].toLowerCase();

/** With Shift or Alt what is meant is "all but these". */
function excludes(event: MouseEvent | KeyboardEvent): boolean {
  return event.shiftKey || event.altKey;
}

interface Props {
  readonly table: Engine;
}

export function StateBar({ table }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  const parts = present(table.totals.value.all);
  const says = parts.map(([state, n]) => `${count(n)} ${word(state)}`).join(", ");
  return (
    <div
      class="rw-statebar"
      role="toolbar"
      aria-label={says ? `Jobs by state: ${says}` : "No jobs"}
      ref={bar}
      onKeyDown={(event) => arrowKeys(bar.current, event)}
    >
      {parts.map(([state, n], i) => (
        <button
          key={state}
          type="button"
          class={`rw-seg rw-is-${state}`}
          style={{ flexGrow: n }}
          tabIndex={i === 0 ? 0 : -1}
          aria-label={`${count(n)} ${word(state)}`}
          aria-pressed={filterOf(table, state) === "only"}
          title={`${count(n)} ${word(state)}: show only these; with Shift, all but these`}
          onClick={(event) => table.toggleFilter("status", state, excludes(event))}
        >
          <i />
        </button>
      ))}
    </div>
  );
}

export function StateChips({ table }: Props) {
  const onKeyDown = (state: StateKey) => (event: KeyboardEvent) => {
    if (!excludes(event) || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    table.toggleFilter("status", state, true);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-row rw-wrap rw-chips" role="group" aria-label="Show only">
      {present(table.totals.value.all).map(([state, n]) => {
        const filter = filterOf(table, state);
        const name = `${count(n)} ${word(state)}`;
        return (
          <button
            key={state}
            type="button"
            class={`rw-button rw-chip rw-is-${state} ${filter === "not" ? "rw-not" : ""}`}
            aria-pressed={filter !== null}
            aria-label={filter === "not" ? `${name}: not shown` : name}
            title="Click: only these. Shift-click: all but these."
            onClick={(event) => table.toggleFilter("status", state, excludes(event))}
            onKeyDown={onKeyDown(state)}
          >
            <StateIcon state={state} />
            {filter === "not" && "not "}
            <b>{count(n)}</b> {word(state)}
          </button>
        );
      })}
    </div>
  );
}
