import { describe, expect, it } from "vitest";
import { type Ended, type Open, paceOf, paceWords, toGo } from "../src/monitor/pace.js";
import { NOW } from "./jobs.js";

/** Jobs that ended one each `apart` seconds, the last one `apart` ago. */
function ends(n: number, apart: number, state: Ended["state"] = "done", device = "a"): Ended[] {
  return Array.from({ length: n }, (_, i) => {
    const ended = NOW - (i + 1) * apart;
    return { device, state, started: ended - 2, ended };
  });
}

/** So many jobs of each device, of which nothing is expected. */
function left(open: readonly (readonly [string, number])[]): ReadonlyMap<string, Open> {
  return new Map(open.map(([device, jobs]) => [device, { jobs, expected: 0 }]));
}

function words(jobs: readonly Ended[], open = 84): string | null {
  const pace = paceOf(jobs, NOW);
  return pace && `${paceWords(pace)}, ${toGo(left([["a", open]]), jobs, NOW)}`;
}

describe("the pace", () => {
  it("is told from the latest ends, and so is the time to go", () => {
    expect(words(ends(10, 10))).toBe("5 a minute, est. 16 min to go");
    expect(words(ends(200, 1))).toBe("58 a minute, est. 1 min to go");
    expect(words(ends(5, 600))).toBe("5 an hour, est. 18 h to go");
    expect(words(ends(5, 600), 800)).toBe("5 an hour, est. 7 days to go");
    expect(words(ends(30, 1), 5)).toContain("less than a minute");
  });

  it("is silent where too few have ended, or too long ago", () => {
    expect(words([])).toBeNull();
    expect(words(ends(3, 10))).toBeNull();
    expect(words(ends(10, 3600))).toBeNull();
  });

  it("does not take cancelled jobs, nor times to come, for a pace", () => {
    expect(words(ends(100, 1, "cancelled"))).toBeNull();
    expect(words(ends(100, -10))).toBeNull();
    expect(words([...ends(100, 1, "cancelled"), ...ends(10, 10)])).toBe(words(ends(10, 10)));
  });

  it("takes a job that was refused before it ran for no pace", () => {
    const refused = ends(10, 10, "failed").map((one) => ({ ...one, started: null }));
    expect(words(refused)).toBeNull();
    expect(words(ends(10, 10, "failed"))).toBe(words(ends(10, 10)));
  });

  it("falls while nothing ends, and is silent when nothing more comes", () => {
    const [early, late] = [paceOf(ends(10, 10), NOW), paceOf(ends(10, 10), NOW + 50)];
    expect(late?.perMinute).toBeLessThan(early?.perMinute ?? 0);
    expect(paceOf(ends(10, 10), NOW + 90)).toBeNull();
    expect(paceOf(ends(30, 1), NOW + 61)).toBeNull();
  });

  it("says nothing of when the last few end", () => {
    const go = (n: number) => toGo(left([["a", n]]), ends(30, 1), NOW);
    expect(go(3)).toBeNull();
    expect(go(4)).toBe("est. less than a minute to go");
  });

  it("is no less than what the service expects of the rest", () => {
    const open = new Map([["a", { jobs: 6, expected: 840 }]]);
    expect(toGo(open, ends(30, 1), NOW)).toBe("est. 14 min to go");
  });

  it("is that since the service was away, and not that of both times", () => {
    const before = ends(10, 1).map((one) => ({ ...one, ended: (one.ended ?? 0) - 900 }));
    expect(words([...ends(10, 1), ...before])).toBe(words(ends(10, 1)));
  });

  it("goes by the slowest device, and promises nothing for one that tells no pace", () => {
    const jobs = [...ends(30, 1), ...ends(10, 10, "done", "b")];
    const go = (open: readonly (readonly [string, number])[]) => toGo(left(open), jobs, NOW);
    expect(go([["a", 60]])).toBe("est. 1 min to go");
    const both = [["a", 60] as const, ["b", 84] as const];
    expect(go(both)).toBe("est. 16 min to go");
    expect(
      go([
        ["a", 60],
        ["c", 1],
      ]),
    ).toBeNull();
  });
});
