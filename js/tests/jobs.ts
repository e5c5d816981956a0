/** Sample rows and a host that a test drives by hand. */
import { signal } from "@preact/signals";
import type { Ask, Asking, Host, Note, Update } from "../src/host.js";
import { ALL } from "../src/host.js";
import { Row } from "../src/row.js";
import type {
  Changes,
  Context,
  DeviceInfo,
  Health,
  JobPatch,
  JobRow,
  Outcome,
  Reply,
  Snapshot,
} from "../src/wire.gen.js";
import { JOB_ROW_DEFAULTS } from "../src/wire.gen.js";

/** Where the samples' clock stands: 21 November 2026, 12:04:00 UTC. */
export const NOW = 1_795_262_640;

export function job(fields: Partial<JobRow> = {}): JobRow {
  return {
    ...JOB_ROW_DEFAULTS,
    id: "da66nicgd8dc73doc6mg",
    program: "sampler",
    device: "local_noisy",
    status: "Queued",
    state: "queued",
    label: "Queued",
    final: false,
    created: NOW - 252,
    updated: NOW,
    ...fields,
  };
}

export const RUNNING = { status: "Running", state: "running", label: "Running" } as const;
export const DONE = { status: "Completed", state: "done", label: "Done", final: true } as const;
export const FAILED = { status: "Failed", state: "failed", label: "Failed", final: true } as const;
export const CANCELLED = {
  status: "Cancelled",
  state: "cancelled",
  label: "Cancelled",
  final: true,
} as const;

export function device(fields: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    name: "local_noisy",
    status: "online",
    message: "",
    simulator: null,
    qubits: null,
    queue: null,
    wait_p50_s: null,
    wait_p95_s: null,
    as_of: null,
    ...fields,
  };
}

/** A row of a job that no store holds, and what makes it another. */
export function loneRow(fields: Partial<JobRow> = {}) {
  let now = job(fields);
  const row = new Row({ devices: signal(new Map()), rawOf: () => now }, now);
  const become = (more: Partial<JobRow>) => {
    now = { ...now, ...more };
    row.touch();
  };
  return { row, become };
}

export function health(fields: Partial<Health> = {}): Health {
  return {
    server_now: NOW,
    stale_since: null,
    trouble: null,
    next_look: null,
    push: true,
    requests_per_look: 0,
    trouble_kind: "",
    ...fields,
  };
}

export function context(fields: Partial<Context> = {}): Context {
  const none = { devices: [], sessions: [], modes: [], usage: [], budgets: [], source: null };
  return { ...none, ...fields };
}

export function snapshot(
  jobs: readonly JobPatch[],
  seq = 1,
  state = health(),
  around: Partial<Context> = {},
): Snapshot {
  return {
    kind: "snapshot",
    seq,
    jobs,
    health: state,
    context: context(around),
    table: null,
    left_out: 0,
  };
}

export function changes(seq: number, jobs: Changes["jobs"], gone: string[] = []): Changes {
  return { kind: "changes", seq, jobs, gone, health: health(), context: {} };
}

export function okReply(id = 0, text: string | null = null): Reply {
  return { kind: "reply", id, ok: true, outcomes: [], text, data: null };
}

export function refused(job_id: string, message: string, code: number | null = null): Outcome {
  return { job_id, ok: false, message, code, already: false, asked: true };
}

interface Asked {
  readonly ask: Ask;
  readonly answer: (reply: Reply) => void;
  readonly fail: (why: string) => void;
  readonly slow: (why: string) => void;
  readonly progress: NonNullable<Asking["onProgress"]>;
  readonly until: AbortSignal | undefined;
}

export class FakeHost implements Host {
  readonly capabilities = ALL;
  readonly selection = signal<readonly string[] | null>(null);
  readonly cutOff = signal("");
  readonly asked: Asked[] = [];
  readonly noted: Note[] = [];
  #listeners = new Set<(update: Update) => void>();
  #first: Snapshot | null;

  constructor(first: Snapshot | null) {
    this.#first = first;
  }

  snapshot(): Snapshot | null {
    return this.#first;
  }

  subscribe(listener: (update: Update) => void, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  note(note: Note): void {
    this.noted.push(note);
  }

  request(ask: Ask, { onSlow, onProgress, until }: Asking = {}): Promise<Reply> {
    return new Promise((answer, reject) => {
      this.asked.push({
        ask,
        until,
        answer,
        fail: (why) => reject(new Error(why)),
        slow: (why) => onSlow?.(why),
        progress: (progress) => onProgress?.(progress),
      });
    });
  }

  tell(update: Update): void {
    for (const listener of this.#listeners) listener(update);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
