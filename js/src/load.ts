/**
 * Fetches the views' code once a page, in the chunks that the bundler made of it: from the
 * singleton asset models, which are in the page already, else by asking the kernel. Rides in
 * every widget's state, so it stays small.
 */
import type { AfmModel, CustomHandler, Views } from "./afm.js";

/** Imports the module at an address. */
export type Import = (url: string) => Promise<Views>;

const PATIENCE_MS = 30_000;

/** One file of the bundle. A view's list is in the order of need: what it imports comes first. */
interface Chunk {
  readonly name: string;
  readonly sha: string;
  readonly model_id: string;
}

/** Shared by all widgets of the page, whichever bundle made them. */
function shared(): Map<string, Promise<string>> {
  const key = Symbol.for("runtime_widgets.chunks");
  const page = globalThis as unknown as Record<symbol, Map<string, Promise<string>> | undefined>;
  page[key] ??= new Map();
  return page[key];
}

function fromModel(model: AfmModel, chunk: Chunk): Promise<BlobPart> {
  const manager = model.widget_manager;
  if (!manager) return Promise.reject(new Error("this host has no widget manager"));
  return manager.get_model(chunk.model_id).then((found) => {
    const gz = found.get("value") as DataView<ArrayBuffer> | undefined;
    if (!gz?.byteLength) throw new Error("the asset is empty");
    return gz;
  });
}

function fromKernel(model: AfmModel, name: string, signal: AbortSignal): Promise<BlobPart> {
  return new Promise((resolve, reject) => {
    const id = Math.floor(Math.random() * 2 ** 48);
    const end = () => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      signal.removeEventListener("abort", gone);
    };
    // Whoever waits for the same code asks for it by itself.
    const gone = () => {
      end();
      reject(new Error("the view is gone"));
    };
    const hear: CustomHandler = (content, buffers) => {
      const { kind, id: to } = (content ?? {}) as { kind?: unknown; id?: unknown };
      if (kind !== "asset" || to !== id) return;
      end();
      const gz = buffers[0] as DataView<ArrayBuffer> | undefined;
      gz ? resolve(gz) : reject(new Error("the kernel sent no code"));
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error("the kernel did not answer. Show the job again with service.job(id)"));
    }, PATIENCE_MS);
    signal.addEventListener("abort", gone);
    model.on("msg:custom", hear);
    model.send({ kind: "asset", id, name });
  });
}

/** A chunk's address; those that it imports by name are imported by theirs. */
async function addressOf(
  model: AfmModel,
  chunk: Chunk,
  others: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const gz = await fromModel(model, chunk).catch(() => fromKernel(model, chunk.name, signal));
  const stream = new Blob([gz]).stream().pipeThrough(new DecompressionStream("gzip"));
  let code = await new Response(stream).text();
  for (const [name, url] of others) code = code.replaceAll(`"./${name}"`, JSON.stringify(url));
  return URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
}

/** Another widget's failure is its own: whoever waited for it tries by itself. */
async function once<T>(
  all: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const theirs = all.get(key);
  if (theirs) {
    const made = await theirs.catch(() => null);
    if (made) return made;
  }
  const ours = make();
  all.set(key, ours);
  ours.catch(() => {
    if (all.get(key) === ours) all.delete(key);
  });
  return ours;
}

/** The module of the model's view, with all that it imports. */
export async function loadViews(model: AfmModel, signal: AbortSignal, run: Import): Promise<Views> {
  const chunks = (model.get("_chunks") ?? []) as readonly Chunk[];
  const urls = new Map<string, string>();
  for (const chunk of chunks) {
    const make = () => addressOf(model, chunk, urls, signal);
    urls.set(chunk.name, await once(shared(), chunk.sha, make));
  }
  const url = urls.get(chunks.at(-1)?.name ?? "");
  if (!url) throw new Error("the kernel named no code");
  return run(url);
}
