/** Cards below each other in one output, as of a loop: many of them are lines, that open. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** From so many on each is a line. */
export const MANY = 4;

/** How many cards an output holds. By the page's elements: it forgets those that go. */
const counts = new WeakMap<Element, Signal<number>>();

/** The output that a card is in; null where the host has none that we know. */
function outputOf(card: Element): Element | null {
  const root = card.getRootNode();
  const at = root instanceof ShadowRoot ? root.host : card;
  return at.closest(".jp-OutputArea");
}

export interface Place {
  /** How many cards there are, this one too. */
  readonly count: ReadonlySignal<number>;
  readonly leave: () => void;
}

/** Takes a place in the output around `card`. */
export function join(card: Element): Place {
  const output = outputOf(card);
  const count = (output && counts.get(output)) ?? signal(0);
  if (output) counts.set(output, count);
  count.value++;
  return {
    count,
    leave: () => {
      count.value--;
    },
  };
}
