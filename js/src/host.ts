/**
 * What a view may ask for. A view knows a Host and never where it comes from: the anywidget
 * model makes one (model-host.ts); the JupyterLab panel will make another from REST.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Changes, Reply, Request, Snapshot } from "./wire.gen.js";

/** A request without its id: the host numbers it. */
type WithoutId<R> = R extends Request ? Omit<R, "id"> : never;
export type Ask = WithoutId<Request>;

export type Update = Snapshot | Changes;

export interface Capabilities {
  readonly cancel: boolean;
  readonly tags: boolean;
  readonly logs: boolean;
}

export interface Host {
  readonly capabilities: Capabilities;
  /** Whether nothing will be heard here any more: the kernel that spoke was restarted. */
  readonly cutOff: ReadonlySignal<boolean>;
  /** What is known when the view is made, perhaps since long; null when nothing is. */
  snapshot(): Snapshot | null;
  /** Every later message, just sent, until `signal` ends. A gap is followed by a snapshot. */
  subscribe(listener: (update: Update) => void, signal: AbortSignal): void;
  /** Asks, and calls `onSlow` with a sentence that says what it waits for if it takes long. */
  request(ask: Ask, onSlow?: (why: string) => void): Promise<Reply>;
}
