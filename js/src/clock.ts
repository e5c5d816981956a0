/**
 * One ticking clock a page, that runs only while a visible view shows a time that grows and
 * the document itself can be seen.
 */
import { type Signal, signal } from "@preact/signals";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  for (const listener of listeners) listener();
}

function adjust(): void {
  const wanted = listeners.size > 0 && !document.hidden;
  if (wanted && timer === undefined) {
    tick();
    timer = setInterval(tick, 1000);
  } else if (!wanted && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
}

function join(listener: () => void): void {
  if (listeners.size === 0) document.addEventListener("visibilitychange", adjust);
  listeners.add(listener);
  adjust();
}

function leave(listener: () => void): void {
  if (!listeners.delete(listener)) return;
  if (listeners.size === 0) document.removeEventListener("visibilitychange", adjust);
  adjust();
}

/** The server's time as one view shows it, in seconds since the epoch. */
export class Clock {
  readonly now: Signal<number>;
  #offset = 0;
  /** Not in whole seconds: a part of a time must not look longer than the whole. */
  readonly refresh = () => {
    this.now.value = Date.now() / 1000 + this.#offset;
  };

  constructor(signal_: AbortSignal) {
    this.now = signal(Date.now() / 1000);
    signal_.addEventListener("abort", () => leave(this.refresh));
  }

  /**
   * Learns the server's clock. A message that has just come says it exactly; one that may be
   * old only says that the server's clock is no earlier.
   */
  correct(serverNow: number, justSent: boolean): void {
    const offset = serverNow - Date.now() / 1000;
    this.#offset = justSent ? offset : Math.max(0, offset);
    this.refresh();
  }

  /** Ticks only while `needed`: while something visible shows a time that grows. */
  run(needed: boolean): void {
    if (needed) join(this.refresh);
    else leave(this.refresh);
  }
}
