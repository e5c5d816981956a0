/** How figures are written. What is not known is a dash, never a zero. */

export const DASH = "–";
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const oneDigit = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const hourMinute = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const withSeconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dayMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIX: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd" };

export function count(n: number): string {
  return whole.format(n);
}

/** 1 job, 2 jobs. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** 1st, 2nd, 3rd, 11th. */
export function ordinal(n: number): string {
  return `${count(n)}${SUFFIX[ordinals.select(n)] ?? "th"}`;
}

const twoDigits = new Intl.NumberFormat(undefined, { minimumIntegerDigits: 2 });
const two = (n: number) => twoDigits.format(n);

/** A length of time that may tick: whole seconds, at most two units, of a steady width. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${count(s)} s`;
  if (s < HOUR) return `${count(Math.floor(s / MINUTE))} min ${two(s % MINUTE)} s`;
  if (s < DAY)
    return `${count(Math.floor(s / HOUR))} h ${two(Math.floor((s % HOUR) / MINUTE))} min`;
  return `${count(Math.floor(s / DAY))} d ${count(Math.floor((s % DAY) / HOUR))} h`;
}

/** Whole seconds, and never fewer than a part of them that is told to the tenth. */
export function wholeSeconds(seconds: number): number {
  return Math.max(0, Math.ceil(seconds - 0.05));
}

/** A time that still grows: in whole seconds, so that it ticks steadily. */
export function growing(seconds: number): string {
  return duration(wholeSeconds(seconds));
}

/** A measured length of time: tenths where they say something. */
export function seconds(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH;
  if (value > 0 && value < 0.05) return `< ${oneDigit.format(0.1)} s`;
  return value < MINUTE ? `${oneDigit.format(value)} s` : duration(value);
}

/** A rough length of time, for waits: 14 min, 1 h 10 min. */
export function roughly(value: number): string {
  if (value < MINUTE) return `${count(Math.max(1, Math.round(value)))} s`;
  if (value < HOUR) return `${count(Math.round(value / MINUTE))} min`;
  return duration(Math.round(value / MINUTE) * MINUTE);
}

/** How old: just now, 20 s ago, 2 min ago. */
export function age(then: number, now: number): string {
  const s = Math.max(0, now - then);
  if (s < 5) return "just now";
  // Steps of five: a figure that moves each second says no more.
  if (s < MINUTE) return `${count(Math.floor(s / 5) * 5)} s ago`;
  if (s < HOUR) return `${count(Math.floor(s / MINUTE))} min ago`;
  if (s < DAY) return `${count(Math.floor(s / HOUR))} h ago`;
  return `${count(Math.floor(s / DAY))} d ago`;
}

/** A time of day, with its date where that is not today's. */
export function timeOfDay(at: number, now: number, precise = false): string {
  const date = new Date(at * 1000);
  const today = date.toDateString() === new Date(now * 1000).toDateString();
  const time = (precise ? withSeconds : hourMinute).format(date);
  return today ? time : `${dayMonth.format(date)} ${hourMinute.format(date)}`;
}

export function fullTime(at: number): string {
  return full.format(new Date(at * 1000));
}

export function isoTime(at: number): string {
  return new Date(at * 1000).toISOString();
}

/** The ends of an id, which is what people compare. */
export function shortId(id: string): string {
  return id.length > 13 ? `${id.slice(0, 7)}…${id.slice(-3)}` : id;
}

/** The address of a page of the web; null for anything else that a server may send. */
export function safeLink(link: string | null, id: string): string | null {
  if (!link) return null;
  try {
    const url = new URL(link.replace("{id}", () => encodeURIComponent(id)));
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}
