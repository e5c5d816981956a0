/** What each column shows of a row. */
import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { position } from "../facts.js";
import { age, count, DASH, duration, roughly, safeLink, seconds, shortId } from "../format.js";
import { RowBadge } from "../parts/row.js";
import { TagList } from "../parts/tags.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import type { ColumnKey } from "./columns.js";
import { elapsed } from "./ranks.js";

interface CellProps {
  readonly row: Row;
  readonly store: Store;
}

function Name({ row }: CellProps) {
  const id = row.get("id");
  const name = row.get("name") ?? row.get("tags")[0] ?? null;
  const link = safeLink(row.get("link"));
  // Both are written, and the style sheet shows the one that there is room for.
  const both = (
    <>
      <span class="rw-id-whole">{id}</span>
      <span class="rw-id-short">{shortId(id)}</span>
    </>
  );
  const text = name ?? <span class="rw-mono">{both}</span>;
  return (
    <span title={name ? `${name}\n${id}` : id}>
      {link ? (
        <a class="rw-name-link" href={link} target="_blank" rel="noopener" tabIndex={-1}>
          {text}
        </a>
      ) : (
        text
      )}
      {name && <span class="rw-mono rw-dim rw-name-id"> {both}</span>}
    </span>
  );
}

/** Ticks by itself while the job is not final. */
function Elapsed({ row, store }: CellProps) {
  // Computed apart, so that a message renders only the cells that say something else.
  const text = useComputed(() => {
    for (const name of ["created", "ended", "gone", "updated"] as const) row.get(name);
    const final = row.get("final");
    const length = elapsed(row.raw, final ? 0 : store.asOf);
    return length === null || final ? seconds(length) : duration(length);
  });
  return <>{text.value}</>;
}

function waitOf(row: Row, now: number): readonly [text: string, title: string] {
  const [created, started] = [row.get("created"), row.get("started")];
  if (created !== null && started !== null)
    return [seconds(Math.max(0, started - created)), "Waited"];
  if (row.get("final")) return [DASH, "It was not seen to start"];
  const queue_length = row.get("queue_length");
  const place = position({ queue_position: row.get("queue_position"), queue_length });
  if (place !== null) return [place, "Place in the queue"];
  const { wait_p50_s: p50 = null, queue: jobs = null, as_of: read = null } = row.device ?? {};
  const note = row.get("queue_note") ?? "The service gives no place in the queue";
  if (p50 === null) return [DASH, note];
  const more = [
    `Half of the jobs waited less than ${roughly(p50)} on this device`,
    jobs === null ? null : `${count(jobs)} in its queue`,
    read === null ? null : age(read, now),
  ];
  return [`p50 ${roughly(p50)}`, more.filter(Boolean).join(" · ")];
}

function Wait({ row, store }: CellProps) {
  const [text, title] = waitOf(row, store.today);
  return (
    <span class="rw-dim" title={title}>
      {text}
    </span>
  );
}

function Session({ row, store }: CellProps) {
  const id = row.get("session");
  if (id === null) return <span class="rw-dim">{DASH}</span>;
  const found = store.sessions.value.find((one) => one.id === id);
  const title = [found?.mode === "batch" ? "Batch" : "Session", id, found?.label].filter(Boolean);
  return (
    <span class="rw-mono" title={title.join(" ")}>
      {shortId(id)}
    </span>
  );
}

export const CELLS: Readonly<Record<ColumnKey, (props: CellProps) => ComponentChildren>> = {
  status: RowBadge,
  name: Name,
  program: ({ row }) => row.get("program"),
  device: ({ row }) => row.get("device"),
  tags: ({ row }) => <TagList tags={row.get("tags")} />,
  created: ({ row, store }) => <Moment at={row.get("created")} now={store.today} />,
  elapsed: Elapsed,
  wait: Wait,
  estimate: ({ row }) => <span class="rw-dim">{seconds(row.get("usage_estimate_s"))}</span>,
  usage: ({ row }) => seconds(row.get("usage_s")),
  session: Session,
};
