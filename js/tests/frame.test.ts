/** What stands around the table: filters, menus, exports, help, details and notices. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RESTARTED } from "../src/cutoff.js";
import type { Health, SourceInfo } from "../src/wire.gen.js";
import { changes, DONE, FAILED, health, job, loneRow, NOW, RUNNING, snapshot } from "./jobs.js";
import { button, mounted, press, settled, type } from "./setup.js";

const JOBS = [
  job({ id: "a", name: "alpha", created: NOW - 300, device: "ibm_fez", tags: ["h2"] }),
  job({ id: "b", name: "beta", created: NOW - 200, ...RUNNING, device: "ibm_fez" }),
  job({ id: "c", name: "gamma", created: NOW - 100, ...DONE, ended: NOW - 40, tags: ["=1"] }),
];

function monitor(jobs = JOBS, state = health(), source: SourceInfo | null = null) {
  return mounted(snapshot(jobs, 1, state, { source }), "monitor");
}

async function click(el: Element, name: string | RegExp, how: MouseEventInit = {}) {
  const options = { bubbles: true, cancelable: true, ...how };
  button(el, name).dispatchEvent(new MouseEvent("click", options));
  await settled();
}

function lineOf(el: Element, id: string): HTMLElement {
  const line = el.querySelector<HTMLElement>(`[data-job="${id}"]`);
  if (!line) throw new Error(`no line of ${id}`);
  return line;
}

const count = (el: Element) => el.querySelectorAll(".rw-lines .rw-badge").length;

describe("filters", () => {
  it("show only a state, or all but it with Shift; and say which", async () => {
    const { el } = monitor();
    const bar = el.querySelector(".rw-statebar") as Element;
    await click(bar, "1 running");
    expect(count(el)).toBe(1);
    expect(button(bar, "1 running").getAttribute("aria-pressed")).toBe("true");
    await click(bar, "1 running");
    expect(count(el)).toBe(3);
    await click(el.querySelector(".rw-chips") as Element, "1 running", { shiftKey: true });
    expect(count(el)).toBe(2);
    expect(button(el, "1 running: not shown").textContent).toBe("not 1 running");
    expect(el.querySelector(".rw-active")?.textContent).toContain("not status: running");
  });

  it("can be set to all but a state by the keyboard", async () => {
    const { el } = monitor();
    const chip = button(el.querySelector(".rw-chips") as Element, "1 done");
    const keys = { key: "Enter", shiftKey: true, bubbles: true, cancelable: true };
    chip.dispatchEvent(new KeyboardEvent("keydown", keys));
    await settled();
    expect(count(el)).toBe(2);
  });

  it("are moved along by arrow keys in the bar", async () => {
    const { el } = monitor();
    const stops = [...el.querySelectorAll<HTMLElement>(".rw-statebar button")];
    expect(stops.map((one) => one.tabIndex)).toEqual([0, -1, -1]);
    stops[0]?.focus();
    press(stops[0] as Element, "ArrowRight");
    expect(document.activeElement).toBe(stops[1]);
    press(stops[1] as Element, "End");
    expect(document.activeElement).toBe(stops[2]);
    press(stops[2] as Element, "ArrowRight");
    expect(document.activeElement).toBe(stops[0]);
  });

  it("offer every value that there is, to be shown alone or left out, and to be taken away", async () => {
    const { el } = monitor();
    await click(el, /^Filter/);
    const menu = el.querySelector(".rw-popup") as Element;
    expect(menu.textContent).toContain("ibm_fez2onlynot");
    await click(menu, "not device ibm_fez");
    expect(button(menu, "not device ibm_fez").getAttribute("aria-pressed")).toBe("true");
    await click(el, "Remove the filter not device: ibm_fez");
    expect(el.querySelector(".rw-active")).toBeNull();
  });

  it("find a value among many", async () => {
    const many = Array.from({ length: 40 }, (_, i) => job({ id: `j${i}`, tags: [`t-${i}`] }));
    const { el } = monitor(many);
    await click(el, /^Filter/);
    const menu = el.querySelector(".rw-popup") as Element;
    expect(menu.textContent).toContain("and 28 more: type to find them");
    type(menu.querySelector("input") as HTMLInputElement, "t-39");
    await settled();
    expect(menu.textContent).toContain("t-39");
    expect(menu.querySelectorAll("li")).toHaveLength(1);
    press(menu.querySelector("input") as HTMLInputElement, "Enter");
    await settled();
    expect(el.querySelector(".rw-active")?.textContent).toContain("tag: t-39");
  });

  it("hand the keys on when one of them is taken away", async () => {
    const { el } = monitor();
    await click(el, /^Filter/);
    await click(el, "not device ibm_fez");
    await click(el, "not status done");
    for (const left of ["Remove the filter not status: done", "Search the jobs"]) {
      const [first] = el.querySelectorAll<HTMLElement>(".rw-active .rw-tag-x");
      first?.focus();
      first?.click();
      await settled();
      expect(document.activeElement?.getAttribute("aria-label")).toBe(left);
    }
  });
});

describe("the search field", () => {
  it("hands the keys to the table, where a job is found", async () => {
    const { el } = monitor();
    const input = el.querySelector(".rw-search input") as HTMLInputElement;
    for (const key of ["ArrowDown", "Enter"]) {
      input.focus();
      expect(press(input, key)).toBe(true);
      expect(document.activeElement?.closest("[data-job]")).not.toBeNull();
    }
    type(input, "nothing-is-called-so");
    await settled();
    input.focus();
    expect(press(input, "Enter")).toBe(false);
    expect(document.activeElement).toBe(input);
  });
});

describe("a menu", () => {
  it("opens with the focus in it, and gives it back on Escape", async () => {
    const { el } = monitor();
    const opener = button(el, /^Export/);
    await click(el, /^Export/);
    const menu = el.querySelector(".rw-popup") as Element;
    expect(opener.getAttribute("aria-expanded")).toBe("true");
    expect(menu.contains(document.activeElement)).toBe(true);
    press(menu.querySelector("button") as Element, "Escape");
    await settled();
    expect(el.querySelector(".rw-popup")).toBeNull();
    expect(document.activeElement).toBe(opener);
  });

  it("of lines is gone through by the arrow keys, also along a line", async () => {
    const { el } = monitor();
    await click(el, /^Columns/);
    const at = () => document.activeElement as HTMLElement;
    const word = () => at().getAttribute("aria-label") ?? at().parentElement?.textContent;
    const go = (key: string) => press(at(), key);
    expect(word()).toBe("Status");
    go("ArrowDown");
    expect(word()).toBe("Job");
    go("ArrowRight");
    expect(word()).toBe("Move Job to the front");
    go("ArrowDown");
    expect(word()).toBe("Move Program to the front");
    go("End");
    expect(at().textContent).toBe("Reset the columns");
    go("ArrowDown");
    expect(word()).toBe("Status");
    press(at(), "Escape");
    await settled();
    await click(el, /^Export/);
    go("ArrowDown");
    expect(at().textContent).toContain("JSON");
  });

  it("closes on a click elsewhere", async () => {
    const { el } = monitor();
    await click(el, /^Export/);
    el.querySelector(".rw-mon-head")?.dispatchEvent(
      new Event("pointerdown", { bubbles: true, composed: true }),
    );
    await settled();
    expect(el.querySelector(".rw-popup")).toBeNull();
  });
});

describe("the columns", () => {
  const titles = (el: Element) =>
    [...el.querySelectorAll("[data-title]")].map((one) => one.firstChild?.textContent);

  afterEach(() => localStorage.clear());

  it("are hidden, moved and brought back from a menu", async () => {
    const { el } = monitor();
    const before = titles(el);
    await click(el, /^Columns/);
    const menu = el.querySelector(".rw-popup") as Element;
    const box = (name: string) =>
      [...menu.querySelectorAll("label")]
        .find((one) => one.textContent?.startsWith(name))
        ?.querySelector("input");
    box("Device")?.click();
    await settled();
    expect(titles(el)).not.toContain("Device");
    await click(menu, "Move Elapsed to the front");
    expect(titles(el).indexOf("Elapsed")).toBeLessThan(before.indexOf("Elapsed"));
    await click(menu, "Reset the columns");
    expect(titles(el)).toEqual(before);
  });
});

describe("an export", () => {
  it("is made in the page of what is shown, also where there is no kernel", async () => {
    const files: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      files.push(blob as Blob);
      return "blob:x";
    });
    const clicks: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      clicks.push(this.download);
    });
    const { host, el } = monitor();
    host.cutOff.value = RESTARTED;
    await click(el, /^1 done/);
    await click(el, /^Export/);
    await click(el, /^CSV/);
    const text = (await files[0]?.text()) ?? "";
    expect(text.trim().split("\r\n")).toHaveLength(2);
    expect(text).toContain("gamma");
    expect(text).toContain("'=1");
    expect(clicks[0]).toMatch(/^jobs-.*\.csv$/);
    expect(host.asked).toEqual([]);
  });
});

describe("the keys", () => {
  it("are shown by ?, and closed again", async () => {
    const { el } = monitor();
    const dialog = el.querySelector("dialog") as HTMLDialogElement;
    press(button(el, /^Export/), "?");
    expect(dialog.open).toBe(true);
    expect(dialog.textContent).toContain("Go to the search field");
    await click(dialog, "Close");
    expect(dialog.open).toBe(false);
  });

  it("go to the search field by /, and are letters in it", async () => {
    const { el } = monitor();
    press(button(el, /^Export/), "/");
    const input = el.querySelector("input[type=search]") as HTMLInputElement;
    expect(document.activeElement).toBe(input);
    press(input, "?");
    expect(el.querySelector("dialog")?.open).toBe(false);
  });
});

describe("the details of a job", () => {
  it("take the focus, and give it back", async () => {
    const { el } = monitor();
    const opener = lineOf(el, "b").querySelector(".rw-c-device") as HTMLElement;
    opener.focus();
    opener.click();
    await settled();
    const drawer = el.querySelector(".rw-drawer") as HTMLElement;
    expect(drawer.getAttribute("aria-label")).toBe("Details of beta");
    expect(document.activeElement).toBe(drawer);
    press(drawer, "Escape");
    await settled();
    expect(el.querySelector(".rw-drawer")).toBeNull();
    expect(document.activeElement).toBe(opener);
  });

  it("close when the job leaves the view", async () => {
    const { host, el } = monitor();
    lineOf(el, "b").click();
    await settled();
    host.tell(changes(2, [], ["b"]));
    await settled();
    expect(el.querySelector(".rw-drawer")).toBeNull();
  });
});

describe("the header", () => {
  const ended = Array.from({ length: 10 }, (_, i) =>
    job({ id: `e${i}`, ...DONE, created: NOW - 900, ended: NOW - (i + 1) * 10 }),
  );
  const open = Array.from({ length: 81 }, (_, i) => job({ id: `q${i}`, created: NOW - i }));
  const head = (el: Element) => el.querySelector(".rw-mon-head")?.textContent;

  it("tells the pace and the time to go, calls it an estimate, and lets it rest", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host, el } = monitor([...ended, ...open]);
    await vi.advanceTimersByTimeAsync(100);
    const told = "91 jobs10 of 91 ended · 5 a minute · est. 16 min to go";
    expect(head(el)).toContain(told);
    for (let i = 0; i < 30; i++) {
      host.tell(changes(2 + i, [{ id: `q${i}`, usage_s: i }]));
      await vi.advanceTimersByTimeAsync(100);
      expect(head(el)).toContain(told);
    }
  });

  it("tells no pace while nothing is heard, nor where all have ended", async () => {
    const silent = health({ stale_since: NOW - 60 });
    expect(head(monitor([...ended, ...open], silent).el)).not.toContain("estimate");
    expect(head(monitor(ended).el)).not.toContain("estimate");
  });
});

describe("the selection", () => {
  it("leaves the tools where they are, also one that is open", async () => {
    const { el, host } = monitor();
    await click(el, /^Columns/);
    host.selection.value = ["a"];
    await settled();
    expect(el.querySelector(".rw-popup")).not.toBeNull();
    for (const name of [/^Filter/, /^Columns/, /^Export/, /^Notify/]) button(el, name);
    expect(el.querySelector("[aria-label='Group the jobs']")).not.toBeNull();
    await click(el, /^Export/);
    expect(el.querySelector(".rw-popup")?.textContent).toContain("Save 1 job as");
  });

  it("offers nothing to be done where nobody is there to do it", async () => {
    const { el, host } = monitor();
    host.selection.value = ["a", "b", "c"];
    await settled();
    const offered = () => el.querySelector(".rw-says")?.textContent;
    expect(offered()).toContain("Cancel");
    host.cutOff.value = "The kernel was restarted.";
    await settled();
    expect(offered()).toBe("3 selectedClear");
  });

  it("is told to the kernel once it rests, and taken from the user's program", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host, el } = monitor();
    await vi.advanceTimersByTimeAsync(1000);
    expect(host.noted.filter(({ kind }) => kind === "select")).toEqual([]);
    button(el, "Select all 3").click();
    await vi.advanceTimersByTimeAsync(1000);
    button(el, "Clear").click();
    await vi.advanceTimersByTimeAsync(1000);
    const told = () => host.noted.flatMap((note) => (note.kind === "select" ? [note.job_ids] : []));
    expect(told().map((ids) => [...ids].sort())).toEqual([["a", "b", "c"], []]);
    host.selection.value = ["b", "gone"];
    await vi.advanceTimersByTimeAsync(1000);
    expect(el.querySelector(".rw-strip")?.textContent).toContain("1 selected");
    // What came from the kernel does not go back to it.
    expect(told()).toHaveLength(2);
  });
});

describe("where there is nothing to show", () => {
  const source = { words: "your pending jobs", loading: false, total: 0, limit: null };

  it.each([
    ["given no jobs", health(), null, "This view was given no jobs."],
    ["an account without", health(), source, "none of what this view follows: your pending jobs"],
    ["still reading", health(), { ...source, loading: true }, "Reading your pending jobs…"],
    ["nothing heard", health({ stale_since: NOW }), source, "Nothing could be read"],
  ] as const)("it says why: %s", (_, state, followed, words) => {
    const { el } = monitor([], state, followed);
    expect(el.querySelector(".rw-empty")?.textContent).toContain(words);
  });

  it("says how much has been read", () => {
    const reading = { words: "your newest jobs", loading: true, total: 9000, limit: 5000 };
    const { el } = monitor(JOBS, health(), reading);
    expect(el.querySelector(".rw-strip")?.textContent).toContain(
      "Reading your newest jobs: 3 of 5,000",
    );
  });
});

describe("trouble", () => {
  const trouble = (kind: Health["trouble_kind"], said: string) =>
    health({ stale_since: NOW - 60, trouble: said, trouble_kind: kind, push: false });

  it.each([
    ["network", "If it lasts, look at your network or VPN."],
    ["rate", "it looks less often"],
    ["auth", "Save a key that is valid"],
    ["server", "the jobs go on"],
    ["answer", "something on the way may answer"],
    ["closed", "Make the service anew"],
  ] as const)("says what to do: %s", (kind, advice) => {
    const { el } = monitor(JOBS, trouble(kind, "So it is."));
    const foot = el.querySelector(".rw-foot");
    expect(foot?.textContent).toContain("So it is.");
    expect(foot?.textContent).toContain(advice);
  });

  it("moves no row when it comes and goes: it takes the place of the foot's line", async () => {
    const { host, el } = monitor();
    const order = () =>
      [...(el.querySelector(".rw-mon")?.children ?? [])].map((one) => one.tagName);
    const before = order();
    host.tell({ ...changes(2, []), health: trouble("network", "No.") });
    await settled();
    expect(el.querySelector(".rw-foot .rw-stale")).not.toBeNull();
    expect(order()).toEqual(before);
  });

  it("asks for a look now on a click, once", async () => {
    const { host, el } = monitor(JOBS, trouble("network", "No."));
    await click(el, "Look now");
    await click(el, "Look now");
    expect(host.asked.map(({ ask }) => ask)).toEqual([{ kind: "refresh" }]);
  });

  it("says that a status is new to this version", () => {
    const odd = job({ id: "p", status: "Paused", state: "unknown", label: "Unknown" });
    const { el } = monitor([...JOBS, odd]);
    expect(el.querySelector(".rw-foot")?.textContent).toContain("1 job with a status that is new");
    expect(el.querySelector(".rw-mon-body")?.textContent).toContain("Paused");
  });
});

describe("notifications", () => {
  const shown: { text: string; tag: string | undefined }[] = [];
  let answer: NotificationPermission = "granted";
  let asked = 0;

  class FakeNotification {
    static permission: NotificationPermission = "default";
    onclick: (() => void) | null = null;

    constructor(text: string, options?: NotificationOptions) {
      shown.push({ text, tag: options?.tag });
    }

    static async requestPermission() {
      asked++;
      FakeNotification.permission = answer;
      return answer;
    }

    close() {}
  }

  beforeEach(() => {
    vi.resetModules();
    shown.length = 0;
    asked = 0;
    answer = "granted";
    FakeNotification.permission = "default";
    localStorage.clear();
    vi.stubGlobal("Notification", FakeNotification);
    Object.defineProperty(window, "isSecureContext", { value: true, configurable: true });
  });

  afterEach(() => {
    localStorage.clear();
  });

  /** A notifier of its own, with nothing kept from the test before. */
  async function fresh() {
    const notify = await import("../src/monitor/notify.js");
    const ending = new AbortController();
    const notifier = new notify.Notifier(() => {}, ending.signal);
    const ended = (id: string, to: object) => ({ row: loneRow({ id, ...to }).row, before: "x" });
    return { notify, notifier, ended, ending };
  }

  it("are off until asked for, and ask the browser only then", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { notify, notifier, ended } = await fresh();
    notifier.hear([ended("a", DONE)]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([asked, shown.length, notify.notifying()]).toEqual([0, 0, false]);
    await notify.toggleNotifying();
    expect([asked, notify.notifying()]).toEqual([1, true]);
    await notify.toggleNotifying();
    expect(notify.notifying()).toBe(false);
  });

  it("gather what ends together, and say nothing to who looks at the page", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { notify, notifier, ended, ending } = await fresh();
    const focus = vi.spyOn(document, "hasFocus").mockReturnValue(false);
    await notify.toggleNotifying();
    for (let i = 0; i < 12; i++) notifier.hear([ended(`j${i}`, i < 10 ? DONE : FAILED)]);
    notifier.hear([ended("r", RUNNING)]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shown.map(({ text }) => text)).toEqual(["12 jobs ended: 10 Done, 2 Failed"]);
    focus.mockReturnValue(true);
    notifier.hear([ended("k", DONE)]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shown).toHaveLength(1);
    focus.mockReturnValue(false);
    notifier.hear([ended("l", DONE)]);
    ending.abort();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(shown).toHaveLength(1);
  });

  it("are kept for this browser, and say so where it refuses them", async () => {
    const first = await fresh();
    await first.notify.toggleNotifying();
    vi.resetModules();
    expect((await fresh()).notify.notifying()).toBe(true);
    FakeNotification.permission = "denied";
    vi.resetModules();
    const { notify } = await fresh();
    expect(notify.notifying()).toBe(false);
    await notify.toggleNotifying();
    expect(notify.notifying()).toBe(false);
    expect(notify.refused.value).toContain("The browser refuses notifications");
  });

  it("say so where the page has none", async () => {
    vi.stubGlobal("Notification", undefined);
    const { notify } = await fresh();
    await notify.toggleNotifying();
    expect(notify.refused.value).toContain("This page has no notifications");
  });
});
