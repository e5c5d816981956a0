/**
 * What a view shows: the jobs, and what is around them. Messages are gathered and applied
 * together once a frame; a part that shows a field is told only when that field has changed.
 */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Clock } from "./clock.js";
import { type AnyColumn, Columns, type Field } from "./columns.js";
import type { Host, Update } from "./host.js";
import { unpack } from "./packed.js";
import { Row } from "./row.js";
import {
  type BudgetInfo,
  type Context,
  type DeviceInfo,
  type Health,
  JOB_ROW_DEFAULTS,
  type JobPatch,
  type JobRow,
  type SessionInfo,
  type Snapshot,
  type SourceInfo,
  type UsageInfo,
} from "./wire.gen.js";

export { Row } from "./row.js";

// Frames stop in a hidden tab; then this applies what has come.
const LATEST_FLUSH_MS = 250;
// So many rows may be remembered before those that nobody shows any more are looked for.
const LEAST_REMEMBERED = 2000;

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const objects = typeof a === "object" && typeof b === "object" && a && b;
  return Boolean(objects) && JSON.stringify(a) === JSON.stringify(b);
}

/** A job whose state is another than before. */
export interface Transition {
  readonly row: Row;
  readonly before: string;
}

/** What was applied together: for who keeps an order, or sums, of all rows. */
export interface Delta {
  /** The slots of the rows that are new or have changed. */
  readonly slots: ReadonlySet<number>;
  /** The slots that rows have left. */
  readonly left: ReadonlySet<number>;
  readonly fields: ReadonlySet<Field>;
  /** Everything may be another: the slots are no more what they were. */
  readonly whole: boolean;
}

class Changed implements Delta {
  readonly slots = new Set<number>();
  readonly left = new Set<number>();
  readonly fields = new Set<Field>();
  readonly before = new Map<string, string>();
  whole = false;

  get any(): boolean {
    return this.whole || this.slots.size > 0 || this.left.size > 0;
  }
}

function isWhole(patch: JobPatch): patch is JobRow {
  return patch.status !== undefined && patch.state !== undefined && patch.program !== undefined;
}

/** Whether something of a job may still change. */
function isOpen(columns: Columns, slot: number): boolean {
  const settled = columns.get(slot, "final") || columns.get(slot, "gone");
  return !settled && columns.get(slot, "as_of") === null;
}

/** The rows by id, as a map that makes each when it is asked for. */
export class Rows {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get size(): number {
    return this.#store.columns.slots.size;
  }

  has(id: string): boolean {
    return this.#store.columns.slots.has(id);
  }

  get(id: string): Row | undefined {
    return this.#store.row(id);
  }

  keys(): IterableIterator<string> {
    return this.#store.columns.slots.keys();
  }

  *values(): IterableIterator<Row> {
    for (const id of this.keys()) {
      const row = this.get(id);
      if (row) yield row;
    }
  }
}

export class Store {
  /** Grows when any row changes: for what is counted or sorted over all of them. */
  readonly version = signal(0);
  readonly health: Signal<Health | null> = signal(null);
  /** The changes of state of the last flush, to be announced. */
  readonly transitions: Signal<readonly Transition[]> = signal([]);
  readonly rows = new Rows(this);
  readonly devices: Signal<ReadonlyMap<string, DeviceInfo>> = signal(new Map());
  readonly sessions: Signal<readonly SessionInfo[]> = signal([]);
  /** Which of the jobs' sessions are batches, as far as is known. */
  readonly modes: Signal<ReadonlyMap<string, string>> = signal(new Map());
  readonly usage: Signal<readonly UsageInfo[]> = signal([]);
  readonly budgets: Signal<readonly BudgetInfo[]> = signal([]);
  readonly source: Signal<SourceInfo | null> = signal(null);
  /** How many jobs may still change. */
  readonly open = signal(0);
  /** Whether a time that is shown grows by itself. */
  readonly ticks = computed(() => {
    const waits = (this.health.value?.next_look ?? null) !== null;
    return !this.cutOff.value && (waits || this.open.value > 0 || this.#agesShown.value);
  });
  /** Since when nothing was heard of jobs that may have changed; null where that is no matter. */
  readonly silentSince = computed(() => {
    void this.version.value;
    const since = this.health.value?.stale_since ?? null;
    return since !== null && (!this.rows.size || this.open.value > 0) ? since : null;
  });
  /** Whether something around the jobs counts down, or is shown with its age. */
  readonly #agesShown = computed(
    () =>
      this.sessions.value.some(({ final }) => !final) ||
      this.usage.value.some(({ as_of: at }) => at !== null),
  );
  readonly cutOff: ReadonlySignal<string>;
  /** All rows, by columns: for who goes through many of them. Read only. */
  columns = new Columns();
  #clock: Clock;
  #shown = new Map<string, WeakRef<Row>>();
  #remembered = LEAST_REMEMBERED;
  #watchers = new Set<(delta: Delta) => void>();
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

  /** The row of a job, the same one while somebody holds it. */
  row(id: string): Row | undefined {
    if (!this.columns.slots.has(id)) return undefined;
    const shown = this.#shown.get(id)?.deref();
    if (shown) return shown;
    const raw = this.rawOf(id);
    if (!raw) return undefined;
    const row = new Row(this, raw);
    if (this.#shown.size > this.#remembered) this.#forget();
    this.#shown.set(id, new WeakRef(row));
    return row;
  }

  /** A job's fields as they are now, without a row that would live on. */
  rawOf(id: string): JobRow | undefined {
    const slot = this.columns.slots.get(id);
    return slot === undefined ? undefined : this.columns.row(slot);
  }

  column(field: Field): AnyColumn | null {
    return this.columns.column(field);
  }

  /** Tells `watcher`, before anything is rendered, what was applied; until `signal` ends. */
  watch(watcher: (delta: Delta) => void, until?: AbortSignal): () => void {
    const stop = () => void this.#watchers.delete(watcher);
    this.#watchers.add(watcher);
    until?.addEventListener("abort", stop);
    return stop;
  }

  #forget(): void {
    for (const [id, row] of this.#shown) if (!row.deref()) this.#shown.delete(id);
    // Not again with each row, where most are held still or not yet let go of.
    this.#remembered = Math.max(LEAST_REMEMBERED, 2 * this.#shown.size);
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
    const changed = new Changed();
    batch(() => {
      this.#clock.refresh();
      for (const update of updates) {
        if (update.kind === "snapshot") this.#replace(update, changed);
        else for (const id of update.gone) this.#remove(id, changed);
        // What a snapshot leaves out of a row has its default, whatever it was before.
        const rest = update.kind === "snapshot" ? JOB_ROW_DEFAULTS : {};
        for (const patch of update.jobs) this.#put({ ...rest, ...patch }, changed);
        if (!same(this.health.peek(), update.health)) this.health.value = update.health;
        this.#surround(update.context);
      }
      if (!changed.any) return;
      for (const tell of [...this.#watchers]) tell(changed);
      this.version.value++;
      this.#tellTransitions(changed);
    });
  }

  #surround({ devices, sessions, modes, usage, budgets, source }: Partial<Context>): void {
    if (devices && !same([...this.devices.peek().values()], devices))
      this.devices.value = new Map(devices.map((device) => [device.name, device]));
    if (sessions && !same(this.sessions.peek(), sessions)) this.sessions.value = sessions;
    if (
      modes &&
      !same(
        [...this.modes.peek()],
        modes.map(({ id, mode }) => [id, mode]),
      )
    )
      this.modes.value = new Map(modes.map(({ id, mode }) => [id, mode]));
    if (usage && !same(this.usage.peek(), usage)) this.usage.value = usage;
    if (budgets && !same(this.budgets.peek(), budgets)) this.budgets.value = budgets;
    if (source !== undefined && !same(this.source.peek(), source)) this.source.value = source;
  }

  #tellTransitions({ before }: Changed): void {
    const moved: Transition[] = [];
    for (const [id, state] of before) {
      const slot = this.columns.slots.get(id);
      if (slot === undefined || this.columns.get(slot, "state") === state) continue;
      const row = this.row(id);
      if (row) moved.push({ row, before: state });
    }
    if (moved.length) this.transitions.value = moved;
  }

  /** Takes a snapshot: packed, all rows are new columns; as a list, what it does not name left. */
  #replace({ table, jobs }: Snapshot, changed: Changed): void {
    if (!table) {
      const kept = new Set(jobs.map((job) => job.id));
      for (const id of [...this.columns.slots.keys()]) if (!kept.has(id)) this.#remove(id, changed);
      return;
    }
    const [old, next] = [this.columns, unpack(table)];
    for (const [id, slot] of old.slots) {
      if (!changed.before.has(id)) changed.before.set(id, old.get(slot, "state"));
    }
    this.columns = next;
    changed.whole = true;
    let open = 0;
    for (const slot of next.slots.values()) if (isOpen(next, slot)) open++;
    this.open.value = open;
    for (const row of this.#shown.values()) row.deref()?.touch();
  }

  #remove(id: string, changed: Changed): void {
    const slot = this.columns.slots.get(id);
    if (slot === undefined) return;
    // It keeps what was known of it, for who still shows it.
    void this.#shown.get(id)?.deref()?.raw;
    if (isOpen(this.columns, slot)) this.open.value--;
    this.columns.remove(id);
    // Its row stays, so that a job that comes back is the same one for who shows it.
    changed.slots.delete(slot);
    changed.left.add(slot);
  }

  #put(patch: JobPatch, changed: Changed): void {
    const { columns } = this;
    let slot = columns.slots.get(patch.id);
    const isNew = slot === undefined;
    if (slot === undefined) {
      // Part of a job that we never heard of: the snapshot after the gap will bring it.
      if (!isWhole(patch)) return;
      slot = columns.add(patch.id);
    } else if (!changed.before.has(patch.id)) {
      changed.before.set(patch.id, columns.get(slot, "state"));
    }
    const wasOpen = !isNew && isOpen(columns, slot);
    let moved = isNew;
    for (const [name, value] of Object.entries(patch)) {
      const field = name as Field;
      if (field === "id" || value === undefined || !columns.set(slot, field, value)) continue;
      moved = true;
      changed.fields.add(field);
    }
    this.open.value += Number(isOpen(columns, slot)) - Number(wasOpen);
    if (!moved) return;
    changed.slots.add(slot);
    this.#shown.get(patch.id)?.deref()?.touch();
  }
}
