/**
 * Which columns there are, in which order and how wide: kept by TanStack's table, of which only
 * the columns' features are taken. Its row models would make an object for each row.
 */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  constructTable,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import type { JobRow } from "../wire.gen.js";
import { COLUMN_BY_KEY, COLUMNS, type ColumnDef, type ColumnKey } from "./columns.js";
import type { Sort } from "./engine.js";
import type { GroupKey } from "./groups.js";
import { type Kept, recallKept, rememberKept, WIDEST } from "./layout-keep.js";

/** Beside the columns: what selects a row, and what opens it. */
const SELECT_WIDTH = 30;
const OPEN_WIDTH = 30;
// Narrower than that there is room for a job's state and name, and for no more.
const LINE = 240;
const COMPACT = 560;
/** A job's state without its phase; and with what else a line of a sidebar has. */
const COMPACT_STATUS = 116;
const LINE_STATUS = 108;
const LINE_NAME = 64;

/** What the columns are chosen for. */
export interface Sorted {
  readonly sort: Signal<readonly Sort[]>;
  readonly group: Signal<GroupKey | null>;
}

export interface ShownColumn extends ColumnDef {
  /** In pixels; null takes what the others leave. */
  readonly width: number | null;
}

export interface ColumnChoice {
  readonly key: ColumnKey;
  readonly title: string;
  /** Whether it is shown where there is room for it. */
  readonly shown: boolean;
}

const features = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  columnOrderingFeature,
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
});

function tableOf(kept: Kept, sorting: Kept["sort"]) {
  return constructTable({
    features,
    data: [] as JobRow[],
    columns: COLUMNS.map(({ key, size, least, mostFirst }) => ({
      id: key,
      // It sorts nothing by itself, but sorts only what has one.
      accessorFn: () => null,
      size,
      minSize: least,
      maxSize: WIDEST,
      sortDescFirst: mostFirst ?? false,
    })),
    columnResizeMode: "onChange",
    initialState: {
      columnOrder: [...kept.order],
      columnVisibility: { ...kept.visible },
      columnSizing: { ...kept.sizes },
      sorting: [...sorting],
    },
  });
}

function total(columns: readonly ShownColumn[]): number {
  return columns.reduce((sum, { width, size }) => sum + (width ?? size), 0);
}

/** What a column needs to be shown: one that was made wider takes no other's place. */
function needed({ width, size }: ShownColumn): number {
  return Math.min(width ?? size, size);
}

/** Narrows those of the columns that can give way, each by its share, until all have room. */
function narrowed(
  columns: readonly ShownColumn[],
  room: number,
  floor: (column: ShownColumn) => number,
): readonly ShownColumn[] {
  const over = total(columns) - room;
  const spare = (one: ShownColumn) => Math.max(0, (one.width ?? 0) - floor(one));
  const all = columns.reduce((sum, one) => sum + spare(one), 0);
  if (over <= 0 || all === 0) return columns;
  const share = Math.min(1, over / all);
  return columns.map((one) =>
    one.width === null ? one : { ...one, width: Math.floor(one.width - share * spare(one)) },
  );
}

export class Layout {
  /** The room there is, in pixels; told by who shows the table. */
  readonly room = signal(Number.POSITIVE_INFINITY);
  readonly #sorted: Sorted;
  readonly #table: ReturnType<typeof tableOf>;
  readonly #version = signal(0);
  readonly #state = computed(() => {
    void this.#version.value;
    return this.#table.store.state;
  });
  readonly #ordered = computed<readonly ColumnDef[]>(() => {
    void this.#version.value;
    const columns = this.#table.getAllLeafColumns();
    return columns.flatMap(({ id }) => COLUMN_BY_KEY.get(id as ColumnKey) ?? []);
  });

  constructor(sorted: Sorted) {
    this.#sorted = sorted;
    const kept = recallKept();
    const sort = sorted.sort.peek().map(({ key, descending }) => ({ id: key, desc: descending }));
    this.#table = tableOf(kept, kept.sort.length ? kept.sort : sort);
    if (kept.group !== null) sorted.group.value = kept.group;
    this.#sort();
    this.#table.store.subscribe(() => {
      this.#sort();
      this.#version.value++;
    });
  }

  /** Whether a state is told without its phase. */
  readonly compact = computed(() => this.room.value < COMPACT);
  /** Whether a row can be selected by a box of its own. */
  readonly boxes = computed(() => this.room.value >= LINE);
  readonly #edges = computed(() => OPEN_WIDTH + (this.boxes.value ? SELECT_WIDTH : 0));

  /** The columns shown, from first to last: as many as there is room for. */
  readonly shown = computed<readonly ShownColumn[]>(() => {
    const visible = this.#state.value.columnVisibility;
    const room = this.room.value - this.#edges.value;
    let columns: readonly ShownColumn[] = this.#ordered.value
      .filter(({ key }) => visible[key] !== false)
      .map((column) => ({ ...column, ...this.#narrowed(column), width: this.#width(column) }));
    while (columns.reduce((sum, one) => sum + needed(one), 0) > room) {
      // What was asked for by name stays, and then the table scrolls.
      const others = columns.filter(({ key, weight }) => weight < 9 && visible[key] !== true);
      if (!others.length) break;
      const least = others.reduce((a, b) => (b.weight < a.weight ? b : a));
      columns = columns.filter((one) => one !== least);
    }
    // Widths that were chosen with more room, or at the others' cost: first the others give way.
    const chosen = this.#state.value.columnSizing;
    columns = narrowed(columns, room, (one) =>
      // Words end in dots and are words still; figures that are cut are other figures.
      chosen[one.key] !== undefined || one.numeric ? Number.POSITIVE_INFINITY : one.least,
    );
    return narrowed(columns, room, (one) => Math.min(one.width ?? one.size, one.size));
  });

  /** The columns that there is room for. */
  readonly fitting: ReadonlySignal<ReadonlySet<ColumnKey>> = computed(
    () => new Set(this.shown.value.map(({ key }) => key)),
  );

  /** The titles of what is sorted by and not shown, for want of room or as it is hidden. */
  readonly unseen = computed<readonly string[]>(() => {
    const fitting = this.fitting.value;
    const hidden = this.#sorted.sort.value.filter(({ key }) => !fitting.has(key));
    return hidden.map(({ key }) => COLUMN_BY_KEY.get(key)?.title ?? key);
  });

  /** Every column that there is, in order, for a menu. */
  readonly list = computed<readonly ColumnChoice[]>(() => {
    const visible = this.#state.value.columnVisibility;
    return this.#ordered.value.map(({ key, title }) => ({
      key,
      title,
      shown: visible[key] !== false,
    }));
  });

  /** The widths as CSS writes them; where no column takes what is left, an empty track does. */
  readonly template = computed(() => {
    const tracks = this.shown.value.map(({ width, least }) =>
      width === null ? `minmax(${least}px, 1fr)` : `${width}px`,
    );
    if (this.boxes.value) tracks.unshift(`${SELECT_WIDTH}px`);
    if (!this.shown.value.some(({ width }) => width === null)) tracks.push("1fr");
    return [...tracks, `${OPEN_WIDTH}px`].join(" ");
  });

  /** How wide all of it is at least, in pixels. */
  readonly least = computed(() => {
    const widths = this.shown.value.map(({ width, least }) => width ?? least);
    return widths.reduce((sum, one) => sum + one, this.#edges.value);
  });

  show(key: ColumnKey, yes: boolean): void {
    this.#table.setColumnVisibility((old) => ({ ...old, [key]: yes }));
    const { sorting } = this.#state.peek();
    if (yes || !sorting.some(({ id }) => id === key)) return;
    // Who hides a column does not want its order either: nobody would see where it is from.
    const rest = sorting.filter(({ id }) => id !== key);
    this.#table.setSorting(rest.length ? rest : [{ id: "created", desc: true }]);
  }

  /** Moves a column past its neighbour that is shown: by -1 or 1. */
  move(key: ColumnKey, by: number): void {
    const shown = this.shown.peek().map((one) => one.key);
    const here = shown.indexOf(key);
    const past = here < 0 ? undefined : shown[here + by];
    if (past !== undefined) this.place(key, past, by > 0);
  }

  /** Puts a column before or after another one. */
  place(key: ColumnKey, beside: ColumnKey, after: boolean): void {
    if (key === beside) return;
    const rest: ColumnKey[] = this.#ordered
      .peek()
      .flatMap((one) => (one.key === key ? [] : one.key));
    rest.splice(rest.indexOf(beside) + Number(after), 0, key);
    this.#table.setColumnOrder(rest);
  }

  /** Makes a column so wide, in pixels; null gives it back the width that it had at first. */
  resize(key: ColumnKey, size: number | null): void {
    const { [key]: _, ...others } = this.#state.peek().columnSizing;
    const least = COLUMN_BY_KEY.get(key)?.least ?? 0;
    const next =
      size === null ? {} : { [key]: Math.min(WIDEST, Math.max(least, Math.round(size))) };
    this.#table.setColumnSizing({ ...others, ...next });
  }

  /** Begins to resize by a mouse or a finger a column that is drawn `width` pixels wide. */
  drag(key: ColumnKey, width: number, rtl: boolean, event: Event): void {
    // From what is seen: it may have given way.
    this.resize(key, width);
    const direction = rtl ? "rtl" : "ltr";
    this.#table.setOptions((old) => ({ ...old, columnResizeDirection: direction }));
    const title = this.#table.getFlatHeaders().find((one) => one.column.id === key);
    title?.getResizeHandler()(event);
  }

  /** Sorts by a column, or the other way; `add` keeps the others, and a third time lets it go. */
  sortBy(key: ColumnKey, add = false): void {
    const column = this.#table.getColumn(key);
    if (add) {
      column?.toggleSorting(undefined, true);
      return;
    }
    const alone = this.#state.peek().sorting.length === 1;
    const sorted = alone && column ? column.getIsSorted() : false;
    const most = COLUMN_BY_KEY.get(key)?.mostFirst ?? false;
    this.#table.setSorting([{ id: key, desc: sorted ? sorted === "asc" : most }]);
  }

  /** All columns as they were at first. */
  reset(): void {
    this.#table.setColumnOrder(COLUMNS.map(({ key }) => key));
    this.#table.setColumnVisibility({});
    this.#table.setColumnSizing({});
  }

  /** Remembers what is chosen from now on, until what it returns is called. */
  keep(): () => void {
    let last = JSON.stringify(this.#chosen());
    return effect(() => {
      const chosen = this.#chosen();
      const text = JSON.stringify(chosen);
      // A column that is drawn wider changes with each frame.
      const dragged = this.#state.value.columnResizing.isResizingColumn !== false;
      if (text === last || dragged) return;
      last = text;
      rememberKept(chosen);
    });
  }

  /** In a sidebar the name gives way too, before the table has to be scrolled. */
  #narrowed({ key }: ColumnDef): Partial<ColumnDef> {
    return key === "name" && !this.boxes.value ? { least: LINE_NAME, size: LINE_NAME } : {};
  }

  #width(column: ColumnDef): number | null {
    const chosen = this.#state.value.columnSizing[column.key];
    if (chosen !== undefined) return Math.min(WIDEST, Math.max(column.least, chosen));
    if (column.key === "name") return null;
    if (column.key !== "status" || !this.compact.value) return column.size;
    return this.boxes.value ? COMPACT_STATUS : LINE_STATUS;
  }

  #sort(): void {
    const next = this.#table.store.state.sorting.map(({ id, desc }) => ({
      key: id as ColumnKey,
      descending: desc,
    }));
    const { sort } = this.#sorted;
    if (JSON.stringify(sort.peek()) !== JSON.stringify(next)) sort.value = next;
  }

  #chosen(): Kept {
    const { columnOrder, columnVisibility, columnSizing, sorting } = this.#state.value;
    return {
      order: columnOrder,
      visible: columnVisibility,
      sizes: columnSizing,
      sort: sorting,
      group: this.#sorted.group.value,
    };
  }
}
