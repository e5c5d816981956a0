/** What is done to many jobs: one question, how far it is, and an outcome a job. */
import { describe, expect, it, vi } from "vitest";
import { RESTARTED } from "../src/cutoff.js";
import type { Outcome } from "../src/wire.gen.js";
import { CANCELLED, changes, DONE, job, NOW, okReply, RUNNING, refused, snapshot } from "./jobs.js";
import { button, mounted, press, settled, type } from "./setup.js";

const JOBS = [
  job({ id: "a", name: "alpha", created: NOW - 300, tags: ["h2"] }),
  job({ id: "b", name: "beta", created: NOW - 200, ...RUNNING }),
  job({ id: "c", name: "gamma", created: NOW - 100, ...DONE, ended: NOW - 40, tags: ["h2", "x"] }),
];

const fine = (job_id: string): Outcome => {
  return { job_id, ok: true, message: "", code: null, already: false, asked: true };
};

/** A monitor with all of its jobs selected. */
async function chosen(jobs = JOBS) {
  const { host, el } = mounted(snapshot(jobs), "monitor");
  button(el, /^Select all/).click();
  await settled();
  return { host, el, strip: el.querySelector(".rw-strip") as HTMLElement };
}

async function click(el: Element, name: string | RegExp): Promise<void> {
  button(el, name).click();
  await settled();
}

describe("a request for the selected jobs", () => {
  it("asks once, says what and how many, and concerns only those that it can", async () => {
    const { host, strip } = await chosen();
    expect(strip.textContent).toContain("3 selected");
    await click(strip, "Cancel 2 jobs…");
    const form = strip.querySelector("form");
    expect(form?.textContent).toContain("Cancel 2 jobs?");
    expect(form?.textContent).toContain("1 is not running yet.");
    expect(form?.textContent).toContain("1 is running: QPU time used so far is still counted.");
    expect(form?.textContent).toContain("1 ended already: nothing is asked for them.");
    expect(document.activeElement?.textContent).toBe("Keep");
    expect(host.asked).toHaveLength(0);
    await click(strip, "Cancel 2 jobs");
    expect(host.asked.map(({ ask }) => ask)).toEqual([
      { kind: "cancel", job_ids: expect.arrayContaining(["a", "b"]) },
    ]);
  });

  it("offers nothing that could not be done where the kernel is gone", async () => {
    const { host, strip } = await chosen();
    await click(strip, "Cancel 2 jobs…");
    await click(strip, "Cancel 2 jobs");
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes: [refused("a", "Not now.")] });
    await settled();
    expect(() => button(strip, /^Retry/)).not.toThrow();
    host.cutOff.value = RESTARTED;
    await settled();
    const names = [...strip.querySelectorAll("button")].map((one) => one.textContent ?? "");
    expect(names.filter((name) => /Cancel|[Tt]ag|Delete|Retry|again/.test(name))).toEqual([]);
    expect(names.some((name) => name.startsWith("Export"))).toBe(true);
  });

  it("keeps the keys in the view when its buttons come and go", async () => {
    const { el } = mounted(snapshot(JOBS), "monitor");
    const strip = el.querySelector(".rw-strip") as HTMLElement;
    const within = async (name: string | RegExp, place: Element) => {
      const pressed = button(el, name);
      pressed.focus();
      await click(el, name);
      await settled();
      expect(place.contains(document.activeElement)).toBe(true);
    };
    await within(/^Select all/, strip);
    await within("Clear", strip);
    const search = el.querySelector(".rw-search input") as HTMLInputElement;
    type(search, "nothing like it");
    await settled();
    await within("Show all 3", el.querySelector(".rw-search") as Element);
    button(el, /3 ?queued|1 ?queued/).click();
    await settled();
    await within("Clear filters", el.querySelector(".rw-search") as Element);
  });

  it("does nothing when it is kept, by the button or by Escape", async () => {
    const { host, strip } = await chosen();
    await click(strip, /^Delete 1 job…/);
    await click(strip, "Keep");
    await click(strip, /^Delete 1 job…/);
    press(strip.querySelector("form") as Element, "Escape");
    await settled();
    expect(strip.querySelector("form")).toBeNull();
    expect(host.asked).toHaveLength(0);
  });

  it("says why there is nothing to be done, and asks nothing", async () => {
    const { host, strip } = await chosen([job({ ...CANCELLED, ended: NOW })]);
    const none = button(strip, /^Cancel/);
    expect(none.getAttribute("aria-disabled")).toBe("true");
    expect(none.title).toBe("All of them have ended");
    none.click();
    await settled();
    expect(strip.querySelector("form")).toBeNull();
    expect(host.asked).toHaveLength(0);
  });

  it("adds the tags that were typed, and takes away those that were chosen", async () => {
    const { host, strip } = await chosen();
    await click(strip, "Tag…");
    type(strip.querySelector("form input") as HTMLInputElement, "new, vqe ,");
    await settled();
    await click(strip, /^Tag 3 jobs with/);
    host.asked[0]?.answer({ ...okReply(), outcomes: ["a", "b", "c"].map(fine) });
    await settled();
    await click(strip, "Untag…");
    await click(strip, /^h2/);
    await click(strip, "Take away 1 tag");
    const order = expect.arrayContaining(["a", "b", "c"]);
    expect(host.asked.map(({ ask }) => ask)).toEqual([
      { kind: "tag", job_ids: order, add: ["new", "vqe"], remove: [] },
      { kind: "tag", job_ids: order, add: [], remove: ["h2"] },
    ]);
  });

  it("refuses a tag that no job can have", async () => {
    const { host, strip } = await chosen();
    await click(strip, "Tag…");
    type(strip.querySelector("form input") as HTMLInputElement, "x".repeat(87));
    await settled();
    expect(strip.querySelector("[role=alert]")?.textContent).toContain("at most 86 characters");
    type(strip.querySelector("form input") as HTMLInputElement, "1,2,3,4,5,6,7,8,9");
    await settled();
    expect(strip.querySelector("[role=alert]")?.textContent).toContain("at most 8 tags");
    await click(strip, /^Tag 3 jobs with 9 tags/);
    expect(host.asked).toHaveLength(0);
  });
});

describe("while the question stands", () => {
  it("nothing comes to be deleted that ended meanwhile", async () => {
    const { host, strip } = await chosen();
    await click(strip, "Delete 1 job…");
    host.tell(changes(2, [{ id: "b", ...DONE, ended: NOW }]));
    await settled();
    const form = strip.querySelector("form");
    expect(form?.textContent).toContain("Delete 1 job?");
    expect(form?.textContent).toContain("1 more ended since you asked: nothing is asked for it.");
    await click(strip, "Delete 1 job");
    expect(host.asked.map(({ ask }) => ask)).toEqual([{ kind: "delete", job_ids: ["c"] }]);
  });

  it("what ended meanwhile is not cancelled", async () => {
    const { host, strip } = await chosen();
    await click(strip, "Cancel 2 jobs…");
    host.tell(changes(2, [{ id: "b", ...DONE, ended: NOW }]));
    await settled();
    await click(strip, "Cancel 1 job");
    expect(host.asked.map(({ ask }) => ask)).toEqual([{ kind: "cancel", job_ids: ["a"] }]);
  });

  it("another selection takes it back", async () => {
    const { host, strip } = await chosen();
    host.selection.value = ["a"];
    await settled();
    await click(strip, "Cancel 1 job…");
    host.selection.value = ["b"];
    await settled();
    expect(strip.querySelector("form")).toBeNull();
    expect(button(strip, "Cancel 1 job…").getAttribute("aria-expanded")).toBe("false");
    expect(host.asked).toEqual([]);
  });

  it("is taken back where nothing is left that it could be asked for", async () => {
    const { host, strip } = await chosen();
    await click(strip, "Delete 1 job…");
    host.tell(changes(2, [], ["c"]));
    await settled();
    expect(strip.querySelector("form")).toBeNull();
    // The focus was on "Keep".
    expect(strip.contains(document.activeElement)).toBe(true);
  });
});

describe("its report", () => {
  async function deleting(n: number) {
    const jobs = Array.from({ length: n }, (_, i) => {
      return job({ id: `j${i}`, name: `job-${i}`, ...DONE, created: NOW - i, ended: NOW });
    });
    const all = await chosen(jobs);
    await click(all.strip, `Delete ${n} jobs…`);
    await click(all.strip, `Delete ${n} jobs`);
    return all;
  }

  it("tells how far it is and what it waits for", async () => {
    const { host, strip } = await deleting(4);
    host.asked[0]?.slow("Waits for the kernel: a cell is running");
    await settled();
    expect(strip.textContent).toContain("Waits for the kernel: a cell is running.");
    const note = "The service limits requests.";
    const outcomes = [fine("j0")];
    host.asked[0]?.progress({ kind: "progress", id: 0, done: 1, total: 4, outcomes, note });
    await settled();
    expect(strip.textContent).toContain("1 of 4");
    expect(strip.textContent).toContain("1 deleted");
    expect(strip.textContent).toContain(note);
    expect(strip.querySelector("progress")?.value).toBe(1);
    // The focus did not fall to the page when the question went.
    expect(document.activeElement).toBe(strip.querySelector(".rw-report"));
  });

  it("lists an outcome a job, also of one that has left the table, and retries the failed", async () => {
    const { host, strip } = await deleting(3);
    host.tell(changes(2, [], ["j0"]));
    const already = { ...fine("j1"), already: true };
    const outcomes = [fine("j0"), already, refused("j2", "It is held.", 1234)];
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes });
    await settled();
    expect(strip.textContent).toContain("1 deleted · 1 gone already · 1 failed");
    await click(strip, "Outcomes");
    const lines = () => [...strip.querySelectorAll(".rw-outcomes li")].map((li) => li.textContent);
    expect(lines()).toEqual(["job-2 j2It is held. (code 1234)"]);
    (strip.querySelector(".rw-outcomes input") as HTMLInputElement).click();
    await settled();
    expect(lines()).toHaveLength(3);
    expect(lines()[0]).toBe("job-0 j0deleted");
    await click(strip, "Retry the 1 that failed");
    expect(host.asked[1]?.ask).toEqual({ kind: "delete", job_ids: ["j2"] });
  });

  it("says why it was refused as a whole, and that no job was asked for anything", async () => {
    const { host, strip } = await deleting(2);
    const outcomes = [refused("", "The request cannot be right.")];
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes });
    await settled();
    expect(strip.textContent).toContain("2 not asked");
    expect(strip.textContent).not.toContain("failed");
    expect(strip.textContent).toContain("The request cannot be right.");
  });

  it("calls what was not answered not known, and asks again only when told to", async () => {
    const { host, strip } = await deleting(2);
    host.asked[0]?.fail("The kernel was restarted, so this view is cut off.");
    await settled();
    expect(strip.textContent).toContain("2 not known");
    expect(strip.textContent).toContain("The kernel was restarted");
    await click(strip, "Ask again for the 2 not known");
    expect(host.asked).toHaveLength(2);
  });

  it("admits that nothing is heard, sends nothing twice, and lets go", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    const { host, el } = mounted(snapshot(JOBS), "monitor");
    const strip = el.querySelector(".rw-strip") as HTMLElement;
    const turn = (ms = 100) => vi.advanceTimersByTimeAsync(ms);
    for (const name of [/^Select all/, "Delete 1 job…", "Delete 1 job"]) {
      await turn();
      button(strip, name).click();
    }
    await turn(25_000);
    expect(strip.textContent).toContain("Nothing was heard of it for 20 s.");
    expect(host.asked).toHaveLength(1);
    button(strip, "Stop").click();
    await turn();
    expect(strip.textContent).toContain("Stopping…");
    button(strip, "Hide").click();
    await turn();
    expect(strip.querySelector(".rw-report")).toBeNull();
  });

  it("is stopped, says what was not asked, and goes on with that alone", async () => {
    const { host, strip } = await deleting(3);
    const [first] = host.asked;
    expect(first?.until?.aborted).toBe(false);
    await click(strip, "Stop");
    expect(first?.until?.aborted).toBe(true);
    const not = { ...refused("j2", "Not asked: it was stopped before."), asked: false };
    const outcomes = [fine("j0"), refused("j1", "It is held.", 1234), not];
    first?.answer({ ...okReply(), ok: false, outcomes });
    await settled();
    expect(strip.textContent).toContain("1 deleted · 1 failed · 1 not asked");
    expect(strip.textContent).not.toContain("not known");
    await click(strip, "Go on with the 1 not asked");
    expect(host.asked[1]?.ask).toEqual({ kind: "delete", job_ids: ["j2"] });
  });

  it("does one request after the other", async () => {
    const { strip } = await deleting(2);
    const tag = button(strip, "Tag…");
    expect(tag.getAttribute("aria-disabled")).toBe("true");
    expect(tag.title).toBe("One request after the other");
  });
});
