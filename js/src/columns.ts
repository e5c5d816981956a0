/**
 * Rows held by columns: a hundred thousand jobs are some typed arrays, and no object each. A row
 * has a slot, which it keeps; a column is made when the first row has another value than the
 * default.
 */
import { JOB_ROW_DEFAULTS, type JobRow } from "./wire.gen.js";

export type Field = keyof JobRow;

const LEAST = 64;
// Values that no row has any more are dropped when they are that many more than the rows.
const SPARE_VALUES = 1024;

function larger<A extends Float64Array | Uint32Array>(old: A, made: A): A {
  made.set(old);
  return made;
}

/** Numbers; null is NaN. */
export class NumberColumn {
  readonly kind = "number";
  data: Float64Array;
  readonly #rest: number;

  constructor(size: number, rest: unknown) {
    this.#rest = typeof rest === "number" ? rest : Number.NaN;
    this.data = new Float64Array(size).fill(this.#rest);
  }

  static takes(value: unknown): boolean {
    return value === null || (typeof value === "number" && !Number.isNaN(value));
  }

  get(slot: number): unknown {
    const value = this.data[slot];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  set(slot: number, value: unknown): boolean {
    const next = typeof value === "number" ? value : Number.NaN;
    if (Object.is(this.data[slot], next)) return false;
    this.data[slot] = next;
    return true;
  }

  grow(size: number): void {
    const old = this.data.length;
    this.data = larger(this.data, new Float64Array(size)).fill(this.#rest, old);
  }
}

/** What tells values apart: lists and records by what they hold. */
function keyOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? `\0${JSON.stringify(value)}` : value;
}

/** Values of which many rows share few: a code for each row. The first value is the default. */
export class ChoiceColumn {
  readonly kind = "choice";
  codes: Uint32Array;
  values: unknown[];
  #places: Map<unknown, number> | null = null;

  constructor(size: number, rest: unknown) {
    this.codes = new Uint32Array(size);
    this.values = [rest];
  }

  get(slot: number): unknown {
    return this.values[this.codes[slot] ?? 0];
  }

  set(slot: number, value: unknown): boolean {
    const code = this.codeOf(value);
    if (this.codes[slot] === code) return false;
    this.codes[slot] = code;
    if (this.values.length > this.codes.length + SPARE_VALUES) this.#compact();
    return true;
  }

  /** The code of a value, which is a new one where no row had it. */
  codeOf(value: unknown): number {
    if (!this.#places) {
      this.#places = new Map();
      for (const [code, one] of this.values.entries()) {
        const key = keyOf(one);
        if (!this.#places.has(key)) this.#places.set(key, code);
      }
    }
    const key = keyOf(value);
    let code = this.#places.get(key);
    if (code === undefined) {
      code = this.values.push(value) - 1;
      this.#places.set(key, code);
    }
    return code;
  }

  grow(size: number): void {
    this.codes = larger(this.codes, new Uint32Array(size));
  }

  #compact(): void {
    const values = [this.values[0]];
    const moved = new Map([[0, 0]]);
    this.codes = this.codes.map((code) => {
      let next = moved.get(code);
      if (next === undefined) {
        next = values.push(this.values[code]) - 1;
        moved.set(code, next);
      }
      return next;
    });
    this.values = values;
    this.#places = null;
  }
}

export type AnyColumn = NumberColumn | ChoiceColumn;

function restOf(field: Field): unknown {
  return (JOB_ROW_DEFAULTS as Partial<JobRow>)[field] ?? null;
}

export class Columns {
  /** From a job's id to its slot, in the order in which the jobs came. */
  readonly slots = new Map<string, number>();
  readonly ids: (string | undefined)[] = [];
  readonly #columns = new Map<Field, AnyColumn>();
  #free: number[] = [];
  #size: number;

  constructor(size = LEAST) {
    this.#size = Math.max(size, LEAST);
  }

  /** All slots there are, also the empty ones: `ids` tells which. */
  get length(): number {
    return this.ids.length;
  }

  add(id: string): number {
    const slot = this.#free.pop() ?? this.ids.length;
    if (slot >= this.#size) {
      this.#size *= 2;
      for (const column of this.#columns.values()) column.grow(this.#size);
    }
    this.ids[slot] = id;
    this.slots.set(id, slot);
    return slot;
  }

  remove(id: string): number | undefined {
    const slot = this.slots.get(id);
    if (slot === undefined) return undefined;
    for (const [field, column] of this.#columns) column.set(slot, restOf(field));
    this.ids[slot] = undefined;
    this.slots.delete(id);
    this.#free.push(slot);
    return slot;
  }

  /** A field's column; null where all rows have the default. */
  column(field: Field): AnyColumn | null {
    return this.#columns.get(field) ?? null;
  }

  /** A column to be filled by who knows its kind, in place of what there was. */
  make(field: Field, kind: AnyColumn["kind"]): AnyColumn {
    const Made = kind === "number" ? NumberColumn : ChoiceColumn;
    const made = new Made(this.#size, restOf(field));
    this.#columns.set(field, made);
    return made;
  }

  get<F extends Field>(slot: number, field: F): JobRow[F] {
    if (field === "id") return (this.ids[slot] ?? "") as JobRow[F];
    const column = this.#columns.get(field);
    return (column ? column.get(slot) : restOf(field)) as JobRow[F];
  }

  /** Writes a field, and says whether it had another value. */
  set(slot: number, field: Field, value: unknown): boolean {
    let column = this.#columns.get(field);
    if (!column) {
      if (keyOf(value) === keyOf(restOf(field))) return false;
      column = this.make(field, typeof value === "number" ? "number" : "choice");
    }
    if (column.kind === "number" && !NumberColumn.takes(value)) {
      const numbers = column;
      column = this.make(field, "choice");
      for (const other of this.slots.values()) column.set(other, numbers.get(other));
    }
    return column.set(slot, value);
  }

  /** The whole row, as an object of its own. */
  row(slot: number): JobRow {
    const row: Record<string, unknown> = { ...JOB_ROW_DEFAULTS, id: this.ids[slot] ?? "" };
    for (const [field, column] of this.#columns) row[field] = column.get(slot);
    return row as unknown as JobRow;
  }
}
