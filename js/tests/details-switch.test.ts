/** The drawer goes from one job to another: nothing of the one is taken for the other's. */
import { signal } from "@preact/signals";
import { h } from "preact";
import { afterEach, expect, it } from "vitest";
import { Details } from "../src/details/details.js";
import { show, type ViewProps } from "../src/views.js";
import type { Reply } from "../src/wire.gen.js";
import { DONE, FakeHost, job, RUNNING, snapshot } from "./jobs.js";
import { button, settled, type } from "./setup.js";

let ending = new AbortController();

afterEach(() => {
  ending.abort();
  ending = new AbortController();
});

/** A drawer that shows the job whose id is in the signal. */
function drawer(first: string) {
  const open = signal(first);
  const rows = [
    job({ id: "a", ...RUNNING }),
    job({ id: "b", ...RUNNING }),
    job({ id: "c", ...DONE }),
  ];
  const host = new FakeHost(snapshot(rows));
  const Drawer = ({ store, actions }: ViewProps) => {
    const row = store.rows.get(open.value);
    return row ? h(Details, { row, store, actions, onClose: () => undefined }) : null;
  };
  const el = document.createElement("div");
  document.body.append(el);
  show(host, { el, view: Drawer, label: "", signal: ending.signal });
  return { el, host, open };
}

const answered = (text: string): Reply => {
  return { kind: "reply", id: 0, ok: true, outcomes: [], text, data: null };
};

function tab(el: Element, name: string): void {
  [...el.querySelectorAll<HTMLElement>('[role="tab"]')]
    .find((one) => one.textContent === name)
    ?.click();
}

it("a question about one job is not asked about the next", async () => {
  const { el, open } = drawer("a");
  button(el, "Cancel").click();
  await settled();
  expect(el.textContent).toContain("Cancel this job?");
  open.value = "b";
  await settled();
  expect(el.textContent).not.toContain("Cancel this job?");
});

it("a tag that was being written for one job is not the next one's", async () => {
  const { el, open } = drawer("a");
  button(el, "+ tag").click();
  await settled();
  type(el.querySelector('[aria-label="New tag"]') as HTMLInputElement, "mine");
  open.value = "b";
  await settled();
  expect(el.querySelector('[aria-label="New tag"]')).toBeNull();
});

it("an answer about one job that comes late is not shown for the next", async () => {
  const { el, host, open } = drawer("c");
  tab(el, "Logs");
  await settled();
  open.value = "b";
  await settled();
  host.asked[0]?.answer(answered("of c"));
  await settled();
  expect(host.asked.map(({ ask }) => "job_id" in ask && ask.job_id)).toEqual(["c", "b"]);
  expect(el.textContent).not.toContain("of c");
  host.asked[1]?.answer(answered("of b"));
  await settled();
  expect(el.querySelector("pre")?.textContent).toBe("of b\n");
});
