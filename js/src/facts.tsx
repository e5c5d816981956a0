/** Which figures of a job are worth showing, by its state. */
import type { ComponentChildren } from "preact";
import { age, count, DASH, growing, ordinal, plural, roughly, seconds } from "./format.js";
import type { Fact } from "./parts/facts.js";
import { Moment } from "./parts/time.js";
import type { DeviceInfo, JobRow } from "./wire.gen.js";

/** "3rd of 14"; null where the server gives no position. */
export function position(job: Pick<JobRow, "queue_position" | "queue_length">): string | null {
  if (job.queue_position === null) return null;
  const of = job.queue_length === null ? "" : ` of ${count(job.queue_length)}`;
  return `${ordinal(job.queue_position)}${of}`;
}

/** A time that still grows. */
function since(from: number | null, to: number | null): string {
  return from === null || to === null ? DASH : growing(to - from);
}

/** A time that is over. */
function between(from: number | null, to: number | null): string {
  return from === null || to === null ? DASH : seconds(Math.max(0, to - from));
}

/** Said of a time that has not come. */
const GUESS = { note: "estimated", title: "The server’s estimate" };

/** An estimate that lies in the past was wrong: it says no more. */
function ahead(at: number | null, now: number): number | null {
  return at !== null && at > now ? at : null;
}

function approximate(at: number | null, now: number): ComponentChildren {
  if (at === null) return DASH;
  return (
    <>
      ≈ <Moment at={at} now={now} />
    </>
  );
}

/** How old the figures of the device are. */
function deviceAge({ as_of }: DeviceInfo, read: number): string {
  return as_of === null ? "age unknown" : age(as_of, read);
}

function queue(job: JobRow, device: DeviceInfo | null, read: number): Fact {
  const place = position(job);
  const length = device?.queue ?? null;
  if (place !== null || !device || length === null) return { name: "Queue", value: place ?? DASH };
  const note = `· ${deviceAge(device, read)}`;
  return { name: "Device’s queue", value: plural(length, "job"), note };
}

function start(job: JobRow, device: DeviceInfo | null, now: number, read: number): Fact {
  const { wait_p50_s: p50 = null, wait_p95_s: p95 = null } = device ?? {};
  const estimated_start = ahead(job.estimated_start, now);
  if (estimated_start === null && device && p50 !== null) {
    const most = p95 === null ? "" : `p95 ${roughly(p95)} `;
    const note = `${most}· ${deviceAge(device, read)}`;
    const title = "On this device, half of the jobs waited less; with p95, 19 of 20 did";
    return { name: "Typical wait", value: roughly(p50), note, title };
  }
  return {
    name: "Starts",
    value: approximate(estimated_start, now),
    ...(estimated_start && GUESS),
  };
}

function usage(job: JobRow): Fact {
  const { usage_s, usage_estimate_s, usage_final, final } = job;
  const estimate = usage_estimate_s === null ? null : `≈ ${seconds(usage_estimate_s)}`;
  if (final) {
    const note = usage_s === null ? undefined : usage_final ? "final" : "still counting";
    return { name: "Usage", value: seconds(usage_s), ...(note && { note }) };
  }
  if (usage_s !== null && usage_s > 0) {
    return {
      name: "Usage",
      value: `${seconds(usage_s)} so far`,
      note: usage_s <= (usage_estimate_s ?? 0) && `of ${estimate}`,
    };
  }
  return { name: "Usage", value: estimate ?? DASH, note: estimate && "estimated" };
}

function fourth(job: JobRow, now: number): Fact {
  if (job.interim_seen > 0) {
    return { name: "Interim", value: plural(job.interim_seen, "result") };
  }
  const end = ahead(job.estimated_end, now);
  if (end !== null) {
    return { name: "Ends", value: approximate(end, now), ...GUESS };
  }
  return { name: "Waited", value: between(job.created, job.started) };
}

function unfinished(job: JobRow, now: number, read: number): readonly Fact[] {
  const updated: Fact = {
    name: "Updated",
    value: job.updated === null ? DASH : age(job.updated, read),
  };
  const running: Fact = {
    name: job.started === null ? "Elapsed" : "Running",
    value: since(job.started ?? job.created, now),
  };
  return [running, usage(job), fourth(job, now), updated];
}

function finished(job: JobRow, now: number): readonly Fact[] {
  const ended: Fact = { name: "Ended", value: <Moment at={job.ended} now={now} precise /> };
  if (job.started === null && job.state === "cancelled") {
    return [ended, { name: "Waited", value: between(job.created, job.ended) }, usage(job)];
  }
  const ran: Fact =
    job.started === null && took(job) !== DASH
      ? { name: "Took", value: took(job), note: "with its wait" }
      : { name: "Ran", value: took(job), title: RAN };
  return [ended, ran, usage(job), { name: "Waited", value: between(job.created, job.started) }];
}

export const RAN = "From its start to its end: prepared, on the device, and finished";

/** How long it ran, to the tenth of a second; from its creation where its start is unknown. */
export function took(job: JobRow): string {
  return between(job.started ?? job.created, job.ended);
}

/** The facts as they stood at `now`; their age is told from `read`, when one looks at them. */
export function factsOf(
  job: JobRow,
  device: DeviceInfo | null,
  now: number,
  read = now,
): readonly Fact[] {
  if (job.final) return finished(job, now);
  if (job.state !== "queued") return unfinished(job, now, read);
  const waiting: Fact = { name: "Waiting", value: since(job.created, now) };
  return [queue(job, device, read), start(job, device, now, read), usage(job), waiting];
}

/** All the time since its creation, where that is not one of the facts. */
export function inAll(job: JobRow, now: number): string | null {
  if (job.created === null || job.started === null) return null;
  if (!job.final) return `${since(job.created, now)} so far`;
  if (job.ended === null) return null;
  // The sum of its parts as they are told, each to the tenth: a whole that was rounded by itself
  // would contradict them.
  const [waited, ran] = [tenths(job.started - job.created), tenths(job.ended - job.started)];
  return `${seconds(waited + ran)} in all`;
}

const tenths = (length: number) => Math.round(Math.max(0, length) * 10) / 10;

/** The one figure of the one-line form. */
export function headline(job: JobRow, now: number): string {
  if (job.final) return took(job);
  if (job.state === "queued") return position(job) ?? since(job.created, now);
  return since(job.started ?? job.created, now);
}
