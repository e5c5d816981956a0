/** Which rows a query and the filters let through, tested by column. */
import type { Store } from "../store.js";
import type { JobRow } from "../wire.gen.js";
import type { Query, Span, Term, TextField } from "./query.js";
import { byValue, elapsedOf, flagOf, numberOf, waitOf } from "./ranks.js";

export type Facet = "status" | "device" | "program" | "tag" | "session";

/** Chosen by a click: only rows with that value, or only those without. */
export interface Filter {
  readonly facet: Facet;
  readonly value: string;
  readonly exclude: boolean;
}

export type Match = (slot: number) => boolean;
type Field = keyof JobRow;

export const FIELD_OF: Readonly<Record<Facet, Field>> = {
  status: "state",
  device: "device",
  program: "program",
  tag: "tags",
  session: "session",
};

const lower = (value: unknown) => String(value ?? "").toLowerCase();

function listed(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(lower);
  return value === null || value === "" ? [] : [lower(value)];
}

/** Whether a field holds one of the words; an empty word finds a field without a value. */
function holds(store: Store, field: Field, words: readonly string[]): Match {
  return byValue(store, field, (value) => {
    const values = listed(value);
    return words.some((word) =>
      word ? values.some((one) => one.includes(word)) : values.length === 0,
    );
  });
}

function errorHolds(store: Store, words: readonly string[]): Match {
  return byValue(store, "error", (value) => {
    const error = value as JobRow["error"];
    if (!error) return words.includes("");
    const text = `${error.code ?? ""}\n${error.message}`.toLowerCase();
    return words.some((word) => word !== "" && text.includes(word));
  });
}

function idHolds(store: Store, words: readonly string[]): Match {
  const { ids } = store.columns;
  return (slot) => {
    const id = (ids[slot] ?? "").toLowerCase();
    return words.some((word) => id.includes(word));
  };
}

/** The status as it is shown: the server's word only where it is not known. */
function statusHolds(store: Store, words: readonly string[]): Match {
  const unknown = byValue(store, "state", (value) => value === "unknown");
  const [state, label, status] = [
    holds(store, "state", words),
    holds(store, "label", words),
    holds(store, "status", words),
  ];
  const [phase, final] = [holds(store, "phase", words.filter(Boolean)), flagOf(store, "final")];
  return (slot) =>
    state(slot) || (unknown(slot) ? status(slot) : label(slot)) || (!final(slot) && phase(slot));
}

function textMatch(store: Store, field: TextField, words: readonly string[]): Match {
  if (field === "status") return statusHolds(store, words);
  if (field === "error") return errorHolds(store, words);
  if (field === "id") return idHolds(store, words);
  if (field === "name") {
    const [label, tags, id] = [
      holds(store, "name", words),
      holds(store, "tags", words),
      idHolds(store, words),
    ];
    return (slot) => label(slot) || tags(slot) || id(slot);
  }
  return holds(store, FIELD_OF[field], words);
}

function wordMatch(store: Store, word: string): Match {
  const words = [word];
  const code = byValue(store, "error", (value) =>
    String((value as JobRow["error"])?.code ?? "").includes(word),
  );
  const tests = [
    statusHolds(store, words),
    ...(["name", "program", "device", "session", "tags"] as const).map((field) =>
      holds(store, field, words),
    ),
    code,
    idHolds(store, words),
  ];
  return (slot) => tests.some((test) => test(slot));
}

function spanMatch(store: Store, test: Span, now: number): Match {
  const { from, to } = test;
  if (test.kind === "time") {
    const at = numberOf(store, test.field);
    return (slot) => at(slot) >= from && at(slot) < to;
  }
  const rank =
    test.field === "usage"
      ? numberOf(store, "usage_s")
      : test.field === "estimate"
        ? numberOf(store, "usage_estimate_s")
        : test.field === "wait"
          ? waitOf(store, now)
          : elapsedOf(store, now);
  return (slot) => rank(slot) >= from && rank(slot) <= to;
}

function termMatch(store: Store, { negative, test }: Term, now: number): Match {
  const match =
    test.kind === "word"
      ? wordMatch(store, test.word)
      : test.kind === "text"
        ? textMatch(store, test.field, test.words)
        : spanMatch(store, test, now);
  return negative ? (slot) => !match(slot) : match;
}

/** Within a facet one of the chosen values is enough; all facets must agree. */
function filterMatches(store: Store, filters: readonly Filter[]): Match[] {
  const facets = new Set(filters.map(({ facet }) => facet));
  return [...facets].map((facet) => {
    const of = filters.filter((one) => one.facet === facet);
    const without = new Set(of.filter((one) => one.exclude).map((one) => one.value));
    const only = new Set(of.filter((one) => !one.exclude).map((one) => one.value));
    return byValue(store, FIELD_OF[facet], (value) => {
      const values = valuesOf(value);
      if (values.some((one) => without.has(one))) return false;
      return only.size === 0 || values.some((one) => only.has(one));
    });
  });
}

/** The values of a field as a filter names them; without one, a single empty text. */
export function valuesOf(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value.map(String) : [String(value ?? "")];
  return values.length ? values : [""];
}

/** What lets a row through, as the rows are now. */
export function matchOf(
  store: Store,
  query: Query,
  filters: readonly Filter[],
  now: number,
): Match | null {
  const tests = [
    ...filterMatches(store, filters),
    ...query.terms.map((term) => termMatch(store, term, now)),
  ];
  return tests.length ? (slot) => tests.every((test) => test(slot)) : null;
}
