/** How quickly jobs end, from the times at which they did; and what that means for the rest. */
import { count, roughly } from "../format.js";
import type { StateKey } from "../wire.gen.js";

/** Of how many of the latest ends it is told, how few say nothing, and how old they may be. */
const LATEST = 30;
const FEWEST = 4;
export const OLDEST_S = 3600;
/** Where nothing has ended for so many times the usual gap, the pace of before says nothing. */
const STALLED_GAPS = 8;
const STALLED_S = 60;

export interface Ended {
  readonly device: string;
  readonly state: StateKey;
  /** Null where it is not known, and where it never ran. */
  readonly started: number | null;
  readonly ended: number | null;
}

export interface Pace {
  readonly perMinute: number;
  /** How many ends it is told from, and since when. */
  readonly ends: number;
  readonly since: number;
}

/** A cancelled job came to no end by itself, nor one that was refused: they tell no pace. */
function endOf({ state, started, ended }: Ended, now: number): number | null {
  const came = state === "done" || (state === "failed" && started !== null);
  return came && ended !== null && ended <= now && now - ended < OLDEST_S ? ended : null;
}

/** The pace of the latest ends; null where there are too few to tell, or no more come. */
export function paceOf(jobs: Iterable<Ended>, now: number): Pace | null {
  const ends: number[] = [];
  for (const job of jobs) {
    const end = endOf(job, now);
    if (end !== null) ends.push(end);
  }
  const latest = unbroken(ends.sort((a, b) => b - a).slice(0, LATEST));
  const [last, since] = [latest[0], latest.at(-1)];
  if (latest.length < FEWEST || last === undefined || since === undefined) return null;
  const gaps = latest.length - 1;
  if (now - last > Math.max(STALLED_S, (STALLED_GAPS * (last - since)) / gaps)) return null;
  // Up to now, and not to the last end: while nothing ends the pace falls.
  const minutes = Math.max(now - since, 1) / 60;
  return { perMinute: gaps / minutes, ends: latest.length, since };
}

/** The ends since the last long pause, such as that of a service that was away for a while. */
function unbroken(latest: readonly number[]): readonly number[] {
  const [last = 0] = latest;
  const gap = latest.findIndex((end, i) => {
    const before = latest[i - 1];
    if (before === undefined || i < FEWEST) return false;
    const usual = (last - before) / (i - 1);
    return before - end > Math.max(STALLED_S, STALLED_GAPS * usual);
  });
  return gap < 0 ? latest : latest.slice(0, gap);
}

/** One digit, or two: more would be no truer. */
function rounded(value: number): string {
  return count(Number(value.toPrecision(value < 10 ? 1 : 2)));
}

/** "6 a minute", "8 an hour". */
export function paceWords({ perMinute }: Pace): string {
  if (perMinute >= 0.95) return `${rounded(perMinute)} a minute`;
  const perHour = perMinute * 60;
  return perHour >= 0.95 ? `${rounded(perHour)} an hour` : "less than 1 an hour";
}

// Coarse steps, in minutes, so that the figure rests.
const STEPS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 45, 50];

/** What of a device has not ended. */
export interface Open {
  readonly jobs: number;
  /** What the service expects them to use, in seconds, as far as it says. */
  readonly expected: number;
}

/**
 * "est. 14 min to go": as long as it takes the slowest device at its own pace, and no less than
 * what the service expects of it. Null where one of them tells no pace, and where so few are
 * open that the others' pace says nothing of them.
 */
export function toGo(
  open: ReadonlyMap<string, Open>,
  jobs: readonly Ended[],
  now: number,
): string | null {
  let [all, minutes] = [0, 0];
  for (const [device, { jobs: n, expected }] of open) {
    const pace = paceOf(
      jobs.filter((one) => one.device === device),
      now,
    );
    if (!pace) return null;
    all += n;
    minutes = Math.max(minutes, n / pace.perMinute, expected / 60);
  }
  return all < FEWEST ? null : inWords(minutes);
}

function inWords(minutes: number): string {
  if (minutes < 0.75) return "est. less than a minute to go";
  const step = STEPS.find((one) => one >= minutes - 0.5);
  if (step !== undefined) return `est. ${roughly(step * 60)} to go`;
  const hours = minutes / 60;
  if (hours < 10) return `est. ${roughly(Math.round(hours * 4) * 900)} to go`;
  if (hours < 36) return `est. ${count(Math.round(hours))} h to go`;
  return `est. ${count(Math.round(hours / 24))} days to go`;
}
