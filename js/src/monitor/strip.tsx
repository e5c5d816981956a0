/**
 * The line between the header and the table. It is always there, so that nothing jumps when a
 * row is selected: how many jobs match, then what can be done about those that are selected,
 * then the question, and then what became of it.
 */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import type { BulkKind, BulkProgress } from "../bulk.js";
import { count, plural } from "../format.js";
import type { Store } from "../store.js";
import type { Engine } from "../table/engine.js";
import type { Layout } from "../table/layout.js";
import { ColumnsMenu } from "./columns-menu.js";
import {
  type Question as Asked,
  concerned,
  meant,
  questionOf,
  type Selected,
  sortOut,
} from "./costs.js";
import { ExportMenu } from "./export-menu.js";
import { FilterMenu } from "./filters.js";
import { GroupSelect } from "./group-select.js";
import { askMany, stopAsking } from "./many.js";
import { NotifyToggle } from "./notify-toggle.js";
import { Report } from "./outcomes.js";
import { Question } from "./question.js";

interface Props {
  readonly table: Engine;
  readonly layout: Layout;
  readonly store: Store;
  readonly actions: Actions;
  /** The request that is told of; null where there is none. */
  readonly bulk: { value: ReadonlySignal<BulkProgress> | null };
}

/** Why there is nothing to be done, by what is asked. */
const NONE: Readonly<Record<BulkKind, string>> = {
  cancel: "All of them have ended",
  tag: "The service does not know them any more",
  untag: "None of them has a tag",
  delete: "Only jobs that have ended can be deleted",
};

interface ActProps {
  readonly kind: BulkKind;
  readonly verb: string;
  readonly selected: Selected;
  readonly busy: boolean;
  readonly asking: boolean;
  readonly onAsk: (kind: BulkKind) => void;
}

function Act({ kind, verb, selected, busy, asking, onAsk }: ActProps) {
  const n = concerned(kind, selected).length;
  const none = kind === "untag" ? selected.tags.size === 0 : n === 0;
  const why = none ? NONE[kind] : busy ? "One request after the other" : undefined;
  const numbered = kind === "cancel" || kind === "delete";
  return (
    <button
      type="button"
      class="rw-button"
      // In one piece, whatever of it is seen.
      aria-label={numbered && !none ? `${verb} ${plural(n, "job")}…` : undefined}
      aria-disabled={why !== undefined}
      aria-expanded={why === undefined ? asking : undefined}
      title={why}
      onClick={() => why === undefined && onAsk(kind)}
    >
      {verb}
      {numbered && !none && (
        <>
          {" "}
          {count(n)}
          <span class="rw-spare"> {n === 1 ? "job" : "jobs"}</span>
        </>
      )}
      …
    </button>
  );
}

/** "Reading your 5,000 newest jobs: 400 so far"; for as long as their pages come. */
function Reading({ store, all }: { store: Store; all: number }) {
  const source = store.source.value;
  if (!source?.loading || store.silentSince.value !== null) return null;
  const { limit, total } = source;
  const most = Math.min(total ?? Infinity, limit ?? Infinity);
  return (
    <span class="rw-row">
      Reading {source.words}: {count(all)}
      {Number.isFinite(most) ? ` of ${count(most)}` : " so far"}
      {Number.isFinite(most) && (
        <progress
          class="rw-progress"
          max={most}
          value={all}
          aria-label={`Reading ${source.words}`}
        />
      )}
    </span>
  );
}

interface UnselectedProps extends Pick<Props, "table" | "store" | "layout"> {
  /** The button that was pressed goes away with what it did: somebody has to have the keys. */
  readonly onGone: () => void;
}

/** What is said where nothing is selected. */
function Unselected({ table, store, layout, onGone }: UnselectedProps) {
  const all = table.totals.value.all.jobs;
  const matching = table.matching.value;
  const narrowed = matching !== all;
  return (
    <>
      <Reading store={store} all={all} />
      {narrowed && (
        <span class="rw-dim">
          {count(matching)} of {plural(all, "job")} match
        </span>
      )}
      {matching > 0 && (
        <button
          type="button"
          class="rw-button rw-quiet"
          onClick={() => {
            table.selectAllMatching();
            onGone();
          }}
        >
          Select {narrowed ? `the ${count(matching)} that match` : `all ${count(matching)}`}
        </button>
      )}
      <Unseen layout={layout} />
    </>
  );
}

/** By what the jobs are sorted without its title being there to say so. */
function Unseen({ layout }: Pick<Props, "layout">) {
  const titles = layout.unseen.value;
  if (titles.length === 0) return null;
  return <span class="rw-dim rw-unseen">sorted by {titles.join(", ").toLowerCase()}</span>;
}

interface ToolsProps extends Pick<Props, "table" | "store" | "layout"> {
  readonly some: boolean;
}

/** How the table looks, and what of it is taken away: there whatever is selected. */
function Tools({ table, store, layout, some }: ToolsProps) {
  return (
    <span class="rw-row rw-wrap rw-tools">
      <FilterMenu table={table} />
      <GroupSelect table={table} />
      <ColumnsMenu layout={layout} />
      <ExportMenu table={table} store={store} only={some ? "selected" : "matching"} />
      <NotifyToggle />
    </span>
  );
}

interface ChosenProps extends Props, UnselectedProps {
  readonly selected: Selected;
  readonly asking: BulkKind | null;
  readonly onAsk: (kind: BulkKind) => void;
}

function Chosen(props: ChosenProps) {
  const { table, actions, bulk, selected, asking, onAsk, onGone } = props;
  const { cancel, tags, remove } = actions.capabilities;
  const matching = table.matching.value;
  const chosen = selected.all.length;
  const unseen = chosen - table.selectedShown.value;
  const busy = bulk.value !== null && !bulk.value.value.finished;
  const act = (kind: BulkKind, verb: string) => (
    <Act {...{ kind, verb, selected, busy, onAsk }} asking={asking === kind} />
  );
  return (
    <>
      <b class="rw-strong">
        {count(chosen)} selected{unseen > 0 && `, ${count(unseen)} not shown`}
      </b>
      {cancel && act("cancel", "Cancel")}
      {tags && act("tag", "Tag")}
      {tags && act("untag", "Untag")}
      {remove && act("delete", "Delete")}
      <button
        type="button"
        class="rw-button rw-quiet"
        title="Esc in the table does so too"
        onClick={() => {
          table.clear();
          onGone();
        }}
      >
        Clear
      </button>
      {matching > chosen - unseen && (
        <button
          type="button"
          class="rw-button rw-quiet rw-all"
          onClick={() => {
            table.selectAllMatching();
            onGone();
          }}
        >
          Select all {count(matching)}
          {matching < table.totals.value.all.jobs && " that match"}
        </button>
      )}
    </>
  );
}

// Of so many the sums are made once a second, and not with each message.
const MANY = 2000;

/** The selected jobs, and what can be done about them as they are now; null where none are. */
function useSelected(table: Engine, store: Store): Selected | null {
  const second = useComputed(() => Math.floor(store.now));
  return useComputed(() => {
    const ids = table.selected.value;
    if (ids.size === 0) return null;
    void (ids.size > MANY ? second.value : store.version.value);
    return sortOut(table.rowsOf(ids), store.devices.value);
  }).value;
}

export function Strip(props: Props) {
  const { table, layout, store, actions, bulk } = props;
  const asking = useSignal<Asked | null>(null);
  const names = useRef(new Map<string, string | null>());
  const line = useRef<HTMLDivElement>(null);
  const selected = useSelected(table, store);
  const home = () => line.current?.querySelector<HTMLElement>("button")?.focus();
  const later = () => requestAnimationFrame(home);
  const close = () => {
    asking.value = null;
    later();
  };
  const ask = (what: BulkKind, ids: readonly string[], tags: readonly string[]) => {
    // Kept by name: a job that is deleted leaves the table before its outcome is read.
    for (const { id, name } of table.rowsOf(ids)) names.current.set(id, name);
    bulk.value = askMany(actions, what, ids, tags);
    asking.value = null;
  };
  const asked = asking.value;
  const jobIds = asked && !store.cutOff.value ? meant(asked, selected) : null;
  const lapsed = asked !== null && jobIds === null;
  useEffect(() => {
    // Others are selected now, or none that it could be asked for: the question was not about them.
    if (!lapsed) return;
    asking.value = null;
    // Its buttons had the keys, perhaps.
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body) {
      line.current?.querySelector<HTMLElement>("button")?.focus();
    }
  }, [lapsed, asking]);
  const kind = jobIds && asked ? asked.kind : null;
  return (
    <div class={`rw-strip ${selected ? "rw-chosen" : ""}`}>
      <div class="rw-row rw-wrap" ref={line}>
        <div class="rw-row rw-wrap rw-says">
          {selected ? (
            <Chosen
              {...props}
              selected={selected}
              onGone={later}
              asking={kind}
              onAsk={(next) => {
                asking.value = kind === next ? null : questionOf(next, selected);
              }}
            />
          ) : (
            <Unselected {...{ table, store, layout }} onGone={later} />
          )}
        </div>
        <Tools {...{ table, store, layout }} some={selected !== null} />
      </div>
      {kind !== null && selected && jobIds && (
        <Question
          key={asked}
          {...{ kind, selected, jobIds }}
          unseen={selected.all.length - table.selectedShown.value}
          onKeep={close}
          onConfirm={(ids, tags) => ask(kind, ids, tags)}
        />
      )}
      {bulk.value && (
        <Report
          key={bulk.value}
          progress={bulk.value}
          over={store.cutOff.value !== ""}
          nameOf={(id) => names.current.get(id) ?? null}
          onStop={() => bulk.value && stopAsking(bulk.value)}
          onAgain={(old, ids) => ask(old.kind, ids, old.tags)}
          onDismiss={() => {
            bulk.value = null;
            later();
          }}
        />
      )}
    </div>
  );
}
