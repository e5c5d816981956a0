/** Something that is asked for when it is shown, and how far that has got. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { OnSlow } from "../actions.js";

export interface Fetching<T> {
  /** The newest answer; also while it is asked for again. */
  readonly value: T | null;
  readonly busy: boolean;
  /** What it waits for, as a sentence without its full stop. */
  readonly hint: string;
  /** Why the last asking failed. */
  readonly why: string | null;
  /** When the value came, by the server's clock. */
  readonly at: number | null;
}

export class Fetched<T> {
  readonly #state: Signal<Fetching<T>> = signal({
    value: null,
    busy: false,
    hint: "",
    why: null,
    at: null,
  });
  readonly #load: (onSlow: OnSlow) => Promise<T>;
  readonly #now: () => number;
  /** Whether nobody is there any more to be asked. */
  readonly isOver: () => boolean;
  #turn = 0;
  #wanted: string | null = null;

  constructor(
    load: (onSlow: OnSlow) => Promise<T>,
    now: () => number,
    isOver: () => boolean = () => false,
  ) {
    this.#load = load;
    this.#now = now;
    this.isOver = isOver;
  }

  get state(): ReadonlySignal<Fetching<T>> {
    return this.#state;
  }

  /** Asks for it unless that was done for the same reason before. */
  want(reason: string): void {
    if (this.#wanted === reason) return;
    this.#wanted = reason;
    void this.ask();
  }

  /** Asks for it; answers to earlier askings that are still on their way are void. */
  async ask(): Promise<void> {
    const turn = ++this.#turn;
    const set = (news: Partial<Fetching<T>>) => {
      if (turn === this.#turn) this.#state.value = { ...this.#state.peek(), ...news };
    };
    set({ busy: true, hint: "", why: null });
    try {
      const value = await this.#load((hint) => set({ hint }));
      set({ value, busy: false, at: this.#now() });
    } catch (error) {
      set({ busy: false, why: error instanceof Error ? error.message : String(error) });
    }
  }
}
