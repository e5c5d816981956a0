/**
 * Every state of every view on one page, for looking at. Built by gallery.mjs; #narrow, #rtl
 * and the like choose what is shown. Nothing of it ships.
 */

import type { ComponentType } from "preact";
import { Card } from "../src/card.js";
import { RESTARTED } from "../src/cutoff.js";
import type { Host } from "../src/host.js";
import { Monitor } from "../src/monitor/monitor.js";
import { show, type ViewProps } from "../src/views.js";
import type { Context, Health, JobRow, Snapshot, Trouble } from "../src/wire.gen.js";
import monitorCss from "../style/monitor.css";
import sessionsCss from "../style/sessions.css";
import tableCss from "../style/table.css";
import usageCss from "../style/usage.css";
import { usage } from "./around.js";
import { BUDGETS, placeUsage, SESSIONS } from "./gallery-around.js";
import { placeDetails } from "./gallery-details.js";
import {
  CANCELLED,
  DONE,
  device,
  FAILED,
  FakeHost,
  health,
  job,
  NOW,
  RUNNING,
  snapshot,
} from "./jobs.js";

const LINK = "https://example.org/jobs/1";

const CARDS: readonly (readonly [string, Partial<JobRow>, Partial<Snapshot["health"]>?])[] = [
  [
    "Queued, with a position",
    {
      tags: ["h2", "scan"],
      queue_position: 3,
      queue_length: 14,
      estimated_start: NOW + 840,
      usage_estimate_s: 8,
    },
  ],
  [
    "Queued, without a position",
    {
      id: "d8k2c1qbn0as73a9m1u0",
      program: "estimator",
      device: "ibm_fez",
      tags: ["vqe"],
      created: NOW - 65,
      queue_note: "The service gives no place in the queue for this device.",
      usage_estimate_s: 22,
      link: LINK,
    },
  ],
  [
    "Running on a simulator, cancelling",
    {
      ...RUNNING,
      id: "da66p2v5s9mc73f1l2ag",
      program: "vqe",
      device: "local_exact",
      phase: "simulating",
      tags: ["h2"],
      created: NOW - 58,
      started: NOW - 38,
      usage_s: 3.1,
      usage_estimate_s: 8,
      interim_seen: 41,
      cancel_asked: NOW - 1,
    },
  ],
  [
    "Running, inferred phase",
    {
      ...RUNNING,
      device: "ibm_fez",
      phase: "preparing",
      phase_inferred: true,
      created: NOW - 300,
      started: NOW - 31,
      estimated_end: NOW + 90,
      link: LINK,
      attempts: 2,
      private: true,
    },
  ],
  [
    "Done",
    {
      ...DONE,
      tags: ["bell"],
      created: NOW - 700,
      started: NOW - 640,
      ended: NOW - 631.9,
      usage_s: 7.9,
      usage_final: true,
    },
  ],
  [
    "Failed",
    {
      ...FAILED,
      id: "d8k1c1qbn0as73a9v7m0",
      program: "estimator",
      device: "ibm_torino",
      tags: ["qaoa"],
      created: NOW - 1500,
      started: NOW - 1440,
      ended: NOW - 1428,
      usage_s: 0,
      usage_final: true,
      error: {
        message: "The circuits use a gate that the device does not have: rzz on qubits (3, 4).",
        code: 1517,
        solution: "transpile for ibm_torino first.",
        trace: "9f2c77e1-4c0a-4bd2-9c9e-0d1c2e3f4a5b",
      },
    },
  ],
  [
    "Cancelled in the queue",
    { ...CANCELLED, created: NOW - 700, ended: NOW - 159, usage_s: 0, usage_final: true },
  ],
  [
    "Unknown word, hostile text",
    {
      status: "<b>Paused</b>",
      state: "unknown",
      label: "Unknown",
      program: "<img src=x onerror=alert(1)>",
      device: "a-device-with-an-exceedingly-long-name-that-must-be-clipped-somewhere-here",
      tags: ["<script>alert(1)</script>", "x".repeat(86)],
    },
  ],
  [
    "The service cannot be reached",
    { ...RUNNING, phase: "preparing", started: NOW - 100 },
    {
      stale_since: NOW - 240,
      trouble: "The service cannot be reached.",
      next_look: NOW + 20,
      push: false,
    },
  ],
  [
    "Ran too long",
    {
      ...FAILED,
      status: "Cancelled - Ran too long",
      label: "Ran too long",
      tags: ["a-long-tag-of-a-long-scan", "h2", "scan", "x", "y"],
      created: NOW - 700,
      started: NOW - 640,
      ended: NOW - 300,
      usage_s: 340,
      error: { message: "It ran too long.", code: 1305, solution: null, trace: null },
    },
  ],
  [
    "A long usage",
    {
      ...RUNNING,
      tags: ["1", "2", "3", "4", "5", "6", "7", "8"],
      created: NOW - 300,
      started: NOW - 290,
      usage_s: 70,
      usage_estimate_s: 72,
    },
  ],
  ["Gone", { ...RUNNING, gone: true, started: NOW - 100 }],
];

const DEVICES = [
  device({ name: "local_exact", simulator: true, queue: 2, as_of: NOW - 3 }),
  device({ name: "local_noisy", simulator: true, queue: 14, as_of: NOW - 3 }),
  device({ name: "ibm_fez", queue: 31, wait_p50_s: 840, wait_p95_s: 4200, as_of: NOW - 130 }),
  device({ name: "ibm_marrakesh", queue: 3, wait_p50_s: 180, wait_p95_s: 900, as_of: NOW - 130 }),
];
const AROUND = { devices: DEVICES };
const MORE = { ...AROUND, usage: [usage()], sessions: SESSIONS, budgets: BUDGETS };
const CUT = { stale_since: NOW - 60, push: false };

function rows(n: number): readonly JobRow[] {
  const kinds: readonly Partial<JobRow>[] = [
    { ...RUNNING, phase: "on the QPU", started: NOW - 41, usage_s: 3.1 },
    { ...RUNNING, phase: "preparing", phase_inferred: true, started: NOW - 31 },
    { tags: ["h2", "scan"] },
    { queue_position: 3, queue_length: 14, tags: ["test"] },
    { ...DONE, started: NOW - 60, ended: NOW - 52.1, usage_s: 7.9, usage_final: true },
    { ...DONE, started: NOW - 63, ended: NOW - 55, usage_s: 7.8, link: LINK },
    {
      ...FAILED,
      started: NOW - 30,
      ended: NOW - 18,
      usage_s: 0,
      error: { message: "A gate is missing.", code: 1517, solution: "transpile.", trace: null },
    },
    { ...CANCELLED, ended: NOW - 20, usage_s: 0 },
    { status: "Paused", state: "unknown", label: "Unknown" },
  ];
  return Array.from({ length: n }, (_, i) =>
    job({
      id: `da66nic${String(i).padStart(9, "0")}6mg`,
      name: i % 4 === 3 ? null : `h2-scan-${String(i).padStart(2, "0")}`,
      device: i % 3 ? "ibm_fez" : "ibm_marrakesh",
      program: i % 4 ? "sampler" : "estimator",
      created: NOW - 60 - i * 37,
      session: i % 3 ? null : (SESSIONS[i % 2]?.id ?? null),
      usage_estimate_s: i % 5 ? 8 : null,
      ...kinds[i % kinds.length],
    }),
  );
}

function place(title: string, view: ComponentType<ViewProps>, host: Host, width: string): void {
  const heading = document.createElement("h2");
  heading.textContent = title;
  const el = document.createElement("div");
  el.style.width = width;
  document.querySelector("main")?.append(heading, el);
  const sheets = { usage: usageCss, sessions: sessionsCss, monitor: monitorCss, table: tableCss };
  show(host, { el, view, label: title, signal: new AbortController().signal, sheets });
}

const options = new URLSearchParams(location.hash.slice(1));
const width = options.get("width") ?? "auto";
Date.now = () => NOW * 1000;
document.documentElement.dir = options.get("dir") ?? "ltr";
const wanted = (view: string) => (options.get("show") ?? view) === view;
if (wanted("details")) placeDetails((title, view, host) => place(title, view, host, width));
if (wanted("usage")) placeUsage((title, view, host) => place(title, view, host, width));
if (wanted("card")) {
  for (const [title, fields, state] of CARDS) {
    place(title, Card, new FakeHost(snapshot([job(fields)], 1, health(state), AROUND)), width);
  }
}
if (wanted("card")) {
  const cut = new FakeHost(
    snapshot([job({ ...RUNNING, started: NOW - 100 })], 1, health(CUT), AROUND),
  );
  cut.cutOff.value = RESTARTED;
  place("Cut off", Card, cut, width);
}
if (options.get("show") === "line") {
  const output = document.createElement("div");
  output.className = "jp-OutputArea";
  document.querySelector("main")?.replaceWith(output);
  for (const [, fields, state] of CARDS) {
    const el = document.createElement("div");
    el.style.width = width;
    output.append(el);
    const host = new FakeHost(snapshot([job(fields)], 1, health(state)));
    show(host, { el, view: Card, label: "", signal: new AbortController().signal });
  }
}
if (wanted("monitor")) {
  const looking = health({ push: false, next_look: NOW + 4, requests_per_look: 2 });
  const count = Number(options.get("rows") ?? 12);
  const many = new FakeHost(snapshot(rows(count), 1, looking, MORE));
  // For a look at each of its states by hand: see gallery.mjs.
  Object.assign(window, { host: many });
  place("Monitor", Monitor, many, width);
  if (!options.has("one")) monitors(width);
}

function troubled(trouble: string, trouble_kind: Trouble, next: number | null = 20) {
  const next_look = next === null ? null : NOW + next;
  return health({ stale_since: NOW - 240, trouble, trouble_kind, next_look, push: false });
}

/** The monitor where it has little to show, or bad news. */
function monitors(wide: string): void {
  const cut = new FakeHost(snapshot(rows(3), 1, health(CUT), AROUND));
  cut.cutOff.value = RESTARTED;
  place("Monitor: cut off", Monitor, cut, wide);
  const source = { words: "your 5,000 newest jobs", loading: true, total: 5000, limit: 5000 };
  const none = { ...source, words: "your pending jobs", loading: false, total: 0 };
  const states: readonly (readonly [string, number, Health, Partial<Context>])[] = [
    ["loading", 3, health(), { source }],
    ["nothing read yet", 0, health(), { source }],
    ["an account with none", 0, health(), { source: none }],
    ["given no jobs", 0, health(), {}],
    ["no network", 2, troubled("The service cannot be reached.", "network"), {}],
    ["asked too often", 2, troubled("The service asks for fewer requests.", "rate"), {}],
    ["not let in", 2, troubled("The service refuses the token.", "auth"), {}],
    ["its own fault", 2, troubled("The service has an error of its own (503).", "server"), {}],
    ["garbage", 2, troubled("The service's answer was not understood.", "answer"), {}],
    ["closed", 2, troubled("The service was closed.", "closed", null), {}],
    ["nothing at first", 0, troubled("The service cannot be reached.", "network"), {}],
  ];
  for (const [title, n, state, around] of states) {
    const host = new FakeHost(snapshot(rows(n), 1, state, { ...AROUND, ...around }));
    place(`Monitor: ${title}`, Monitor, host, wide);
  }
}
