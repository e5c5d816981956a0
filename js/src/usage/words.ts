/** QPU time in words. What is not known is said, and is never a zero. */
import { age, count, duration, plural, seconds, timeOfDay } from "../format.js";
import type { UsageInfo } from "../wire.gen.js";

/** From this part of a limit on little is left. */
export const NEAR = 0.8;
const MINUTES_FROM = 60;

export type Level = "ok" | "near" | "reached";

/** "48.2 s", "1 min 12 s" from a minute on, as everywhere: nobody divides by 60 in the head. */
export function amount(value: number): string {
  // It does not tick, so it needs no steady width.
  return seconds(value).replace(/ 00? (s|min|h)$/, "");
}

/** The same for the ear, and for who counts in seconds: "312 seconds". */
export function inSeconds(value: number): string {
  const rounded = value < MINUTES_FROM ? Math.round(value * 10) / 10 : Math.round(value);
  return `${new Intl.NumberFormat().format(rounded)} ${rounded === 1 ? "second" : "seconds"}`;
}

/**
 * How near the limit is. Whether it is reached is the service's word, for it may round what it
 * counts; only where it says nothing, its figures tell.
 */
export function levelOf({ used_s: used, limit_s: limit, reached }: UsageInfo): Level {
  if (reached === true) return "reached";
  if (used === null || limit === null) return "ok";
  if (used >= limit && reached === null) return "reached";
  return used >= NEAR * limit ? "near" : "ok";
}

export function left({ used_s: used, limit_s: limit }: UsageInfo): number | null {
  return used === null || limit === null ? null : Math.max(0, limit - used);
}

/** What is to be said about the limit beyond the figures; null where nothing is. */
export function warning(usage: UsageInfo, expected: number | null, now: number): string | null {
  const rest = left(usage);
  const level = levelOf(usage);
  if (level === "reached") {
    const until = usage.period_end;
    const when = until !== null && until > now ? ` The period ends ${timeOfDay(until, now)}.` : "";
    return `The limit is reached: the service takes no more jobs.${when}`;
  }
  if (rest === null) return null;
  if (expected !== null && expected > rest) {
    return `Only ${amount(rest)} left: less than unfinished jobs are expected to need.`;
  }
  return level === "near" ? `Nearly used up: ${amount(rest)} left.` : null;
}

/** "1 Nov – 29 Nov": the period that the figures are of. */
export function period({ period_start: from, period_end: to }: UsageInfo): string | null {
  if (to === null) return null;
  // The service counts days of UTC: elsewhere they would seem to begin the evening before.
  const options = { day: "numeric", month: "short", timeZone: "UTC" } as const;
  const day = new Intl.DateTimeFormat(undefined, options);
  const dates = [from, to].filter((at) => at !== null).map((at) => new Date(at * 1000));
  const [first, last] = dates;
  if (!first) return null;
  return last && from !== null ? day.formatRange(first, last) : `until ${day.format(first)}`;
}

/** When it was read and which period it is of, for who asks. */
export function source(usage: UsageInfo, now: number): string {
  const { as_of: at } = usage;
  const dates = period(usage);
  const read = at === null ? "" : `, read ${timeOfDay(at, now, true)}`;
  return `As the service reports it${dates ? ` for ${dates}` : ""}${read}`;
}

/** "read 2 min ago", or that it was never read. */
export function readWhen({ as_of: at }: UsageInfo, now: number): string {
  return at === null ? "not read yet" : `read ${age(at, now)}`;
}

/** Where the estimate of what is still to come is from. */
export function forecastNote(usage: UsageInfo): string {
  const { estimated_jobs: told, pending_jobs: all } = usage;
  if (told === null || all === null) return "The service’s estimates for unfinished jobs";
  if (told === all) return `The service’s estimates for ${plural(all, "unfinished job")}`;
  return `The service’s estimates for ${count(told)} of ${plural(all, "unfinished job")}; it tells none for the others`;
}

/** What a screen reader says of the meter. */
export function spoken(usage: UsageInfo, expected: number | null): string {
  const { used_s: used, limit_s: limit } = usage;
  if (used === null) return "not known";
  const more = expected ? `, about ${inSeconds(expected)} more expected` : "";
  const rest = left(usage);
  const ends = rest === null ? "" : `; ${inSeconds(rest)} left`;
  const of = limit === null ? "; there is no limit" : ` of ${inSeconds(limit)}`;
  return `${inSeconds(used)} used${of}${more}${ends}`;
}

/** Whether the same in seconds says something that the amounts do not. */
export function isWorthSeconds(...values: readonly number[]): boolean {
  return values.some((value) => value >= MINUTES_FROM);
}

/** Counts down: whole seconds, never below none. */
export function until(at: number, now: number): string {
  return duration(Math.max(0, at - now) + 0.5);
}
