import { describe, expect, it, vi } from "vitest";
import { CANCELLED, changes, DONE, FAILED, health, job, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, settled, type } from "./setup.js";

const JOBS = [
  job({ id: "a", name: "alpha", created: NOW - 300, usage_estimate_s: 8 }),
  job({ id: "b", name: "beta", created: NOW - 200, ...RUNNING, usage_s: 2, usage_estimate_s: 5 }),
  job({ id: "c", created: NOW - 100, ...DONE, ended: NOW - 40, usage_s: 7.5, tags: ["h2"] }),
  job({ id: "d", created: NOW - 50, ...FAILED, device: "ibm_fez", ended: NOW - 20 }),
];

function monitor(jobs = JOBS, state = health()) {
  return mounted(snapshot(jobs, 1, state), "monitor");
}

function names(el: Element): (string | null)[] {
  return [...el.querySelectorAll("tbody .rw-c-name")].map((cell) => cell.getAttribute("title"));
}

const ids = (el: Element) => names(el).map((title) => title?.split("\n").at(-1));

function search(el: Element, text: string): void {
  const input = el.querySelector<HTMLInputElement>("input[type=search]");
  if (!input) throw new Error("no search box");
  type(input, text);
}

describe("the header", () => {
  it("counts the jobs by state, and their usage", () => {
    const { el } = monitor();
    expect(el.textContent).toContain("4 jobs");
    expect(el.textContent).toContain("2 of 4 ended");
    expect(el.textContent).toContain("Usage 9.5 s + ≈ 11 s estimated");
    expect(el.querySelector(".rw-statebar")?.getAttribute("aria-label")).toBe(
      "Jobs by state: 1 done, 1 failed, 1 running, 1 queued",
    );
  });

  it("invents no usage where none is known", () => {
    expect(monitor([job()]).el.textContent).not.toContain("Usage 0");
  });

  it("filters by state, several at once, and says which", async () => {
    const { el } = monitor();
    button(el, /1 running/).click();
    await settled();
    expect(ids(el)).toEqual(["b"]);
    expect(button(el, /1 running/).getAttribute("aria-pressed")).toBe("true");
    button(el, /1 failed/).click();
    await settled();
    expect(ids(el)).toEqual(["d", "b"]);
  });

  it("finds what is seen: words, codes and states, and not a word that is not shown", async () => {
    const error = { message: "Too long.", code: 1305, solution: null, trace: null };
    const long = { ...FAILED, status: "Cancelled - Ran too long", label: "Ran too long", error };
    const { el } = monitor([
      job({ id: "a", ...long, session: "s-1" }),
      job({ id: "b", ...CANCELLED }),
      job({ id: "c", ...RUNNING, phase: "preparing", tags: ["Scan"] }),
      job({ id: "d", ...DONE, phase: "preparing" }),
    ]);
    for (const [text, found] of [
      ["ran too long", ["a"]],
      ["failed", ["a"]],
      ["1305", ["a"]],
      ["cancelled", ["b"]],
      ["running", ["c"]],
      ["preparing", ["c"]],
      ["scan", ["c"]],
      ["done", ["d"]],
      ["queued", []],
    ] as const) {
      search(el, text);
      await settled();
      expect([text, ids(el)]).toEqual([text, found]);
    }
  });

  it("searches names, devices, tags and words, all of the given ones", async () => {
    const { el } = monitor();
    for (const [text, found] of [
      ["ALPHA", ["a"]],
      ["fez", ["d"]],
      ["h2 done", ["c"]],
      ["h2 queued", []],
    ] as const) {
      search(el, text);
      await settled();
      expect(ids(el)).toEqual(found);
    }
    expect(el.textContent).toContain("None of the 4 jobs matches “h2 queued”.");
    button(el, "Show all 4").click();
    await settled();
    expect(ids(el)).toHaveLength(4);
  });
});

describe("the table", () => {
  it("is a table with row and column headers, the newest job first", () => {
    const { el } = monitor();
    expect(ids(el)).toEqual(["d", "c", "b", "a"]);
    expect(el.querySelectorAll("thead th[scope=col]")).toHaveLength(11);
    expect(el.querySelectorAll("tbody th[scope=row]")).toHaveLength(4);
  });

  it("sorts by a click on a header, what is unknown last either way", async () => {
    const { el } = monitor();
    button(el, /^Usage/).click();
    await settled();
    expect(ids(el)).toEqual(["b", "c", "a", "d"]);
    expect(el.querySelector("th.rw-c-usage")?.getAttribute("aria-sort")).toBe("ascending");
    button(el, /^Usage/).click();
    await settled();
    expect(ids(el)).toEqual(["c", "b", "a", "d"]);
    expect(el.querySelector("th.rw-c-created")?.getAttribute("aria-sort")).toBe("none");
  });

  it("sorts by the elapsed time that is shown, open jobs among the others, as it grows", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { el } = monitor([
      job({ id: "open", ...RUNNING, created: NOW - 9 }),
      job({ id: "short", ...DONE, created: NOW - 100, ended: NOW - 98 }),
      job({ id: "long", ...DONE, created: NOW - 100, ended: NOW - 89.5 }),
    ]);
    button(el, /^Elapsed/).click();
    await vi.advanceTimersByTimeAsync(500);
    expect(ids(el)).toEqual(["short", "open", "long"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(ids(el)).toEqual(["short", "long", "open"]);
  });

  it("changes a row in its place", async () => {
    const { host, el } = monitor();
    const rows = [...el.querySelectorAll("tbody tr")];
    host.tell(changes(2, [{ id: "a", ...RUNNING, phase: "preparing" }]));
    await settled();
    expect([...el.querySelectorAll("tbody tr")]).toEqual(rows);
    expect(rows[3]?.querySelector(".rw-badge")?.textContent).toBe("Running· preparing");
    expect(el.textContent).toContain("2 running");
  });

  it("takes new jobs, and lets go of those that left", async () => {
    const { host, el } = monitor();
    host.tell(changes(2, [job({ id: "e", created: NOW })], ["a"]));
    await settled();
    expect(ids(el)).toEqual(["e", "d", "c", "b"]);
  });

  it("shows a window of many rows, and more on demand", async () => {
    const many = Array.from({ length: 450 }, (_, i) => job({ id: `j${i}`, created: NOW - i }));
    const { el } = monitor(many);
    expect(ids(el)).toHaveLength(200);
    expect(el.textContent).toContain("200 of 450 shown");
    button(el, "Show 200 more").click();
    await settled();
    button(el, "Show 50 more").click();
    await settled();
    expect(ids(el)).toHaveLength(450);
  });

  it("keeps hostile text text", () => {
    const evil = "<img src=x onerror=alert(1)>";
    const { el } = monitor([job({ name: evil, program: evil, device: evil, tags: [evil] })]);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("a row", () => {
  it("cancels its job after a question, and no other", async () => {
    const { host, el } = monitor();
    button(el, "Cancel beta").click();
    await settled();
    expect(document.activeElement).toBe(button(el, "Keep"));
    button(el, "Cancel job").click();
    await settled();
    expect(host.asked.map(({ ask }) => ask)).toEqual([{ kind: "cancel", job_ids: ["b"] }]);
    expect(button(el, "Cancelling beta").textContent).toBe("Cancelling…");
    const outcomes = [
      { job_id: "b", ok: false, message: "It was refused.", code: null, already: false },
    ];
    host.asked[0]?.answer({ kind: "reply", id: 0, ok: false, outcomes, text: null, data: null });
    await settled();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("It was refused.");
    expect(button(el, "Cancel beta").textContent).toBe("Cancel");
  });

  it("gives the focus back when the job is kept", async () => {
    const { el } = monitor();
    button(el, "Cancel beta").click();
    await settled();
    button(el, "Keep").click();
    await settled();
    expect(document.activeElement).toBe(button(el, "Cancel beta"));
  });

  it("keeps the focus when its job ends: on Why?, else on the row", async () => {
    const error = { message: "Too long.", code: 1305, solution: null, trace: null };
    const { host, el } = monitor();
    for (const [name, id, ending] of [
      ["beta", "b", { ...FAILED, error }],
      ["alpha", "a", CANCELLED],
    ] as const) {
      button(el, `Cancel ${name}`).click();
      await settled();
      button(el, "Cancel job").click();
      await settled();
      expect(document.activeElement).toBe(button(el, `Cancelling ${name}`));
      host.tell(changes(host.asked.length + 1, [{ id, ...ending }]));
      await settled();
      const row = el.querySelector(`tr[data-job="${id}"]`);
      expect(document.activeElement).toBe(row?.querySelector("button") ?? row);
    }
  });

  it("spans the columns that are shown with its detail, also when they grow fewer", async () => {
    let resized = () => {};
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(tell: () => void) {
          resized = tell;
        }
        observe() {}
        disconnect() {}
      },
    );
    const { el } = monitor();
    vi.unstubAllGlobals();
    button(el, "Cancel beta").click();
    await settled();
    const detail = el.querySelector<HTMLTableCellElement>(".rw-detail td");
    expect(detail?.colSpan).toBe(11);
    for (const name of ["tags", "usage"]) {
      el.querySelector<HTMLElement>(`th.rw-c-${name}`)?.style.setProperty("display", "none");
    }
    resized();
    await settled();
    expect(detail?.colSpan).toBe(9);
  });

  it("says why its job failed", async () => {
    const error = { message: "A gate is missing.", code: 1517, solution: null, trace: null };
    const { el } = monitor([job({ ...FAILED, error })]);
    button(el, /^Why/).click();
    await settled();
    expect(el.textContent).toContain("A gate is missing. · code 1517");
  });
});

describe("the foot", () => {
  it("says that the service sends changes", () => {
    expect(monitor().el.textContent).toContain("Live: the service sends changes");
  });

  it("does not call itself live where nothing is heard", () => {
    const { el } = monitor(JOBS, health({ stale_since: NOW - 60 }));
    expect(el.querySelector(".rw-mon-head")?.textContent).toContain("Not live since");
    const foot = el.querySelector(".rw-foot")?.textContent;
    expect(foot).toContain("No good answer from the service since");
    expect(foot).not.toContain("Live:");
  });

  it("says how to see the jobs again where it is cut off", async () => {
    const { host, el } = monitor();
    host.cutOff.value = true;
    host.tell({ ...changes(2, []), health: health({ stale_since: NOW }) });
    await settled();
    expect(el.querySelector(".rw-mon-head")?.textContent).toContain("Not live since");
    expect(el.querySelector(".rw-foot")?.textContent).toContain("The kernel was restarted");
    expect(el.textContent).toContain("Show jobs again with service.jobs() or service.job(id).");
    expect(el.textContent).not.toMatch(/run .*cell/i);
  });

  it("leaves a silence unsaid where all jobs have ended", () => {
    const { el } = monitor([job({ ...DONE, ended: NOW })], health({ stale_since: NOW - 60 }));
    expect(el.querySelector(".rw-stale")).toBeNull();
    expect(el.querySelector(".rw-foot")?.textContent).toContain("Not looking: no job can change");
  });

  it("says when it looks next, and what that costs", () => {
    const server_now = Date.now() / 1000;
    const polling = { push: false, server_now, next_look: server_now + 4, requests_per_look: 2 };
    const text = monitor(JOBS, health(polling)).el.querySelector(".rw-foot")?.textContent;
    expect(text).toMatch(/Next look in [45] s2 requests a look/);
  });

  it("says when there is nothing to show, and when nothing is heard", () => {
    const { el } = monitor([], health({ stale_since: NOW - 60 }));
    expect(el.textContent).toContain("Nothing could be read from the service yet.");
    expect(el.textContent).toContain("No good answer from the service since");
  });
});

it("announces many changes in one sentence", async () => {
  vi.useFakeTimers({ now: NOW * 1000 });
  const { host, el } = monitor();
  host.tell(
    changes(2, [
      { id: "a", ...RUNNING },
      { id: "b", ...DONE },
    ]),
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect(el.querySelector(".rw-mon > [role=status]")?.textContent).toBe(
    "2 jobs: 1 Running, 1 Done",
  );
});
