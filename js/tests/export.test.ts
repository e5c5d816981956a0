import { describe, expect, it } from "vitest";
import { cell, csvOf, fileName, jsonOf } from "../src/monitor/export.js";
import { DONE, FAILED, job, NOW } from "./jobs.js";

describe("a file of the jobs", () => {
  it("has a line a job, with times in ISO 8601 and nothing where nothing is known", () => {
    const [head, line, end] = csvOf([
      job({ id: "a", name: "scan, first", ...DONE, ended: NOW, usage_s: 7.5, tags: ["h2", "x"] }),
    ]).split("\r\n");
    const cells = Object.fromEntries(
      (head ?? "").split(",").map((name, i) => [name, (line ?? "").split(/,(?! )/)[i]]),
    );
    expect(cells).toMatchObject({
      id: "a",
      name: '"scan, first"',
      status: "Completed",
      state: "done",
      word: "Done",
      tags: '"h2, x"',
      started: "",
      ended: "2026-11-21T12:04:00.000Z",
      usage_s: "7.5",
      error: "",
    });
    expect(end).toBe("");
  });

  it("has no formula in it, whoever named the jobs", () => {
    for (const evil of ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(1)", "\t=1", "  =1", "＝1"]) {
      expect(cell(evil).replaceAll('"', "")).toBe(`'${evil}`);
    }
    expect([cell(-1.5), cell(null), cell(true), cell('say "a"')]).toEqual([
      "-1.5",
      "",
      "true",
      '"say ""a"""',
    ]);
    expect(csvOf([job({ tags: ["=1"], name: "=2", device: "@x" })])).not.toMatch(/(^|,)[=@]/m);
  });

  it("says the same as JSON, with what has parts left whole", () => {
    const error = { message: "No.", code: 7, solution: null, trace: null };
    const steps = [{ word: "created", at: NOW, told: true, inferred: false }];
    const [read] = JSON.parse(jsonOf([job({ id: "a", ...FAILED, error, tags: ["h2"], steps })]));
    expect(read).toMatchObject({ id: "a", status: "Failed", tags: ["h2"], error, ended: null });
    expect(read.steps).toEqual([{ ...steps[0], at: "2026-11-21T12:04:00.000Z" }]);
  });

  it("is named by the time at which it was made", () => {
    expect(fileName("csv", NOW)).toMatch(/^jobs-2026-11-2\d-\d{4}\.csv$/);
  });
});
