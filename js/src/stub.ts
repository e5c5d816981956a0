/** The anywidget entry: fetches the views when one is shown, and says so when it cannot. */
import type { AfmModel, Numbered, Views } from "./afm.js";
import { type Import, loadViews } from "./load.js";

interface Rendering {
  readonly model: AfmModel;
  readonly el: HTMLElement;
  readonly signal: AbortSignal;
}

// Who has missed more asks for everything.
const MOST = 32;

const importChunk: Import = (url) => import(/* @vite-ignore */ url) as Promise<Views>;

export function widget(run: Import) {
  // What its model was told before a view could hear it, the latest last.
  const early: Numbered[] = [];
  let mounted = false;
  const heard = () => early;

  return {
    // Waits for nothing: where this takes over 2 s, anywidget's view stays deaf for ever.
    initialize({ model }: { model: AfmModel }) {
      model.on("msg:custom", (content) => {
        const message = content as Numbered | null;
        if (typeof message?.seq !== "number") return;
        // A view that is there has heard it: for others its number tells that there was one.
        if (mounted) early.length = 0;
        early.push(mounted ? { seq: message.seq } : message);
        if (early.length > MOST) early.shift();
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
        mounted = true;
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
