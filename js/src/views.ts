/** Mounts a view on its host, and takes it away when its signal ends. */
import { effect, signal } from "@preact/signals";
import { type ComponentType, h, render } from "preact";
import detailsCss from "../style/details.css";
import css from "../style/views.css";
import { Actions } from "./actions.js";
import type { Mount } from "./afm.js";
import { Clock } from "./clock.js";
import type { Host } from "./host.js";
import { keepUp } from "./kept.js";
import { keepBareKeys } from "./keys.js";
import { ModelHost } from "./model-host.js";
import { Store } from "./store.js";
import { addStyle } from "./style.js";
import { followTheme } from "./theme.js";

/** What every view is given: what to show, and what it may ask for. */
export interface ViewProps {
  readonly store: Store;
  readonly actions: Actions;
  readonly label: string;
}

interface Placing {
  /** The style sheets of what only this view has, by name. */
  readonly sheets?: Readonly<Record<string, string>>;
  readonly el: HTMLElement;
  readonly view: ComponentType<ViewProps>;
  readonly label: string;
  readonly signal: AbortSignal;
}

/** Whether any part of `el` is on the screen. */
function onScreen(el: HTMLElement, until: AbortSignal) {
  const visible = signal(true);
  const observer = new IntersectionObserver((entries) => {
    visible.value = entries.some((entry) => entry.isIntersecting);
  });
  observer.observe(el);
  until.addEventListener("abort", () => observer.disconnect());
  return visible;
}

/** Shows a view of `host` in `el`. The hosts that have no anywidget model call this. */
export function show(host: Host, { el, view, label, signal: until, sheets = {} }: Placing): void {
  addStyle(el, "views", css);
  addStyle(el, "details", detailsCss);
  for (const [name, sheet] of Object.entries(sheets)) addStyle(el, name, sheet);
  const root = document.createElement("div");
  root.className = "rw-root";
  el.append(root);
  followTheme(root, until);
  keepBareKeys(root, until);

  const clock = new Clock(until);
  const store = new Store(host, clock, until);
  const visible = onScreen(root, until);
  const stop = effect(() => clock.run(visible.value && store.ticks.value));
  const actions = new Actions(host);
  if (host.keep) keepUp(store, (kept) => host.keep?.(kept), until);
  render(h(view, { store, actions, label }), root);
  until.addEventListener("abort", () => {
    stop();
    render(null, root);
    root.remove();
  });
}

/** Mounts a view on an anywidget model. */
export function mountAs(
  view: ComponentType<ViewProps>,
  { model, el, signal: until, heard }: Mount,
  sheets: Readonly<Record<string, string>> = {},
): void {
  const host = new ModelHost(model, until, heard);
  const label = String(model.get("_label") ?? "");
  show(host, { el, view, label, signal: until, sheets });
}
