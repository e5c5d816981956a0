/** One row, rendered again only when a field that it shows has changed. */
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import type { Actions } from "../actions.js";
import { RowBadge } from "../card.js";
import { position } from "../facts.js";
import { age, count, DASH, duration, roughly, safeLink, seconds, shortId } from "../format.js";
import { CancelButton, CancelOutcome, CancelQuestion } from "../parts/cancel.js";
import { ErrorNote, GoneNote } from "../parts/notes.js";
import { TagList } from "../parts/tags.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import { elapsed } from "./columns.js";

export interface RowProps {
  readonly row: Row;
  readonly store: Store;
  readonly actions: Actions;
}

function NameCell({ row }: { row: Row }) {
  const id = row.get("id");
  const name = row.get("name");
  const link = safeLink(row.get("link"));
  const text = name ?? <span class="rw-mono">{shortId(id)}</span>;
  return (
    <th scope="row" class="rw-c-name" title={name ? `${name}\n${id}` : id}>
      {link ? (
        <a class="rw-name-link" href={link} target="_blank" rel="noopener">
          {text}
        </a>
      ) : (
        text
      )}
      {name && <span class="rw-mono rw-dim rw-name-id"> {shortId(id)}</span>}
    </th>
  );
}

/** Ticks by itself while the job is not final. */
function ElapsedCell({ row, store }: Omit<RowProps, "actions">) {
  row.get("created");
  row.get("ended");
  const now = row.get("final") ? 0 : store.now;
  const length = elapsed(row.raw, now);
  return <td class="rw-c-elapsed rw-num">{length === null ? DASH : duration(length)}</td>;
}

function waitOf(row: Row, now: number): readonly [text: string, title: string] {
  const [created, started] = [row.get("created"), row.get("started")];
  if (created !== null && started !== null) return [duration(started - created), "Waited"];
  if (row.get("final")) return [DASH, "It was not seen to start"];
  const queue_length = row.get("queue_length");
  const place = position({ queue_position: row.get("queue_position"), queue_length });
  if (place !== null) return [place, "Place in the queue"];
  const p50 = row.get("device_wait_p50_s");
  const note = row.get("queue_note") ?? "The service gives no place in the queue";
  if (p50 === null) return [DASH, note];
  const read = row.get("device_as_of");
  const jobs = row.get("device_queue");
  const more = [
    `Half of the jobs waited less than ${roughly(p50)} on this device`,
    jobs === null ? null : `${count(jobs)} in its queue`,
    read === null ? null : age(read, now),
  ];
  return [`p50 ${roughly(p50)}`, more.filter(Boolean).join(" · ")];
}

function WaitCell({ row, store }: Omit<RowProps, "actions">) {
  const [text, title] = waitOf(row, store.today);
  return (
    <td class="rw-c-wait rw-dim" title={title}>
      {text}
    </td>
  );
}

type Open = Signal<"cancel" | "why" | null>;

interface Opening extends Omit<RowProps, "store"> {
  readonly open: Open;
  readonly opener: RefObject<HTMLButtonElement | null>;
}

/** What can be done about a job: cancel it, or ask why it failed. */
function ActionCell({ row, actions, open, opener }: Opening) {
  const id = row.raw.id;
  const label = row.get("name") ?? shortId(id);
  const toggle = (what: "cancel" | "why") => () => {
    open.value = open.value === what ? null : what;
  };
  const live = !row.get("final") && !row.get("gone");
  const explains = row.get("error") !== null || row.get("gone");
  return (
    <td class="rw-c-action">
      {live && actions.capabilities.cancel && (
        <CancelButton
          job={{ cancel_asked: row.get("cancel_asked") }}
          progress={actions.cancelling(id).value}
          asking={open.value === "cancel"}
          onAsk={toggle("cancel")}
          label={label}
          buttonRef={opener}
        />
      )}
      {!live && explains && (
        <button
          type="button"
          class="rw-button"
          aria-expanded={open.value === "why"}
          aria-label={`Why ${label} ended so`}
          onClick={toggle("why")}
        >
          Why?
        </button>
      )}
    </td>
  );
}

/** What belongs to the row and needs more room than it has. */
function Detail({ row, actions, open, opener }: Opening) {
  const id = row.raw.id;
  const progress = actions.cancelling(id).value;
  const [error, final] = [row.get("error"), row.get("final")];
  if (open.value === "cancel" && !final) {
    const close = () => {
      open.value = null;
      opener.current?.focus();
    };
    return (
      <CancelQuestion
        job={{ state: row.get("state"), simulator: row.get("simulator") }}
        onConfirm={() => {
          close();
          void actions.cancel(id);
        }}
        onKeep={close}
      />
    );
  }
  if (open.value === "why" && error) {
    const onLogs = (onSlow: (why: string) => void) => actions.logs(id, onSlow);
    return <ErrorNote error={error} onLogs={actions.capabilities.logs ? onLogs : null} />;
  }
  if (open.value === "why" && row.get("gone")) return <GoneNote />;
  return <CancelOutcome progress={progress} final={final} />;
}

/** How many cells the header shows at this width: a wider cell would add ghost columns. */
function visibleColumns(from: Element | null): number {
  const cells = from?.closest("table")?.querySelectorAll("thead th") ?? [];
  return [...cells].filter((cell) => getComputedStyle(cell).display !== "none").length || 1;
}

export function TableRow({ row, store, actions }: RowProps) {
  const open: Open = useSignal(null);
  const line = useRef<HTMLTableRowElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const progress = actions.cancelling(row.raw.id).value;
  const final = row.get("final");
  const says =
    (open.value !== null && !(open.value === "cancel" && final)) ||
    (!final && progress.step === "refused") ||
    (progress.step === "asked" && progress.hint !== undefined);
  return (
    <>
      <tr ref={line}>
        <td class="rw-c-status">
          <RowBadge row={row} />
        </td>
        <NameCell row={row} />
        <td class="rw-c-program">{row.get("program")}</td>
        <td class="rw-c-device">{row.get("device")}</td>
        <td class="rw-c-tags">
          <TagList tags={row.get("tags")} />
        </td>
        <td class="rw-c-created">
          <Moment at={row.get("created")} now={store.today} />
        </td>
        <ElapsedCell row={row} store={store} />
        <WaitCell row={row} store={store} />
        <td class="rw-c-estimate rw-num rw-dim">{seconds(row.get("usage_estimate_s"))}</td>
        <td class="rw-c-usage rw-num">{seconds(row.get("usage_s"))}</td>
        <ActionCell row={row} actions={actions} open={open} opener={opener} />
      </tr>
      {says && (
        <tr class="rw-detail">
          <td colSpan={visibleColumns(line.current)}>
            <Detail row={row} actions={actions} open={open} opener={opener} />
          </td>
        </tr>
      )}
    </>
  );
}
