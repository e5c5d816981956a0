/** What is on the screen stays where it is when lines come or go above it. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type Items, keyOf } from "./items.js";
import { LINE_PX } from "./virtual.js";

// By more than one line it is told whether all have moved, or one has.
const WITNESSES = 3;

interface Seen {
  readonly items: Items;
  readonly how: unknown;
  readonly lines: readonly (readonly [key: string, index: number])[];
}

/** By how many lines those that were seen have all moved; 0 where they went different ways. */
function shift(seen: Seen, items: Items): number {
  const moves = seen.lines.flatMap(([key, index]) => {
    const now = items.indexOf(key);
    return now < 0 ? [] : [now - index];
  });
  const [first, second] = moves.sort((a, b) => a - b);
  if (moves.length < WITNESSES) return moves.every((one) => one === first) ? (first ?? 0) : 0;
  // Two of three agree.
  return moves[1] === first || moves[1] === moves[2] ? (second ?? 0) : 0;
}

/** `first` is the line seen on top; `how` what the reader chose to see: with it all may move. */
export function useSteady(
  scroller: RefObject<HTMLElement | null>,
  items: Items,
  first: number,
  how: unknown,
): void {
  const seen = useRef<Seen | null>(null);
  useLayoutEffect(() => {
    const el = scroller.current;
    const before = seen.current;
    let top = first;
    if (el && before && before.items !== items) {
      if (before.how !== how) el.scrollTop = 0;
      else if (el.scrollTop > 0) {
        const by = shift(before, items);
        if (by) el.scrollTop += by * LINE_PX;
        top += by;
      }
    }
    const lines = [0, 1, 2].flatMap((i) => {
      const item = items.at(top + i);
      return item ? [[keyOf(item), top + i] as const] : [];
    });
    seen.current = { items, how, lines };
  });
}
