/** The lines that are on the screen, and some around them: TanStack's virtualizer, as a signal. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  type VirtualItem,
  Virtualizer,
} from "@tanstack/virtual-core";

/** In pixels, for every line. */
export const LINE_HEIGHT = 29;
const AROUND = 6;
// Until the table has been measured: what its greatest height holds.
const FIRST_HEIGHT = 460;

/** The lines on the screen and around it, and the one with the focus: scrolling must not lose it. */
function keeping(kept: number): (range: Range) => number[] {
  return (range) => {
    const found = defaultRangeExtractor(range);
    if (kept < 0 || kept >= range.count || found.includes(kept)) return found;
    return kept < (found[0] ?? 0) ? [kept, ...found] : [...found, kept];
  };
}

export class Window {
  readonly #version: Signal<number> = signal(0);
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #kept = -1;
  #extract = keeping(-1);

  constructor(scroller: () => HTMLElement | null) {
    this.#virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
      count: 0,
      getScrollElement: scroller,
      estimateSize: () => LINE_HEIGHT,
      overscan: AROUND,
      initialRect: { width: 800, height: FIRST_HEIGHT },
      // Under the headers, which stay in sight.
      scrollMargin: LINE_HEIGHT,
      scrollPaddingStart: LINE_HEIGHT,
      scrollToFn: elementScroll,
      // In a hidden tab it has no height: what was there is still there when that is seen again.
      observeElementRect: (instance, tell) =>
        observeElementRect(instance, (rect) => rect.height > 0 && tell(rect)),
      observeElementOffset,
      onChange: () => {
        this.#version.value++;
      },
    });
  }

  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  /** Begins to follow the scrolling; returns what ends it. */
  begin(): () => void {
    const end = this.#virtualizer._didMount();
    this.#virtualizer._willUpdate();
    return end;
  }

  /** The lines to be rendered, of so many; `kept` is one that must be among them. */
  lines(count: number, kept: number): readonly VirtualItem[] {
    void this.#version.value;
    const virtualizer = this.#virtualizer;
    // Another function each time that it does another thing: what it returns is remembered.
    if (kept !== this.#kept) this.#extract = keeping(kept);
    this.#kept = kept;
    virtualizer.setOptions({ ...virtualizer.options, count, rangeExtractor: this.#extract });
    return virtualizer.getVirtualItems();
  }

  /** After the lines are in the page. */
  rendered(): void {
    this.#virtualizer._willUpdate();
  }

  get height(): number {
    return this.#virtualizer.getTotalSize();
  }

  /** The first and the last line on the screen; null where there is none. */
  get onScreen(): readonly [number, number] | null {
    void this.#version.value;
    const range = this.#virtualizer.range;
    return range ? [range.startIndex, range.endIndex] : null;
  }

  /** How many lines a screen holds. */
  get page(): number {
    const height = this.#virtualizer.scrollRect?.height ?? FIRST_HEIGHT;
    return Math.max(1, Math.floor(height / LINE_HEIGHT) - 2);
  }

  show(index: number): void {
    this.#virtualizer.scrollToIndex(index, { align: "auto" });
  }
}
