/** How many jobs are in which state, what they used, and which of them to show. */
import { count, plural, seconds } from "../format.js";
import { StateIcon } from "../parts/icons.js";
import { STATE_LABELS, type StateKey } from "../wire.gen.js";
import type { MonitorModel, Totals } from "./model.js";

// What has ended first, so that the bar fills up from its start as the count beside it says.
const ORDER: readonly StateKey[] = ["done", "failed", "cancelled", "running", "queued", "unknown"];

function present({ states }: Totals): readonly [StateKey, number][] {
  return ORDER.flatMap((state) => {
    const n = states.get(state) ?? 0;
    return n ? [[state, n] as [StateKey, number]] : [];
  });
}

function StateBar({ totals }: { totals: Totals }) {
  const parts = present(totals);
  const says = parts.map(([state, n]) => `${count(n)} ${STATE_LABELS[state].toLowerCase()}`);
  return (
    <div class="rw-statebar" role="img" aria-label={says.join(", ") || "No jobs"}>
      {parts.map(([state, n]) => (
        <i key={state} class={`rw-seg rw-is-${state}`} style={{ flexGrow: n }} />
      ))}
    </div>
  );
}

function Chips({ model }: { model: MonitorModel }) {
  const chosen = model.states.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div class="rw-row rw-wrap rw-chips" role="group" aria-label="Show only">
      {present(model.totals.value).map(([state, n]) => (
        <button
          key={state}
          type="button"
          class={`rw-button rw-chip rw-is-${state}`}
          aria-pressed={chosen.has(state)}
          onClick={() => model.toggleState(state)}
        >
          <StateIcon state={state} />
          <b>{count(n)}</b> {STATE_LABELS[state].toLowerCase()}
        </button>
      ))}
    </div>
  );
}

function Usage({ usage, expected }: Totals) {
  if (usage === null && expected === null) return null;
  return (
    <span class="rw-end" title="Usage of all jobs here, as the service reports it">
      Usage <b>{seconds(usage)}</b>
      {expected !== null && expected > 0 && (
        <span class="rw-dim"> + ≈ {seconds(expected)} estimated</span>
      )}
    </span>
  );
}

export function Header({ model }: { model: MonitorModel }) {
  const totals = model.totals.value;
  return (
    <div class="rw-mon-head">
      <div class="rw-row rw-wrap">
        <b class="rw-strong">{plural(totals.jobs, "job")}</b>
        {totals.jobs > 0 && (
          <span class="rw-dim">{`${count(totals.final)} of ${count(totals.jobs)} ended`}</span>
        )}
        <Usage {...totals} />
      </div>
      <StateBar totals={totals} />
      <div class="rw-row rw-wrap">
        <input
          class="rw-input rw-search"
          type="search"
          aria-label="Search the jobs"
          placeholder="Search"
          value={model.search.value}
          onInput={(event) => {
            model.search.value = event.currentTarget.value;
          }}
        />
        <Chips model={model} />
      </div>
    </div>
  );
}
