import { describe, expect, it } from "vitest";
import {
  CANCELLED,
  changes,
  device,
  health,
  job,
  okReply,
  RUNNING,
  refused,
  snapshot,
} from "./jobs.js";
import { button, mounted, press, settled } from "./setup.js";

const ID = job().id;

function refusal(message: string, code: number | null) {
  return { ...okReply(), ok: false, outcomes: [refused(ID, message, code)] };
}

async function asked(fields = {}, around = {}) {
  const view = mounted(snapshot([job({ ...RUNNING, ...fields })], 1, health(), around));
  button(view.el, "Cancel").click();
  await settled();
  return view;
}

describe("the question", () => {
  it("is asked in its place, says what it costs, and has the focus on Keep", async () => {
    const { el, host } = await asked();
    expect(el.textContent).toContain("QPU time used so far is still counted");
    expect(document.activeElement).toBe(button(el, "Keep"));
    expect(host.asked).toHaveLength(0);
  });

  it("speaks of no QPU on a simulator", async () => {
    const { el } = await asked({}, { devices: [device({ simulator: true })] });
    expect(el.textContent).not.toContain("QPU");
  });

  it("keeps the job on Escape, and gives the focus back", async () => {
    const { el, host } = await asked();
    press(button(el, "Keep"), "Escape");
    await settled();
    expect(() => button(el, "Cancel job")).toThrow();
    expect(document.activeElement).toBe(button(el, "Cancel"));
    expect(host.asked).toHaveLength(0);
  });
});

describe("a cancel", () => {
  it("asks once, and only the server's record changes the badge", async () => {
    const { el, host } = await asked();
    button(el, "Cancel job").click();
    await settled();
    const cancelling = button(el, "Cancelling…");
    expect(cancelling.getAttribute("aria-disabled")).toBe("true");
    cancelling.click();
    expect(host.asked.map(({ ask }) => ask)).toEqual([{ kind: "cancel", job_ids: [ID] }]);

    host.asked[0]?.answer(okReply());
    await settled();
    expect(el.querySelector(".rw-badge")?.textContent).toBe("Running");
    expect(button(el, "Cancelling…")).toBeTruthy();

    host.tell(changes(2, [{ id: ID, ...CANCELLED }]));
    await settled();
    expect(el.querySelector(".rw-badge")?.textContent).toBe("Cancelled");
    expect(() => button(el, /Cancel/)).toThrow();
  });

  it("says where one clicked why it failed, and offers the button again", async () => {
    const { el, host } = await asked();
    button(el, "Cancel job").click();
    host.asked[0]?.answer(refusal("The service cannot be reached.", 503));
    await settled();
    expect(el.querySelector('[role="alert"]')?.textContent).toBe(
      "The job was not cancelled. The service cannot be reached. (code 503)",
    );
    expect(button(el, "Cancel").getAttribute("aria-disabled")).toBe("false");
  });

  it("says what it waits for, until the answer comes", async () => {
    const { el, host } = await asked();
    button(el, "Cancel job").click();
    host.asked[0]?.slow("Waits for the kernel: a cell is running");
    await settled();
    expect(el.textContent).toContain("Waits for the kernel: a cell is running.");
    host.asked[0]?.answer(okReply());
    await settled();
    expect(el.textContent).not.toContain("Waits for the kernel");
  });

  it("shows one that was asked for elsewhere", () => {
    const { el } = mounted(snapshot([job({ ...RUNNING, cancel_asked: 1 })]));
    expect(button(el, "Cancelling…").getAttribute("aria-disabled")).toBe("true");
  });

  it("leaves the focus on its button, and on the card once the job has ended", async () => {
    const { el, host } = await asked();
    button(el, "Cancel job").click();
    await settled();
    expect(document.activeElement).toBe(button(el, "Cancelling…"));
    host.asked[0]?.answer(okReply());
    host.tell(changes(2, [{ id: ID, ...CANCELLED }]));
    await settled();
    const card = el.querySelector<HTMLElement>(".rw-card");
    expect(document.activeElement).toBe(card);
    card?.blur();
    expect(card?.hasAttribute("tabindex")).toBe(false);
  });

  it("gives the focus to the card when the job ends under the question", async () => {
    const { el, host } = await asked();
    host.tell(changes(2, [{ id: ID, ...CANCELLED }]));
    await settled();
    expect(document.activeElement).toBe(el.querySelector(".rw-card"));
  });

  it("takes no focus that is elsewhere", async () => {
    const { el, host } = await asked();
    button(el, "Keep").click();
    await settled();
    button(el, "+ tag").focus();
    host.tell(changes(2, [{ id: ID, ...CANCELLED }]));
    await settled();
    expect(document.activeElement).toBe(button(el, "+ tag"));
  });

  it("survives a request that cannot be made", async () => {
    const { el, host } = await asked();
    button(el, "Cancel job").click();
    host.asked[0]?.fail("The kernel was restarted.");
    await settled();
    expect(el.textContent).toContain("The job was not cancelled. The kernel was restarted.");
  });
});
