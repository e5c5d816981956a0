/** Samples of what is around the rows, and a store that a test writes. */
import { signal } from "@preact/signals";
import type { BudgetInfo, DeviceInfo, SessionInfo, UsageInfo } from "../src/wire.gen.js";
import { NOW } from "./jobs.js";

export function usage(fields: Partial<UsageInfo> = {}): UsageInfo {
  return {
    key: "one",
    instance: "",
    simulated: false,
    used_s: 312,
    limit_s: 600,
    allocation_s: null,
    reached: false,
    period_start: NOW - 20 * 86_400,
    period_end: NOW + 8 * 86_400,
    estimated_s: null,
    estimated_jobs: null,
    pending_jobs: null,
    as_of: NOW - 125,
    trouble: null,
    ...fields,
  };
}

export function budget(fields: Partial<BudgetInfo> = {}): BudgetInfo {
  return {
    key: "budget-1",
    covers: "12 jobs",
    qpu_seconds: 60,
    used_s: 12.5,
    state: "ok",
    action: "warn",
    note: "",
    acted_at: null,
    ...fields,
  };
}

export function device(fields: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    name: "ibm_fez",
    status: "online",
    message: "",
    simulator: false,
    qubits: 156,
    queue: 31,
    wait_p50_s: 840,
    wait_p95_s: 4200,
    as_of: NOW - 125,
    ...fields,
  };
}

export function session(fields: Partial<SessionInfo> = {}): SessionInfo {
  return {
    id: "d8k0c1qbn0as73a9m31b",
    mode: "dedicated",
    device: "ibm_fez",
    state: "active",
    label: "Active",
    note: "The QPU is reserved for it, and that time is billed.",
    final: false,
    billing: true,
    accepting: true,
    created: NOW - 900,
    started: NOW - 600,
    closed: null,
    closes_at: NOW + 723,
    idle_since: null,
    rests_at: null,
    max_ttl_s: 1323,
    usage_s: 26.9,
    jobs_usage_s: 20,
    as_of: NOW,
    stale_since: null,
    gone: false,
    ...fields,
  };
}

/** A store of which a test writes each part. */
export class AroundStore {
  readonly time = signal(NOW);
  readonly open = signal(1);
  readonly usage = signal<readonly UsageInfo[]>([]);
  readonly budgets = signal<readonly BudgetInfo[]>([]);
  readonly sessions = signal<readonly SessionInfo[]>([]);
  readonly devices = signal<ReadonlyMap<string, DeviceInfo>>(new Map());

  get now(): number {
    return this.time.value;
  }

  get today(): number {
    return this.time.peek();
  }
}
