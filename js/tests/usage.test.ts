import { describe, expect, it } from "vitest";
import { Budgets } from "../src/usage/budgets.js";
import { Devices, deviceWords } from "../src/usage/devices.js";
import { UsageCard, UsageMeter } from "../src/usage/meter.js";
import { amount, levelOf, period, spoken, warning } from "../src/usage/words.js";
import type { BudgetInfo, UsageInfo } from "../src/wire.gen.js";
import { AroundStore, budget, device, usage } from "./around.js";
import { NOW } from "./jobs.js";
import { part } from "./part.js";
import { settled } from "./setup.js";

const SCRIPT = "<img src=x onerror=alert(1)>";

function meter(all: readonly UsageInfo[], expected: number | null = null) {
  const store = new AroundStore();
  store.usage.value = all;
  const el = part(UsageMeter, { store, expected });
  return { store, el, bar: el.querySelector("[role=meter]") };
}

function card(fields: Partial<UsageInfo>) {
  const time = new AroundStore();
  const el = part(UsageCard, { usage: usage(fields), time });
  return { time, el, text: el.textContent ?? "" };
}

describe("QPU time", () => {
  it("is told in seconds as long as those are few, and in minutes from one on, as everywhere", () => {
    expect([0, 3.14, 59.96, 61, 119.4, 120, 312, 3700].map(amount)).toEqual([
      "0 s",
      "3.1 s",
      "60 s",
      "1 min 01 s",
      "1 min 59 s",
      "2 min",
      "5 min 12 s",
      "1 h 01 min",
    ]);
  });

  it("is spoken whole, in seconds", () => {
    expect(spoken(usage(), 96)).toBe(
      "312 seconds used of 600 seconds, about 96 seconds more expected; 288 seconds left",
    );
    expect(spoken(usage({ limit_s: null }), null)).toBe("312 seconds used; there is no limit");
    expect(spoken(usage({ used_s: null }), null)).toBe("not known");
    expect(spoken(usage({ used_s: 1, limit_s: 2 }), 0)).toContain("1 second used of 2 seconds;");
  });
});

describe("the limit", () => {
  it.each([
    [{ used_s: 100 }, "ok"],
    [{ used_s: 480 }, "near"],
    [{ used_s: 600, reached: null }, "reached"],
    [{ used_s: 700, reached: null }, "reached"],
    [{ used_s: 600, reached: false }, "near"],
    [{ used_s: 10, reached: true }, "reached"],
    [{ used_s: null }, "ok"],
    [{ limit_s: null }, "ok"],
    [{ used_s: 0, limit_s: 0, reached: null }, "reached"],
  ] as const)("%o is %s", (fields, level) => {
    expect(levelOf(usage(fields))).toBe(level);
  });

  it("is said in words when it is near, when it is reached, and when more is to come", () => {
    expect(warning(usage(), null, NOW)).toBeNull();
    expect(warning(usage({ used_s: 552 }), null, NOW)).toBe("Nearly used up: 48 s left.");
    expect(warning(usage(), 300, NOW)).toBe(
      "Only 4 min 48 s left: less than unfinished jobs are expected to need.",
    );
    expect(warning(usage({ used_s: 600, reached: true }), 300, NOW)).toMatch(
      /^The limit is reached: the service takes no more jobs\. The period ends .+\.$/,
    );
    expect(warning(usage({ limit_s: null, used_s: 1e9 }), 1e9, NOW)).toBeNull();
  });

  it("has a period only where the service tells one", () => {
    expect(period(usage({ period_end: null }))).toBeNull();
    expect(period(usage({ period_start: null }))).toMatch(/^until /);
  });
});

describe("the meter in a header", () => {
  it("tells what is used, expected and allowed, for the eye and for the ear", () => {
    const { el, bar } = meter([usage()], 96);
    expect(el.textContent).toBe(
      "QPU time 5 min 12 s used + ≈ 1 min 36 s here of 10 min · 2 min ago",
    );
    expect(bar?.getAttribute("aria-valuenow")).toBe("312");
    expect(bar?.getAttribute("aria-valuemax")).toBe("600");
    expect(bar?.getAttribute("aria-valuetext")).toContain("about 96 seconds more expected");
    expect(bar?.querySelector<HTMLElement>(".rw-meter-used")?.style.inlineSize).toBe("52%");
    expect(bar?.querySelector<HTMLElement>(".rw-meter-more")?.style.inlineSize).toBe("16%");
  });

  it("never runs over its end", () => {
    const { bar } = meter([usage({ used_s: 900 })], 100);
    expect(bar?.querySelector<HTMLElement>(".rw-meter-used")?.style.inlineSize).toBe("100%");
    expect(bar?.querySelector<HTMLElement>(".rw-meter-more")?.style.inlineSize).toBe("0%");
    expect(bar?.getAttribute("aria-valuemax")).toBe("900");
  });

  it("calls usage what is a simulator's, and no QPU time", () => {
    const { el, bar } = meter([usage({ simulated: true })]);
    expect(el.textContent).toMatch(/^Usage 5 min 12 s used of/);
    expect(bar?.getAttribute("aria-label")).toBe("Usage");
  });

  it("says aloud when little is left, and no figure that changes", async () => {
    const { el, store } = meter([usage()]);
    const aloud = () => el.querySelector("[role=status]")?.textContent;
    expect(aloud()).toBe("");
    store.usage.value = [usage({ used_s: 500 })];
    await settled();
    expect(aloud()).toBe("QPU time is nearly used up.");
  });

  it("shows no bar where there is no limit, and says so", () => {
    const { el, bar } = meter([usage({ limit_s: null, allocation_s: 1200 })]);
    expect(bar).toBeNull();
    expect(el.textContent).toBe("QPU time 5 min 12 s used, no limit (20 min allotted) · 2 min ago");
  });

  it("is not there while nothing is known, and invents no zero where it was refused", () => {
    expect(meter([]).el.textContent).toBe("");
    expect(meter([usage({ used_s: null, limit_s: null })]).el.textContent).toBe("");
    const trouble = "This account may not read the instance's usage.";
    expect(meter([usage({ used_s: null, trouble })]).el.textContent).toBe(
      `QPU time could not be read${trouble}`,
    );
  });

  it("says in a word that it could not be read now, and in full to who asks or listens", () => {
    const trouble = "The instance's usage could not be read: No answer within 30 s.";
    const { el } = meter([usage({ trouble })]);
    const said = el.querySelector(".rw-usage-trouble");
    expect(said?.getAttribute("title")).toBe(trouble);
    expect(said?.querySelector("[aria-hidden]")?.textContent).toBe("not read now");
    expect(said?.querySelector(".rw-sr")?.textContent).toBe(trouble);
  });

  it("tells several instances apart, and adds no estimate to the wrong one", () => {
    const two = [usage({ instance: "open" }), usage({ key: "two", instance: "paid", used_s: 3 })];
    const { el } = meter(two, 96);
    expect(el.textContent).toContain("QPU time of open 5 min 12 s used of");
    expect(el.textContent).toContain("QPU time of paid 3 s used of");
    expect(el.textContent).not.toContain("≈");
  });

  it("follows what is new, and takes text for text", async () => {
    const { el, store } = meter([usage()]);
    store.usage.value = [usage({ used_s: 552, instance: SCRIPT, trouble: SCRIPT })];
    await settled();
    expect(el.textContent).toContain("Nearly used up: 48 s left.");
    expect(el.textContent).toContain(SCRIPT);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("the usage on its own", () => {
  it("tells what is left, in seconds too, of which period, and how old that is", () => {
    const { text } = card({ estimated_s: 96, estimated_jobs: 3, pending_jobs: 5 });
    expect(text).toContain("4 min 48 s left");
    expect(text).toContain("312 seconds of 600 seconds");
    expect(text).toContain("The service’s estimates for 3 of 5 unfinished jobs; it tells none");
    expect(text).toContain("read 2 min ago");
  });

  it("is told twice only where the seconds say something that the amounts do not", () => {
    expect(card({ used_s: 0, limit_s: 20 }).text).not.toContain("seconds");
    expect(card({ used_s: 12, limit_s: 90 }).text).toContain("12 seconds of 90 seconds");
  });

  it("gets older by the page's clock", async () => {
    const { el, time } = card({});
    time.time.value = NOW + 180;
    await settled();
    expect(el.textContent).toContain("read 5 min ago");
  });

  it("says what it does not know", () => {
    expect(card({ used_s: null, limit_s: null, as_of: null }).text).toContain("not read yet");
    const { text } = card({ trouble: "The instance's usage could not be read: no." });
    expect(text).toContain("could not be read: no. What you see is from then.");
    expect(text).toContain("5 min 12 s");
  });
});

describe("budgets", () => {
  function line(fields: Partial<BudgetInfo>) {
    const store = new AroundStore();
    store.budgets.value = [budget(fields)];
    const el = part(Budgets, { store });
    return { text: el.textContent ?? "", el };
  }

  it("say what is used, what is left, and what they will do", () => {
    const { text, el } = line({ action: "cancel queued" });
    expect(text).toBe(
      "Budget of 12 jobs: 12.5 s of 1 min47.5 s leftcancels queued jobs when it is spent",
    );
    expect(el.querySelector("[role=meter]")?.getAttribute("aria-valuetext")).toBe(
      "12.5 seconds of 60 seconds used by 12 jobs",
    );
  });

  it("say in words when they are near, and what became of it when they are spent", () => {
    expect(line({ state: "near", used_s: 50 }).text).toContain("Nearly spent: 10 s left");
    const { text } = line({
      state: "spent",
      used_s: 61,
      acted_at: NOW - 60,
      note: "3 jobs asked to be cancelled.",
    });
    expect(text).toContain("Spent");
    expect(text).toContain("3 jobs asked to be cancelled.");
    expect(text).not.toContain("when it is spent");
  });

  it("are said aloud only when it comes to something", async () => {
    const store = new AroundStore();
    store.budgets.value = [budget()];
    const el = part(Budgets, { store });
    const aloud = () => el.querySelector("[role=status]")?.textContent;
    expect(aloud()).toBe("");
    store.budgets.value = [budget({ used_s: 20 })];
    await settled();
    expect(aloud()).toBe("");
    store.budgets.value = [budget({ used_s: 50, state: "near" })];
    await settled();
    expect(aloud()).toBe("The budget of 12 jobs is nearly spent.");
  });

  it("are nowhere where there are none", () => {
    expect(part(Budgets, { store: new AroundStore() }).textContent).toBe("");
  });
});

describe("devices", () => {
  it("tell their queue, their waits and the age of both", () => {
    expect(deviceWords(device())).toBe("31 in queue, wait p50 14 min, p95 1 h 10 min");
    expect(deviceWords(device({ status: "paused", message: "maintenance", queue: 0 }))).toBe(
      "paused (maintenance), 0 in queue, wait p50 14 min, p95 1 h 10 min",
    );
    const store = new AroundStore();
    store.devices.value = new Map([["ibm_fez", device()]]);
    expect(part(Devices, { store }).textContent).toBe(
      "ibm_fez: 31 in queue, wait p50 14 min, p95 1 h 10 min (2 min ago)",
    );
  });

  it("are left out where the service tells nothing of them, and folded where they are many", () => {
    const store = new AroundStore();
    const silent = { queue: null, wait_p50_s: null, wait_p95_s: null };
    store.devices.value = new Map([["a", device({ name: "a", ...silent })]]);
    expect(part(Devices, { store }).textContent).toBe("");
    const all = [1, 2, 3, 4].map((n) => [`d${n}`, device({ name: `d${n}`, queue: n })] as const);
    store.devices.value = new Map(all);
    const el = part(Devices, { store });
    expect(el.textContent).toMatch(/^d4: 4 in queue.*d3: 3 in queue.*2 more/);
    expect(el.textContent).not.toContain("d1");
    store.open.value = 0;
    expect(part(Devices, { store }).textContent).toBe("");
  });
});
