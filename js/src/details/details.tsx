/** All that is known of one job, in tabs. Nothing is fetched before its tab is shown. */
import { type Signal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { codeFor } from "../cutoff.js";
import { factsOf } from "../facts.js";
import { ordinal, safeLink, shortId } from "../format.js";
import { CancelOutcome } from "../parts/cancel.js";
import { Cancelling } from "../parts/cancelling.js";
import { CopyButton } from "../parts/copy.js";
import { Facts } from "../parts/facts.js";
import { CrossIcon, LinkIcon } from "../parts/icons.js";
import { ErrorNote, GoneNote, MemoryNote } from "../parts/notes.js";
import { nowOf, QueueNote, RowBadge } from "../parts/row.js";
import { Tags } from "../parts/tags.js";
import type { Row, Store } from "../store.js";
import { Inputs } from "./inputs.js";
import { Logs } from "./logs.js";
import { JobDetails } from "./model.js";
import { Raw } from "./raw.js";
import { Results } from "./results.js";
import { Tabs } from "./tabs.js";
import { Timeline } from "./timeline.js";

export type Tab = "timeline" | "results" | "inputs" | "logs" | "raw";

interface Props {
  readonly row: Row;
  readonly store: Store;
  readonly actions: Actions;
  readonly onClose?: () => void;
  /** Which tab is open, where somebody else decides too. */
  readonly tab?: Signal<Tab>;
  /** In a card: what the card says already is left out. */
  readonly inCard?: boolean;
}

const TITLES: readonly (readonly [Tab, string])[] = [
  ["timeline", "Timeline"],
  ["results", "Results"],
  ["inputs", "Inputs"],
  ["logs", "Logs"],
  ["raw", "Raw"],
];

/** Those that can be fetched: of a job that nobody can be asked about there is its timeline. */
function tabsOf({ capabilities }: Actions, row: Row): readonly (readonly [Tab, string])[] {
  const memory = row.get("as_of") !== null;
  return TITLES.filter(([key]) => {
    if (key === "timeline") return true;
    return !memory && (key === "logs" ? capabilities.logs : capabilities.details);
  });
}

function Identity({ row, onClose }: Pick<Props, "row" | "onClose">) {
  const id = row.get("id");
  const name = row.get("name");
  const what = `${row.get("program")} on ${row.get("device")}`;
  return (
    <>
      <div class="rw-row">
        <RowBadge row={row} />
        {onClose && (
          <span class="rw-end">
            <button
              type="button"
              class="rw-button rw-quiet rw-square"
              aria-label="Close the details"
              title="Close (Esc)"
              onClick={onClose}
            >
              <CrossIcon />
            </button>
          </span>
        )}
      </div>
      <div class="rw-row rw-wrap rw-drawer-name">
        <b class="rw-clip" title={name ?? what}>
          {name ?? what}
        </b>
        <span class="rw-row rw-id">
          <code class="rw-mono rw-dim" title={id}>
            {shortId(id)}
          </code>
          <CopyButton text={id} what="job id" />
        </span>
        {name && <span class="rw-dim">{what}</span>}
      </div>
    </>
  );
}

/** What few jobs have. */
function More({ row }: Pick<Props, "row">) {
  const session = row.get("session");
  const attempts = row.get("attempts") ?? 1;
  const parts = [
    session && `In session ${shortId(session)}`,
    row.get("private") && "Private",
    attempts > 1 && `${ordinal(attempts)} attempt`,
  ].filter(Boolean);
  if (!parts.length) return null;
  return (
    <div class="rw-dim" title={session ?? undefined}>
      {parts.join(" · ")}
    </div>
  );
}

function RowFacts({ row, store }: Pick<Props, "row" | "store">) {
  void store.version.value;
  const now = nowOf(row, store);
  return <Facts facts={factsOf(row.raw, row.device, now, row.get("final") ? now : store.now)} />;
}

/** What the card says of itself, for where there is no card. */
function Head({ row, store, actions, onClose }: Props) {
  const id = row.get("id");
  const error = row.get("error");
  const asOf = row.get("as_of");
  return (
    <div class="rw-drawer-head">
      <Identity row={row} {...(onClose && { onClose })} />
      <div class="rw-row rw-wrap">
        <Tags
          tags={row.get("tags")}
          editable={actions.capabilities.tags && !row.get("gone") && asOf === null}
          onChange={(tags, onSlow) => actions.setTags(id, tags, onSlow)}
        />
      </div>
      <More row={row} />
      <RowFacts row={row} store={store} />
      <QueueNote row={row} />
      {error && <ErrorNote error={error} />}
      {row.get("gone") && <GoneNote />}
    </div>
  );
}

function Foot({ row, children }: Pick<Props, "row"> & { children: ComponentChildren }) {
  const link = safeLink(row.get("link"), row.get("id"));
  return (
    <div class="rw-row rw-wrap rw-drawer-foot">
      {children}
      <CopyButton text={codeFor(row.get("id"))} what="as code" label="Copy as code" />
      {link && (
        <a class="rw-link" href={link} target="_blank" rel="noopener">
          <LinkIcon />
          <span>On the service’s page</span>
        </a>
      )}
    </div>
  );
}

function Shown({
  tab,
  row,
  store,
  details,
}: Pick<Props, "row" | "store"> & { tab: Tab; details: JobDetails }) {
  if (tab === "timeline") return <Timeline row={row} store={store} />;
  if (tab === "results") return <Results row={row} store={store} details={details} />;
  if (tab === "inputs") return <Inputs details={details} />;
  if (tab === "logs") return <Logs row={row} store={store} details={details} />;
  return <Raw row={row} store={store} details={details} />;
}

export function Details(props: Props) {
  const { row, store, actions, inCard = false } = props;
  const own = useSignal<Tab>("timeline");
  const open = props.tab ?? own;
  const root = useRef<HTMLDivElement>(null);
  const id = row.get("id");
  // Another job has details of its own: answers about the one before go nowhere, and a question
  // that was asked about that one is not this one's.
  const asking = useMemo(() => signal(false), [id]);
  const details = useMemo(
    () => new JobDetails(id, actions, () => store.today),
    [id, actions, store],
  );
  const tabs = tabsOf(actions, row);
  // The one before may have had a tab that this one has not.
  const shown = tabs.some(([key]) => key === open.value) ? open.value : "timeline";
  const asOf = row.get("as_of");
  return (
    <div class="rw-details" ref={root}>
      {!inCard && <Head key={id} {...props} />}
      {asOf !== null && <MemoryNote at={asOf} now={store.now} />}
      <Tabs
        tabs={tabs}
        shown={shown}
        onOpen={(key) => {
          open.value = key;
        }}
        label={`Details of job ${shortId(id)}`}
      >
        <Shown key={`${id} ${shown}`} tab={shown} row={row} store={store} details={details} />
      </Tabs>
      {!inCard && (
        <CancelOutcome progress={actions.cancelling(id).value} final={row.get("final")} />
      )}
      <Foot row={row}>
        {!inCard && (
          <Cancelling
            key={id}
            row={row}
            actions={actions}
            asking={asking}
            heir={() => root.current}
          />
        )}
      </Foot>
    </div>
  );
}
