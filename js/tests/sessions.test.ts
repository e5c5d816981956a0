import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it } from "vitest";
import { Actions } from "../src/actions.js";
import { Sessions } from "../src/sessions/sessions.js";
import {
  closesIn,
  consequence,
  type Members,
  membersOf,
  readAgo,
  restsIn,
  summary,
  usageOf,
} from "../src/sessions/words.js";
import type { SessionInfo } from "../src/wire.gen.js";
import { AroundStore, session } from "./around.js";
import {
  CANCELLED,
  DONE,
  FakeHost,
  job,
  NOW,
  okReply,
  RUNNING,
  refused,
  snapshot,
} from "./jobs.js";
import { part } from "./part.js";
import { button, press, settled } from "./setup.js";

const ID = session().id;

beforeEach(() => localStorage.clear());

function section(sessions: readonly SessionInfo[], members?: ReadonlyMap<string, Members>) {
  const store = new AroundStore();
  store.sessions.value = sessions;
  const host = new FakeHost(snapshot([]));
  const actions = new Actions(host);
  const el = part(Sessions, { store, actions, ...(members && { members: signal(members) }) });
  return { el, store, host };
}

async function unfolded(sessions: readonly SessionInfo[], members?: ReadonlyMap<string, Members>) {
  const shown = section(sessions, members);
  button(shown.el, /^Sessions/).click();
  await settled();
  return shown;
}

describe("the words", () => {
  it("count down, and say so when the time is over", () => {
    expect(closesIn(session(), NOW)).toBe("closes by itself in 12 min 03 s");
    expect(closesIn(session(), NOW + 800)).toBe("its time is over: the service is closing it");
    expect(closesIn(session({ closes_at: null }), NOW)).toBeNull();
    expect(closesIn(session({ final: true }), NOW)).toBeNull();
    expect(restsIn(session({ rests_at: NOW + 40 }), NOW)).toBe("rests in 40 s unless a job comes");
  });

  it("tell how old they are where that matters", () => {
    expect(readAgo(session(), NOW + 60)).toBeNull();
    expect(readAgo(session(), NOW + 180)).toBe("as of 3 min ago");
  });

  it("tell a session's own time from that of its jobs; a batch has only the latter", () => {
    expect(usageOf(session())).toBe("26.9 s used, its jobs 20 s");
    expect(usageOf(session({ mode: "batch", usage_s: 20 }))).toBe("20 s used");
    expect(usageOf(session({ usage_s: null, jobs_usage_s: null }))).toBeNull();
  });

  it("sum up what costs first", () => {
    expect(summary([session({ final: true })])).toBe("none open");
    const idle = session({ id: "b", idle_since: NOW - 60 });
    expect(summary([session(), idle, session({ id: "c", billing: false })])).toBe(
      "3 open, 2 reserving a device, 1 of them without a job",
    );
  });

  it("say what a click does to which jobs", () => {
    const members = membersOf([
      job({ id: "1", session: ID }),
      job({ id: "2", session: ID, ...RUNNING }),
      job({ id: "3", session: ID, ...DONE }),
      job({ id: "4", session: "other", ...CANCELLED }),
      job({ id: "5" }),
    ]);
    expect(members.get(ID)).toEqual({ jobs: 3, queued: 1, running: 1 });
    const mine = members.get(ID) as Members;
    expect(consequence("close", session(), mine)).toBe(
      "The session takes no more jobs, and ends once those that it has are done. " +
        "1 job shown here waits in it, and will still run. " +
        "1 job shown here runs, and may finish.",
    );
    expect(consequence("cancel", session({ mode: "batch" }), mine)).toBe(
      "The batch ends at once: jobs that wait in it are cancelled. " +
        "1 job shown here waits in it, and will be cancelled. " +
        "1 job shown here runs, and may finish.",
    );
  });
});

describe("the section", () => {
  it("is not there without sessions, and folded until somebody wants it", async () => {
    expect(section([]).el.textContent).toBe("");
    const { el } = section([session()]);
    expect(el.textContent).toBe("Sessions1 open, 1 reserving a device");
    expect(button(el, /^Sessions/).getAttribute("aria-expanded")).toBe("false");
    button(el, /^Sessions/).click();
    await settled();
    expect(el.textContent).toContain("closes by itself in 12 min 03 s");
    // It is remembered for the next view.
    expect(section([session()]).el.textContent).toContain("closes by itself");
  });

  it("counts down by the page's clock", async () => {
    const { el, store } = await unfolded([session({ idle_since: NOW - 180 })]);
    expect(el.textContent).toContain("idle for 3 min 00 s");
    store.time.value = NOW + 3;
    await settled();
    expect(el.textContent).toContain("idle for 3 min 03 s");
    expect(el.textContent).toContain("closes by itself in 12 min 00 s");
  });

  it("shows a word that nobody knows as it came, as text", async () => {
    const label = "<b>hibernating</b>";
    const { el } = await unfolded([session({ label, state: label, billing: null, note: label })]);
    expect(el.textContent).toContain(label);
    expect(el.querySelector(".rw-session b")).toBeNull();
  });

  it("offers nothing for what has ended, and only to cancel what is closing", async () => {
    const { el } = await unfolded([
      session({ id: "closing", accepting: false }),
      session({ id: "closed", final: true }),
    ]);
    const labels = [...el.querySelectorAll(".rw-session .rw-end button")].map((one) =>
      one.getAttribute("aria-label"),
    );
    expect(labels).toEqual(["Cancel session closing"]);
  });
});

describe("ending a session", () => {
  const members = new Map([[ID, { jobs: 3, queued: 2, running: 1 }]]);

  it("asks once, says what becomes of the jobs, and keeps by default", async () => {
    const { el, host } = await unfolded([session()], members);
    button(el, /^Close session/).click();
    await settled();
    expect(el.textContent).toContain("Close this session? The session takes no more jobs");
    expect(el.textContent).toContain("2 jobs shown here wait in it, and will still run.");
    expect(document.activeElement?.textContent).toBe("Keep");
    press(document.activeElement as Element, "Escape");
    await settled();
    expect(el.textContent).not.toContain("Close this session?");
    expect(document.activeElement?.getAttribute("data-action")).toBe("close");
    expect(host.asked).toEqual([]);
  });

  it("sends one request, and believes only the service's record", async () => {
    const { el, host, store } = await unfolded([session()], members);
    button(el, /^Cancel session/).click();
    await settled();
    button(el, "Cancel session").click();
    await settled();
    expect(host.asked.map(({ ask }) => ask)).toEqual([
      { kind: "session", session_id: ID, action: "cancel" },
    ]);
    expect(button(el, /^Cancel session/).getAttribute("aria-disabled")).toBe("true");
    button(el, /^Close session/).click();
    await settled();
    expect(el.textContent).not.toContain("Close this session?");
    host.asked[0]?.answer({ ...okReply(), outcomes: [] });
    await settled();
    expect(el.textContent).toContain("Active");
    store.sessions.value = [session({ label: "Closed", final: true, billing: false })];
    await settled();
    expect(el.textContent).toContain("Closed");
    expect(el.querySelector(".rw-session .rw-end")).toBeNull();
    // What had the focus is gone: it did not fall to the page.
    expect(el.contains(document.activeElement)).toBe(true);
  });

  it("says why where it failed, and what it waits for where it is slow", async () => {
    const { el, host } = await unfolded([session()], members);
    button(el, /^Close session/).click();
    await settled();
    button(el, "Close session").click();
    await settled();
    host.asked[0]?.slow("It waits for the running cell");
    await settled();
    expect(el.querySelector("[role=status].rw-wait")?.textContent).toBe(
      "It waits for the running cell.",
    );
    host.asked[0]?.answer({ ...okReply(), ok: false, outcomes: [refused(ID, "Not yours.", 403)] });
    await settled();
    expect(el.querySelector("[role=alert]")?.textContent).toBe(
      "The session was not closed. Not yours. (code 403)",
    );
  });
});
