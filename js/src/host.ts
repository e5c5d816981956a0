/**
 * What a view may ask for. A view knows a Host and never where it comes from: the anywidget
 * model makes one (model-host.ts); the JupyterLab panel will make another from REST.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Kept } from "./kept.js";
import type {
  Changes,
  LookRequest,
  Progress,
  Reply,
  Request,
  ResyncRequest,
  SelectRequest,
  Snapshot,
  StopRequest,
} from "./wire.gen.js";

/** What is told to the kernel and gets no reply. */
type Told = LookRequest | SelectRequest | StopRequest;
/** A request without what the host adds: its number, and which view of the model it is from. */
type WithoutId<R> = R extends Request ? Omit<R, "id" | "page" | "seq"> : never;
export type Ask = WithoutId<Exclude<Request, Told | ResyncRequest>>;
export type Note = WithoutId<Exclude<Told, StopRequest>>;

/** What happens before the answer is there. */
export interface Asking {
  /** Told, in a sentence, what it waits for if it takes long. */
  readonly onSlow?: (why: string) => void;
  /** A request for many jobs tells how far it is; the reply has only the outcomes left. */
  readonly onProgress?: (progress: Progress) => void;
  /** Aborted, it asks for no more of a request for many jobs; the reply comes all the same. */
  readonly until?: AbortSignal;
}

export type Update = Snapshot | Changes;

export interface Capabilities {
  readonly cancel: boolean;
  readonly tags: boolean;
  readonly logs: boolean;
  readonly remove: boolean;
  readonly details: boolean;
  readonly sessions: boolean;
}

export const ALL: Capabilities = {
  cancel: true,
  tags: true,
  logs: true,
  remove: true,
  details: true,
  sessions: true,
};

export interface Host {
  readonly capabilities: Capabilities;
  /** Why nothing will be heard here any more, as a sentence; empty while something may be. */
  readonly cutOff: ReadonlySignal<string>;
  /** What is known when the view is made, perhaps since long; null when nothing is. */
  snapshot(): Snapshot | null;
  /** Every later message, just sent, until `signal` ends. A gap is followed by a snapshot. */
  subscribe(listener: (update: Update) => void, signal: AbortSignal): void;
  /** Which jobs the user's program has selected; null until it has. */
  readonly selection: ReadonlySignal<readonly string[] | null>;
  request(ask: Ask, asking?: Asking): Promise<Reply>;
  /** Holds what a saved notebook is to show; where a host has none there is no such thing. */
  keep?(kept: Kept): void;
  /** Tells something that the kernel may miss without harm, such as which rows are looked at. */
  note(note: Note): void;
}
