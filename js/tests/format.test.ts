import { describe, expect, it } from "vitest";
import * as format from "../src/format.js";

describe("durations", () => {
  it.each([
    [0, "0 s"],
    [59.9, "59 s"],
    [65, "1 min 05 s"],
    [252, "4 min 12 s"],
    [4200, "1 h 10 min"],
    [90_000, "1 d 1 h"],
    [-3, "0 s"],
  ])("writes %d s as %s", (seconds, text) => {
    expect(format.duration(seconds)).toBe(text);
  });

  it.each([
    [0, "0 s"],
    [0.01, "< 0.1 s"],
    [8.13, "8.1 s"],
    [75, "1 min 15 s"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("writes a measured %d as %s", (seconds, text) => {
    expect(format.seconds(seconds)).toBe(text);
  });

  it("rounds a wait to what it is worth", () => {
    expect([20, 840, 4200].map(format.roughly)).toEqual(["20 s", "14 min", "1 h 10 min"]);
  });
});

describe("ordinals", () => {
  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [4, "4th"],
    [11, "11th"],
    [12, "12th"],
    [23, "23rd"],
    [111, "111th"],
  ])("writes %d as %s", (n, text) => {
    expect(format.ordinal(n)).toBe(text);
  });
});

describe("ages", () => {
  it.each([
    [2, "just now"],
    [23, "20 s ago"],
    [130, "2 min ago"],
    [7300, "2 h ago"],
    [-4, "just now"],
  ])("says of %d s: %s", (seconds, text) => {
    expect(format.age(1000, 1000 + seconds)).toBe(text);
  });
});

describe("times of day", () => {
  it("gives the date where it is not today's", () => {
    const noon = new Date(2026, 10, 21, 12, 0).getTime() / 1000;
    expect(format.timeOfDay(noon, noon + 60)).not.toContain("Nov");
    expect(format.timeOfDay(noon, noon + 3 * 86_400)).toContain("21");
  });
});

describe("links", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "/jobs", "", null])("refuses %s", (link) => {
    expect(format.safeLink(link, "1")).toBeNull();
  });

  it("keeps an address of the web", () => {
    expect(format.safeLink("https://example.org/jobs/1", "1")).toBe("https://example.org/jobs/1");
    const link = "https://example.org/jobs/{id}";
    expect(format.safeLink(link, "1")).toBe("https://example.org/jobs/1");
    expect(format.safeLink(link, "../$&?x#")).toBe("https://example.org/jobs/..%2F%24%26%3Fx%23");
  });
});

it("shortens an id to the ends that people compare", () => {
  expect(format.shortId("da66nicgd8dc73doc6mg")).toBe("da66nic…6mg");
  expect(format.shortId("short")).toBe("short");
});
