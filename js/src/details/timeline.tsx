/** A job's life so far: each step with its time and how long it took. Guesses say that they are. */
import type { ComponentChildren } from "preact";
import { growing, roughly, seconds } from "../format.js";
import { nowOf } from "../parts/row.js";
import { Moment } from "../parts/time.js";
import type { Row, Store } from "../store.js";
import type { JobRow, StateKey } from "../wire.gen.js";
import { type LifeStep, stepsOf, titleOf } from "./steps.js";

const LATER = "It may have been earlier: this is when this machine first saw it.";
const INFERRED = "Our conclusion from other figures; the service does not name it.";

interface LineProps {
  readonly kind: LifeStep["kind"] | "todo";
  readonly state: StateKey;
  readonly title: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly length?: ComponentChildren;
  readonly time?: ComponentChildren;
}

function Line({ kind, state, title, note, length, time }: LineProps) {
  return (
    <li
      class={`rw-step rw-step-${kind} rw-is-${state}`}
      aria-current={kind === "now" ? "step" : undefined}
    >
      <i class="rw-dot" aria-hidden="true" />
      <span class="rw-step-name">
        {title}
        {note && <span class="rw-dim"> {note}</span>}
      </span>
      <span class="rw-step-length">{length}</span>
      <span class="rw-step-time rw-dim">{time}</span>
    </li>
  );
}

function At({ step, today }: { step: LifeStep; today: number }) {
  if (step.at === null) return <span title="When is not known">–</span>;
  const moment = <Moment at={step.at} now={today} precise />;
  if (step.told) return moment;
  return <span title={LATER}>seen at {moment}</span>;
}

/** How long a step took, or has taken so far; about, where nobody told when it began or ended. */
function lengthOf({ at, until, kind, rough }: LifeStep, now: number): string | null {
  if (at === null || kind === "end") return null;
  const about = rough ? "≈ " : "";
  if (until !== null) return until < at ? null : `${about}${seconds(until - at)}`;
  return kind === "now" ? `${about}${growing(Math.max(0, now - at))}` : null;
}

function StepLine({ step, job, now }: { step: LifeStep; job: JobRow; now: number }) {
  return (
    <Line
      kind={step.kind}
      state={step.kind === "past" ? "done" : step.state}
      title={titleOf(step.word, job)}
      note={step.inferred && <span title={INFERRED}>inferred</span>}
      length={lengthOf(step, now)}
      time={<At step={step} today={now} />}
    />
  );
}

/** A time that the service expects; one that has passed was wrong, and says no more. */
function Expected({ title, at, now }: { title: string; at: number | null; now: number }) {
  if (at === null || at <= now) return null;
  const moment = <Moment at={at} now={now} />;
  const length = `in about ${roughly(at - now)}`;
  return (
    <Line kind="todo" state="queued" title={title} note="estimated" length={length} time={moment} />
  );
}

/** What was counted: the last step, which a job takes after its end. */
function Bill({ job }: { job: JobRow }) {
  const { usage_s: used, usage_final: closed, final } = job;
  if (final && closed) {
    const title = "Usage as the service has counted it";
    return (
      <Line
        kind="end"
        state="done"
        title="Bill closed"
        time={null}
        length={used === null ? "" : <span title={title}>{seconds(used)} used</span>}
      />
    );
  }
  const soFar = used !== null && (used > 0 || final) ? `${seconds(used)} so far` : "";
  if (final && used !== null) {
    return <Line kind="now" state="running" title="Bill still open" length={soFar} />;
  }
  return <Line kind="todo" state="queued" title="Bill closed" length={soFar} />;
}

export function Timeline({ row, store }: { row: Row; store: Store }) {
  // Any field of the row may matter.
  void store.version.value;
  const job = row.raw;
  const now = nowOf(row, store);
  return (
    <ol class="rw-steps">
      {stepsOf(job).map((step) => (
        <StepLine key={`${step.word}${step.at}`} step={step} job={job} now={now} />
      ))}
      {job.cancel_asked !== null && !job.final && (
        <Line
          kind="past"
          state="cancelled"
          title="Cancel accepted"
          note="the service has not cancelled it yet"
          time={<Moment at={job.cancel_asked} now={now} precise />}
        />
      )}
      {job.state === "queued" && <Expected title="Starts" at={job.estimated_start} now={now} />}
      {!job.final && <Expected title="Ends" at={job.estimated_end} now={now} />}
      {!job.gone && (job.final || job.as_of === null) && <Bill job={job} />}
    </ol>
  );
}
