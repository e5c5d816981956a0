/** The anywidget entry: fetches the views when one is shown, and says so when it cannot. */
import type { AfmModel, Views } from "./afm.js";
import { type Import, loadViews } from "./load.js";

interface Rendering {
  readonly model: AfmModel;
  readonly el: HTMLElement;
  readonly signal: AbortSignal;
}

const importChunk: Import = (url) => import(/* @vite-ignore */ url) as Promise<Views>;

export function widget(run: Import) {
  // A view that mounts later must know what its model was told before (see host.ts).
  let last = -1;
  const heard = () => last;

  return {
    // Waits for nothing: where this takes over 2 s, anywidget's view stays deaf for ever.
    initialize({ model }: { model: AfmModel }) {
      model.on("msg:custom", (content) => {
        const { seq } = (content ?? {}) as { seq?: unknown };
        if (typeof seq === "number") last = seq;
      });
    },
    async render({ model, el, signal }: Rendering) {
      const text = document.createElement("div");
      const slow = setTimeout(() => {
        text.textContent = "Waiting for the view…";
        el.append(text);
      }, 1500);
      try {
        const views = await loadViews(model, signal, run);
        if (signal.aborted) return;
        text.remove();
        views.mount({ model, el, signal, heard });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        text.textContent = `The view could not be loaded: ${why}.`;
        text.setAttribute("role", "alert");
        el.append(text);
      } finally {
        clearTimeout(slow);
      }
    },
  };
}

export default () => widget(importChunk);
