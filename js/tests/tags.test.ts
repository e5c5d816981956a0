import { describe, expect, it } from "vitest";
import { tagTrouble } from "../src/parts/tags.js";
import { changes, job, okReply, snapshot } from "./jobs.js";
import { button, mounted, press, settled } from "./setup.js";

const ID = job().id;

async function adding(tag: string, tags: readonly string[] = ["h2"]) {
  const view = mounted(snapshot([job({ tags })]));
  button(view.el, "+ tag").click();
  await settled();
  const input = view.el.querySelector<HTMLInputElement>(".rw-tag-input");
  if (!input) throw new Error("no input");
  input.value = tag;
  press(input, "Enter");
  await settled();
  return view;
}

const shown = (el: Element) => [...el.querySelectorAll(".rw-tag")].map((tag) => tag.textContent);

describe("a tag", () => {
  it("is added with Enter, and stays pending until the server's record has it", async () => {
    const { el, host } = await adding(" scan ");
    expect(host.asked[0]?.ask).toEqual({ kind: "tags", job_id: ID, tags: ["h2", "scan"] });
    expect(el.querySelector(".rw-pending")).not.toBeNull();
    host.asked[0]?.answer(okReply());
    host.tell(changes(2, [{ id: ID, tags: ["h2", "scan"] }]));
    await settled();
    expect(el.querySelector(".rw-pending")).toBeNull();
    expect(shown(el)).toEqual(["h2", "scan"]);
  });

  it("comes back when the service refuses, with its reason", async () => {
    const { el, host } = await adding("scan");
    const outcomes = [
      { job_id: ID, ok: false, message: "Not allowed.", code: null, already: false, asked: true },
    ];
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes });
    await settled();
    expect(shown(el)).toEqual(["h2"]);
    expect(el.querySelector('[role="alert"]')?.textContent).toBe("Not allowed.");
  });

  it("is removed by its button", () => {
    const { el, host } = mounted(snapshot([job({ tags: ["a", "b"] })]));
    button(el, "Remove tag a").click();
    expect(host.asked[0]?.ask).toEqual({ kind: "tags", job_id: ID, tags: ["b"] });
  });

  it("is refused in a sentence before anything is sent", async () => {
    const { el, host } = await adding("h2");
    expect(el.textContent).toContain("The job already has the tag “h2”.");
    expect(host.asked).toHaveLength(0);
  });
});

describe("the focus", () => {
  it("goes to the opener after a tag is added, and stays there when the answer comes", async () => {
    const { el, host } = await adding("scan");
    expect(document.activeElement).toBe(button(el, "+ tag"));
    host.asked[0]?.answer(okReply());
    host.tell(changes(2, [{ id: ID, tags: ["h2", "scan"] }]));
    await settled();
    expect(document.activeElement).toBe(button(el, "+ tag"));
  });

  it("goes to the opener after Escape", async () => {
    const { el } = mounted(snapshot([job()]));
    button(el, "+ tag").click();
    await settled();
    const input = el.querySelector(".rw-tag-input");
    expect(document.activeElement).toBe(input);
    if (input) press(input, "Escape");
    await settled();
    expect(document.activeElement).toBe(button(el, "+ tag"));
  });

  it("is not called back by a field that one has left", async () => {
    const { el } = mounted(snapshot([job()]));
    button(el, "+ tag").click();
    await settled();
    button(el, "Cancel").focus();
    await settled();
    expect(el.querySelector(".rw-tag-input")).toBeNull();
    expect(document.activeElement).toBe(button(el, "Cancel"));
  });

  it("goes to the next tag after one is removed, and from the last one to the opener", async () => {
    const { el, host } = mounted(snapshot([job({ tags: ["a", "b"] })]));
    await settled();
    button(el, "Remove tag a").focus();
    button(el, "Remove tag a").click();
    await settled();
    const next = button(el, "Remove tag b");
    expect(document.activeElement).toBe(next);
    // While the first is under way, a second would undo it.
    next.click();
    expect(host.asked).toHaveLength(1);
    host.asked[0]?.answer(okReply());
    host.tell(changes(2, [{ id: ID, tags: ["b"] }]));
    await settled();
    expect(document.activeElement).toBe(button(el, "Remove tag b"));
    button(el, "Remove tag b").click();
    await settled();
    expect(document.activeElement).toBe(button(el, "+ tag"));
  });
});

describe("the limits of the service", () => {
  it("are eight tags of 86 characters", () => {
    const eight = ["1", "2", "3", "4", "5", "6", "7", "8"];
    expect(tagTrouble("x".repeat(86), eight.slice(1))).toBeNull();
    expect(tagTrouble("x".repeat(87), [])).toContain("this one has 87");
    expect(tagTrouble("9", eight)).toBe("A job can have at most 8 tags.");
  });

  it("are said before one types", async () => {
    const tags = ["1", "2", "3", "4", "5", "6", "7", "8"];
    const { el } = mounted(snapshot([job({ tags })]));
    const opener = button(el, "+ tag");
    expect([opener.getAttribute("aria-disabled"), opener.title]).toEqual([
      "true",
      "A job can have at most 8 tags.",
    ]);
    opener.click();
    await settled();
    expect(el.querySelector(".rw-tag-input")).toBeNull();
    expect(el.querySelector('[role="alert"]')?.textContent).toBe("A job can have at most 8 tags.");
  });
});
