import { afterEach, describe, expect, it } from "vitest";
import { Card } from "../src/card.js";
import { MANY } from "../src/crowd.js";
import { show } from "../src/views.js";
import { FakeHost, job, RUNNING, snapshot } from "./jobs.js";
import { button, settled } from "./setup.js";

const endings: AbortController[] = [];

afterEach(() => {
  for (const ending of endings.splice(0)) ending.abort();
});

/** One more card in an output; also how to take it away. */
async function put(output: Element, number: number) {
  const el = document.createElement("div");
  output.append(el);
  const ending = new AbortController();
  endings.push(ending);
  const host = new FakeHost(snapshot([job({ ...RUNNING, id: `job-${number}` })]));
  show(host, { el, view: Card, label: "", signal: ending.signal });
  await settled();
  return { card: el.querySelector(".rw-card") as HTMLElement, end: () => ending.abort() };
}

function output(name = "jp-OutputArea"): HTMLElement {
  const el = document.createElement("div");
  el.className = name;
  document.body.append(el);
  return el;
}

const lines = (el: Element) => el.querySelectorAll('.rw-card[data-line="true"]').length;

describe("many cards in an output", () => {
  it("are lines, and cards again once they are few", async () => {
    const here = output();
    const cards = [];
    for (let n = 1; n < MANY; n++) cards.push(await put(here, n));
    expect(lines(here)).toBe(0);
    cards.push(await put(here, MANY));
    expect(lines(here)).toBe(MANY);
    cards.pop()?.end();
    await settled();
    expect(lines(here)).toBe(0);
  });

  it("are counted by output, and not at all where the host is unknown", async () => {
    const [one, other] = [output(), output()];
    const unknown = output("somewhere");
    for (let n = 0; n < MANY - 1; n++) {
      await put(one, n);
      await put(other, n);
      await put(unknown, n);
    }
    await put(unknown, MANY);
    expect(lines(document.body)).toBe(0);
  });

  it("leave the one open in which somebody is at work", async () => {
    const here = output();
    const { card } = await put(here, 0);
    button(card, "Copy job id").focus();
    for (let n = 1; n < MANY; n++) await put(here, n);
    await settled();
    expect(lines(here)).toBe(MANY);
    expect(card.dataset.open).toBe("true");
    expect(card.querySelector(".rw-body")?.contains(document.activeElement)).toBe(true);
    expect(here.querySelectorAll('.rw-card[data-open="true"]').length).toBe(1);
  });

  it("open one by one", async () => {
    const here = output();
    const { card } = await put(here, 0);
    for (let n = 1; n < MANY; n++) await put(here, n);
    button(card, "Details").click();
    await settled();
    expect(card.dataset.open).toBe("true");
    expect(card.querySelector('[role="tablist"]')).not.toBeNull();
    expect(here.querySelectorAll('[role="tablist"]').length).toBe(1);
  });
});
