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
    const outcomes = [{ job_id: ID, ok: false, message: "Not allowed.", code: null }];
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

describe("the limits of the service", () => {
  it("are eight tags of 86 characters", () => {
    const eight = ["1", "2", "3", "4", "5", "6", "7", "8"];
    expect(tagTrouble("x".repeat(86), eight.slice(1))).toBeNull();
    expect(tagTrouble("x".repeat(87), [])).toContain("this one has 87");
    expect(tagTrouble("9", eight)).toBe("A job can have at most 8 tags.");
  });
});
