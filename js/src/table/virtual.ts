/** A window on many lines of one height, by TanStack's virtualizer. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { RefObject } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";

export const LINE_PX = 29;
export const TITLES_PX = 30;
const OVERSCAN = 6;
// As tall as the style sheet lets it be: for as long as it has not been laid out.
const UNSEEN_PX = 460;

export type Lines = Virtualizer<HTMLElement, HTMLElement>;

const lineHeight = () => LINE_PX;

function observeRect(lines: Lines, tell: (rect: { width: number; height: number }) => void) {
  return observeElementRect(lines, ({ width, height }) =>
    tell({ width, height: height || UNSEEN_PX }),
  );
}

/**
 * The virtualizer of `count` lines in `scroller`; the component is rendered again when others
 * come into view. The line `kept` stays in the document wherever one scrolls: it has the focus.
 */
export function useLines(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  kept: ReadonlySignal<number>,
): Lines {
  const version = useSignal(0);
  void version.value;
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: lineHeight,
    scrollToFn: elementScroll,
    observeElementRect: observeRect,
    observeElementOffset,
    initialRect: { width: 800, height: UNSEEN_PX },
    overscan: OVERSCAN,
    // The titles stick to the top, above the lines.
    scrollMargin: TITLES_PX,
    scrollPaddingStart: TITLES_PX,
    rangeExtractor: (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      const also = kept.peek();
      if (also < 0 || also >= count || indexes.includes(also)) return indexes;
      return [...indexes, also].sort((a, b) => a - b);
    },
    onChange: () => {
      version.value++;
    },
  };
  const lines = useMemo<Lines>(() => new Virtualizer(options), []);
  lines.setOptions(options);
  useLayoutEffect(() => lines._didMount(), [lines]);
  useLayoutEffect(() => lines._willUpdate());
  return lines;
}
