/** How the time of a job that has ended was spent. */
import type { JobRow } from "./wire.gen.js";

export interface Spans {
  /** In seconds; null where its start is not known. */
  readonly wait: number | null;
  /** From its start to its end; from its creation where its start is not known. */
  readonly run: number | null;
}

const tenths = (seconds: number) => Math.round(seconds * 10) / 10;

/**
 * Its parts. Where they are told in tenths of a second the wait is what the run leaves of the
 * whole, so that three figures, each rounded by itself, do not contradict each other.
 */
export function spansOf({
  created,
  started,
  ended,
}: Pick<JobRow, "created" | "started" | "ended">): Spans {
  if (ended === null) return { wait: null, run: null };
  if (started === null) return { wait: null, run: created === null ? null : lasts(created, ended) };
  const run = lasts(started, ended);
  if (created === null) return { wait: null, run };
  const [wait, all] = [lasts(created, started), lasts(created, ended)];
  const rest = tenths(tenths(all) - tenths(run));
  return { wait: all < 60 && rest > 0 ? rest : wait, run };
}

function lasts(from: number, to: number): number {
  return Math.max(0, to - from);
}
