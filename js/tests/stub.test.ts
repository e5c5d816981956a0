import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Mount, Views } from "../src/afm.js";
import { widget } from "../src/stub.js";
import { FakeKernel, FakeModel, managerOf } from "./model.js";

const CODE = "export const mount = () => {};";
const KEY = Symbol.for("runtime_widgets.chunks");
let sha = 0;

function bytes(text: string): DataView {
  const gz = gzipSync(text);
  return new DataView(gz.buffer, gz.byteOffset, gz.byteLength);
}

function modelWith(assets: Record<string, FakeModel>): FakeModel {
  const chunks = [{ name: "card.js", sha: `sha-${sha}`, model_id: "asset" }];
  const state = { _chunks: chunks, _view: "card" };
  return new FakeModel(state, managerOf(new FakeKernel(), assets));
}

const asset = () => new FakeModel({ value: bytes(CODE) });

function rendering(model: FakeModel) {
  return { model, el: document.createElement("div"), signal: new AbortController().signal };
}

/** Stands for the import of the code; keeps what was imported and what was mounted. */
function importing(results: (Views | Error)[] = []) {
  const imported: string[] = [];
  const mounted: Mount[] = [];
  const views: Views = { mount: (target) => void mounted.push(target) };
  const run = async (url: string) => {
    imported.push(made.get(url) ?? "");
    const result = results.shift() ?? views;
    if (result instanceof Error) throw result;
    return result;
  };
  return { imported, mounted, run };
}

const made = new Map<string, string>();

beforeEach(() => {
  sha++;
  made.clear();
  const create = (blob: Blob) => {
    const url = `blob:${made.size}`;
    made.set(url, "");
    void blob.text().then((text) => made.set(url, text));
    return url;
  };
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => create(blob as Blob));
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, KEY);
});

describe("the stub", () => {
  it("unzips the asset model's code and mounts the view", async () => {
    const { imported, mounted, run } = importing();
    const target = rendering(modelWith({ asset: asset() }));
    await widget(run).render(target);
    expect(imported).toEqual([CODE]);
    expect(mounted[0]).toMatchObject({ el: target.el, signal: target.signal });
    expect(target.el.textContent).toBe("");
  });

  it("loads the code once a page, however many widgets there are", async () => {
    const { imported, mounted, run } = importing();
    const targets = [1, 2, 3].map(() => rendering(modelWith({ asset: asset() })));
    await Promise.all(targets.map((target) => widget(run).render(target)));
    expect(made.size).toBe(1);
    expect(imported).toEqual([CODE, CODE, CODE]);
    expect(mounted).toHaveLength(3);
  });

  it("is not poisoned by another widget's failure", async () => {
    const { mounted, run } = importing();
    const torn = new FakeModel({ value: new DataView(new ArrayBuffer(8)) });
    const [first, second] = [torn, asset()].map((a) => rendering(modelWith({ asset: a })));
    if (!first || !second) throw new Error("no targets");
    await Promise.all([widget(run).render(first), widget(run).render(second)]);
    expect(first.el.textContent).toMatch(/^The view could not be loaded: /);
    expect(mounted.map(({ el }) => el)).toEqual([second.el]);
  });

  it("imports what a view shares with others from where that is, once", async () => {
    const { imported, run } = importing();
    const shared = { name: "shared-1.js", sha: `shared-${sha}`, model_id: "shared" };
    const own = (name: string) => [shared, { name, sha: `${name}-${sha}`, model_id: name }];
    const code = new FakeModel({ value: bytes('import{a}from"./shared-1.js";') });
    const assets = { shared: asset(), "card.js": code, "monitor.js": code };
    for (const name of ["card.js", "monitor.js"]) {
      const manager = managerOf(new FakeKernel(), assets);
      await widget(run).render(rendering(new FakeModel({ _chunks: own(name) }, manager)));
    }
    expect(made.size).toBe(3);
    expect(imported).toEqual(Array(2).fill('import{a}from"blob:0";'));
  });

  it("tries again when it is rendered again", async () => {
    const { mounted, run } = importing([new Error("torn")]);
    const model = modelWith({ asset: asset() });
    await widget(run).render(rendering(model));
    await widget(run).render(rendering(model));
    expect(mounted).toHaveLength(1);
  });

  it("asks the kernel where the asset model cannot be had", async () => {
    const { imported, run } = importing();
    const model = modelWith({});
    const done = widget(run).render(rendering(model));
    await vi.waitFor(() => expect(model.sent).toHaveLength(1));
    const { kind, id } = model.sent[0] as { kind: string; id: number };
    expect(kind).toBe("asset");
    model.receive({ kind: "asset", id: id + 1, sha: "x" }, [bytes("not ours")]);
    model.receive({ kind: "asset", id, sha: "x" }, [bytes(CODE)]);
    await done;
    expect(imported).toEqual([CODE]);
    expect(model.listeners).toBe(0);
  });

  it("says in a sentence what failed, as text", async () => {
    const { run } = importing([new Error("<img src=x>")]);
    const target = rendering(modelWith({ asset: asset() }));
    await widget(run).render(target);
    expect(target.el.textContent).toBe("The view could not be loaded: <img src=x>.");
    expect(target.el.querySelector("img")).toBeNull();
    expect(target.el.querySelector('[role="alert"]')).not.toBeNull();
  });

  it("mounts nothing when its view has ended meanwhile", async () => {
    const { mounted, run } = importing();
    const ending = new AbortController();
    const done = widget(run).render({
      ...rendering(modelWith({ asset: asset() })),
      signal: ending.signal,
    });
    ending.abort();
    await done;
    expect(mounted).toEqual([]);
  });

  it("keeps what its model heard before a view could, and then numbers alone", async () => {
    const { mounted, run } = importing();
    const model = modelWith({ asset: asset() });
    const stub = widget(run);
    expect(stub.initialize({ model })).toBeUndefined();
    model.receive({ kind: "changes", seq: 7 });
    model.receive({ kind: "reply", id: 1 });
    await stub.render(rendering(model));
    expect(mounted[0]?.heard()).toEqual([{ kind: "changes", seq: 7 }]);
    model.receive({ kind: "changes", seq: 8, jobs: [] });
    expect(mounted[0]?.heard()).toEqual([{ seq: 8 }]);
  });
});

it("is not held up by another view that goes while it loads", async () => {
  const [first, second] = [modelWith({}), modelWith({})];
  const { run } = importing();
  const gone = new AbortController();
  void widget(run).render({ ...rendering(first), signal: gone.signal });
  await vi.waitFor(() => expect(first.sent).toHaveLength(1));
  const done = widget(run).render(rendering(second));
  gone.abort();
  await vi.waitFor(() => expect(second.sent).toHaveLength(1));
  const { id } = second.sent[0] as { id: number };
  second.receive({ kind: "asset", id }, [bytes(CODE)]);
  await done;
});
