/**
 * The rows that a view shows. Messages are gathered and applied together once a frame; a part
 * that shows a field is told only when that field has changed.
 */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Clock } from "./clock.js";
import type { Host, Update } from "./host.js";
import {
  type Health,
  JOB_ROW_DEFAULTS,
  type JobPatch,
  type JobRow,
  type SourceInfo,
} from "./wire.gen.js";

// Frames stop in a hidden tab; then this applies what has come.
const LATEST_FLUSH_MS = 250;

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const objects = typeof a === "object" && typeof b === "object" && a && b;
  return Boolean(objects) && JSON.stringify(a) === JSON.stringify(b);
}

/** One job: a signal for each field that somebody reads. */
export class Row {
  readonly #all: Signal<JobRow>;
  readonly #fields = new Map<keyof JobRow, ReadonlySignal<unknown>>();

  constructor(row: JobRow) {
    this.#all = signal(row);
  }

  /** The whole row, for sorting and counting: reading it subscribes to nothing. */
  get raw(): JobRow {
    return this.#all.peek();
  }

  /** A field; the component that reads it is rendered again when it changes. */
  get<K extends keyof JobRow>(name: K): JobRow[K] {
    let field = this.#fields.get(name);
    if (!field) {
      field = computed(() => this.#all.value[name]);
      this.#fields.set(name, field);
    }
    return field.value as JobRow[K];
  }

  merge(patch: Partial<JobRow>): boolean {
    const old = this.raw;
    const changed = Object.entries(patch).filter(
      ([name, value]) => !same(old[name as keyof JobRow], value),
    );
    if (changed.length) this.#all.value = { ...old, ...Object.fromEntries(changed) };
    return changed.length > 0;
  }
}

/** A job whose state is another than before. */
export interface Transition {
  readonly row: Row;
  readonly before: string;
}

function isWhole(patch: JobPatch): patch is JobRow {
  return patch.status !== undefined && patch.state !== undefined && patch.program !== undefined;
}

export class Store {
  /** Grows when any row changes: for what is counted or sorted over all of them. */
  readonly version = signal(0);
  readonly health: Signal<Health | null> = signal(null);
  /** The changes of state of the last flush, to be announced. */
  readonly transitions: Signal<readonly Transition[]> = signal([]);
  readonly rows = new Map<string, Row>();
  readonly source: Signal<SourceInfo | null> = signal(null);
  /** Whether a time that is shown grows by itself. */
  readonly ticks = computed(() => {
    void this.version.value;
    const waits = (this.health.value?.next_look ?? null) !== null;
    return !this.cutOff.value && (waits || this.#anyOpen());
  });
  /** Since when nothing was heard of jobs that may have changed; null where that is no matter. */
  readonly silentSince = computed(() => {
    void this.version.value;
    const since = this.health.value?.stale_since ?? null;
    return since !== null && (!this.rows.size || this.#anyOpen()) ? since : null;
  });
  readonly cutOff: ReadonlySignal<boolean>;
  #clock: Clock;
  #waiting: Update[] = [];
  #cancelFlush: (() => void) | null = null;

  constructor(host: Host, clock: Clock, signal_: AbortSignal) {
    this.#clock = clock;
    this.cutOff = host.cutOff;
    const first = host.snapshot();
    if (first) {
      clock.correct(first.health.server_now, false);
      this.#apply([first]);
    }
    host.subscribe((update) => {
      clock.correct(update.health.server_now, true);
      this.#waiting.push(update);
      this.#schedule();
    }, signal_);
    signal_.addEventListener("abort", () => this.#cancelFlush?.());
  }

  /** The time, by the server's clock; reading it subscribes to its ticking. */
  get now(): number {
    return this.#clock.now.value;
  }

  /** The time that the shown figures are of: a silence stops it, for it is all that is known. */
  get asOf(): number {
    return this.silentSince.value ?? this.now;
  }

  /** The time without its ticking: for telling whether a date is today's. */
  get today(): number {
    return this.#clock.now.peek();
  }

  #anyOpen(): boolean {
    return [...this.rows.values()].some(({ raw }) => !raw.final && !raw.gone);
  }

  #schedule(): void {
    if (this.#cancelFlush) return;
    const flush = () => {
      this.#cancelFlush?.();
      this.#apply(this.#waiting.splice(0));
    };
    const frame = requestAnimationFrame(flush);
    const timer = setTimeout(flush, LATEST_FLUSH_MS);
    this.#cancelFlush = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      this.#cancelFlush = null;
    };
  }

  #apply(updates: readonly Update[]): void {
    const before = new Map<Row, string>();
    batch(() => {
      this.#clock.refresh();
      let changed = false;
      for (const update of updates) {
        changed = this.#drop(update) || changed;
        for (const patch of update.jobs) changed = this.#put(patch, before) || changed;
        if (!same(this.health.peek(), update.health)) this.health.value = update.health;
        if (update.context?.source !== undefined) this.source.value = update.context.source;
      }
      if (changed) this.version.value++;
      const moved = [...before].filter(([row, state]) => row.raw.state !== state);
      if (moved.length)
        this.transitions.value = moved.map(([row, state]) => ({ row, before: state }));
    });
  }

  #drop(update: Update): boolean {
    const kept = new Set(update.kind === "snapshot" ? update.jobs.map((job) => job.id) : []);
    const gone =
      update.kind === "changes" ? update.gone : [...this.rows.keys()].filter((id) => !kept.has(id));
    return gone.map((id) => this.rows.delete(id)).includes(true);
  }

  #put(patch: JobPatch, before: Map<Row, string>): boolean {
    const row = this.rows.get(patch.id);
    if (row) {
      if (!before.has(row)) before.set(row, row.raw.state);
      return row.merge(patch);
    }
    // Part of a job that we never heard of: the snapshot after the gap will bring it.
    if (!isWhole(patch)) return false;
    this.rows.set(patch.id, new Row({ ...JOB_ROW_DEFAULTS, ...patch }));
    return true;
  }
}
