import { expect, it } from "vitest";
import { DONE, job, snapshot } from "./jobs.js";
import { button, mounted, settled } from "./setup.js";

it("no two elements of a page with many views have the same name", async () => {
  for (const view of ["card", "monitor", "card", "monitor"] as const) {
    const { el } = mounted(snapshot([job(DONE)]), view);
    if (view === "card") button(el, "Details").click();
    else for (const menu of el.querySelectorAll<HTMLElement>("[aria-haspopup]")) menu.click();
  }
  await settled();
  const names = [...document.body.querySelectorAll("[id]")].map((el) => el.id);
  expect(names.length).toBeGreaterThan(8);
  expect(new Set(names).size).toBe(names.length);
});
