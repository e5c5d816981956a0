/** The columns: what each is called, and what it is sorted by. */
import { wholeSeconds } from "../format.js";
import type { JobRow, StateKey } from "../wire.gen.js";

export type ColumnKey =
  | "status"
  | "name"
  | "program"
  | "device"
  | "tags"
  | "created"
  | "elapsed"
  | "wait"
  | "estimate"
  | "usage";

type SortValue = string | number | null;

export interface Column {
  readonly key: ColumnKey;
  readonly title: string;
  readonly numeric?: true;
  readonly hint?: string;
  /** Null is sorted last, whichever way. */
  readonly value: (job: JobRow, now: number) => SortValue;
}

// What needs a look comes first: running, then queued, then what ended.
const RANK: Readonly<Record<StateKey, number>> = {
  running: 0,
  queued: 1,
  unknown: 2,
  failed: 3,
  cancelled: 4,
  done: 5,
};

/** Seconds from the creation to the end, or until now, as shown; null where not known. */
export function elapsed(job: JobRow, now: number): number | null {
  const end = job.final ? job.ended : job.gone ? (job.updated ?? now) : now;
  if (job.created === null || end === null) return null;
  return job.final ? Math.max(0, end - job.created) : wholeSeconds(end - job.created);
}

function wait(job: JobRow): SortValue {
  if (job.started !== null && job.created !== null) return job.started - job.created;
  return job.final ? null : job.queue_position;
}

export const COLUMNS: readonly Column[] = [
  { key: "status", title: "Status", value: (job) => RANK[job.state] },
  { key: "name", title: "Job", value: (job) => job.name ?? job.id },
  { key: "program", title: "Program", value: (job) => job.program },
  { key: "device", title: "Device", value: (job) => job.device },
  { key: "tags", title: "Tags", value: (job) => job.tags.join(" ") || null },
  { key: "created", title: "Created", value: (job) => job.created },
  { key: "elapsed", title: "Elapsed", numeric: true, value: elapsed },
  { key: "wait", title: "Wait", hint: "Place in the queue, or the time waited", value: wait },
  {
    key: "estimate",
    title: "Estimate",
    numeric: true,
    hint: "Usage that the service expects",
    value: (job) => job.usage_estimate_s,
  },
  {
    key: "usage",
    title: "Usage",
    numeric: true,
    hint: "Usage so far, as the service reports it",
    value: (job) => job.usage_s,
  },
];
