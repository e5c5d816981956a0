/** The Host that an anywidget model makes. */
import { signal } from "@preact/signals";
import type { AfmModel, Numbered } from "./afm.js";
import { type Control, controlOf } from "./control.js";
import { RESTARTED, SAVED, showAgain } from "./cutoff.js";
import { ALL, type Ask, type Asking, type Host, type Note, type Update } from "./host.js";
import type { Kept } from "./kept.js";
import type { Changes, Health, Progress, Reply, Request, Selection, Snapshot } from "./wire.gen.js";

const SLOW_MS = 700;
const RESYNC_MS = 10_000;
// The kernel takes a page for lost that is silent for three times as long (_lookers.py).
const STILL_MS = 60_000;

type Look = Extract<Note, { kind: "look" }>;
type Heard = Snapshot | Changes | Reply | Progress | Selection;

interface Pending {
  readonly message: Request;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly onProgress: Asking["onProgress"];
}

/** A request fails with advice of its own: where all jobs have ended no note gives it. */
function lost(why: string, ask: Ask | Request): Error {
  const ids = "job_id" in ask ? [ask.job_id] : "job_ids" in ask ? ask.job_ids : [];
  return new Error(`${why} ${showAgain(ids)}`);
}

function isSnapshot(value: unknown): value is Snapshot {
  return typeof value === "object" && value !== null && "jobs" in value && "health" in value;
}

function isChanges(message: Numbered): message is Changes {
  return (message as Partial<Changes>).kind === "changes";
}

export class ModelHost implements Host {
  readonly capabilities = ALL;
  readonly selection = signal<readonly string[] | null>(null);
  readonly cutOff = signal("");
  #model: AfmModel;
  #signal: AbortSignal;
  #listeners = new Set<(update: Update) => void>();
  #pending = new Map<number, Pending>();
  // A reply goes to every view of the model, in other pages too: theirs must not look like ours.
  #nextId = Math.floor(Math.random() * 2 ** 48);
  readonly #page = this.#nextId;
  #look: Look | null = null;
  #seq = -1;
  #resyncedAt = 0;
  #missed: Changes[] = [];
  #health: Health | null = null;
  #heardAt = 0;
  #control: Control | null = null;

  constructor(model: AfmModel, until: AbortSignal, heard: () => readonly Numbered[]) {
    this.#model = model;
    this.#signal = until;
    this.#seq = this.snapshot()?.seq ?? -1;
    model.on("msg:custom", this.#hear);
    model.on("change:_snapshot", this.#traitChanged);
    const status = model.widget_manager?.kernel?.statusChanged;
    status?.connect(this.#statusChanged);
    // A page that is left says so while it still can.
    window.addEventListener("pagehide", this.#lookAway, { signal: until });
    const still = setInterval(this.#lookStill, STILL_MS);
    until.addEventListener("abort", () => {
      clearInterval(still);
      this.#lookAway();
      model.off("msg:custom", this.#hear);
      model.off("change:_snapshot", this.#traitChanged);
      status?.disconnect(this.#statusChanged);
      this.#leaveControl();
      for (const { timer } of this.#pending.values()) clearTimeout(timer);
      this.#pending.clear();
      this.#listeners.clear();
    });
    // The model may have been told more than its trait in the page says; and of very many jobs
    // that keeps a part, for a saved notebook's sake.
    const missed = heard().filter(({ seq }) => seq > this.#seq);
    const whole = missed.every((one, i) => isChanges(one) && one.seq === this.#seq + 1 + i);
    if (!whole || (this.snapshot()?.left_out ?? 0) > 0) this.#resync();
    else this.#missed = missed.filter(isChanges);
    this.#seq = missed.at(-1)?.seq ?? this.#seq;
    this.#lookWhoseItIs().catch(() => {
      // Where the host does not tell, the kernel's silence does.
    });
  }

  snapshot(): Snapshot | null {
    const value = this.#model.get("_snapshot");
    return isSnapshot(value) ? value : null;
  }

  subscribe(listener: (update: Update) => void, until: AbortSignal): void {
    this.#listeners.add(listener);
    for (const update of this.#missed.splice(0)) listener(update);
    until.addEventListener("abort", () => this.#listeners.delete(listener));
  }

  request(ask: Ask, { onSlow, onProgress, until }: Asking = {}): Promise<Reply> {
    const why = this.cutOff.peek();
    if (why) return Promise.reject(lost(why, ask));
    const id = this.#nextId++;
    const message = { ...ask, id } as Request;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => onSlow?.(this.#whatFor()), SLOW_MS);
      this.#pending.set(id, { message, resolve, reject, timer, onProgress });
      this.#deliver(message).catch((error: unknown) => this.#fail(id, error));
      const stop = () => this.#pending.has(id) && this.#tellKernel({ kind: "stop", of: id });
      until?.addEventListener("abort", stop, { signal: this.#signal });
    });
  }

  note(note: Note): void {
    if (this.cutOff.peek()) return;
    const looks = note.kind === "look";
    if (looks) this.#look = note;
    const from = looks ? { page: this.#page, seq: this.#seq } : {};
    this.#tellKernel({ ...note, ...from });
  }

  #tellKernel(note: object): void {
    void this.#deliver({ ...note, id: this.#nextId++ } as Request);
  }

  /** Says again that somebody looks: a page that says nothing for long may have been lost. */
  #lookStill = () => {
    if (this.#look && !this.#look.hidden) this.note(this.#look);
  };

  /** Says that nobody looks by this view any more, if it was said that somebody does. */
  #lookAway = () => {
    if (!this.#look || this.#look.hidden || this.cutOff.peek()) return;
    this.#look = null;
    const nobody = { kind: "look", page: this.#page, job_ids: [], hidden: true } as const;
    const number = { id: this.#nextId++, seq: this.#seq };
    const message = { ...nobody, ...number, view: this.#model.get("_view_id") };
    try {
      if (this.#control) this.#control.send(message);
      else this.#model.send(message);
    } catch {
      // The kernel is gone, and looks at nothing.
    }
  };

  async #deliver(message: Request): Promise<void> {
    // Without its name the kernel could not tell which view a message on the comm is from.
    const view = this.#model.get("_view_id");
    const kernel = view ? this.#model.widget_manager?.kernel : null;
    const control = await controlOf(kernel);
    if (this.#signal.aborted) return;
    if (control) {
      this.#joinControl(control);
      control.send({ ...message, view });
    } else {
      this.#model.send(message);
    }
  }

  #joinControl(control: Control): void {
    if (this.#control === control) return;
    this.#leaveControl();
    this.#control = control;
    control.replies.add(this.#answered);
    control.closed.add(this.#controlClosed);
  }

  #leaveControl(): void {
    this.#control?.replies.delete(this.#answered);
    this.#control?.closed.delete(this.#controlClosed);
    this.#control = null;
  }

  /** The kernel closed the comm: what was asked over it is asked again, the usual way. */
  #controlClosed = () => {
    this.#leaveControl();
    for (const { message } of this.#pending.values()) this.#model.send(message);
  };

  #whatFor(): string {
    if (this.#control) return "Waits for the service's answer";
    const status = this.#model.widget_manager?.kernel?.status;
    if (status === "idle") return "Waits for the service's answer";
    if (status === "busy") return "Waits for the kernel: a cell is running";
    return "Waits for the kernel: a cell may be running";
  }

  #statusChanged = (_: unknown, status: string) => {
    if (!/restarting|dead/.test(status)) return;
    const shown = this.snapshot()?.health.server_now ?? 0;
    const now = this.#health
      ? this.#health.server_now + (Date.now() - this.#heardAt) / 1000
      : Math.max(shown, Date.now() / 1000);
    this.#cut(RESTARTED, now, now);
  };

  /** Whether the models are from a notebook's file, and nobody's: asked of one that all have. */
  async #lookWhoseItIs(): Promise<void> {
    const chunks = (this.#model.get("_chunks") ?? []) as readonly { readonly model_id: string }[];
    const id = chunks.at(-1)?.model_id;
    const found = id === undefined ? null : await this.#model.widget_manager?.get_model(id);
    if (found?.comm_live !== false || this.#health || this.#signal.aborted) return;
    const now = Date.now() / 1000;
    this.#cut(SAVED, this.snapshot()?.health.server_now ?? now, now);
  }

  /** What is shown will not change any more: said where other silence is said. */
  #cut(why: string, at: number, now: number): void {
    if (this.cutOff.peek()) return;
    this.cutOff.value = why;
    for (const [id, { message }] of [...this.#pending]) this.#fail(id, lost(why, message));
    const last = this.#health ?? this.snapshot()?.health;
    if (!last) return;
    const since = last.stale_since ?? at;
    const silence = { stale_since: since, trouble: why, next_look: null, push: false };
    const health = { ...last, ...silence, server_now: now };
    this.#tell({ kind: "changes", seq: this.#seq, jobs: [], gone: [], health, context: {} });
  }

  keep(kept: Kept): void {
    // In place: to set the trait would send it to the kernel with the next one that is.
    Object.assign(this.snapshot() ?? {}, kept, { seq: this.#seq });
  }

  #answered = (answer: Reply | Progress) => {
    if (answer.kind === "reply") this.#settle(answer);
    else this.#advise(answer);
  };

  #advise(progress: Progress): void {
    const pending = this.#pending.get(progress.id);
    // What is under way waits for nothing that has to be explained.
    if (pending) clearTimeout(pending.timer);
    pending?.onProgress?.(progress);
  }

  #settle = (reply: Reply) => {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    this.#forget(reply.id, pending);
    pending.resolve(reply);
  };

  #fail(id: number, error: unknown): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#forget(id, pending);
    pending.reject(error instanceof Error ? error : new Error(String(error)));
  }

  #forget(id: number, pending: Pending): void {
    clearTimeout(pending.timer);
    this.#pending.delete(id);
  }

  #hear = (content: unknown) => {
    const message = content as Heard | { kind?: undefined };
    if (message.kind === "reply") this.#settle(message);
    else if (message.kind === "progress") this.#advise(message);
    else if (message.kind === "selection") this.selection.value = message.job_ids;
    else if (message.kind === "snapshot") this.#replace(message);
    else if (message.kind === "changes") this.#advance(message);
  };

  #traitChanged = () => {
    const snapshot = this.snapshot();
    if (snapshot && !snapshot.left_out) this.#replace(snapshot);
  };

  #replace(snapshot: Snapshot): void {
    this.#resyncedAt = 0;
    // A snapshot from before the last change would move the view backwards.
    if (snapshot.seq < this.#seq) return;
    this.#seq = snapshot.seq;
    this.#tell(snapshot);
  }

  #advance(changes: Changes): void {
    if (changes.seq <= this.#seq) return;
    const missed = changes.seq > this.#seq + 1;
    this.#seq = changes.seq;
    // What a change says is true even after a gap, and the kernel may be busy for long.
    this.#tell(changes);
    if (missed) this.#resync();
  }

  #resync(): void {
    // One is on its way, unless it was lost or its answer was.
    if (Date.now() - this.#resyncedAt < RESYNC_MS) return;
    this.#resyncedAt = Date.now();
    // Over the control comm where there is one: the kernel may be busy for long.
    this.#tellKernel({ kind: "resync" });
  }

  #tell(update: Update): void {
    this.#health = update.health;
    this.#heardAt = Date.now();
    for (const listener of this.#listeners) listener(update);
  }
}
