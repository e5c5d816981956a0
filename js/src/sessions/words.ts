/** Sessions in words: what they do, for how long, and what a click would do to their jobs. */
import { age, count, duration, plural, seconds } from "../format.js";
import type { JobRow, SessionInfo, SessionRequest, StateKey } from "../wire.gen.js";

const OLD_S = 90;

export type Action = SessionRequest["action"];

/** The jobs of a session that a view shows, by what would become of them. */
export interface Members {
  readonly jobs: number;
  readonly queued: number;
  readonly running: number;
}

export const NONE: Members = { jobs: 0, queued: 0, running: 0 };

type Member = Pick<JobRow, "session" | "state" | "final" | "gone">;

/** Counts the jobs of each session. */
export function membersOf(rows: Iterable<Member>): ReadonlyMap<string, Members> {
  const found = new Map<string, { jobs: number; queued: number; running: number }>();
  for (const { session, state, final, gone } of rows) {
    if (session === null) continue;
    const members = found.get(session) ?? { jobs: 0, queued: 0, running: 0 };
    members.jobs++;
    if (!final && !gone) {
      if (state === "running") members.running++;
      else members.queued++;
    }
    found.set(session, members);
  }
  return found;
}

export function nounOf({ mode }: Pick<SessionInfo, "mode">): string {
  return mode === "batch" ? "batch" : "session";
}

const SHAPES: Readonly<Record<string, StateKey>> = {
  Open: "queued",
  Idle: "queued",
  Active: "running",
  Closing: "cancelled",
  Closed: "done",
  Gone: "unknown",
};

/** Which of the five shapes stands for it. */
export function shapeOf({ label }: Pick<SessionInfo, "label">): StateKey {
  return SHAPES[label] ?? "unknown";
}

/** "closes by itself in 12 min 03 s": counts down; null where nothing is known of it. */
export function closesIn({ final, closes_at: at }: SessionInfo, now: number): string | null {
  if (final || at === null) return null;
  if (at <= now) return "its time is over: the service is closing it";
  return `closes by itself in ${duration(at - now + 0.5)}`;
}

/** "rests in 40 s unless a job comes". */
export function restsIn({ final, rests_at: at }: SessionInfo, now: number): string | null {
  if (final || at === null || at <= now) return null;
  return `rests in ${duration(at - now + 0.5)} unless a job comes`;
}

export function idleFor({ final, idle_since: since }: SessionInfo, now: number): string | null {
  return final || since === null ? null : `idle for ${duration(Math.max(0, now - since))}`;
}

/** Said where the figures are old enough to matter. */
export function readAgo({ final, as_of: at }: SessionInfo, now: number): string | null {
  return final || at === null || now - at < OLD_S ? null : `as of ${age(at, now)}`;
}

export function jobsOf({ jobs, queued, running }: Members): string | null {
  if (!jobs) return null;
  const open = [
    running ? `${count(running)} running` : "",
    queued ? `${count(queued)} queued` : "",
  ].filter(Boolean);
  return `${plural(jobs, "job")} here${open.length ? `, ${open.join(", ")}` : ", all ended"}`;
}

/** A dedicated session is billed by its own time: what its jobs ran is a part of that. */
export function usageOf({ usage_s: used, jobs_usage_s: ran, mode }: SessionInfo): string | null {
  if (used === null && ran === null) return null;
  const inside =
    mode !== "batch" && used !== null && ran !== null ? `, its jobs ${seconds(ran)}` : "";
  return `${seconds(used ?? ran)} used${inside}`;
}

/** The line of a section that is folded: the worst first, for that is what costs. */
export function summary(sessions: readonly SessionInfo[]): string {
  const open = sessions.filter((one) => !one.final);
  if (!open.length) return "none open";
  const idle = open.filter((one) => one.billing && one.idle_since !== null).length;
  const billing = open.filter((one) => one.billing).length;
  const parts = [`${count(open.length)} open`];
  if (billing) parts.push(`${count(billing)} reserving a device`);
  if (idle) parts.push(`${count(idle)} of them without a job`);
  return parts.join(", ");
}

const CLOSES: Readonly<Record<Action, (noun: string) => string>> = {
  close: (noun) => `The ${noun} takes no more jobs, and ends once those that it has are done.`,
  cancel: (noun) => `The ${noun} ends at once: jobs that wait in it are cancelled.`,
};

/** What a click does to the jobs, in sentences. */
export function consequence(action: Action, session: SessionInfo, members: Members): string {
  const noun = nounOf(session);
  const { queued, running } = members;
  const waits = queued === 1 ? "waits" : "wait";
  const first = CLOSES[action](noun);
  if (!queued && !running) return `${first} No unfinished job of it is shown here.`;
  const said: string[] = [];
  if (queued) {
    const fate = action === "close" ? "and will still run" : "and will be cancelled";
    said.push(`${plural(queued, "job")} shown here ${waits} in it, ${fate}.`);
  }
  if (running) {
    said.push(
      `${plural(running, "job")} shown here ${running === 1 ? "runs" : "run"}, and may finish.`,
    );
  }
  return [first, ...said].join(" ");
}
