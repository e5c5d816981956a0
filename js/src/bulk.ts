/** One request for many jobs: how far it is, and what became of each job. */
import type { Outcome, Progress, Reply } from "./wire.gen.js";

export type BulkKind = "cancel" | "tag" | "untag" | "delete";

export interface BulkProgress {
  readonly kind: BulkKind;
  readonly jobIds: readonly string[];
  /** The tags to add or to take away. */
  readonly tags: readonly string[];
  /** How many of the jobs the kernel has been through; an outcome may be still on its way. */
  readonly done: number;
  /** What it waits for just now, as a sentence. */
  readonly note: string | null;
  /** In the order in which they came, one a job. */
  readonly outcomes: readonly Outcome[];
  /** It was asked to stop. */
  readonly stopping: boolean;
  /** Nothing more will come. */
  readonly finished: boolean;
  /** Why no answer will come, as a sentence: what became of the `unknown` jobs is not known. */
  readonly trouble: string | null;
}

export function begun(
  kind: BulkKind,
  jobIds: readonly string[],
  tags: readonly string[],
): BulkProgress {
  const none = { done: 0, note: null, outcomes: [], trouble: null };
  const rest = { ...none, stopping: false, finished: false };
  return { kind, jobIds: [...new Set(jobIds)], tags, ...rest };
}

/** The outcomes with those that are new; of one job the last counts. */
function joined(old: readonly Outcome[], more: readonly Outcome[]): readonly Outcome[] {
  if (!more.length) return old;
  const all = new Map(old.map((one) => [one.job_id, one]));
  for (const one of more) all.set(one.job_id, one);
  return [...all.values()];
}

export function advanced(bulk: BulkProgress, progress: Progress): BulkProgress {
  const outcomes = joined(bulk.outcomes, progress.outcomes);
  const done = Math.max(bulk.done, Math.min(progress.done, bulk.jobIds.length));
  return { ...bulk, done, outcomes, note: progress.note };
}

export function answered(bulk: BulkProgress, reply: Reply): BulkProgress {
  const refusal = reply.outcomes.find((one) => !one.ok && one.job_id === "");
  if (refusal) return refused(bulk, refusal);
  const outcomes = joined(bulk.outcomes, reply.outcomes);
  const ended = { ...bulk, outcomes, note: null, finished: true };
  const done = new Set(outcomes.map((one) => one.job_id)).size;
  const missing = bulk.jobIds.length - done;
  if (missing <= 0) return { ...ended, done: bulk.jobIds.length };
  const trouble = reply.text || "The kernel's answer does not say what became of every job.";
  return { ...ended, done, trouble };
}

/** It was refused as a whole: no job was asked for anything. */
function refused(bulk: BulkProgress, { message, code }: Outcome): BulkProgress {
  const rest = { ok: false, message, code, already: false, asked: false };
  const outcomes = joined(
    bulk.jobIds.map((job_id) => ({ ...rest, job_id })),
    bulk.outcomes,
  );
  const done = bulk.jobIds.length;
  return { ...bulk, done, outcomes, note: null, finished: true, trouble: message };
}

/** No answer will come. */
export function broken(bulk: BulkProgress, why: string): BulkProgress {
  return { ...bulk, done: bulk.outcomes.length, note: null, finished: true, trouble: why };
}

/** Whether it was tried, and did not go well. */
export function failed({ ok, asked }: Outcome): boolean {
  return !ok && asked;
}

/** The jobs whose outcome is a failure. */
export function failedOf({ outcomes }: BulkProgress): readonly string[] {
  return outcomes.filter(failed).map((one) => one.job_id);
}

/** The jobs whose turn had not come when it was stopped. */
export function unaskedOf({ outcomes }: BulkProgress): readonly string[] {
  return outcomes.filter((one) => !one.asked).map((one) => one.job_id);
}

/** The jobs that no outcome has come for. */
export function unknownOf({ outcomes, jobIds }: BulkProgress): readonly string[] {
  const known = new Set(outcomes.map((one) => one.job_id));
  return jobIds.filter((id) => !known.has(id));
}
