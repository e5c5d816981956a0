/** Which cell of the table has the focus, or will have it: it goes with its job. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Items, keyOf } from "./items.js";

/** The line of titles. */
export const TITLES = "titles";

export interface Cell {
  /** The line's: TITLES, or what tells an item from the others; "" until there was one. */
  readonly line: string;
  /** A column's key, or that of a cell at the edge. */
  readonly column: string;
}

export class ActiveCell {
  readonly cell: Signal<Cell> = signal({ line: "", column: "status" });
  /** Whether it is to get the focus as soon as it is there. */
  wanted = false;
  readonly #items: ReadonlySignal<Items>;
  #last = 0;

  constructor(items: ReadonlySignal<Items>) {
    this.#items = items;
  }

  /** Which item it is in; -1 is the line of titles. Where its job has left, the one after it. */
  readonly index = computed(() => {
    const items = this.#items.value;
    const { line } = this.cell.value;
    if (line === TITLES) return -1;
    const found = line === "" ? -1 : items.indexOf(line);
    this.#last = found >= 0 ? found : Math.min(this.#last, items.length - 1);
    return this.#last;
  });

  /** The line that it is in now. */
  readonly line = computed(() => this.#keyAt(this.#items.value, this.index.value));

  /** Stays where a job was that has left: it does not follow it when it comes back elsewhere. */
  settle(): void {
    const { line } = this.cell.peek();
    if (line !== "" && line !== this.line.peek()) this.goTo({ line: this.line.peek() });
  }

  goTo(to: Partial<Cell>): void {
    const old = this.cell.peek();
    const next = { ...old, ...to };
    if (next.line !== old.line || next.column !== old.column) this.cell.value = next;
  }

  lineAt(index: number): string {
    return this.#keyAt(this.#items.peek(), index);
  }

  #keyAt(items: Items, index: number): string {
    const item = items.at(index);
    return item ? keyOf(item) : TITLES;
  }
}
