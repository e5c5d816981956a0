import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Numbered } from "../src/afm.js";
import { RESTARTED, SAVED } from "../src/cutoff.js";
import type { Update } from "../src/host.js";
import { ModelHost } from "../src/model-host.js";
import { changes, job, NOW, okReply, snapshot } from "./jobs.js";
import { FakeKernel, FakeModel, managerOf } from "./model.js";

let ending: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  ending = new AbortController();
});

afterEach(() => {
  ending.abort();
  vi.useRealTimers();
});

function made(kernel?: FakeKernel, heard: readonly Numbered[] = []) {
  const state = { _snapshot: snapshot([job()], 5), _view_id: "view-1" };
  const model = new FakeModel(state, kernel && managerOf(kernel));
  const host = new ModelHost(model, ending.signal, () => heard);
  const updates: Update[] = [];
  host.subscribe((update) => updates.push(update), ending.signal);
  return { model, host, updates };
}

const flush = () => vi.advanceTimersByTimeAsync(0);
const kinds = (messages: readonly unknown[]) => messages.map((m) => (m as { kind: string }).kind);
const CANCEL = { kind: "cancel", job_ids: ["a"] } as const;
const idOf = (message: unknown) => (message as { id: number }).id;

describe("the order of messages", () => {
  it("starts from the trait and passes on what follows it", () => {
    const { model, host, updates } = made();
    expect(host.snapshot()?.seq).toBe(5);
    model.receive(changes(6, []));
    model.receive(changes(6, []));
    model.receive(changes(7, []));
    expect(updates.map((update) => update.seq)).toEqual([6, 7]);
    expect(model.sent).toEqual([]);
  });

  it("asks once for a snapshot after a gap, and still shows what came", async () => {
    const { model, updates } = made();
    model.receive(changes(8, []));
    model.receive(changes(12, []));
    await flush();
    expect(kinds(model.sent)).toEqual(["resync"]);
    expect(updates.map((update) => update.seq)).toEqual([8, 12]);
    model.receive(snapshot([], 12));
    model.receive(changes(13, []));
    await flush();
    expect(kinds(model.sent)).toEqual(["resync"]);
    model.receive(changes(15, []));
    await flush();
    expect(kinds(model.sent)).toEqual(["resync", "resync"]);
  });

  it("never goes back to an older snapshot", () => {
    const { model, updates } = made();
    model.receive(changes(6, []));
    model.receive(snapshot([], 5));
    expect(updates).toHaveLength(1);
    model.set("_snapshot", snapshot([], 9));
    expect(updates.map((update) => update.kind)).toEqual(["changes", "snapshot"]);
  });

  it("asks at once when its model was told more before it was shown", async () => {
    const { model } = made(undefined, [{ seq: 8 }]);
    await flush();
    expect(kinds(model.sent)).toEqual(["resync"]);
  });

  it("takes in what came before it could hear, where that is whole, and asks for nothing", async () => {
    const early = [changes(5, []), changes(6, [{ id: "a" }]), changes(7, [])];
    const { model, updates } = made(undefined, early);
    await flush();
    expect(model.sent).toEqual([]);
    expect(updates.map((update) => update.seq)).toEqual([6, 7]);
    model.receive(changes(8, []));
    expect(updates.map((update) => update.seq)).toEqual([6, 7, 8]);
    const torn = made(undefined, [changes(6, []), changes(8, [])]);
    await flush();
    expect(kinds(torn.model.sent)).toEqual(["resync"]);
    expect(torn.updates).toEqual([]);
  });

  it("takes no part for the whole, and asks for all where it finds but a part", async () => {
    const { model, updates } = made();
    model.set("_snapshot", { ...snapshot([job()], 6), left_out: 3000 });
    expect(updates).toEqual([]);
    new ModelHost(model, ending.signal, () => []);
    await flush();
    expect(kinds(model.sent)).toEqual(["resync"]);
    model.set("_snapshot", snapshot([job(), job({ id: "b" })], 6));
    expect(updates.map((update) => update.jobs.length)).toEqual([2]);
  });

  it("ignores what it does not know", () => {
    const { model, updates } = made();
    for (const odd of [{ kind: "news" }, {}, { kind: "reply", id: 1 }]) model.receive(odd);
    expect(updates).toEqual([]);
  });
});

describe("a request", () => {
  it("goes by the model where there is no other way, and is answered by its id", async () => {
    const { model, host } = made();
    const reply = host.request(CANCEL);
    await flush();
    const id = idOf(model.sent[0]);
    expect(model.sent[0]).toEqual({ ...CANCEL, id });
    model.receive(okReply(id + 1));
    model.receive(okReply(id));
    await expect(reply).resolves.toEqual(okReply(id));
  });

  it("goes by a comm of the page's own where a busy kernel hears one", async () => {
    const kernel = new FakeKernel(() => Promise.resolve());
    const { model, host } = made(kernel);
    const reply = host.request(CANCEL);
    await flush();
    const [comm] = kernel.comms;
    expect(comm?.opened).toBe(1);
    expect(model.sent).toEqual([]);
    const id = idOf(comm?.sent[0]);
    expect(comm?.sent[0]).toEqual({ ...CANCEL, id, view: "view-1" });
    comm?.receive(okReply(id));
    await expect(reply).resolves.toEqual(okReply(id));
  });

  it("shares that comm with the other views of the kernel", async () => {
    const kernel = new FakeKernel(() => Promise.resolve());
    const [one, two] = [made(kernel), made(kernel)];
    void one.host.request(CANCEL);
    void two.host.request(CANCEL);
    await flush();
    expect(kernel.comms).toHaveLength(1);
    expect(kernel.comms[0]?.sent).toHaveLength(2);
  });

  it("goes by the model where the kernel starts no subshell", async () => {
    const kernel = new FakeKernel(() => new Promise(() => undefined));
    const { model, host } = made(kernel);
    const slow = vi.fn();
    void host.request(CANCEL, { onSlow: slow });
    await vi.advanceTimersByTimeAsync(3000);
    expect(kinds(model.sent)).toEqual(["cancel"]);
    expect(kernel.comms[0]?.opened).toBe(0);
    expect(slow).toHaveBeenCalledExactlyOnceWith("Waits for the kernel: a cell is running");
  });

  it("is asked again by the model when the kernel closes the comm", async () => {
    const kernel = new FakeKernel(() => Promise.resolve());
    const { model, host } = made(kernel);
    const reply = host.request(CANCEL);
    await flush();
    kernel.comms[0]?.onClose?.();
    expect(kinds(model.sent)).toEqual(["cancel"]);
    model.receive(okReply(idOf(model.sent[0])));
    await expect(reply).resolves.toBeTruthy();
  });

  it("fails in words when the kernel is restarted, and the view says that it is cut off", async () => {
    const kernel = new FakeKernel(() => Promise.resolve());
    const { host, updates } = made(kernel);
    const reply = host.request(CANCEL);
    const failed = expect(reply).rejects.toThrow("The kernel was restarted");
    await flush();
    kernel.become("restarting");
    await failed;
    expect(updates.at(-1)?.health.trouble).toContain("The kernel was restarted");
    await expect(host.request(CANCEL)).rejects.toThrow('Show the job again with service.job("a").');
    expect(host.cutOff.value).toBe(RESTARTED);
    expect(updates.at(-1)?.health.push).toBe(false);
    // A view of the new kernel has a comm of its own.
    void made(kernel).host.request(CANCEL);
    await flush();
    expect(kernel.comms).toHaveLength(2);
  });

  it("does not blame the kernel when that has heard it", async () => {
    const { host } = made(new FakeKernel(() => Promise.resolve()));
    const slow = vi.fn();
    void host.request(CANCEL, { onSlow: slow });
    await vi.advanceTimersByTimeAsync(800);
    expect(slow).toHaveBeenCalledExactlyOnceWith("Waits for the service's answer");
  });

  it("says nothing when the answer is quick", async () => {
    const { model, host } = made();
    const slow = vi.fn();
    void host.request(CANCEL, { onSlow: slow });
    await flush();
    model.receive(okReply(idOf(model.sent[0])));
    await vi.advanceTimersByTimeAsync(5000);
    expect(slow).not.toHaveBeenCalled();
  });
});

it("says which view looks, and that nobody does once it has ended", async () => {
  const [one, two] = [made(), made()];
  for (const { host } of [one, two]) host.note({ kind: "look", job_ids: ["a"], hidden: false });
  one.host.note({ kind: "select", job_ids: ["a"] });
  await flush();
  ending.abort();
  const [look, select, away] = one.model.sent as Record<string, unknown>[];
  expect(look).toMatchObject({ job_ids: ["a"], hidden: false, seq: 5 });
  expect(select).not.toHaveProperty("page");
  expect(away).toMatchObject({ kind: "look", page: look?.page, job_ids: [], hidden: true });
  expect((two.model.sent as Record<string, unknown>[])[0]?.page).not.toBe(look?.page);
  expect(two.model.sent).toHaveLength(2);
});

it("asks for no more of a request that is aborted while it is under way", async () => {
  const { host, model } = made();
  const stop = new AbortController();
  const reply = host.request(CANCEL, { until: stop.signal });
  await flush();
  const id = idOf(model.sent[0]);
  stop.abort();
  await flush();
  expect(model.sent.at(-1)).toMatchObject({ kind: "stop", of: id });
  model.receive(okReply(id));
  await reply;
  const late = new AbortController();
  const other = host.request(CANCEL, { until: late.signal });
  await flush();
  model.receive(okReply(idOf(model.sent.at(-1))));
  await other;
  late.abort();
  await flush();
  expect(model.sent).toHaveLength(3);
});

describe("a notebook that was saved", () => {
  const opened = async (comm_live: boolean | undefined) => {
    const asset = Object.assign(new FakeModel({}), { comm_live });
    const snap = snapshot([job({ id: "a" })], 5);
    const chunks = [{ name: "card.js", sha: "x", model_id: "asset" }];
    const manager = { get_model: () => Promise.resolve(asset), kernel: null };
    const model = new FakeModel({ _snapshot: snap, _chunks: chunks, _view_id: "v" }, manager);
    const host = new ModelHost(model, ending.signal, () => []);
    const told: Update[] = [];
    host.subscribe((update) => told.push(update), ending.signal);
    await flush();
    return { host, told, model };
  };

  it("says so where no kernel has its models, and since when it is as it is shown", async () => {
    const { host, told } = await opened(false);
    expect(host.cutOff.value).toBe(SAVED);
    expect(told.at(-1)?.health).toMatchObject({ stale_since: NOW, trouble: SAVED, push: false });
    await expect(host.request(CANCEL)).rejects.toThrow(SAVED);
  });

  it.each([true, undefined])(
    "is no matter where one has them, or nobody says (%s)",
    async (live) => {
      const { host, told } = await opened(live);
      expect([host.cutOff.value, told.length]).toEqual(["", 0]);
    },
  );

  it("is kept up to date in the page's own model, and sent to nobody", async () => {
    const { host, model } = await opened(true);
    const { kind, seq, ...rest } = snapshot([job({ id: "b" })], 1);
    host.keep(rest);
    expect(host.snapshot()).toMatchObject({ kind: "snapshot", seq: 5, jobs: [{ id: "b" }] });
    expect(model.sent).toEqual([]);
  });
});

it("says each minute that somebody still looks, and nothing of it while nobody does", async () => {
  const { host, model } = made();
  const looks = async (minutes: number) => {
    model.sent.length = 0;
    await vi.advanceTimersByTimeAsync(minutes * 60_000);
    return model.sent;
  };
  expect(await looks(3)).toEqual([]);
  host.note({ kind: "look", job_ids: ["a"], hidden: false });
  await flush();
  const again = (await looks(3)) as Record<string, unknown>[];
  expect(again).toHaveLength(3);
  expect(again[2]).toMatchObject({ kind: "look", job_ids: ["a"], hidden: false });
  host.note({ kind: "look", job_ids: [], hidden: true });
  await flush();
  expect(await looks(3)).toEqual([]);
});

it("leaves nothing behind when its view ends", async () => {
  const kernel = new FakeKernel(() => Promise.resolve());
  const { model, host } = made(kernel);
  void host.request(CANCEL);
  await flush();
  ending.abort();
  expect(model.listeners).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  // The comm is the page's: it lives on, with its one watch for a restart.
  expect(kernel.slots.size).toBe(1);
});
