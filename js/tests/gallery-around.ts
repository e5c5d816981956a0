/** What surrounds the jobs in each of its states, for the gallery. */

import type { ComponentType } from "preact";
import { RESTARTED } from "../src/cutoff.js";
import { Usage } from "../src/usage/view.js";
import type { ViewProps } from "../src/views.js";
import type { BudgetInfo, SessionInfo, UsageInfo } from "../src/wire.gen.js";
import { budget, session, usage } from "./around.js";
import { FakeHost, health, NOW, snapshot } from "./jobs.js";

type Place = (title: string, view: ComponentType<ViewProps>, host: FakeHost) => void;

const REFUSED = "This account may not read the instance's usage.";

const USAGES: readonly (readonly [string, readonly UsageInfo[], (readonly BudgetInfo[])?])[] = [
  [
    "some of it used, and some to come",
    [usage({ instance: "open-plan", estimated_s: 96, estimated_jobs: 12, pending_jobs: 12 })],
    [budget(), budget({ key: "2", state: "near", used_s: 52, action: "cancel queued" })],
  ],
  ["nearly used up", [usage({ used_s: 552 })]],
  ["more to come than is left", [usage({ estimated_s: 400, estimated_jobs: 3, pending_jobs: 5 })]],
  ["the limit reached", [usage({ used_s: 600, reached: true })]],
  ["no limit", [usage({ limit_s: null, allocation_s: 1200, used_s: 48.2, pending_jobs: 0 })]],
  ["not read yet", [usage({ used_s: null, limit_s: null, period_end: null, as_of: null })]],
  ["refused", [usage({ used_s: null, limit_s: null, as_of: null, trouble: REFUSED })]],
  [
    "two services, one silent",
    [
      usage({ instance: "open-plan" }),
      usage({
        key: "2",
        instance: "paid-by-the-group-of-a-long-name",
        used_s: 7200,
        limit_s: 86400,
        trouble: "The instance's usage could not be read: the service cannot be reached.",
      }),
    ],
  ],
];

export const SESSIONS: readonly SessionInfo[] = [
  session(),
  session({
    id: "idle-and-billing",
    note: "The QPU is reserved for it, and that time is billed, although no job of it runs.",
    idle_since: NOW - 20,
    rests_at: NOW + 40,
  }),
  session({
    id: "b4t2c1qbn0as73a9m1u0",
    mode: "batch",
    label: "Idle",
    state: "inactive",
    billing: false,
    note: "Nothing is reserved. Its next job waits in the queue like any other.",
    usage_s: 20,
  }),
  session({
    id: "closing",
    label: "Closing",
    accepting: false,
    note: "It takes no more jobs, and closes once those that it has are done.",
    stale_since: NOW - 100,
  }),
  session({ id: "unknown", label: "hibernating", billing: null, note: "", closes_at: null }),
  session({
    id: "ended",
    label: "Closed",
    final: true,
    billing: false,
    closed: NOW - 60,
    closes_at: null,
    note: "It was cancelled.",
  }),
];

export const BUDGETS: readonly BudgetInfo[] = [
  budget({
    state: "spent",
    used_s: 61,
    action: "cancel queued",
    acted_at: NOW - 60,
    note: "3 jobs asked to be cancelled.",
  }),
];

export function placeUsage(place: Place): void {
  for (const [title, all, budgets = []] of USAGES) {
    place(
      `Usage: ${title}`,
      Usage,
      new FakeHost(snapshot([], 1, health(), { usage: all, budgets })),
    );
  }
  const cut = new FakeHost(snapshot([], 1, health(), { usage: [usage()] }));
  cut.cutOff.value = RESTARTED;
  place("Usage: cut off", Usage, cut);
}
