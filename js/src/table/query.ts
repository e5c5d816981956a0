/**
 * The little language of the search field: words that must all be found, `field:value`, and a
 * minus before what must not be. What is not understood is said, and stops nothing.
 */

export type TextField =
  | "status"
  | "device"
  | "program"
  | "tag"
  | "session"
  | "id"
  | "name"
  | "error";
export type TimeField = "created" | "started" | "ended";
export type NumberField = "usage" | "estimate" | "elapsed" | "wait";

const TEXTS: readonly TextField[] = [
  "status",
  "device",
  "program",
  "tag",
  "session",
  "id",
  "name",
  "error",
];
const TIMES: readonly TimeField[] = ["created", "started", "ended"];
const NUMBERS: readonly NumberField[] = ["usage", "estimate", "elapsed", "wait"];
export const FIELDS: readonly string[] = [...TEXTS, ...TIMES, ...NUMBERS];
const SHORT: Readonly<Record<string, string>> = {
  state: "status",
  is: "status",
  tags: "tag",
  job: "name",
  code: "error",
};

/** A time from `from` on and before `to`, since the epoch; or a length of time between them. */
export type Span =
  | { readonly kind: "time"; readonly field: TimeField; readonly from: number; readonly to: number }
  | {
      readonly kind: "number";
      readonly field: NumberField;
      readonly from: number;
      readonly to: number;
    };

/** What one term of a query asks for. */
export type Test =
  | { readonly kind: "word"; readonly word: string }
  /** One of `words` is found in the field; an empty word asks for a field without a value. */
  | { readonly kind: "text"; readonly field: TextField; readonly words: readonly string[] }
  | Span;

export interface Term {
  readonly negative: boolean;
  readonly test: Test;
}

export interface Query {
  readonly terms: readonly Term[];
  /** What was not understood, in a sentence. */
  readonly problem: string | null;
  /** What looked like a field, and was searched for as it stands. */
  readonly strange: string | null;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  s: 1,
  min: 60,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** "90", "1.5h" or "2d" in seconds; null for anything else. */
function secondsOf(text: string): number | null {
  const [, digits, unit = ""] = /^(\d+(?:[.,]\d+)?)\s*([a-z]*)$/.exec(text) ?? [];
  const scale = UNITS[unit];
  return digits === undefined || scale === undefined
    ? null
    : Number(digits.replace(",", ".")) * scale;
}

/** The day, or the minute, that a date names, by the reader's clock: its begin and its end. */
function dateOf(text: string): readonly [number, number] | null {
  const parts = /^(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:t(\d{1,2}):(\d{2}))?)?$/.exec(text);
  if (!parts) return null;
  const [year = 0, month = 1, day, hour, minute] = parts.slice(1).map((p) => p && Number(p));
  const at = (d: Date) => d.getTime() / 1000;
  const [y, m] = [Number(year), Number(month) - 1];
  if (m > 11) return null;
  if (day === undefined || day === "") return [at(new Date(y, m, 1)), at(new Date(y, m + 1, 1))];
  const d = Number(day);
  if (d < 1 || d > 31) return null;
  if (hour === undefined || hour === "") return [at(new Date(y, m, d)), at(new Date(y, m, d + 1))];
  const begin = at(new Date(y, m, d, Number(hour), Number(minute)));
  return [begin, begin + 60];
}

function dayStart(now: number, ago: number): number {
  const today = new Date(now * 1000);
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - ago).getTime() / 1000;
}

type Ends = readonly [from: number, to: number];

/** A time, or an age: "2d" is within the last two days, ">2d" longer ago. */
function timeSpan(text: string, now: number): Ends | null {
  if (text === "today") return [dayStart(now, 0), Number.POSITIVE_INFINITY];
  if (text === "yesterday") return [dayStart(now, 1), dayStart(now, 0)];
  const [, sign = "", rest = ""] = /^(>=|<=|>|<)?(.*)$/.exec(text) ?? [];
  const ends = rest.split("..");
  if (ends.length === 2 && !sign) {
    const [first, last] = ends.map((end) => (end ? dateOf(end) : null));
    if ((ends[0] && !first) || (ends[1] && !last) || (!first && !last)) return null;
    return [first?.[0] ?? Number.NEGATIVE_INFINITY, last?.[1] ?? Number.POSITIVE_INFINITY];
  }
  const ago = secondsOf(rest);
  if (ago !== null) {
    return sign.startsWith(">")
      ? [Number.NEGATIVE_INFINITY, now - ago]
      : [now - ago, Number.POSITIVE_INFINITY];
  }
  const date = dateOf(rest);
  if (!date) return null;
  if (!sign) return date;
  const [begin, end] = date;
  if (sign.startsWith(">")) return [sign === ">" ? end : begin, Number.POSITIVE_INFINITY];
  return [Number.NEGATIVE_INFINITY, sign === "<" ? begin : end];
}

function numberSpan(text: string): Ends | null {
  const [, sign = "", rest = ""] = /^(>=|<=|>|<)?(.*)$/.exec(text) ?? [];
  const ends = rest.split("..");
  if (ends.length === 2 && !sign) {
    const [first, last] = ends.map((end) => (end ? secondsOf(end) : null));
    if ((ends[0] && first === null) || (ends[1] && last === null)) return null;
    return [first ?? 0, last ?? Number.POSITIVE_INFINITY];
  }
  const value = secondsOf(rest);
  if (value === null) return null;
  const least = Number.EPSILON * Math.max(1, value) * 4;
  if (sign === ">") return [value + least, Number.POSITIVE_INFINITY];
  if (sign === ">=") return [value, Number.POSITIVE_INFINITY];
  if (sign === "<") return [0, value - least];
  return sign === "<=" ? [0, value] : [value, value];
}

/** The terms of a text, in lower case; what is in quotes is one. */
function* split(
  text: string,
): IterableIterator<{ negative: boolean; field: string; value: string }> {
  const found = text.toLowerCase().matchAll(/(-?)(?:([a-z]+):)?((?:"[^"]*"?|[^\s"])+|(?<=:))/g);
  for (const [, minus = "", field = "", value = ""] of found) {
    // A lone minus is being typed, or is a dash.
    if (!field && !value) continue;
    yield { negative: minus === "-", field, value };
  }
}

function words(value: string): readonly string[] {
  const parts = value.match(/(?:"[^"]*"?|[^,"])+/g) ?? [];
  return parts.map((part) => part.replaceAll('"', ""));
}

function testOf(field: string, value: string, now: number): Test | string | null {
  const name = SHORT[field] ?? field;
  const bare = value.replaceAll('"', "");
  const text = TEXTS.find((one) => one === name);
  // Nothing is asked for while the value is still to be typed; quotes ask for an empty one.
  if (text) return value ? { kind: "text", field: text, words: words(value) } : null;
  const time = TIMES.find((one) => one === name);
  if (time) {
    if (!bare) return null;
    const span = timeSpan(bare, now);
    if (!span) return `${field}:${bare} is not understood: write 2026-11-20, >2026-11-20 or 2d.`;
    return { kind: "time", field: time, from: span[0], to: span[1] };
  }
  const number = NUMBERS.find((one) => one === name);
  if (number) {
    if (!bare) return null;
    const span = numberSpan(bare);
    if (!span) return `${field}:${bare} is not understood: write >10, <2min or 5..10 (seconds).`;
    return { kind: "number", field: number, from: span[0], to: span[1] };
  }
  return { kind: "word", word: `${field}:${bare}` };
}

/** Reads what was typed; `now` in seconds since the epoch. */
export function parse(text: string, now: number): Query {
  const terms: Term[] = [];
  let problem: string | null = null;
  let strange: string | null = null;
  for (const { negative, field, value } of split(text)) {
    const test: Test | string | null = field
      ? testOf(field, value, now)
      : { kind: "word", word: value.replaceAll('"', "") };
    if (field && typeof test === "object" && test?.kind === "word") strange ??= field;
    if (typeof test === "string") problem ??= test;
    else if (test && !(test.kind === "word" && !test.word)) terms.push({ negative, test });
  }
  return { terms, problem, strange };
}

/** What the help says of the language. */
export const SEARCH_HELP: readonly (readonly [example: string, what: string])[] = [
  ["bell fez", "both words, anywhere in a row"],
  ["device:fez", `a part of one field: ${TEXTS.join(", ")}`],
  ["-tag:test", "not with that tag; the minus works before any word"],
  ["status:failed,cancelled", "one of several"],
  ["created:2d", "in the last two days; also today, >2d, 2026-11-20, 2026-11-01..2026-11-20"],
  ["usage:>10s", "also estimate, elapsed and wait; 5..10, <2min"],
];
