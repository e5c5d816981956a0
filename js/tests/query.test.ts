import { describe, expect, it } from "vitest";
import { parse } from "../src/table/query.js";
import { NOW } from "./jobs.js";

const tests = (text: string) => parse(text, NOW).terms.map(({ test }) => test);
const word = (text: string) => ({ kind: "word", word: text });
const at = (...date: [number, number, number]) =>
  new Date(date[0], date[1] - 1, date[2]).getTime() / 1000;

describe("a query", () => {
  it("is words, in lower case; quotes hold several together", () => {
    expect(tests('Bell  fez "two words"')).toEqual([word("bell"), word("fez"), word("two words")]);
  });

  it("asks a field for one of several values", () => {
    expect(tests('status:failed,Done tag:"a b",c')).toEqual([
      { kind: "text", field: "status", words: ["failed", "done"] },
      { kind: "text", field: "tag", words: ["a b", "c"] },
    ]);
    expect(tests('tag:""')).toEqual([{ kind: "text", field: "tag", words: [""] }]);
  });

  it("searches for what is no field as it stands, and says which that is", () => {
    const { terms, problem, strange } = parse("fez foo:bar", NOW);
    expect(terms.map(({ test }) => test)).toEqual([word("fez"), word("foo:bar")]);
    expect([problem, strange]).toEqual([null, "foo"]);
    expect(parse("fez tag:bar", NOW).strange).toBeNull();
  });

  it("says no with a minus", () => {
    expect(parse("-tag:test -noise", NOW).terms).toEqual([
      { negative: true, test: { kind: "text", field: "tag", words: ["test"] } },
      { negative: true, test: word("noise") },
    ]);
  });

  it("reads dates by the reader's clock, and ages", () => {
    expect(tests("created:2026-11-20")).toEqual([
      { kind: "time", field: "created", from: at(2026, 11, 20), to: at(2026, 11, 21) },
    ]);
    expect(tests("created:>2026-11-20")[0]).toMatchObject({ from: at(2026, 11, 21) });
    expect(tests("ended:2026-11-01..2026-11-20")[0]).toMatchObject({
      from: at(2026, 11, 1),
      to: at(2026, 11, 21),
    });
    expect(tests("created:2d")[0]).toMatchObject({ from: NOW - 172_800 });
    expect(tests("created:>2d")[0]).toMatchObject({ to: NOW - 172_800 });
    expect(tests("created:2026-11")[0]).toMatchObject({ from: at(2026, 11, 1) });
  });

  it("reads lengths of time", () => {
    expect(tests("usage:5..10 elapsed:<2min")).toMatchObject([
      { kind: "number", field: "usage", from: 5, to: 10 },
      { kind: "number", field: "elapsed", from: 0 },
    ]);
    const [test] = tests("usage:>10s");
    expect(test?.kind === "number" && test.from > 10 && test.from < 10.001).toBe(true);
  });

  it("says what it does not understand, and goes on", () => {
    const { terms, problem } = parse("usage:lots created:2026-13-99 fez", NOW);
    expect(terms.map(({ test }) => test)).toEqual([word("fez")]);
    expect(problem).toBe("usage:lots is not understood: write >10, <2min or 5..10 (seconds).");
    expect(parse("created:2026-13-99", NOW).problem).toContain("is not understood");
  });

  it("takes what is no field as text", () => {
    expect(tests("http://x:8 foo:bar")).toEqual([word("http://x:8"), word("foo:bar")]);
  });

  it.each([
    "",
    " ",
    "-",
    ":",
    "device:",
    "-tag:",
    '"',
    '""',
    "created:",
    "a:b:c",
    "..",
    "usage:..",
  ])("never throws while it is typed: %j", (text) => {
    expect(() => parse(text, NOW)).not.toThrow();
  });
});
