/** The heavy module: mounts a view on its host, and takes it away when its signal ends. */
import { effect, signal } from "@preact/signals";
import { h, render } from "preact";
import { Actions } from "./actions.js";
import type { Mount } from "./afm.js";
import { Card } from "./card.js";
import { Clock } from "./clock.js";
import type { Host } from "./host.js";
import { keepBareKeys } from "./keys.js";
import { ModelHost } from "./model-host.js";
import { Monitor } from "./monitor/monitor.js";
import { Store } from "./store.js";
import { addStyle } from "./style.js";
import { followTheme } from "./theme.js";

interface Placing {
  readonly el: HTMLElement;
  readonly view: string;
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
export function show(host: Host, { el, view, label, signal: until }: Placing): void {
  addStyle(el);
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
  const View = view === "monitor" ? Monitor : Card;
  render(h(View, { store, actions, label }), root);
  until.addEventListener("abort", () => {
    stop();
    render(null, root);
    root.remove();
  });
}

export function mount({ model, el, signal: until, view, heard }: Mount): void {
  const host = new ModelHost(model, until, heard);
  show(host, { el, view, label: String(model.get("_label") ?? ""), signal: until });
}
