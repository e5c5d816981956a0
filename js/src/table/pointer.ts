/** What the mouse does to a table: one listener for all of it, whatever the number of rows. */
import { type Signal, signal } from "@preact/signals";
import type { ColumnKey } from "./columns.js";
import type { Commands } from "./commands.js";
import { type GridContext, SELECT } from "./line.js";

// What others drag over the table is not ours.
const DRAGGED = "application/x-rw-column";

function at(event: Event, selector: string): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
}

function isRtl(event: Event): boolean {
  return event.target instanceof Element && getComputedStyle(event.target).direction === "rtl";
}

/** Whether the pointer is in the half of `el` that is read last. */
function inEnd(el: HTMLElement, event: MouseEvent): boolean {
  const { left, width } = el.getBoundingClientRect();
  return event.clientX > left + width / 2 !== isRtl(event);
}

/** Whether some text of the table has just been marked, to be copied. */
function marks(el: HTMLElement): boolean {
  const marked = getSelection();
  return marked?.type === "Range" && el.contains(marked.anchorNode) && String(marked).trim() !== "";
}

/** All of the cell that the box is in: the box alone is small to hit. */
const BOX = `[data-column="${SELECT}"]`;

export interface Drop {
  readonly key: string;
  readonly after: boolean;
}

export class Pointer {
  /** Beside which column the dragged one would be put. */
  readonly drop: Signal<Drop | null> = signal(null);
  readonly #grid: GridContext;
  readonly #commands: Commands;
  readonly #open: (id: string) => void;
  #dragged: ColumnKey | null = null;

  constructor(grid: GridContext, commands: Commands, open: (id: string) => void) {
    this.#grid = grid;
    this.#commands = commands;
    this.#open = open;
  }

  readonly onMouseDown = (event: MouseEvent) => {
    if (this.#resize(event)) return;
    const cell = at(event, "[data-column]");
    // The focus goes to the cell, never to what is in it; and no text is marked by a range.
    if (at(event, `${BOX}, [data-open]`) || event.shiftKey) {
      event.preventDefault();
      cell?.focus({ preventScroll: true });
    }
  };

  readonly onTouchStart = (event: TouchEvent) => {
    this.#resize(event);
  };

  readonly onFocusIn = (event: FocusEvent) => {
    const line = at(event, "[data-line]")?.dataset.line;
    const column = at(event, "[data-column]")?.dataset.column;
    if (line !== undefined && column !== undefined) this.#grid.active.goTo({ line, column });
  };

  readonly onClick = (event: MouseEvent) => {
    if (at(event, "[data-resize]")) return;
    const title = at(event, "[data-title]")?.dataset.title;
    if (title) {
      this.#grid.layout.sortBy(title as ColumnKey, event.shiftKey);
      return;
    }
    const box = at(event, BOX);
    const line = at(event, "[data-line]");
    if (!line) return;
    const { job: id, group, line: key = "" } = line.dataset;
    if (group !== undefined) this.#grid.engine.toggleGroup(group);
    else if (box && id === undefined) this.#commands.toggleAll();
    if (id === undefined) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey || box) {
      this.#commands.pick(key, event.shiftKey);
      return;
    }
    // The second click of two would close what the first has opened.
    if (event.detail < 2 && !marks(line)) this.#open(id);
  };

  readonly onDblClick = (event: MouseEvent) => {
    const resized = at(event, "[data-resize]")?.dataset.resize;
    if (resized) this.#grid.layout.resize(resized as ColumnKey, null);
  };

  readonly onDragStart = (event: DragEvent) => {
    const key = at(event, "[data-title]")?.dataset.title;
    if (!key || !event.dataTransfer) return;
    this.#dragged = key as ColumnKey;
    event.dataTransfer.setData(DRAGGED, key);
    event.dataTransfer.effectAllowed = "move";
  };

  readonly onDragOver = (event: DragEvent) => {
    const title = at(event, "[data-title]");
    if (!this.#dragged || !title) return;
    event.preventDefault();
    const next = { key: title.dataset.title ?? "", after: inEnd(title, event) };
    const old = this.drop.peek();
    if (old?.key !== next.key || old.after !== next.after) this.drop.value = next;
  };

  readonly onDrop = (event: DragEvent) => {
    const to = this.drop.peek();
    if (!this.#dragged || !to) return;
    event.preventDefault();
    this.#grid.layout.place(this.#dragged, to.key as ColumnKey, to.after);
    this.onDragEnd();
  };

  readonly onDragEnd = () => {
    this.#dragged = null;
    this.drop.value = null;
  };

  #resize(event: MouseEvent | TouchEvent): boolean {
    const key = at(event, "[data-resize]")?.dataset.resize;
    const cell = at(event, "[data-title]");
    if (!key || !cell) return false;
    // Else the column would be dragged away.
    if (event.cancelable) event.preventDefault();
    const { width } = cell.getBoundingClientRect();
    this.#grid.layout.drag(key as ColumnKey, width, isRtl(event), event);
    return true;
  }
}
