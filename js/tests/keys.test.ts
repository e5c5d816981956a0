import { expect, it } from "vitest";
import { job, snapshot } from "./jobs.js";
import { button, mounted } from "./setup.js";

const MARK = "data-lm-suppress-shortcuts";

it("keeps bare keys from the notebook's commands, and leaves it those with Ctrl", () => {
  const { el } = mounted(snapshot([job()]));
  const seen: boolean[] = [];
  const target = button(el, "Cancel");
  // Where JupyterLab listens.
  const listen = () => seen.push(target.hasAttribute(MARK));
  document.addEventListener("keydown", listen, { capture: true });
  for (const ctrlKey of [false, true, false]) {
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "x", ctrlKey, bubbles: true }));
  }
  document.removeEventListener("keydown", listen, { capture: true });
  expect(seen).toEqual([true, false, true]);
});

it("leaves keys outside of the view alone", () => {
  mounted(snapshot([job()]));
  const other = document.createElement("button");
  document.body.append(other);
  other.dispatchEvent(new KeyboardEvent("keydown", { key: "x", bubbles: true }));
  expect(other.hasAttribute(MARK)).toBe(false);
});
