/**
 * Says aloud what changed, gathered: one sentence for many jobs, and not one after the other.
 * Never a tick of a clock.
 */
import {
  type ReadonlySignal,
  type Signal,
  useComputed,
  useSignal,
  useSignalEffect,
} from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { count, plural, shortId } from "./format.js";
import type { Store, Transition } from "./store.js";

// A moment for what belongs together, and time to be heard out.
const GATHER_MS = 500;
const APART_MS = 5000;

/** "Job da66nic…6mg: Running", or "12 jobs: 10 Done, 2 Failed". */
export function announcement(transitions: readonly Transition[]): string {
  const [first] = transitions;
  if (!first) return "";
  const word = ({ row: { raw } }: Transition) => (raw.state === "unknown" ? raw.status : raw.label);
  const named = (raw: Transition["row"]["raw"]) => raw.name ?? shortId(raw.id);
  if (transitions.length === 1) return `Job ${named(first.row.raw)}: ${word(first)}`;
  const counts = new Map<string, number>();
  for (const one of transitions) counts.set(word(one), (counts.get(word(one)) ?? 0) + 1);
  const words = [...counts].map(([label, n]) => `${count(n)} ${label}`);
  return `${plural(transitions.length, "job")}: ${words.join(", ")}`;
}

/** Gathers the changes of each job into its last one, and says them in due course. */
export class Gatherer {
  #moved = new Map<string, Transition>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saidAt = 0;
  #said: Signal<string>;

  constructor(said: Signal<string>) {
    this.#said = said;
  }

  hear(transitions: readonly Transition[]): void {
    for (const one of transitions) {
      const { id } = one.row.raw;
      const first = this.#moved.get(id) ?? one;
      // There and back again is no news.
      if (first.before === one.row.raw.state) this.#moved.delete(id);
      else this.#moved.set(id, first);
    }
    if (!this.#moved.size || this.#timer !== undefined) return;
    const wait = Math.max(GATHER_MS, this.#saidAt + APART_MS - Date.now());
    this.#timer = setTimeout(() => this.#say(), wait);
  }

  #say(): void {
    this.#timer = undefined;
    const moved = [...this.#moved.values()];
    this.#moved.clear();
    if (!moved.length) return;
    this.#saidAt = Date.now();
    const text = announcement(moved);
    // The same words once more are news too, and only another text is read aloud.
    this.#said.value = this.#said.peek() === text ? `${text}\u00a0` : text;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

interface Props {
  readonly store: Store;
  /** What else is to be said, such as how a request for many jobs ended. */
  readonly more?: ReadonlySignal<string>;
}

export function Announcer({ store, more }: Props) {
  const said = useSignal("");
  const gatherer = useMemo(() => new Gatherer(said), [said]);
  useEffect(() => () => gatherer.stop(), [gatherer]);
  useSignalEffect(() => gatherer.hear(store.transitions.value));
  const silence = useComputed(() => {
    if (store.silentSince.value === null) return "";
    if (store.cutOff.value) return store.cutOff.value;
    return store.health.value?.trouble ?? "No good answer from the service";
  });
  return (
    <>
      <div class="rw-sr" role="status">
        {said.value}
      </div>
      <div class="rw-sr" role="status">
        {silence.value}
      </div>
      {more && (
        <div class="rw-sr" role="status">
          {more.value}
        </div>
      )}
    </>
  );
}
