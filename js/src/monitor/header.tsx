/** How far the jobs are, what they used, and which of them to look at. */
import { useComputed } from "@preact/signals";
import { count, plural, seconds, timeOfDay } from "../format.js";
import type { Store } from "../store.js";
import type { Engine, Totals } from "../table/engine.js";
import { flagOf, numberOf } from "../table/ranks.js";
import { Budgets } from "../usage/budgets.js";
import { UsageMeter } from "../usage/meter.js";
import { StateBar, StateChips } from "./bar.js";
import { ActiveFilters, Search } from "./filters.js";
import { type Ended, OLDEST_S, type Open, type Pace, paceOf, paceWords, toGo } from "./pace.js";

// The pace is told anew this often, and not with each change: a figure that flickers says less.
const PACE_S = 5;

interface Props {
  readonly table: Engine;
  readonly store: Store;
}

interface Standings {
  readonly ends: readonly Ended[];
  readonly open: ReadonlyMap<string, Open>;
}

/** The latest ends, and as which: without a row for each of perhaps very many jobs. */
function standings(store: Store, since: number): Standings {
  const { columns } = store;
  const [at, final] = [numberOf(store, "ended"), flagOf(store, "final")];
  const [ends, open] = [[] as Ended[], new Map<string, Open>()];
  const [estimate, used] = [numberOf(store, "usage_estimate_s"), numberOf(store, "usage_s")];
  for (const slot of columns.slots.values()) {
    const [ended, over] = [at(slot), final(slot) || columns.get(slot, "gone")];
    if (over && !(ended > since)) continue;
    const device = columns.get(slot, "device");
    if (!over) {
      const { jobs, expected } = open.get(device) ?? { jobs: 0, expected: 0 };
      const rest = Math.max(0, (estimate(slot) || 0) - (used(slot) || 0));
      open.set(device, { jobs: jobs + 1, expected: expected + rest });
    } else
      ends.push({
        device,
        ended,
        started: columns.get(slot, "started"),
        state: columns.get(slot, "state"),
      });
  }
  return { ends, open };
}

function usePace(store: Store) {
  const beat = useComputed(() => Math.floor(store.asOf / PACE_S));
  return useComputed(() => {
    void beat.value;
    if (store.silentSince.value !== null || store.open.value === 0) return null;
    const { ends, open } = standings(store, store.today - OLDEST_S);
    const pace = paceOf(ends, store.today);
    return pace && { ...pace, rest: toGo(open, ends, store.today) };
  });
}

/** "284 jobs", "184 done · 6 a minute · est. 14 min to go". */
function Standing({ table, store }: Props) {
  const { jobs, final } = table.totals.value.all;
  const pace = usePace(store).value;
  const since = store.silentSince.value;
  const open = store.open.value;
  const ended = final === jobs ? "all ended" : `${count(final)} of ${count(jobs)} ended`;
  const told = since === null && pace && open > 0 ? pace : null;
  const rest = told?.rest;
  return (
    <span class="rw-standing">
      <b class="rw-strong">{plural(jobs, "job")}</b>
      {since !== null && (
        <span class="rw-not-live">Not live since {timeOfDay(since, store.today, true)}</span>
      )}
      {jobs > 0 && <span class="rw-dim rw-ended">{ended}</span>}
      {told && (
        <span class="rw-dim" title={sourceOf(told, store.today)}>
          {["", paceWords(told), rest].filter((one) => one !== null).join(" · ")}
        </span>
      )}
    </span>
  );
}

/** What the pace is told from. */
function sourceOf({ ends, since }: Pace, now: number): string {
  const from = timeOfDay(since, now, true);
  return `By the last ${count(ends)} jobs that were done or failed, since ${from}`;
}

const RUNNING_TOO =
  " What running jobs have used so far is in it; an instance may count them when they have ended.";

/** What the jobs here have used; with the instance's usage beside it, what is to come is there. */
function Usage({ usage, expected, store }: Totals & Pick<Props, "store">) {
  if (usage === null && expected === null) return null;
  const beside = store.usage.value.some(({ used_s: used }) => used !== null);
  const running = store.open.value > 0 && beside ? RUNNING_TOO : "";
  return (
    <span class="rw-spent" title={`Usage of all jobs here, as the service reports it.${running}`}>
      {beside ? "Jobs here" : "Usage"} <b>{seconds(usage)}</b>
      {!beside && expected !== null && expected > 0 && (
        <span class="rw-dim"> + ≈ {seconds(expected)} estimated</span>
      )}
    </span>
  );
}

export function Header({ table, store }: Props) {
  return (
    <div class="rw-mon-head">
      <div class="rw-row rw-wrap rw-first">
        <Standing table={table} store={store} />
        <div class="rw-costs">
          <Usage {...table.totals.value.all} store={store} />
          <UsageMeter store={store} expected={table.totals.value.all.expected} />
        </div>
      </div>
      <StateBar table={table} />
      <Budgets store={store} />
      <div class="rw-row rw-wrap">
        <Search table={table} />
        <StateChips table={table} />
      </div>
      <ActiveFilters table={table} />
    </div>
  );
}
