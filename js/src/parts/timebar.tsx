/** How the time so far was spent. History: an unfinished job's right end is now, and open. */
import { growing, seconds } from "../format.js";
import type { JobRow } from "../wire.gen.js";

export type TimeBarProps = Pick<JobRow, "state" | "final" | "created" | "started" | "ended"> & {
  readonly now: number;
};

interface Segment {
  readonly kind: string;
  readonly length: number;
  readonly says: string;
}

const ENDINGS: Readonly<Record<string, string>> = {
  done: "then done",
  failed: "then failed",
  cancelled: "then cancelled",
};

/** The segments from the creation to `now` or the end; none where nothing is known. */
export function segments(job: TimeBarProps): readonly Segment[] {
  const { state, final, created, started, ended, now } = job;
  const end = final ? ended : now;
  if (created === null || end === null) return [];
  const total = Math.max(0, end - created);
  const last = final ? seconds : growing;
  const begun = started !== null && started >= created && started <= end ? started : null;
  if (begun === null) {
    // A cancelled job that was never seen to start was waiting all the time.
    const waited = state === "queued" || state === "cancelled";
    const says = `${waited ? "Waiting" : "Queued and running"} ${last(total)}`;
    return [{ kind: waited ? "queued" : state, length: total, says }];
  }
  const running = end - begun;
  const waiting = begun - created;
  return [
    { kind: "queued", length: waiting, says: `Queued ${seconds(waiting)}` },
    { kind: state, length: running, says: `running ${last(running)}` },
  ];
}

export function TimeBar(props: TimeBarProps) {
  const parts = segments(props);
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const ending = props.final ? ENDINGS[props.state] : "so far";
  const says = parts.length
    ? [...parts.map((part) => part.says), ending].filter(Boolean).join(", ")
    : "When this job ran is not known";
  return (
    <div
      class={`rw-timebar ${props.final ? "" : "rw-open"}`}
      role="img"
      aria-label={says}
      title={says}
    >
      {parts.map(({ kind, length }) => (
        <i
          key={kind}
          class={`rw-seg rw-is-${kind}`}
          style={{ flexGrow: total > 0 ? Math.max(length / total, 0.01) : 1 }}
        />
      ))}
    </div>
  );
}
