/**
 * Tells by the browser's own notifications that jobs have ended, while one looks elsewhere.
 * Off until asked for; the browser is asked for its leave only on a click.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { count, plural, shortId } from "../format.js";
import { recall, remember } from "../remember.js";
import type { Transition } from "../store.js";

// Jobs that end one after the other are told of together: once it is quiet, or after the most.
const QUIET_MS = 2000;
const MOST_MS = 10_000;

const wanted = signal(recall("notify") === true);
/** Why the browser does not let us; null where it does, or was not asked yet. */
const refusal = signal<string | null>(null);

export type Leave = "granted" | "denied" | "default" | "missing";

/** What the browser says to notifications of this page. */
export function leave(): Leave {
  if (typeof Notification === "undefined" || !window.isSecureContext) return "missing";
  return Notification.permission;
}

const WHY: Readonly<Record<Exclude<Leave, "granted">, string>> = {
  missing: "This page has no notifications: they need https, or localhost, and a browser window.",
  denied: "The browser refuses notifications for this page. Its site settings can allow them.",
  default: "The browser was not given leave for notifications.",
};

/** Whether notifications are on: asked for, and allowed. */
export function notifying(): boolean {
  // The browser is asked last, for it asks another process.
  return wanted.value && refusal.value === null && leave() === "granted";
}

/** Why there are none although they were asked for, as a sentence. */
export const refused: ReadonlySignal<string | null> = refusal;

/** Turns them on or off, for all views in this browser. Call it from a click. */
export async function toggleNotifying(): Promise<void> {
  if (notifying()) return want(false);
  const answer = leave() === "default" ? await Notification.requestPermission() : leave();
  refusal.value = answer === "granted" ? null : WHY[answer];
  want(answer === "granted");
}

function want(yes: boolean): void {
  if (!yes && refusal.value === null) remember("notify", null);
  if (yes) remember("notify", true);
  wanted.value = yes;
}

/** "Job h2-scan-07: Done", or "12 jobs ended: 10 Done, 2 Failed". */
export function sentenceOf(ended: readonly Transition[]): string {
  const [first] = ended;
  if (!first) return "";
  const { name, id, label } = first.row.raw;
  if (ended.length === 1) return `Job ${name ?? shortId(id)}: ${label}`;
  const counts = new Map<string, number>();
  for (const { row } of ended) counts.set(row.raw.label, (counts.get(row.raw.label) ?? 0) + 1);
  const words = [...counts].map(([word, n]) => `${count(n)} ${word}`);
  return `${plural(ended.length, "job")} ended: ${words.join(", ")}`;
}

/** Whether the reader looks at this page just now: then its badges tell. */
function watched(): boolean {
  return !document.hidden && document.hasFocus();
}

/** Gathers what ended, and shows it as one notification. */
export class Notifier {
  #ended = new Map<string, Transition>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #since = 0;
  #shown: Notification[] = [];
  #onClick: () => void;

  constructor(onClick: () => void, until: AbortSignal) {
    this.#onClick = onClick;
    until.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      for (const one of this.#shown) one.onclick = null;
    });
  }

  hear(transitions: readonly Transition[]): void {
    if (!notifying()) return;
    const ended = transitions.filter(({ row }) => row.raw.final);
    if (!ended.length) return;
    if (!this.#ended.size) this.#since = Date.now();
    for (const one of ended) this.#ended.set(one.row.raw.id, one);
    clearTimeout(this.#timer);
    const left = Math.max(0, this.#since + MOST_MS - Date.now());
    this.#timer = setTimeout(() => this.#tell(), Math.min(QUIET_MS, left));
  }

  #tell(): void {
    const ended = [...this.#ended.values()];
    this.#ended.clear();
    if (watched() || !notifying()) return;
    // Two views of the same jobs say the same once.
    const tag = `runtime_widgets ${[...ended].map(({ row }) => row.raw.id).sort()}`.slice(0, 400);
    try {
      const shown = new Notification(sentenceOf(ended), { tag });
      this.#shown = [...this.#shown.slice(-9), shown];
      shown.onclick = () => {
        window.focus();
        shown.close();
        this.#onClick();
      };
    } catch (error) {
      // Some browsers have the name and not the thing.
      refusal.value = `The browser shows no notification: ${error instanceof Error ? error.message : error}`;
    }
  }
}
