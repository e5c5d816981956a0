/** Shows a single part in a test, and takes it away after it. */
import { type ComponentType, h, render } from "preact";
import { afterEach } from "vitest";

const shown: Element[] = [];

afterEach(() => {
  for (const el of shown.splice(0)) render(null, el);
  document.body.replaceChildren();
});

/** Shows one part. */
export function part<P extends object>(view: ComponentType<P>, props: P): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  shown.push(el);
  render(h(view, props), el);
  return el;
}
