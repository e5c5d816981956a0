/**
 * Many rows as columns: what widgets/_packed.py writes. A column that is left out has its
 * default in all rows. Numbers are little-endian.
 */
import { type ChoiceColumn, Columns, type Field } from "./columns.js";

export type Column =
  /** UTF-8, each followed by a line feed; no value holds one. */
  | { readonly kind: "text"; readonly data: DataView }
  /** Float64; NaN is null. */
  | { readonly kind: "number"; readonly data: DataView }
  /** Uint8: 0 false, 1 true, 2 null. */
  | { readonly kind: "flag"; readonly data: DataView }
  /** Uint32 codes into `values`. */
  | { readonly kind: "choice"; readonly values: readonly unknown[]; readonly data: DataView }
  /** Uint32 places of the few rows that have a value; the others have the default. */
  | { readonly kind: "sparse"; readonly values: readonly unknown[]; readonly data: DataView };

export interface Packed {
  readonly count: number;
  readonly columns: Partial<Record<Field, Column>>;
}

const FLAGS: readonly unknown[] = [false, true, null];

/** The numbers of a buffer that need not begin where an array of them may. */
function numbers<A>(
  made: new (buffer: ArrayBuffer) => A,
  { buffer, byteOffset, byteLength }: DataView,
): A {
  return new made(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

function texts(data: DataView): string[] {
  return new TextDecoder().decode(data).split("\n").slice(0, -1);
}

function codesInto(
  column: ChoiceColumn,
  codes: ArrayLike<number>,
  values: readonly unknown[],
): void {
  const to = Uint32Array.from(values, (value) => column.codeOf(value));
  for (let slot = 0; slot < codes.length; slot++) column.codes[slot] = to[codes[slot] ?? 0] ?? 0;
}

function fill(columns: Columns, field: Field, column: Column): void {
  switch (column.kind) {
    case "number": {
      const made = columns.make(field, "number");
      if (made.kind === "number") made.data.set(numbers(Float64Array, column.data));
      return;
    }
    case "sparse": {
      const places = numbers(Uint32Array, column.data);
      for (const [i, value] of column.values.entries()) columns.set(places[i] ?? 0, field, value);
      return;
    }
    case "text": {
      for (const [slot, text] of texts(column.data).entries()) columns.set(slot, field, text);
      return;
    }
    default: {
      const made = columns.make(field, "choice");
      if (made.kind !== "choice") return;
      if (column.kind === "flag") codesInto(made, numbers(Uint8Array, column.data), FLAGS);
      else codesInto(made, numbers(Uint32Array, column.data), column.values);
    }
  }
}

/** The ids of packed rows, in their order. */
function idsOf({ columns: { id } }: Packed): readonly string[] {
  if (id?.kind === "text") return texts(id.data);
  if (id?.kind !== "choice") return [];
  return [...numbers(Uint32Array, id.data)].map((code) => String(id.values[code]));
}

export function unpack(packed: Packed): Columns {
  const columns = new Columns(packed.count);
  for (const id of idsOf(packed)) columns.add(id);
  for (const [field, column] of Object.entries(packed.columns)) {
    if (field !== "id") fill(columns, field as Field, column);
  }
  return columns;
}
