/** The details of jobs, each tab beside the others, for looking at. Nothing of it ships. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { Details, type Tab } from "../src/details/details.js";
import type { Ask } from "../src/host.js";
import type { ViewProps } from "../src/views.js";
import type { JobRow, Reply } from "../src/wire.gen.js";
import { given, inputs, outcomes, pub, results, values } from "./details-samples.js";
import { DONE, FAILED, FakeHost, health, job, NOW, RUNNING, snapshot } from "./jobs.js";

const DRAWING = `        ┌───────┐      ░ ┌─┐
   q_0: ┤ Ry(θ) ├──■───░─┤M├───
        └───────┘┌─┴─┐ ░ └╥┘┌─┐
   q_1: ─────────┤ X ├─░──╫─┤M├
                 └───┘ ░  ║ └╥┘
meas: 2/══════════════════╩══╩═
                          0  1 `;

const LOG = Array.from(
  { length: 400 },
  (_, i) =>
    `2026-11-21 12:0${i % 9}:03.${100 + i} INFO  transpiled circuit ${i} of 400 in 0.${i} s`,
).join("\n");

const LONG = "0110".repeat(40).slice(0, 127);

function dataOf(ask: Ask): unknown {
  if (ask.kind !== "details") return null;
  if (ask.part === "inputs") {
    const observables = ["ZZIII", "0.5 XXIII - 0.25 IZIII"];
    const one = given({ observables, num_observables: 6, observables_shape: [2, 3] });
    return inputs({ pubs: [given(), { ...one, index: 1 }], total: 30, num_options: 1 });
  }
  if (ask.part === "circuit") {
    const note = "Too many instructions to draw all of it. These are the first 500 of 9,000.";
    return { part: "circuit", index: ask.index, name: "ansatz", text: DRAWING, note };
  }
  if (ask.part === "raw") {
    const text = JSON.stringify(
      { id: job().id, state: { status: "Completed" }, tags: [] },
      null,
      2,
    );
    return { part: "raw", text, cut: false, hidden: [] };
  }
  const metadata = { text: "shots: 4096\ncircuit_metadata: {}", cut: false };
  const wide = outcomes({
    name: "c",
    num_bits: 127,
    distinct: 999_001,
    sets: 5,
    top: [0, 1, 2].map((i) => ({
      bits: LONG.slice(i) + i,
      count: 900 - i,
      share: 0.3,
      cut: false,
    })),
  });
  const pubs = [
    pub({ outcomes: [outcomes(), wide], fields: 2, metadata }),
    pub({ index: 1, shape: [2, 3], values: [values({ count: 6, shape: [2, 3] })], fields: 2 }),
    pub({ index: 2, trouble: "This PUB's result cannot be read: it has an unknown form" }),
  ];
  const spans = { count: 6, start: NOW - 600, stop: NOW - 592 };
  return results({ pubs, total: 300, metadata, spans });
}

/** A host that answers by itself. */
class Answering extends FakeHost {
  override request(ask: Ask): Promise<Reply> {
    const reply = { kind: "reply", id: 0, ok: true, outcomes: [] } as const;
    const text = ask.kind === "logs" ? LOG : null;
    return Promise.resolve({ ...reply, text, data: dataOf(ask) });
  }
}

const told = { told: true, inferred: false };

const RUN: Partial<JobRow> = {
  ...RUNNING,
  name: "h2-scan-07",
  device: "ibm_fez",
  phase: "on the QPU",
  tags: ["h2", "scan"],
  created: NOW - 130,
  started: NOW - 72,
  usage_s: 3.1,
  usage_estimate_s: 8,
  link: "https://example.org/jobs/1",
  steps: [
    { word: "created", at: NOW - 130, ...told },
    { word: "queued", at: NOW - 130, ...told },
    { word: "preparing", at: NOW - 72, told: true, inferred: true },
    { word: "on the QPU", at: NOW - 41, told: false, inferred: false },
  ],
};

const OVER: Partial<JobRow> = {
  ...DONE,
  interim_seen: 41,
  created: NOW - 700,
  started: NOW - 640,
  ended: NOW - 631.9,
  usage_s: 7.9,
  usage_final: true,
};

const error = {
  message: "The circuits use a gate that the device does not have: rzz on qubits (3, 4).",
  code: 1517,
  solution: "transpile for ibm_torino first.",
  trace: "9f2c77e1-4c0a-4bd2-9c9e-0d1c2e3f4a5b",
};

/** What is shown: a title, a row, and which tab is open. */
const SHOWN: readonly (readonly [string, Partial<JobRow>, Tab])[] = [
  ["Running", RUN, "timeline"],
  ["Queued", { estimated_start: NOW + 840, queue_position: 3, queue_length: 14 }, "timeline"],
  ["Failed", { ...FAILED, error, created: NOW - 90, ended: NOW - 60 }, "timeline"],
  ["Results", OVER, "results"],
  ["No result", RUN, "results"],
  ["Inputs", OVER, "inputs"],
  ["Logs", OVER, "logs"],
  ["Raw", OVER, "raw"],
];

type Place = (title: string, view: ComponentType<ViewProps>, host: FakeHost) => void;

export function placeDetails(place: Place): void {
  for (const [title, fields, open] of SHOWN) {
    const tab = signal(open);
    const Drawer = ({ store, actions }: ViewProps) => {
      const [row] = store.rows.values();
      if (!row) return null;
      return (
        <div class="rw-mon" style={{ padding: "10px 14px", maxInlineSize: "720px" }}>
          <Details row={row} store={store} actions={actions} tab={tab} onClose={() => undefined} />
        </div>
      );
    };
    place(title, Drawer, new Answering(snapshot([job(fields)], 1, health())));
  }
}
