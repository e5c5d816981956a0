/** What a view asks of the service, and how far that has got. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Ask, Asking, Capabilities, Host } from "./host.js";
import type { Outcome, Part, Reply, SessionRequest } from "./wire.gen.js";

export type Progress =
  | { readonly step: "none" }
  /** Sent; `hint` says what it waits for when the answer takes long. */
  | { readonly step: "asked"; readonly hint?: string }
  /** The service took it; only its record says that the job is cancelled. */
  | { readonly step: "accepted" }
  | { readonly step: "refused"; readonly why: string };

/** Is told, in a sentence without its full stop, what a request waits for. */
export type OnSlow = (why: string) => void;

const NOTHING_MORE = { cancel: false, tags: false, remove: false, sessions: false };
export const NOTHING: Progress = { step: "none" };

export function refusal({ message, code }: Pick<Outcome, "message" | "code">): string {
  const why = message || "The kernel gave no reason.";
  return code === null || code === undefined ? why : `${why} (code ${code})`;
}

/** The outcome for one job, or session, as an error; null where it went well. */
function trouble(reply: Reply, id: string): string | null {
  const outcome = reply.outcomes.find((one) => one.job_id === id) ?? reply.outcomes[0];
  if (outcome ? outcome.ok : reply.ok) return null;
  return refusal(outcome ?? { message: reply.text ?? "", code: null });
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class Actions {
  #host: Host;
  #cancels = new Map<string, Signal<Progress>>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** What can be asked for; of a kernel that is gone nothing that would change anything. */
  get capabilities(): Capabilities {
    const { capabilities, cutOff } = this.#host;
    return cutOff.value ? { ...capabilities, ...NOTHING_MORE } : capabilities;
  }

  /** Whether nobody is there any more to be asked. */
  get cutOff(): boolean {
    return this.#host.cutOff.value !== "";
  }

  /** Which jobs the user's program has selected; null until it has. */
  get selection(): ReadonlySignal<readonly string[] | null> {
    return this.#host.selection;
  }

  cancelling(jobId: string): Signal<Progress> {
    let progress = this.#cancels.get(jobId);
    if (!progress) {
      progress = signal(NOTHING);
      this.#cancels.set(jobId, progress);
    }
    return progress;
  }

  async cancel(jobId: string): Promise<void> {
    const progress = this.cancelling(jobId);
    progress.value = { step: "asked" };
    const onSlow = (hint: string) => {
      progress.value = { step: "asked", hint };
    };
    const why = await this.#ask({ kind: "cancel", job_ids: [jobId] }, jobId, onSlow);
    progress.value = why === null ? { step: "accepted" } : { step: "refused", why };
  }

  /** Asks for many jobs at once: how far it is, and what became of each, is the caller's. */
  many(ask: Ask, asking: Asking): Promise<Reply> {
    return this.#host.request(ask, asking);
  }

  /** Replaces the tags; resolves to a sentence where that failed. */
  setTags(jobId: string, tags: readonly string[], onSlow: OnSlow): Promise<string | null> {
    return this.#ask({ kind: "tags", job_id: jobId, tags }, jobId, onSlow);
  }

  /** The job's logs as text. Rejects with a sentence. */
  async logs(jobId: string, onSlow: OnSlow): Promise<string> {
    const reply = await this.#host.request({ kind: "logs", job_id: jobId }, { onSlow });
    const why = trouble(reply, jobId);
    if (why !== null) throw new Error(why);
    return reply.text ?? "";
  }

  /** A part of what is known of the job, as its JSON. Rejects with a sentence. */
  async details(jobId: string, part: Part, index = 0, onSlow: OnSlow = () => {}): Promise<unknown> {
    const ask: Ask = { kind: "details", job_id: jobId, part, index };
    const reply = await this.#host.request(ask, { onSlow });
    const why = trouble(reply, jobId);
    if (why !== null) throw new Error(why);
    return reply.data;
  }

  /** Closes or cancels a session; resolves to a sentence where that failed. */
  session(
    id: string,
    action: SessionRequest["action"],
    onSlow: OnSlow = () => {},
  ): Promise<string | null> {
    return this.#ask({ kind: "session", session_id: id, action }, id, onSlow);
  }

  /** Looks at the service now; resolves to a sentence where that failed. */
  refresh(onSlow: OnSlow = () => {}): Promise<string | null> {
    return this.#ask({ kind: "refresh" }, "", onSlow);
  }

  /** Tells which jobs the user has selected. */
  select(jobIds: readonly string[]): void {
    this.#host.note({ kind: "select", job_ids: jobIds });
  }

  /** Tells which rows are on the screen, and whether the view is hidden. */
  look(jobIds: readonly string[], hidden = false): void {
    this.#host.note({ kind: "look", job_ids: jobIds, hidden });
  }

  async #ask(ask: Ask, id: string, onSlow: OnSlow): Promise<string | null> {
    try {
      return trouble(await this.#host.request(ask, { onSlow }), id);
    } catch (error) {
      return sentence(error);
    }
  }
}
