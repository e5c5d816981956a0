/** How quickly jobs end, from the times at which they did; and what that means for the rest. */
import { count, roughly } from "../format.js";
import type { StateKey } from "../wire.gen.js";

/** Of how many of the latest ends it is told, how few say nothing, and how old they may be. */
const LATEST = 30;
const FEWEST = 4;
const OLDEST_S = 3600;

export interface Ended {
  readonly state: StateKey;
  readonly ended: number | null;
}

export interface Pace {
  readonly perMinute: number;
  /** How many ends it is told from, and since when. */
  readonly ends: number;
  readonly since: number;
}

/** A cancelled job came to no end by itself: it tells nothing of the pace. */
function endOf({ state, ended }: Ended, now: number): number | null {
  const came = state === "done" || state === "failed";
  return came && ended !== null && ended <= now && now - ended < OLDEST_S ? ended : null;
}

/** The pace of the latest ends; null where there are too few to tell. */
export function paceOf(jobs: Iterable<Ended>, now: number): Pace | null {
  const ends: number[] = [];
  for (const job of jobs) {
    const end = endOf(job, now);
    if (end !== null) ends.push(end);
  }
  const latest = ends.sort((a, b) => b - a).slice(0, LATEST);
  const since = latest.at(-1);
  if (latest.length < FEWEST || since === undefined) return null;
  // Up to now, and not to the last end: where nothing ends any more the pace falls.
  const minutes = Math.max(now - since, 1) / 60;
  return { perMinute: (latest.length - 1) / minutes, ends: latest.length, since };
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

/** "about 14 min to go"; for `open` jobs that have not ended. */
export function toGo(open: number, { perMinute }: Pace): string {
  const minutes = open / perMinute;
  if (minutes < 0.75) return "less than a minute to go";
  const step = STEPS.find((one) => one >= minutes - 0.5);
  if (step !== undefined) return `about ${roughly(step * 60)} to go`;
  const hours = minutes / 60;
  if (hours < 10) return `about ${roughly(Math.round(hours * 4) * 900)} to go`;
  if (hours < 36) return `about ${count(Math.round(hours))} h to go`;
  return `about ${count(Math.round(hours / 24))} days to go`;
}
