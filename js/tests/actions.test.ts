import { describe, expect, it } from "vitest";
import { Actions } from "../src/actions.js";
import { failedOf, unknownOf } from "../src/bulk.js";
import { askMany } from "../src/monitor/many.js";
import type { Outcome } from "../src/wire.gen.js";
import { FakeHost, okReply, refused } from "./jobs.js";

const fine = (job_id: string, already = false): Outcome => {
  return { job_id, ok: true, message: "", code: null, already, asked: true };
};

function acting() {
  const host = new FakeHost(null);
  return { host, actions: new Actions(host) };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

describe("a request for many jobs", () => {
  it("is one message, whatever the number of jobs", () => {
    const { host, actions } = acting();
    const ids = Array.from({ length: 1000 }, (_, i) => `j${i}`);
    askMany(actions, "delete", ids);
    expect(host.asked.map(({ ask }) => ask)).toEqual([{ kind: "delete", job_ids: ids }]);
  });

  it("adds tags, or takes them away", () => {
    const { host, actions } = acting();
    askMany(actions, "tag", ["a"], ["h2"]);
    askMany(actions, "untag", ["a", "a"], ["old"]);
    expect(host.asked.map(({ ask }) => ask)).toEqual([
      { kind: "tag", job_ids: ["a"], add: ["h2"], remove: [] },
      { kind: "tag", job_ids: ["a"], add: [], remove: ["old"] },
    ]);
  });

  it("tells how far it is, what it waits for, and what became of each job", async () => {
    const { host, actions } = acting();
    const bulk = askMany(actions, "cancel", ["a", "b", "c"]);
    const [asked] = host.asked;
    asked?.slow("Waits for the kernel: a cell is running");
    expect(bulk.value.note).toBe("Waits for the kernel: a cell is running.");
    const note = "The service limits requests: it goes on in 4 s.";
    const first = [fine("a")];
    asked?.progress({ kind: "progress", id: 1, done: 1, total: 3, outcomes: first, note });
    expect(bulk.value).toMatchObject({ done: 1, note, finished: false });
    asked?.answer({ ...okReply(), ok: false, outcomes: [refused("b", "No."), fine("c", true)] });
    await turn();
    expect(bulk.value).toMatchObject({ done: 3, note: null, finished: true, trouble: null });
    expect(failedOf(bulk.value)).toEqual(["b"]);
    expect(unknownOf(bulk.value)).toEqual([]);
  });

  it("says in the rows, too, what is being cancelled", async () => {
    const { host, actions } = acting();
    askMany(actions, "cancel", ["a", "b", "c", "d"]);
    const steps = () => ["a", "b", "c", "d"].map((id) => actions.cancelling(id).value);
    expect(new Set(steps().map(({ step }) => step))).toEqual(new Set(["asked"]));
    const outcomes = [fine("a"), refused("b", "No.", 1234), fine("c", true)];
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes });
    await turn();
    expect(steps()).toEqual([
      { step: "accepted" },
      { step: "refused", why: "No. (code 1234)" },
      { step: "none" },
      { step: "none" },
    ]);
  });

  it("calls no job done whose outcome never came", async () => {
    const { host, actions } = acting();
    const bulk = askMany(actions, "delete", ["a", "b", "c"]);
    const outcomes = [fine("a")];
    host.asked[0]?.progress({ kind: "progress", id: 1, done: 2, total: 3, outcomes, note: null });
    host.asked[0]?.fail("The kernel was restarted.");
    await turn();
    expect(bulk.value).toMatchObject({ done: 1, finished: true });
    expect(bulk.value.trouble).toBe("The kernel was restarted.");
    expect(unknownOf(bulk.value)).toEqual(["b", "c"]);
    expect(failedOf(bulk.value)).toEqual([]);
  });

  it("takes an answer without outcomes for no success", async () => {
    const { host, actions } = acting();
    const bulk = askMany(actions, "delete", ["a"]);
    host.asked[0]?.answer(okReply(0));
    await turn();
    expect(bulk.value.finished).toBe(true);
    expect(bulk.value.trouble).toContain("does not say");
    expect(unknownOf(bulk.value)).toEqual(["a"]);
  });
});

describe("what is asked for one thing", () => {
  it("fetches a part of the details", async () => {
    const { host, actions } = acting();
    const found = actions.details("a", "circuit", 2);
    expect(host.asked[0]?.ask).toEqual({
      kind: "details",
      job_id: "a",
      part: "circuit",
      index: 2,
    });
    host.asked[0]?.answer({ ...okReply(), data: { text: "q: ─" } });
    expect(await found).toEqual({ text: "q: ─" });
  });

  it("says why there are no details", async () => {
    const { host, actions } = acting();
    const found = actions.details("a", "raw");
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes: [refused("a", "It is private.")] });
    await expect(found).rejects.toThrow("It is private.");
  });

  it("closes a session, and asks for a look now", async () => {
    const { host, actions } = acting();
    const closed = actions.session("s", "close");
    const looked = actions.refresh();
    expect(host.asked.map(({ ask }) => ask)).toEqual([
      { kind: "session", session_id: "s", action: "close" },
      { kind: "refresh" },
    ]);
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes: [refused("s", "It is closed.")] });
    host.asked[1]?.fail("The kernel was restarted.");
    expect(await closed).toBe("It is closed.");
    expect(await looked).toBe("The kernel was restarted.");
  });

  it("tells what is selected and looked at", () => {
    const { host, actions } = acting();
    actions.select(["a"]);
    actions.look(["a", "b"]);
    expect(host.noted).toEqual([
      { kind: "select", job_ids: ["a"] },
      { kind: "look", job_ids: ["a", "b"], hidden: false },
    ]);
  });
});
