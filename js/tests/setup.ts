/** Views in a test: mounted on a host that the test drives, and taken away after it. */
import { afterEach, vi } from "vitest";
import { Card } from "../src/card.js";
import { Monitor } from "../src/monitor/monitor.js";
import { show } from "../src/views.js";
import type { Snapshot } from "../src/wire.gen.js";
import { FakeHost } from "./jobs.js";

let ending = new AbortController();

afterEach(() => {
  ending.abort();
  ending = new AbortController();
  document.body.replaceChildren();
  // What one test's reader chose is not remembered for the next.
  localStorage.clear();
  vi.useRealTimers();
});

const VIEWS = { card: Card, monitor: Monitor };

export function mounted(first: Snapshot | null, name: keyof typeof VIEWS = "card") {
  const view = VIEWS[name];
  const el = document.createElement("div");
  document.body.append(el);
  const host = new FakeHost(first);
  show(host, { el, view, label: "", signal: ending.signal });
  return { host, el };
}

/** Lets promises settle, frames pass and effects run. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function button(el: Element, name: string | RegExp): HTMLButtonElement {
  const all = [...el.querySelectorAll("button")];
  const found = all.find((one) => {
    const label = one.getAttribute("aria-label") ?? one.textContent ?? "";
    return typeof name === "string" ? label.trim() === name : name.test(label);
  });
  if (!found) throw new Error(`no button ${name} among ${all.map((one) => one.textContent)}`);
  return found;
}

/** Presses a key on `target`, and says whether somebody took it. */
export function press(target: Element, key: string, held: KeyboardEventInit = {}): boolean {
  const init = { key, bubbles: true, composed: true, cancelable: true, ...held };
  return !target.dispatchEvent(new KeyboardEvent("keydown", init));
}

export function type(input: HTMLInputElement, text: string): void {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
