/** What each column shows of a job. */
import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { position } from "../facts.js";
import { count, DASH, duration, ordinal, roughly, seconds, shortId, timeOfDay } from "../format.js";
import { RowBadge } from "../parts/row.js";
import { TagList } from "../parts/tags.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import type { ShownColumn } from "./layout.js";
import { elapsed } from "./ranks.js";

// Of a cell, in pixels, at both sides.
const PADDING = 16;

export interface Shown {
  readonly content: ComponentChildren;
  /** Said on hover: all of what is cut short, or where a figure is from. */
  readonly title?: string | undefined;
}

/** The user's label; else the tags, of which the first is the name, and else the id. */
function name(row: Row): Shown {
  const { id } = row;
  const [first, ...others] = row.get("tags");
  const label = row.get("name");
  const said = label ?? first;
  if (said === undefined) return { content: <span class="rw-mono">{id}</span>, title: id };
  const more = label === null ? others : [];
  const content = (
    <>
      {said} <span class="rw-mono rw-dim rw-name-id">{shortId(id)}</span>
      {more.length > 0 && <span class="rw-name-tags"> · {more.join(" · ")}</span>}
    </>
  );
  return { content, title: [said, ...more, id].join("\n") };
}

/** Ticks by itself while the job is not final; computed apart, so that only its text does. */
function Elapsed({ row, store }: { row: Row; store: Store }) {
  const text = useComputed(() => {
    for (const field of ["created", "ended", "gone", "updated"] as const) row.get(field);
    const final = row.get("final");
    const length = elapsed(row.raw, final ? 0 : store.asOf);
    return length === null || final ? seconds(length) : duration(length);
  });
  return <>{text}</>;
}

function wait(row: Row, now: number): Shown {
  const [created, started] = [row.get("created"), row.get("started")];
  if (created !== null && started !== null) {
    return { content: seconds(Math.max(0, started - created)), title: "Waited" };
  }
  const ended = row.get("ended");
  if (row.get("state") === "cancelled" && created !== null && ended !== null) {
    return { content: seconds(Math.max(0, ended - created)), title: "Waited, and never started" };
  }
  if (row.get("final")) return { content: DASH, title: "It was not seen to start" };
  const [queue_position, queue_length] = [row.get("queue_position"), row.get("queue_length")];
  if (queue_position !== null) {
    // How long the queue is has an age for each row: side by side they would contradict.
    const updated = row.get("updated");
    const read = updated === null ? "" : `, as of ${timeOfDay(updated, now, true)}`;
    const title = `${position({ queue_position, queue_length })} in the queue${read}`;
    return { content: ordinal(queue_position), title };
  }
  const { wait_p50_s: p50 = null, queue: jobs = null, as_of: read = null } = row.device ?? {};
  const note = row.get("queue_note") ?? "The service gives no place in the queue";
  if (p50 === null) return { content: DASH, title: note };
  const more = [
    `Half of the jobs waited less than ${roughly(p50)} on this device`,
    jobs === null ? null : `${count(jobs)} in its queue`,
    read === null ? null : `as of ${timeOfDay(read, now)}`,
  ];
  return { content: `p50 ${roughly(p50)}`, title: more.filter(Boolean).join(" · ") };
}

function tags(row: Row, width: number): Shown {
  const all = row.get("tags");
  const content = all.length > 0 && <TagList tags={all} room={width - PADDING} />;
  return { content, title: all.join(", ") || undefined };
}

function session(row: Row): Shown {
  const id = row.get("session");
  if (id === null) return { content: DASH };
  return { content: <span class="rw-mono">{shortId(id)}</span>, title: id };
}

/** What a cell shows; who calls it is rendered again when that changes. */
export function cellOf(
  { key, width, size }: Pick<ShownColumn, "key" | "width" | "size">,
  row: Row,
  store: Store,
): Shown {
  switch (key) {
    case "status":
      return { content: <RowBadge row={row} /> };
    case "name":
      return name(row);
    case "tags":
      return tags(row, width ?? size);
    case "created":
      return { content: <Moment at={row.get("created")} now={store.today} /> };
    case "elapsed":
      return { content: <Elapsed row={row} store={store} /> };
    case "wait":
      return wait(row, store.today);
    case "estimate":
      return { content: seconds(row.get("usage_estimate_s")) };
    case "usage":
      return { content: seconds(row.get("usage_s")) };
    case "session":
      return session(row);
    default:
      return { content: row.get(key), title: row.get(key) };
  }
}
