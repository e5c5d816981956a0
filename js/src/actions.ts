/** What a view asks of the service for one job, and how far that has got. */
import { type Signal, signal } from "@preact/signals";
import type { Host } from "./host.js";
import type { Outcome, Reply } from "./wire.gen.js";

export type Progress =
  | { readonly step: "none" }
  /** Sent; `hint` says what it waits for when the answer takes long. */
  | { readonly step: "asked"; readonly hint?: string }
  /** The service took it; only its record says that the job is cancelled. */
  | { readonly step: "accepted" }
  | { readonly step: "refused"; readonly why: string };

const NOTHING: Progress = { step: "none" };

/** The outcome for one job as an error; null where it went well. */
function trouble(reply: Reply, jobId: string): string | null {
  const outcome: Outcome | undefined =
    reply.outcomes.find((one) => one.job_id === jobId) ?? reply.outcomes[0];
  if (outcome ? outcome.ok : reply.ok) return null;
  const message = outcome?.message || "The kernel gave no reason.";
  const code = outcome?.code;
  return code === null || code === undefined ? message : `${message} (code ${code})`;
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class Actions {
  #host: Host;
  #cancels = new Map<string, Signal<Progress>>();

  constructor(host: Host) {
    this.#host = host;
  }

  get capabilities() {
    return this.#host.capabilities;
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
    try {
      const reply = await this.#host.request({ kind: "cancel", job_ids: [jobId] }, { onSlow });
      const why = trouble(reply, jobId);
      progress.value = why === null ? { step: "accepted" } : { step: "refused", why };
    } catch (error) {
      progress.value = { step: "refused", why: sentence(error) };
    }
  }

  /** Replaces the tags; resolves to a sentence where that failed. */
  async setTags(
    jobId: string,
    tags: readonly string[],
    onSlow: (why: string) => void,
  ): Promise<string | null> {
    try {
      const reply = await this.#host.request({ kind: "tags", job_id: jobId, tags }, { onSlow });
      return trouble(reply, jobId);
    } catch (error) {
      return sentence(error);
    }
  }

  /** The job's logs as text. Rejects with a sentence. */
  async logs(jobId: string, onSlow: (why: string) => void): Promise<string> {
    const reply = await this.#host.request({ kind: "logs", job_id: jobId }, { onSlow });
    const why = trouble(reply, jobId);
    if (why !== null) throw new Error(why);
    return reply.text ?? "";
  }
}
