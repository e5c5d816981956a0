/**
 * Which columns there are, how wide, in which order: TanStack's state of columns, kept for this
 * person in this browser. Its rows are not used: they would be an object for each job.
 */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  constructTable,
  tableFeatures,
} from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import { recall, remember } from "../remember.js";
import { COLUMN_BY_KEY, COLUMNS, type ColumnDef, type ColumnKey } from "./columns.js";

const NAME = "columns";
const FORM = 1;
const WIDEST = 900;
/** The column of boxes to tick. */
export const TICK_WIDTH = 32;

interface Kept {
  readonly form: number;
  readonly order: readonly ColumnKey[];
  readonly shown: Readonly<Partial<Record<ColumnKey, boolean>>>;
  readonly sizes: Readonly<Partial<Record<ColumnKey, number>>>;
}

/** What a menu of columns shows of one. */
export interface ColumnChoice {
  readonly key: ColumnKey;
  readonly title: string;
  readonly shown: boolean;
}

/** The columns as they fit into a width. */
export interface Fit {
  readonly columns: readonly ColumnDef[];
  /** For `grid-template-columns`. */
  readonly template: string;
}

const features = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  columnOrderingFeature,
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
});

const KEYS = COLUMNS.map(({ key }) => key);

function isKey(key: unknown): key is ColumnKey {
  return COLUMN_BY_KEY.has(key as ColumnKey);
}

function entriesOf<T>(value: unknown, is: (value: unknown) => value is T) {
  const all = Object.entries(typeof value === "object" && value !== null ? value : {});
  const good = all.filter((one): one is [ColumnKey, T] => isKey(one[0]) && is(one[1]));
  return Object.fromEntries(good) as Partial<Record<ColumnKey, T>>;
}

/** What was kept, as far as it still means something. */
function kept(): Kept {
  const found = recall(NAME) as Partial<Kept> | null;
  const known = found?.form === FORM ? found : null;
  const listed = Array.isArray(known?.order) ? known.order.filter(isKey) : [];
  const order = [...new Set([...listed, ...KEYS])];
  const shown = entriesOf(known?.shown, (value): value is boolean => typeof value === "boolean");
  const sizes = entriesOf(
    known?.sizes,
    (value): value is number => typeof value === "number" && value > 0 && value <= WIDEST,
  );
  return { form: FORM, order, shown, sizes };
}

export class Layout {
  readonly #table;
  readonly #version = signal(0);

  constructor() {
    const { order, shown, sizes } = kept();
    this.#table = constructTable({
      features,
      columns: COLUMNS.map(({ key, size, least }) => ({
        id: key,
        accessorFn: () => null,
        size,
        minSize: least,
        maxSize: WIDEST,
      })),
      data: [] as never[],
      columnResizeMode: "onChange",
      initialState: {
        columnOrder: [...order],
        columnVisibility: { ...shown },
        columnSizing: { ...sizes },
      },
    });
    this.#table.store.subscribe(() => {
      this.#version.value++;
      // While it is dragged the width changes with each move.
      if (!this.#table.store.state.columnResizing.isResizingColumn) this.#keep();
    });
  }

  /** All columns in their order, for a menu. */
  readonly list: ReadonlySignal<readonly ColumnChoice[]> = computed(() => {
    void this.#version.value;
    return this.#table.getAllLeafColumns().flatMap((one) => {
      const column = COLUMN_BY_KEY.get(one.id as ColumnKey);
      return column ? [{ key: column.key, title: column.title, shown: one.getIsVisible() }] : [];
    });
  });

  /** How wide the table is drawn; told by who draws it. */
  readonly room = signal(Number.POSITIVE_INFINITY);

  /** The columns that there is room for. */
  readonly fitting: ReadonlySignal<ReadonlySet<ColumnKey>> = computed(
    () => new Set(this.fit(this.room.value).columns.map(({ key }) => key)),
  );

  show(key: ColumnKey, yes: boolean): void {
    this.#table.getColumn(key)?.toggleVisibility(yes);
  }

  /** Moves a column by so many places; of those that are shown. */
  move(key: ColumnKey, by: number): void {
    const order = this.list.peek().map((one) => one.key);
    const shown = this.list.peek().filter((one) => one.shown || one.key === key);
    const from = shown.findIndex((one) => one.key === key);
    const other = shown[from + by]?.key;
    if (from < 0 || !other) return;
    order.splice(order.indexOf(key), 1);
    order.splice(order.indexOf(other) + (by > 0 ? 1 : 0), 0, key);
    this.#table.setColumnOrder(order);
  }

  /** As it was before anybody changed it. */
  reset(): void {
    this.#table.setColumnOrder([...KEYS]);
    this.#table.setColumnVisibility({});
    this.#table.setColumnSizing({});
    remember(NAME, null);
  }

  width(key: ColumnKey): number {
    void this.#version.value;
    return this.#table.getColumn(key)?.getSize() ?? 0;
  }

  resize(key: ColumnKey, by: number): void {
    const width = Math.max(COLUMN_BY_KEY.get(key)?.least ?? 0, this.width(key) + by);
    this.#table.setColumnSizing((old) => ({ ...old, [key]: Math.min(width, WIDEST) }));
  }

  /** Follows a pointer from where it was pressed on a column's edge. */
  drag(key: ColumnKey, event: Event, rtl: boolean): void {
    this.#table.setOptions((old) => ({ ...old, columnResizeDirection: rtl ? "rtl" : "ltr" }));
    const headers = this.#table.getLeafHeaders();
    headers.find((header) => header.column.id === key)?.getResizeHandler()(event);
  }

  /**
   * The columns that fit into a width. What there is no room for is given up, the least telling
   * first; what somebody asked for by hand stays, and then the table scrolls.
   */
  fit(width: number): Fit {
    const asked = this.#table.store.state.columnVisibility;
    const own = this.#table.store.state.columnSizing;
    const shown = this.list.value.filter((one) => one.shown).map((one) => one.key);
    const least = (key: ColumnKey) => COLUMN_BY_KEY.get(key)?.least ?? 0;
    const sizes = new Map(shown.map((key) => [key, this.width(key)]));
    const excess = () => TICK_WIDTH + [...sizes.values()].reduce((a, b) => a + b, 0) - width;
    const weightOf = (key: ColumnKey) => COLUMN_BY_KEY.get(key)?.weight ?? 0;
    const byWeight = [...shown].sort((a, b) => weightOf(a) - weightOf(b));
    for (const key of byWeight) {
      if (excess() <= 0) break;
      if (weightOf(key) < 9 && asked[key] !== true) sizes.delete(key);
    }
    for (const key of byWeight) {
      const size = sizes.get(key);
      if (excess() <= 0 || size === undefined) continue;
      if (own[key] === undefined) sizes.set(key, Math.max(least(key), size - excess()));
    }
    const columns = shown.flatMap((key) => (sizes.has(key) ? (COLUMN_BY_KEY.get(key) ?? []) : []));
    // The name takes the room that is left; where it is hidden, the last column does.
    const wide = sizes.has("name") ? "name" : columns.at(-1)?.key;
    const tracks = columns.map(({ key }) =>
      key === wide ? `minmax(${sizes.get(key)}px, 1fr)` : `${sizes.get(key)}px`,
    );
    return { columns, template: [`${TICK_WIDTH}px`, ...tracks].join(" ") };
  }

  #keep(): void {
    const { columnOrder, columnVisibility, columnSizing } = this.#table.store.state;
    const untouched =
      columnOrder.every((key, i) => key === KEYS[i]) &&
      !Object.keys(columnVisibility).length &&
      !Object.keys(columnSizing).length;
    remember(
      NAME,
      untouched
        ? null
        : { form: FORM, order: columnOrder, shown: columnVisibility, sizes: columnSizing },
    );
  }
}
