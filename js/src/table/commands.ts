/** What the keys and the pointer do to a table. */
import { TITLES } from "./active.js";
import type { ColumnKey } from "./columns.js";
import type { Order, TitleOrder } from "./keys.js";
import { type GridContext, OPEN, SELECT } from "./line.js";

const RESIZE_PX = 16;

/** What the commands need of the part that shows the table. */
export interface Shows {
  /** How many lines are seen at once. */
  page(): number;
  scrollTo(index: number): void;
  /** How wide a column is drawn, in pixels. */
  widthOf(column: ColumnKey): number | null;
  open(id: string): void;
  close(): void;
}

export class Commands {
  readonly #grid: GridContext;
  readonly #shows: Shows;
  /** Where the selecting of a range began, and what was selected then. */
  #anchor: string | null = null;
  #base: ReadonlySet<string> = new Set();

  constructor(grid: GridContext, shows: Shows) {
    this.#grid = grid;
    this.#shows = shows;
  }

  /** Does what a key asks for; false where it asks for nothing here. */
  run(order: Order): boolean {
    const { engine, active } = this.#grid;
    const index = active.index.peek();
    const items = engine.items.peek();
    switch (order.does) {
      case "row":
        return this.#go(index + order.by, order.extend);
      case "page":
        return this.#go(index + order.by * this.#shows.page(), order.extend);
      case "edge":
        return this.#go(order.last ? items.length - 1 : 0, order.extend, order.last);
      case "column":
        return this.#across(order.by);
      case "lineEnd":
        return this.#toColumn(order.last ? -1 : 0);
      case "all":
        engine.selectAllMatching();
        return true;
      case "escape":
        return this.#escape();
      case "toggle":
        return this.#toggleAt(index, order.extend);
      case "enter":
        return this.#enter(index, order.add);
      default:
        return index < 0 && this.#title(order);
    }
  }

  /** Selects a job or lets go of it; with `range`, selects all from where the last one was. */
  pick(line: string, range = false): void {
    const { engine } = this.#grid;
    const index = engine.items.peek().indexOf(line);
    const item = engine.items.peek().at(index);
    if (range) this.#extend(index);
    else if (item?.kind === "job") {
      engine.toggle(item.id);
      this.#anchor = line;
      this.#base = engine.selected.peek();
    }
  }

  toggleAll(): void {
    const { engine } = this.#grid;
    if (engine.selection.peek() === "all") engine.clear();
    else engine.selectAllMatching();
  }

  get #columns(): readonly string[] {
    const { layout } = this.#grid;
    const shown = layout.shown.peek().map(({ key }) => key);
    return [...(layout.boxes.peek() ? [SELECT] : []), ...shown, OPEN];
  }

  #go(to: number, extend: boolean, last = false): boolean {
    const { engine, active } = this.#grid;
    const items = engine.items.peek();
    const from = active.index.peek();
    // A screen up from the first lines ends at the first, and only a step leads to the titles.
    const least = from <= 0 || to === -1 ? -1 : 0;
    const index = Math.max(least, Math.min(to, items.length - 1));
    if (extend && from >= 0 && index >= 0) {
      this.#anchor ??= this.#begin(from);
      this.#move(index);
      this.#extend(index);
    } else if (!extend) {
      this.#anchor = null;
      this.#move(index);
    }
    if (last && !extend) this.#toColumn(-1);
    return true;
  }

  #begin(index: number): string {
    this.#base = this.#grid.engine.selected.peek();
    return this.#grid.active.lineAt(index);
  }

  #extend(index: number): void {
    const { engine, active } = this.#grid;
    const items = engine.items.peek();
    this.#anchor ??= this.#begin(Math.max(0, active.index.peek()));
    const from = items.indexOf(this.#anchor);
    engine.select([...this.#base, ...items.jobs(from < 0 ? index : from, index)]);
  }

  #move(index: number): void {
    const { active } = this.#grid;
    active.wanted = true;
    active.goTo({ line: active.lineAt(index) });
    if (index >= 0) this.#shows.scrollTo(index);
  }

  #across(by: number): boolean {
    const { active, engine } = this.#grid;
    const item = engine.items.peek().at(active.index.peek());
    if (item?.kind === "group") {
      if (item.open !== by > 0) engine.toggleGroup(item.group.value);
      return true;
    }
    const columns = this.#columns;
    const here = columns.indexOf(active.cell.peek().column);
    return this.#toColumn(Math.max(0, Math.min(here + by, columns.length - 1)));
  }

  #toColumn(place: number): boolean {
    const { active } = this.#grid;
    const column = this.#columns.at(place);
    if (column === undefined) return false;
    active.wanted = active.cell.peek().column !== column;
    active.goTo({ column, line: active.lineAt(active.index.peek()) });
    return true;
  }

  #toggleAt(index: number, extend: boolean): boolean {
    const { engine, active } = this.#grid;
    const item = engine.items.peek().at(index);
    if (!item) {
      if (active.cell.peek().column === SELECT) this.toggleAll();
    } else if (extend) {
      this.#extend(index);
    } else if (item.kind === "job") {
      this.pick(active.lineAt(index));
    } else {
      this.#toggleGroup(engine.idsOf(item.group.slots));
    }
    return true;
  }

  #toggleGroup(ids: readonly string[]): void {
    const { engine } = this.#grid;
    const selected = engine.selected.peek();
    const without = new Set(ids);
    if (!ids.every((id) => selected.has(id))) engine.select([...selected, ...ids]);
    else engine.select([...selected].filter((id) => !without.has(id)));
  }

  #enter(index: number, add: boolean): boolean {
    const { engine, active, layout } = this.#grid;
    const item = engine.items.peek().at(index);
    const { column } = active.cell.peek();
    if (item?.kind === "group") {
      if (add) engine.closeGroups(item.open);
      else engine.toggleGroup(item.group.value);
    } else if (item) this.#shows.open(item.id);
    else if (column === SELECT) this.toggleAll();
    else if (column !== OPEN) layout.sortBy(column as ColumnKey, add);
    return true;
  }

  #escape(): boolean {
    const { engine, open } = this.#grid;
    if (open.peek() !== null) this.#shows.close();
    else if (engine.selected.peek().size) engine.clear();
    // Nothing is open and nothing selected: the key is the host's.
    else return false;
    this.#anchor = null;
    return true;
  }

  #title(order: TitleOrder): boolean {
    const { layout, active } = this.#grid;
    const { column } = active.cell.peek();
    if (active.cell.peek().line !== TITLES || column === SELECT || column === OPEN) return false;
    const key = column as ColumnKey;
    if (order.does === "moveColumn") {
      active.wanted = true;
      layout.move(key, order.by);
    } else if (order.does === "hide") {
      const rest = this.#columns.filter((one) => one !== key);
      layout.show(key, false);
      active.wanted = true;
      active.goTo({ column: rest[0] ?? OPEN });
    } else {
      const width = this.#shows.widthOf(key);
      layout.resize(key, order.by === 0 || width === null ? null : width + order.by * RESIZE_PX);
    }
    return true;
  }
}
