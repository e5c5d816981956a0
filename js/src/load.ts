/**
 * Fetches the heavy module once a page: from the singleton asset model, which is in the page
 * already, else by asking the kernel. Rides in every widget's state, so it stays small.
 */
import type { AfmModel, CustomHandler, Views } from "./afm.js";

export type Import = (code: Blob) => Promise<Views>;

const PATIENCE_MS = 30_000;

interface Asset {
  readonly sha: string;
  readonly model_id: string;
}

/** Shared by all widgets of the page, whichever bundle made them. */
function shared(): Map<string, Promise<Views>> {
  const key = Symbol.for("runtime_widgets.views");
  const page = globalThis as unknown as Record<symbol, Map<string, Promise<Views>> | undefined>;
  page[key] ??= new Map();
  return page[key];
}

function fromModel(model: AfmModel, asset: Asset): Promise<BlobPart> {
  const manager = model.widget_manager;
  if (!manager) return Promise.reject(new Error("this host has no widget manager"));
  return manager.get_model(asset.model_id).then((found) => {
    const gz = found.get("gz") as DataView<ArrayBuffer> | undefined;
    if (!gz?.byteLength) throw new Error("the asset is empty");
    return gz;
  });
}

function fromKernel(model: AfmModel, signal: AbortSignal): Promise<BlobPart> {
  return new Promise((resolve, reject) => {
    const id = Math.floor(Math.random() * 2 ** 48);
    const end = () => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      signal.removeEventListener("abort", end);
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
    signal.addEventListener("abort", end);
    model.on("msg:custom", hear);
    model.send({ kind: "asset", id });
  });
}

async function fetchViews(model: AfmModel, asset: Asset, signal: AbortSignal, run: Import) {
  const gz = await fromModel(model, asset).catch(() => fromKernel(model, signal));
  const stream = new Blob([gz]).stream().pipeThrough(new DecompressionStream("gzip"));
  return run(new Blob([await new Response(stream).blob()], { type: "text/javascript" }));
}

/** Another widget's failure is its own: whoever waited for it tries by itself. */
export async function loadViews(model: AfmModel, signal: AbortSignal, run: Import) {
  const asset = (model.get("_asset") ?? {}) as Asset;
  const views = shared();
  const theirs = views.get(asset.sha);
  if (theirs) {
    const loaded = await theirs.catch(() => null);
    if (loaded) return loaded;
  }
  const ours = fetchViews(model, asset, signal, run);
  views.set(asset.sha, ours);
  ours.catch(() => {
    if (views.get(asset.sha) === ours) views.delete(asset.sha);
  });
  return ours;
}
