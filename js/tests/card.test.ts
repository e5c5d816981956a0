import { describe, expect, it, vi } from "vitest";
import { RESTARTED } from "../src/cutoff.js";
import type { DeviceInfo, JobRow } from "../src/wire.gen.js";
import {
  CANCELLED,
  changes,
  DONE,
  device,
  FAILED,
  health,
  job,
  NOW,
  RUNNING,
  snapshot,
} from "./jobs.js";
import { button, mounted, settled } from "./setup.js";

function shown(
  fields: Partial<JobRow>,
  of: Partial<DeviceInfo> | null = null,
): { el: HTMLElement; facts: Record<string, string> } {
  const { el } = mounted(snapshot([job(fields)], 1, health(), { devices: of ? [device(of)] : [] }));
  const facts: Record<string, string> = {};
  for (const fact of el.querySelectorAll(".rw-fact")) {
    facts[fact.querySelector("dt")?.textContent ?? ""] =
      fact.querySelector("dd")?.textContent ?? "";
  }
  return { el, facts };
}

const badge = (el: Element) => el.querySelector(".rw-badge")?.textContent;

describe("a queued job", () => {
  it("shows its place, its estimates and its wait", () => {
    const { el, facts } = shown({ queue_position: 3, queue_length: 14, usage_estimate_s: 8 });
    expect(badge(el)).toBe("Queued");
    expect(facts.Queue).toBe("3rd of 14");
    expect(facts.Usage).toBe("≈ 8 s estimated");
    expect(facts.Starts).toBe("–");
    expect(el.textContent).toContain("sampler on local_noisy");
    expect(el.querySelector("time")?.dateTime).toMatch(/^2026-/);
  });

  it("shows the device's queue with its age where there is no place, and says why", () => {
    const { el, facts } = shown(
      {
        queue_note: "The service gives no place.",
      },
      { queue: 31, wait_p50_s: 840, wait_p95_s: 4200 },
    );
    expect(facts).not.toHaveProperty("Queue");
    expect(facts["Device’s queue"]).toBe("31 jobs · age unknown");
    expect(facts["Typical wait"]).toBe("14 min p95 1 h 10 min · age unknown");
    expect(el.textContent).toContain("The service gives no place.");
  });

  it("tells the age of a typical wait, also where a place is given", () => {
    const { facts } = shown(
      {
        queue_position: 3,
        queue_length: 14,
      },
      { wait_p50_s: 840, as_of: 1 },
    );
    expect(facts["Typical wait"]).toMatch(/^14 min · .+ ago$/);
  });

  it("invents nothing: what is unknown is a dash", () => {
    const { facts } = shown({ created: null });
    expect(facts).toEqual({ Queue: "–", Starts: "–", Usage: "–", Waiting: "–" });
  });
});

describe("a running job", () => {
  it("shows its phase, its usage so far and its interim results", () => {
    const { el, facts } = shown({
      ...RUNNING,
      phase: "simulating",
      started: NOW - 38,
      usage_s: 3.1,
      usage_estimate_s: 8,
      interim_seen: 41,
    });
    expect(badge(el)).toBe("Running· simulating");
    expect(facts.Usage).toBe("3.1 s so far of ≈ 8 s");
    expect(facts.Interim).toBe("41 results");
    expect(facts).toHaveProperty("Running");
  });

  it("drops an estimate that it has outrun, and an end that has passed", () => {
    const past = { usage_s: 38.1, usage_estimate_s: 0.1, estimated_end: NOW - 5 };
    const { facts } = shown({ ...RUNNING, started: NOW - 60, ...past });
    expect(facts.Usage).toBe("38.1 s so far");
    expect(facts).not.toHaveProperty("Ends");
  });

  it("never looks shorter than a part of it, at every message", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host, el } = mounted(snapshot([job({ ...RUNNING, started: NOW - 4 })]));
    vi.setSystemTime(NOW * 1000 + 1150);
    const state = health({ server_now: NOW + 1.15 });
    host.tell({ ...changes(2, [{ id: job().id, usage_s: 5.1 }]), health: state });
    await vi.advanceTimersByTimeAsync(30);
    expect(el.querySelector(".rw-facts")?.textContent).toContain("Running6 s");
    expect(el.querySelector(".rw-facts")?.textContent).toContain("5.1 s so far");
  });

  it("says a figure that may be clipped as a whole on hover", () => {
    const { el } = shown({ ...RUNNING, started: NOW - 80, usage_s: 70, usage_estimate_s: 72 });
    const usage = [...el.querySelectorAll<HTMLElement>(".rw-fact dd")].map((dd) => dd.title);
    expect(usage).toContain("1 min 10 s so far of ≈ 1 min 12 s");
  });

  it("says which phase was inferred", () => {
    const { el } = shown({ ...RUNNING, phase: "preparing", phase_inferred: true });
    expect(badge(el)).toContain("preparing, inferred");
  });
});

describe("a job that has ended", () => {
  it("shows how long it took and what it used", () => {
    const { el, facts } = shown({
      ...DONE,
      created: NOW - 700,
      started: NOW - 640,
      ended: NOW - 631.9,
      usage_s: 7.9,
      usage_final: true,
    });
    expect(badge(el)).toBe("Done");
    expect(facts.Ran).toBe("8.1 s");
    expect(facts.Usage).toBe("7.9 s final");
    expect(facts.Waited).toBe("1 min 00 s");
    expect(el.textContent).toContain("1 min 08 s in all");
    expect(() => button(el, "Cancel")).toThrow();
  });

  it("tells parts that add up to the whole as they are told", () => {
    const times = { created: NOW - 60, started: NOW - 59.86, ended: NOW - 59.14 };
    const { el, facts } = shown({ ...DONE, ...times });
    expect([facts.Waited, facts.Ran]).toEqual(["0.1 s", "0.7 s"]);
    expect(el.textContent).toContain("0.8 s in all");
    const bar = el.querySelector(".rw-timebar")?.getAttribute("aria-label");
    expect(bar).toBe("Queued 0.1 s, running 0.7 s, then done");
  });

  it("tells the fractions of a second that its bar shows", () => {
    const times = { created: NOW - 60, started: NOW - 59.4, ended: NOW - 59.2 };
    const { el } = shown({ ...DONE, ...times });
    expect(el.querySelector(".rw-timebar")?.getAttribute("aria-label")).toBe(
      "Queued 0.6 s, running 0.2 s, then done",
    );
  });

  it("says that its usage is still counted", () => {
    const { facts } = shown({ ...DONE, usage_s: 2, ended: NOW });
    expect(facts.Usage).toBe("2 s still counting");
  });

  it("explains a failure, and fetches its logs as text when asked", async () => {
    const error = {
      message: "Gate <rzz> is missing.",
      code: 1517,
      solution: "transpile first.",
      trace: "9f2c77",
    };
    const { host, el } = mounted(snapshot([job({ ...FAILED, error })]));
    expect(badge(el)).toBe("Failed· 1517");
    expect(el.querySelector(".rw-bad")?.textContent).toContain(
      "Gate <rzz> is missing. · code 1517",
    );
    expect(el.querySelector(".rw-bad")?.textContent).toContain("What to do: transpile first.");

    button(el, "Logs").click();
    await settled();
    expect(el.querySelector('[role="tab"][aria-selected="true"]')?.textContent).toBe("Logs");
    expect(host.asked[0]?.ask).toEqual({ kind: "logs", job_id: job().id });
    const text = "line <b>1</b>\nline 2";
    host.asked[0]?.answer({ kind: "reply", id: 0, ok: true, outcomes: [], text, data: null });
    await settled();
    expect(el.querySelector("pre")?.textContent).toBe(`${text}\n`);
    expect(el.querySelector("pre b")).toBeNull();
  });

  it("shows a cancelled job's wait, and no duration that it did not have", () => {
    const { facts } = shown({ ...CANCELLED, created: NOW - 700, ended: NOW - 159 });
    expect(facts.Waited).toBe("9 min 01 s");
    expect(facts).not.toHaveProperty("Ran");
  });
});

describe("a card in sight", () => {
  it("says so once it rests, when it is not, and no more when its job has ended", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host } = mounted(snapshot([job(RUNNING)]));
    expect(host.noted).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    const seen = { kind: "look", job_ids: [job().id], hidden: false };
    expect(host.noted).toEqual([seen]);
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(1000);
    const away = { kind: "look", job_ids: [], hidden: true };
    expect(host.noted).toEqual([seen, away]);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    await vi.advanceTimersByTimeAsync(1000);
    host.tell(changes(2, [{ ...job(DONE) }]));
    await vi.advanceTimersByTimeAsync(1000);
    expect(host.noted).toEqual([seen, away, seen, away]);
  });
});

describe("what is out of the ordinary", () => {
  it("shows an unknown word as it came", () => {
    const { el } = shown({ status: "Paused", state: "unknown", label: "Unknown" });
    expect(badge(el)).toBe("Paused");
    expect(el.querySelector(".rw-badge.rw-is-unknown")).not.toBeNull();
  });

  it("never makes markup of a text from the server", () => {
    const evil = '<img src=x onerror="globalThis.hit=1">';
    const { el } = shown({
      ...FAILED,
      program: evil,
      device: evil,
      name: evil,
      status: evil,
      label: evil,
      tags: [evil],
      queue_note: evil,
      link: "javascript:alert(1)",
      error: { message: evil, code: null, solution: evil, trace: evil },
    });
    expect(el.querySelector("img")).toBeNull();
    expect(el.querySelector("a")).toBeNull();
    expect(el.textContent?.split(evil).length).toBeGreaterThan(5);
  });

  it("links to the service's own page without handing it this one", () => {
    const { el } = shown({ link: "https://example.org/jobs/1" });
    const link = el.querySelector("a");
    expect([link?.href, link?.rel, link?.target]).toEqual([
      "https://example.org/jobs/1",
      "noopener",
      "_blank",
    ]);
  });

  it("says that the service does not know the job, and offers no cancel", () => {
    const { el } = shown({ ...RUNNING, gone: true });
    expect(el.textContent).toContain("The service does not know this job any more.");
    expect(() => button(el, "Cancel")).toThrow();
  });

  it("says since when nothing was heard, and when it tries again", () => {
    const server_now = Date.now() / 1000;
    const state = health({
      server_now,
      stale_since: server_now - 240,
      trouble: "The service cannot be reached.",
      next_look: server_now + 20,
    });
    const { el } = mounted(snapshot([job(RUNNING)], 1, state));
    const text = el.querySelector(".rw-stale")?.textContent;
    expect(text).toContain("The service cannot be reached. No good answer since");
    expect(text).toMatch(/\(4 min\)\. Trying again in (20|21) s\. What you see is from then\./);
  });

  it("stops its clock at the moment of the silence, until it is heard again", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const state = health({ stale_since: NOW - 240 });
    const running = job({ ...RUNNING, created: NOW - 360, started: NOW - 340 });
    const { host, el } = mounted(snapshot([running], 1, state));
    await vi.advanceTimersByTimeAsync(5000);
    const facts = () => el.querySelector(".rw-facts")?.textContent;
    expect(facts()).toContain("Running1 min 40 s");
    expect(el.textContent).toContain("2 min 00 s so far");
    expect(el.querySelector(".rw-timebar")?.ariaLabel ?? el.innerHTML).toContain("1 min 40 s");
    host.tell({ ...changes(2, []), health: health({ server_now: NOW + 5 }) });
    await vi.advanceTimersByTimeAsync(500);
    expect(facts()).toContain("Running5 min 45 s");
  });

  it("leaves a silence unsaid once the job has ended", () => {
    const ended = job({ ...DONE, ended: NOW - 300 });
    const { el } = mounted(snapshot([ended], 1, health({ stale_since: NOW - 240 })));
    expect(el.querySelector(".rw-stale")).toBeNull();
  });

  it("says how to see the job again where it is cut off, never to run a cell", async () => {
    const { host, el } = mounted(snapshot([job(RUNNING)]));
    host.cutOff.value = RESTARTED;
    host.tell({ ...changes(2, []), health: health({ stale_since: NOW }) });
    await settled();
    const text = el.querySelector(".rw-stale")?.textContent;
    expect(text).toContain("The kernel was restarted, so this view is cut off.");
    expect(text).toContain(`Show the job again with service.job("${job().id}")`);
    expect(text).not.toMatch(/run .*cell/i);
    expect(button(el, "Copy code")).toBeTruthy();
  });

  it("says so when there is no job", () => {
    expect(mounted(null).el.textContent).toContain("no job");
  });
});

describe("changes", () => {
  it("announces a change of state once, and no tick", async () => {
    vi.useFakeTimers({ now: NOW * 1000 });
    const { host, el } = mounted(snapshot([job()]));
    const region = el.querySelector('.rw-card > [role="status"]');
    expect(region?.textContent).toBe("");
    host.tell(changes(2, [{ id: job().id, ...RUNNING }]));
    await vi.advanceTimersByTimeAsync(6000);
    expect(region?.textContent).toBe("Job da66nic…6mg: Running");
    host.tell(changes(3, [{ id: job().id, usage_s: 1 }]));
    await vi.advanceTimersByTimeAsync(6000);
    expect(region?.textContent).toBe("Job da66nic…6mg: Running");
    expect(badge(el)).toBe("Running");
  });

  it("is a named group", () => {
    const { el } = shown({});
    expect(el.querySelector('[role="group"]')?.getAttribute("aria-label")).toContain(job().id);
  });
});
