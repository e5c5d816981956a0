/** What every line of the table is made of. */
import { type Signal, useComputed } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Store } from "../store.js";
import type { ActiveCell } from "./active.js";
import type { Engine } from "./engine.js";
import type { Layout } from "./layout.js";
import { LINE_PX } from "./virtual.js";

/** What all lines of a table share. */
export interface GridContext {
  readonly store: Store;
  readonly engine: Engine;
  readonly layout: Layout;
  readonly active: ActiveCell;
  /** Whose details are open. */
  readonly open: Signal<string | null>;
}

/** The cells that are no columns: what selects a line, and what opens it. */
export const SELECT = "select";
export const OPEN = "open";

export interface LineProps {
  readonly grid: GridContext;
  /** What tells the line from all others. */
  readonly line: string;
  readonly index: number;
  /** How deep it is in groups; undefined where there are none. */
  readonly level: number | undefined;
}

/** Where a line is: from the top of all lines, so that none moves when others come. */
export function lineStyle(index: number) {
  return { transform: `translateY(${index * LINE_PX}px)` };
}

interface Stop {
  /** Which of the line's cells the Tab key reaches; null where none is. */
  readonly column: string | null;
  readonly ref: RefObject<HTMLDivElement | null>;
}

export const STOP = '[role="row"] > [tabindex="0"]';

/** Gives the focus to the line's cell when one has gone there by a key. */
export function useStop({ active }: GridContext, line: string): Stop {
  const ref = useRef<HTMLDivElement>(null);
  const column = useComputed(() =>
    active.line.value === line ? active.cell.value.column : null,
  ).value;
  useLayoutEffect(() => {
    if (column === null || !active.wanted) return;
    active.wanted = false;
    ref.current?.querySelector<HTMLElement>(':scope > [tabindex="0"]')?.focus();
  });
  return { column, ref };
}

interface CellProps {
  readonly role?: "gridcell" | "rowheader" | "columnheader";
  readonly column: string;
  /** Counted from 1. */
  readonly place: number;
  readonly span?: number;
  readonly stop: boolean;
  readonly numeric?: boolean;
  readonly title?: string | undefined;
  readonly children: ComponentChildren;
}

export function Cell({ role, column, place, span, stop, numeric, title, children }: CellProps) {
  return (
    <div
      role={role ?? "gridcell"}
      class={`rw-cell rw-c-${column} ${numeric ? "rw-num" : ""}`}
      data-column={column}
      aria-colindex={place}
      aria-colspan={span}
      tabIndex={stop ? 0 : -1}
      title={title}
    >
      {children}
    </div>
  );
}

/** The cell that the Tab key reaches, where its column is shown no more: the first one. */
export function stopAmong(column: string | null, shown: readonly string[]): string | null {
  return column === null || shown.includes(column) ? column : (shown[0] ?? null);
}
