import { describe, expect, it, vi } from "vitest";
import type { CircuitText, RawRecord } from "../src/details/shapes.gen.js";
import type { JobRow, Reply } from "../src/wire.gen.js";
import { given, inputs, outcomes, pub, results, values } from "./details-samples.js";
import {
  CANCELLED,
  changes,
  DONE,
  FAILED,
  type FakeHost,
  job,
  NOW,
  RUNNING,
  snapshot,
} from "./jobs.js";
import { button, mounted, press, settled, type } from "./setup.js";

const EVIL = '<img src=x onerror="globalThis.hit=1">';

/** A card with its details open, at a tab. */
async function opened(fields: Partial<JobRow>, tab = "Timeline") {
  const shown = mounted(snapshot([job(fields)]));
  button(shown.el, "Details").click();
  await settled();
  if (tab !== "Timeline") await show(shown.el, tab);
  return shown;
}

function tabs(el: Element): HTMLElement[] {
  return [...el.querySelectorAll<HTMLElement>('[role="tab"]')];
}

async function show(el: Element, name: string): Promise<void> {
  tabs(el)
    .find((tab) => tab.textContent === name)
    ?.click();
  await settled();
}

const panel = (el: Element) => el.querySelector('[role="tabpanel"]') as HTMLElement;
const said = (el: Element) => panel(el).textContent ?? "";

function asks(host: FakeHost) {
  return host.asked.map(({ ask }) => ask);
}

async function answer(host: FakeHost, data: unknown, text: string | null = null): Promise<void> {
  const reply: Reply = { kind: "reply", id: 0, ok: true, outcomes: [], text, data };
  host.asked.at(-1)?.answer(reply);
  await settled();
}

describe("the tabs", () => {
  it("are closed at first, and ask for nothing when opened", async () => {
    const { host, el } = mounted(snapshot([job(DONE)]));
    expect(tabs(el)).toEqual([]);
    button(el, "Details").click();
    await settled();
    expect(tabs(el).map((tab) => tab.textContent)).toEqual([
      "Timeline",
      "Results",
      "Inputs",
      "Logs",
      "Raw",
    ]);
    expect(button(el, "Details").getAttribute("aria-expanded")).toBe("true");
    expect(host.asked).toEqual([]);
  });

  it("are ARIA tabs: arrows move the focus, and nothing is opened by passing by", async () => {
    const { host, el } = await opened(DONE);
    const [first, second] = tabs(el);
    first?.focus();
    press(first as Element, "ArrowRight");
    expect(document.activeElement).toBe(second);
    press(second as Element, "End");
    expect(document.activeElement?.textContent).toBe("Raw");
    press(document.activeElement as Element, "ArrowRight");
    expect(document.activeElement).toBe(first);
    press(first as Element, "ArrowLeft");
    press(document.activeElement as Element, "Home");
    expect(document.activeElement).toBe(first);
    expect(host.asked).toEqual([]);
    expect(tabs(el).map((tab) => tab.tabIndex)).toEqual([0, -1, -1, -1, -1]);
    expect(panel(el).getAttribute("aria-labelledby")).toBe(first?.id);
    expect(first?.getAttribute("aria-controls")).toBe(panel(el).id);
  });

  it("have names of their own in each view", async () => {
    const [one, other] = [await opened(DONE), await opened(DONE)];
    expect(panel(one.el).id).not.toBe(panel(other.el).id);
  });
});

describe("the timeline", () => {
  const steps = (el: Element) =>
    [...el.querySelectorAll(".rw-step")].map((step) => step.textContent?.replace(/\s+/g, " "));

  it("shows what the row knows, with times and durations", async () => {
    const { el } = await opened({
      ...DONE,
      created: NOW - 700,
      started: NOW - 640,
      ended: NOW - 631.9,
      usage_s: 7.9,
      usage_final: true,
    });
    const [created, queued, running, done, bill] = steps(el);
    expect(created).toMatch(/^Created\d/);
    expect(queued).toMatch(/^Queued1 min 00 s\d/);
    expect(running).toMatch(/^Running8.1 s\d/);
    expect(done).toMatch(/^Done\d/);
    expect(bill).toBe("Bill closed7.9 s used");
  });

  it("marks what is inferred, and what only this machine has seen", async () => {
    const told = { told: true, inferred: false };
    const { el } = await opened({
      ...RUNNING,
      phase: "on the QPU",
      steps: [
        { word: "created", at: NOW - 130, ...told },
        { word: "queued", at: NOW - 130, ...told },
        { word: "preparing", at: NOW - 72, told: true, inferred: true },
        { word: "on the QPU", at: NOW - 41, told: false, inferred: false },
      ],
      started: NOW - 72,
      usage_s: 3.1,
    });
    const [, queued, preparing, present, bill] = steps(el);
    expect(queued).toMatch(/^Queued58 s/);
    // Nobody told when it ended.
    expect(preparing).toMatch(/^Preparing inferred≈ 31 s/);
    expect(present).toMatch(/^On the QPU≈ .*seen at/);
    expect(el.querySelector('[aria-current="step"]')?.textContent).toContain("On the QPU");
    expect(bill).toBe("Bill closed3.1 s so far");
  });

  it("tells the wait of a job that nobody saw wait", async () => {
    const steps_ = ["created", "simulating", "done"].map((word, i) => {
      return { word, at: NOW - 10 + 4 * i, told: true, inferred: false };
    });
    const { el } = await opened({ ...DONE, steps: steps_ });
    expect(steps(el)[1]).toMatch(/^Queued4 s/);
    expect(steps(el)[2]).toMatch(/^Simulating4 s/);
  });

  it("lets the present step tick, and no other", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { el } = mounted(snapshot([job({ ...RUNNING, created: NOW - 60, started: NOW - 10 })]));
    button(el, "Details").click();
    await vi.advanceTimersByTimeAsync(100);
    const before = steps(el);
    await vi.advanceTimersByTimeAsync(5000);
    const after = steps(el);
    expect(before[2]).toContain("Running10 s");
    expect(after[2]).toContain("Running15 s");
    expect([after[0], after[1], after[3]]).toEqual([before[0], before[1], before[3]]);
  });

  it("says that nobody saw when it ran, rather than call all of it a wait", async () => {
    const { el } = await opened({ ...DONE, created: NOW - 60, ended: NOW });
    expect(steps(el)[1]).toMatch(/^Queued, then running1 min 00 s/);
  });

  it("calls no bill closed that the service has not closed", async () => {
    const { el } = await opened({ ...DONE, ended: NOW, usage_s: 2 });
    expect(steps(el).at(-1)).toBe("Bill still open2 s so far");
    const unknown = await opened({ ...DONE, ended: NOW });
    expect(unknown.el.querySelector(".rw-step-todo")?.textContent).toBe("Bill closed");
  });

  it("shows an accepted cancel, and what the service expects", async () => {
    const { el } = await opened({
      cancel_asked: NOW - 2,
      estimated_start: Date.now() / 1000 + 9e8,
    });
    const text = steps(el).join("\n");
    expect(text).toContain("Cancel accepted the service has not cancelled it yet");
    expect(text).toContain("Starts estimated");
  });

  it("says the view's own word for the end, and an unknown word as it came", async () => {
    const late = { ...FAILED, label: "Ran too long", created: NOW - 9, ended: NOW };
    expect(steps((await opened(late)).el).join()).toContain("Ran too long");
    const odd = { status: EVIL, state: "unknown", label: "Unknown" } as const;
    const { el } = await opened(odd);
    expect(steps(el)).toContain(`${EVIL}–`);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("the results", () => {
  it("are the outcomes of each register, with their shares", async () => {
    const { host, el } = await opened({ ...DONE, interim_seen: 6 }, "Results");
    expect(asks(host)).toEqual([{ kind: "details", job_id: job().id, part: "results", index: 0 }]);
    expect(said(el)).toContain("Fetching the results…");
    const one = outcomes({ distinct: 120, sets: 5 });
    await answer(host, results({ total: 1, pubs: [pub({ outcomes: [one], fields: 1 })] }));
    expect(said(el)).toContain("6 interim results");
    expect(el.querySelector("caption")?.textContent).toBe(
      "meas · 2 bits · 4,096 shots for each of 5 sets of parameters · 120 different outcomes" +
        ", of the first 4,096 of 20,480 shots",
    );
    const rows = [...el.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(rows).toEqual(["002,03649.7%", "112,06050.3%"]);
    expect(said(el)).toContain("and 118 more outcomes");
    expect(said(el)).toContain("3.3 kB as the service sent it");
  });

  it("are values with their errors", async () => {
    const { host, el } = await opened(DONE, "Results");
    const found = pub({ values: [values({ count: 900 })], fields: 2 });
    await answer(host, results({ total: 1, pubs: [found] }));
    const rows = [...el.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(rows).toEqual(["[0]0.989163± 0.016", "[1]nan–"]);
    expect(said(el)).toContain("from -1 to 0.989163");
    expect(said(el)).toContain("and 898 more values");
    expect(said(el)).not.toContain("more field");
  });

  it("are not asked for where there are none, and say why", async () => {
    const none: readonly (readonly [Partial<JobRow>, string])[] = [
      [RUNNING, "The job has not ended: it has no result yet."],
      [FAILED, "The job failed, so it has no result."],
      [CANCELLED, "The job was cancelled, so it has no result."],
      [{ ...DONE, gone: true }, "The service does not know this job any more."],
      [{ ...DONE, private: true }, "can be read once only, so this view never reads them"],
    ];
    for (const [fields, why] of none) {
      const { host, el } = await opened(fields, "Results");
      expect(said(el)).toContain(why);
      expect(host.asked).toEqual([]);
    }
  });

  it("come when the job ends", async () => {
    const { host, el } = await opened(RUNNING, "Results");
    host.tell(changes(2, [{ id: job().id, ...DONE }]));
    await settled();
    expect(host.asked.length).toBe(1);
    await answer(host, results({ note: "The service has no result of this job." }));
    expect(said(el)).toContain("The service has no result of this job.");
  });

  it("of many PUBs come a page at a time", async () => {
    const { host, el } = await opened(DONE, "Results");
    const page = (first: number) =>
      results({ total: 50, first, pubs: [pub({ index: first }), pub({ index: first + 1 })] });
    await answer(host, page(0));
    expect(said(el)).toContain("PUBs 0 to 1 of 50, counted from 0");
    button(el, "Previous").click();
    expect(host.asked.length).toBe(1);
    button(el, "Next").click();
    await settled();
    expect(asks(host).at(-1)).toMatchObject({ part: "results", index: 2 });
    expect(said(el)).toContain("PUBs 0 to 1 of 50");
    await answer(host, page(2));
    expect(said(el)).toContain("PUBs 2 to 3 of 50");
  });

  it("of an own program, and what cannot be read, are text", async () => {
    const { host, el } = await opened(DONE, "Results");
    const trouble = "This PUB's result cannot be read: it has an unknown form";
    const others = [{ name: EVIL, value: EVIL }];
    await answer(
      host,
      results({
        total: 1,
        pubs: [pub({ trouble, others, fields: 9, metadata: { text: EVIL, cut: true } })],
        plain: { text: EVIL, cut: true },
      }),
    );
    expect(said(el)).toContain(trouble);
    expect(said(el)).toContain("and 8 more fields");
    expect(said(el)).toContain("… and more, which is left out here");
    expect(said(el).split(EVIL).length).toBe(5);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("what is on its way", () => {
  it("says what it waits for, and why it failed, and tries again when told", async () => {
    const { host, el } = await opened(DONE, "Results");
    host.asked[0]?.slow("Waits for the kernel: a cell is running");
    await settled();
    expect(said(el)).toContain("Fetching the results… Waits for the kernel: a cell is running.");
    host.asked[0]?.fail("No answer.");
    await settled();
    expect(el.querySelector('[role="alert"]')?.textContent).toContain(
      "The results could not be fetched. No answer.",
    );
    await show(el, "Timeline");
    await show(el, "Results");
    expect(host.asked.length).toBe(1);
    button(el, "Try again").click();
    await settled();
    expect(host.asked.length).toBe(2);
    expect(el.querySelector('[role="alert"]')).toBeNull();
  });

  it("is not offered again where nobody is there any more to be asked", async () => {
    const { host, el } = await opened(DONE, "Results");
    host.cutOff.value = "The kernel was restarted.";
    host.asked[0]?.fail("The kernel was restarted.");
    await settled();
    expect(said(el)).toContain("The results could not be fetched. The kernel was restarted.");
    expect(panel(el).querySelector("button")).toBeNull();
  });

  it("shows a refusal of the service, and an answer of another form as no answer", async () => {
    const { host, el } = await opened(DONE, "Raw");
    const no = {
      job_id: job().id,
      ok: false,
      message: "Not now.",
      code: 1202,
      already: false,
      asked: true,
    };
    const reply = { kind: "reply", id: 0, ok: false, text: null, data: null } as const;
    host.asked[0]?.answer({ ...reply, outcomes: [no] });
    await settled();
    expect(said(el)).toContain("Not now. (code 1202)");
    await show(el, "Inputs");
    await answer(host, { part: "raw" });
    expect(said(el)).toContain("The kernel’s answer has another form.");
  });

  it("is fetched once, however often its tab is shown", async () => {
    const { host, el } = await opened(DONE, "Inputs");
    await answer(host, inputs());
    await show(el, "Timeline");
    await show(el, "Inputs");
    expect(host.asked.length).toBe(1);
    expect(said(el)).toContain("ansatz");
  });

  it("leaves nothing of an answer that was overtaken by a later one", async () => {
    const { host, el } = await opened(RUNNING, "Logs");
    await answer(host, null, "early");
    button(el, "Refresh").click();
    await settled();
    button(el, "Refresh").click();
    await settled();
    expect(host.asked.length).toBe(3);
    const reply: Reply = { kind: "reply", id: 0, ok: true, outcomes: [], text: "late", data: null };
    host.asked[2]?.answer(reply);
    await settled();
    host.asked[1]?.answer({ ...reply, text: "stale" });
    await settled();
    expect(el.querySelector("pre")?.textContent).toBe("late\n");
  });
});

describe("the inputs", () => {
  it("are circuits, shots, shapes and the options that were set", async () => {
    const { host, el } = await opened(DONE, "Inputs");
    expect(asks(host)).toEqual([{ kind: "details", job_id: job().id, part: "inputs", index: 0 }]);
    await answer(host, inputs());
    const pairs = Object.fromEntries(
      [...panel(el).querySelectorAll(".rw-pairs > div")].map((pair) => [
        pair.querySelector("dt")?.textContent,
        pair.querySelector("dd")?.textContent,
      ]),
    );
    expect(pairs).toMatchObject({
      Program: "sampler",
      Device: "ibm_fez",
      "Runs at most": "5 min 00 s",
      Size: "3.2 MB as they were sent",
      default_shots: "100",
      Qubits: "5 used of 127",
      Depth: "12",
      "Of these": "cx 12 and 3 more kinds",
      Parameters: "30: θ and 29 more",
      Values: "5 × 30: 5 sets of 30",
      Shots: "not set: the default",
    });
  });

  it("of an estimator have observables and a precision", async () => {
    const { host, el } = await opened(DONE, "Inputs");
    const one = given({
      observables: ["ZZ", "XX - 0.5 IZ"],
      num_observables: 6,
      observables_shape: [2, 3],
      precision: 0.015625,
    });
    await answer(host, inputs({ program: "estimator", pubs: [one], options: [], num_options: 0 }));
    expect(said(el)).toContain("6 (2 × 3): ZZ, XX - 0.5 IZ, and 4 more");
    expect(said(el)).toContain("Precision0.015625");
    expect(said(el)).toContain("No options were set: the service’s defaults apply.");
  });

  it("draw a circuit on request, as text", async () => {
    const { host, el } = await opened(DONE, "Inputs");
    await answer(host, inputs({ pubs: [given({ index: 7 })] }));
    button(el, "Draw circuit").click();
    await settled();
    expect(asks(host).at(-1)).toEqual({
      kind: "details",
      job_id: job().id,
      part: "circuit",
      index: 7,
    });
    const note = "Too many instructions to draw all of it.";
    const drawn: CircuitText = { part: "circuit", index: 7, name: "a", text: `q: ┤${EVIL}├`, note };
    await answer(host, drawn);
    expect(el.querySelector(".rw-drawn pre")?.textContent).toBe(drawn.text);
    expect(said(el)).toContain(note);
    button(el, "Hide circuit").click();
    await settled();
    button(el, "Draw circuit").click();
    await settled();
    expect(host.asked.length).toBe(2);
  });

  it("that cannot be read say so", async () => {
    const { host, el } = await opened(DONE, "Inputs");
    const trouble = "Its circuit cannot be read: not QPY";
    await answer(host, inputs({ pubs: [given({ circuit: null, trouble })], total: 1 }));
    expect(said(el)).toContain(trouble);
    expect(() => button(el, "Draw circuit")).toThrow();
  });
});

describe("the logs", () => {
  const LOG = "one\nTwo one\nthree";

  async function logs(text: string, fields: Partial<JobRow> = DONE) {
    const shown = await opened(fields, "Logs");
    await answer(shown.host, null, text);
    const input = shown.el.querySelector<HTMLInputElement>('input[type="search"]');
    return { ...shown, input: input as HTMLInputElement };
  }

  const current = (el: Element) =>
    [...el.querySelectorAll("mark")].findIndex((mark) => mark.className === "rw-mark-now");

  it("are searched from match to match, by keyboard too", async () => {
    const { el, input } = await logs(LOG);
    type(input, "ONE");
    await settled();
    expect([...el.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual([
      "one",
      "one",
    ]);
    expect(said(el)).toContain("1 of 2 matches");
    press(input, "Enter");
    await settled();
    expect([current(el), said(el)]).toEqual([1, expect.stringContaining("2 of 2 matches")]);
    press(input, "Enter");
    await settled();
    expect(current(el)).toBe(0);
    button(el, "Previous match").click();
    await settled();
    expect(current(el)).toBe(1);
    type(input, "nowhere");
    await settled();
    expect(said(el)).toContain("No match");
    press(input, "Escape");
    await settled();
    expect(input.value).toBe("");
    expect(el.querySelector("pre")?.textContent).toBe(`${LOG}\n`);
  });

  it("take what looks like a pattern as it is written", async () => {
    const { el, input } = await logs("a.c\nabc\n[x](y)*");
    type(input, "a.c");
    await settled();
    expect(said(el)).toContain("1 of 1 match");
    type(input, "[x](y)*");
    await settled();
    expect(said(el)).toContain("1 of 1 match");
  });

  it("of a megabyte are drawn as far as they are seen, and searched whole", async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `line ${i} of a long, long log file`);
    const { el, input } = await logs(text.join("\n"));
    const drawn = () => el.querySelector("pre")?.textContent?.split("\n") ?? [];
    expect(drawn()[0]).toBe(text[0]);
    expect(drawn().length).toBeLessThan(150);
    type(input, "line 15000 ");
    await settled();
    expect(said(el)).toContain("1 of 1 match");
    expect(el.querySelector("mark")?.textContent).toBe("line 15000 ");
    expect(drawn().length).toBeLessThan(150);
    type(input, "line");
    await settled();
    expect(said(el)).toContain("1 of 2,000 matches and more");
    expect(el.querySelectorAll("mark").length).toBeLessThan(150);
  });

  it("of one endless line are broken into pieces, and say that they are the end of more", async () => {
    const { el } = await logs("x".repeat(1_000_000));
    expect(said(el)).toContain("The end of it, the last 1 MB, as of");
    expect(el.querySelector("pre")?.textContent?.length).toBeLessThan(600_000);
  });

  it("say that there are none, and are asked for again when the job ends", async () => {
    const { host, el } = await logs("", RUNNING);
    expect(said(el)).toContain("The job has logged nothing yet.");
    host.tell(changes(2, [{ id: job().id, ...DONE }]));
    await settled();
    expect(asks(host).length).toBe(2);
    await answer(host, null, EVIL);
    expect(el.querySelector("pre")?.textContent).toBe(`${EVIL}\n`);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("the raw record", () => {
  it("is text with the hour it is of, and can be copied", async () => {
    const { host, el } = await opened(DONE, "Raw");
    const text = `{\n  "id": "${EVIL}"\n}`;
    const raw: RawRecord = { part: "raw", text, cut: false, hidden: ["access_token"] };
    await answer(host, raw);
    expect(el.querySelector("pre")?.textContent).toBe(text);
    expect(said(el)).toContain("Hidden, for it looks like a secret: access_token");
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    button(el, "Copy record").click();
    expect(write).toHaveBeenCalledWith(text);
  });
});

describe("an error", () => {
  it("can be copied as a whole for the support", async () => {
    const error = { message: "No gate.", code: 1517, solution: "transpile.", trace: "9f2c" };
    const { el } = await opened({ ...FAILED, error });
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    button(el, "Copy error").click();
    expect(write).toHaveBeenCalledWith("No gate. (code 1517)\nWhat to do: transpile.\nTrace: 9f2c");
    button(el, "Copy as code").click();
    expect(write).toHaveBeenCalledWith(`service.job("${job().id}")`);
  });
});
