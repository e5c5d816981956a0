/** One job: what it is, where it stands, and what can be done about it. */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "./actions.js";
import { Announcer } from "./announcer.js";
import { join, MANY } from "./crowd.js";
import { Details, type Tab } from "./details/details.js";
import { factsOf, headline, inAll, RAN } from "./facts.js";
import { ordinal, safeLink, shortId } from "./format.js";
import { useSight } from "./look.js";
import { CancelOutcome } from "./parts/cancel.js";
import { Cancelling } from "./parts/cancelling.js";
import { CopyButton } from "./parts/copy.js";
import { Facts } from "./parts/facts.js";
import { hasFocus } from "./parts/focus.js";
import { ChevronIcon, LinkIcon } from "./parts/icons.js";
import { ErrorNote, GoneNote, SilenceNote } from "./parts/notes.js";
import { nowOf, QueueNote, RowBadge } from "./parts/row.js";
import { Tags } from "./parts/tags.js";
import { Moment } from "./parts/time.js";
import { TimeBar } from "./parts/timebar.js";
import type { Row, Store } from "./store.js";

interface Props {
  readonly row: Row;
  readonly store: Store;
  readonly actions: Actions;
}

function Title({ row, line }: { row: Row; line: boolean }) {
  const link = safeLink(row.get("link"), row.get("id"));
  // Lines below each other are told apart by what their tags say, which a line does not show.
  const name = row.get("name") ?? (line ? row.get("tags").join(" · ") : "");
  const what = `${row.get("program")} on ${row.get("device")}`;
  return (
    <span class="rw-title" title={name ? `${name}: ${what}` : what}>
      <b class="rw-clip">
        {name && `${name}: `}
        {what}
      </b>
      {link && (
        <a
          class="rw-link"
          href={link}
          target="_blank"
          rel="noopener"
          aria-label="Open on the service’s page, in a new tab"
          title="Open on the service’s page"
        >
          <LinkIcon />
        </a>
      )}
    </span>
  );
}

function InAll({ row, store }: Pick<Props, "row" | "store">) {
  void store.version.value;
  const text = inAll(row.raw, nowOf(row, store));
  // Before what stands still, in a place of its own width: its growing moves nothing.
  return text && <span class="rw-inall">{text} · </span>;
}

function Headline({ row, store }: Pick<Props, "row" | "store">) {
  void store.version.value;
  const said = headline(row.raw, nowOf(row, store));
  return (
    <span class="rw-headline rw-dim" title={row.get("final") ? RAN : "Place in the queue, or time"}>
      {said}
    </span>
  );
}

function Identity({ row, store, actions }: Props) {
  const id = row.get("id");
  const attempts = row.get("attempts") ?? 1;
  const created = row.get("created");
  return (
    <div class="rw-row rw-wrap rw-identity">
      <span class="rw-row rw-id">
        <code class="rw-mono rw-dim rw-long" title={id}>
          {id}
        </code>
        <code class="rw-mono rw-dim rw-short" title={id}>
          {shortId(id)}
        </code>
        <CopyButton text={id} what="job id" />
      </span>
      <Tags
        tags={row.get("tags")}
        editable={actions.capabilities.tags && !row.get("gone")}
        onChange={(tags, onSlow) => actions.setTags(id, tags, onSlow)}
      />
      <span class="rw-end rw-dim">
        <InAll row={row} store={store} />
        {row.get("private") && "Private · "}
        {attempts > 1 && `${ordinal(attempts)} attempt · `}
        Created <Moment at={created} now={store.today} precise />
      </span>
    </div>
  );
}

/** What ticks: the only part that is rendered each second. */
function Progress({ row, store }: Pick<Props, "row" | "store">) {
  // Read through the version, so that any field of the row counts.
  void store.version.value;
  const job = row.raw;
  const now = nowOf(row, store);
  const { state, final, created, started, ended } = job;
  return (
    <>
      <TimeBar {...{ state, final, created, started, ended, now }} />
      <Facts facts={factsOf(job, row.device, now, final ? now : store.now)} />
    </>
  );
}

function Notes({
  row,
  store,
  onLogs,
}: Pick<Props, "row" | "store"> & { onLogs: (() => void) | null }) {
  const error = row.get("error");
  const id = row.get("id");
  return (
    <>
      <QueueNote row={row} />
      {error && (
        <ErrorNote error={error}>
          {onLogs && (
            <button type="button" class="rw-button" onClick={onLogs}>
              Logs
            </button>
          )}
        </ErrorNote>
      )}
      {row.get("gone") && <GoneNote />}
      <SilenceNote store={store} jobId={id} />
    </>
  );
}

/** Whether the card is one of many: then it is a line, but for what somebody is busy with. */
function useLine(card: RefObject<HTMLElement | null>, open: Signal<boolean>, there: boolean) {
  const line = useSignal(false);
  useLayoutEffect(() => {
    if (!card.current) return;
    const { count, leave } = join(card.current);
    const stop = count.subscribe((cards) => {
      const body = card.current?.querySelector<HTMLElement>(".rw-body") ?? null;
      if (cards >= MANY && !line.peek() && hasFocus(body)) open.value = true;
      line.value = cards >= MANY;
    });
    return () => {
      stop();
      leave();
    };
  }, [card, open, line, there]);
  return line;
}

/** Opens the details; of the one-line form, all the rest too. */
function More({ open }: { open: Signal<boolean> }) {
  return (
    <button
      type="button"
      class="rw-button rw-quiet rw-more"
      aria-expanded={open.value}
      aria-label="Details"
      onClick={() => {
        open.value = !open.value;
      }}
    >
      <span class="rw-more-word">Details</span>
      <ChevronIcon />
    </button>
  );
}

export function Card({ store, actions, label }: Omit<Props, "row"> & { label: string }) {
  const open = useSignal(false);
  const tab = useSignal<Tab>("timeline");
  const card = useRef<HTMLDivElement>(null);
  const asking = useSignal(false);
  // Which job there is; its fields are the parts' affair.
  const only = useComputed(() => {
    void store.version.value;
    return store.rows.values().next().value;
  });
  const row = only.value;
  const line = useLine(card, open, row !== undefined);
  const ended = row ? row.get("final") || row.get("gone") : true;
  useSight(actions, card, row ? [row.raw.id] : [], !ended);
  if (!row) {
    return <div class="rw-card rw-dim">This view has no job. Show one with service.job(id).</div>;
  }
  const progress = actions.cancelling(row.raw.id);
  const onLogs = () => {
    tab.value = "logs";
    open.value = true;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings looks of its own
    <div
      class="rw-card"
      role="group"
      aria-label={label || `Job ${row.raw.id}`}
      data-open={open.value}
      data-line={line.value}
      ref={card}
    >
      <div class="rw-row rw-head">
        <RowBadge row={row} />
        <code class="rw-mono rw-dim rw-line-id">{shortId(row.raw.id)}</code>
        <Title row={row} line={line.value && !open.value} />
        <Headline row={row} store={store} />
        <Cancelling row={row} actions={actions} asking={asking} heir={() => card.current}>
          <More open={open} />
        </Cancelling>
      </div>
      <CancelOutcome progress={progress.value} final={row.get("final")} />
      <div class="rw-body">
        <Identity row={row} store={store} actions={actions} />
        <Progress row={row} store={store} />
      </div>
      <Notes row={row} store={store} onLogs={actions.capabilities.logs ? onLogs : null} />
      {open.value && <Details row={row} store={store} actions={actions} tab={tab} inCard />}
      <Announcer store={store} />
    </div>
  );
}
